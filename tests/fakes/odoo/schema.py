"""The models of the fake: those fields of Odoo's that matter here, by Odoo's names."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.fakes.odoo.orm import Env, F, Row

OPEN = ("waiting", "confirmed", "partially_available", "assigned")


def rounded(value: float) -> float:
    """Round an amount as Odoo does: half up, to the cent."""
    return float(Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP))


def link(to: str, **more: Any) -> F:
    return F("m2o", to, **more)


def rows(to: str, by: str) -> F:
    return F("o2m", to, by)


def computed(kind: str, how: Any, to: str = "") -> F:
    return F(kind, to, compute=how)


def related(*path: str, kind: str = "char", to: str = "") -> F:
    """A field of a linked row."""

    def follow(env: Env, row: Row) -> Any:
        model, value = path[0], row
        for name in path[1:-1]:
            number = env.value(model, value, name)
            if not number:
                return False
            model = env.fields(model)[name].to
            value = env.get(model, number)
        return env.value(model, value, path[-1])

    return computed(kind, follow, to)


def line_net(env: Env, line: Row) -> float:
    return rounded(line["price_unit"] * line["product_uom_qty"] * (1 - (line.get("discount") or 0) / 100))


def line_tax(env: Env, line: Row) -> float:
    rate = sum(env.get("account.tax", one)["amount"] for one in line.get("tax_ids") or [])
    return rounded(line_net(env, line) * rate / 100)


def _total(how: Any) -> Any:
    def add(env: Env, order: Row) -> float:
        return rounded(
            sum(how(env, env.get("sale.order.line", one)) for one in env.value("sale.order", order, "order_line"))
        )

    return add


def _gross(env: Env, line: Row) -> float:
    return rounded(line_net(env, line) + line_tax(env, line))


def moves_of_line(env: Env, line: Row) -> list[Row]:
    return env.children("stock.move", "sale_line_id", line["id"])


def delivered(env: Env, line: Row) -> float:
    done = [move for move in moves_of_line(env, line) if move["state"] == "done"]
    return sum(-move["quantity"] if move.get("origin_returned_move_id") else move["quantity"] for move in done)


def billed(env: Env, line: Row) -> float:
    """What is billed of a line, drafts included; credit notes count against it."""
    total = 0.0
    for one in env.children("account.move.line", "sale_line_ids", line["id"]):
        move = env.get("account.move", one["move_id"])
        if move["state"] != "cancel":
            total += one["quantity"] * (-1 if move["move_type"] == "out_refund" else 1)
    return total


def to_bill(env: Env, line: Row) -> float:
    policy = env.get("product.product", line["product_id"])["invoice_policy"]
    return (line["product_uom_qty"] if policy == "order" else delivered(env, line)) - billed(env, line)


def invoices(env: Env, order: Row) -> list[int]:
    own = set(env.value("sale.order", order, "order_line"))
    found = {one["move_id"] for line in own for one in env.children("account.move.line", "sale_line_ids", line)}
    return sorted(found)


def credit_warning(env: Env, order: Row) -> Any:
    partner = env.get("res.partner", order["partner_id"])
    limit = partner.get("credit_limit") or 0.0
    if not limit or order["state"] not in ("draft", "sent"):
        return False
    standing = [one for one in env.children("sale.order", "partner_id", partner["id"]) if one["state"] == "sale"]
    total = sum(env.value("sale.order", one, "amount_total") for one in [*standing, order])
    return (
        f"{partner['name']} has reached its credit limit of: $ {limit:,.2f}\nTotal amount due (including this document): $ {total:,.2f}"
        if total > limit
        else False
    )


def picking_state(env: Env, picking: Row) -> str:
    states = [move["state"] for move in env.children("stock.move", "picking_id", picking["id"])]
    live = [one for one in states if one != "cancel"]
    if not live:
        return "cancel" if states else "draft"
    if all(one == "done" for one in live):
        return "done"
    for word in ("partially_available", "assigned", "waiting", "confirmed"):
        if word in live:
            return (
                "assigned"
                if word == "partially_available"
                else ("confirmed" if word == "assigned" and "confirmed" in live else word)
            )
    return "draft"


def residual(env: Env, line: Row) -> float:
    sides = ("debit_move_id", "credit_move_id")
    taken = sum(one["amount"] for side in sides for one in env.children("account.partial.reconcile", side, line["id"]))
    balance = line["balance"]
    return rounded(balance - taken if balance > 0 else balance + taken)


def move_total(side: str) -> Any:
    def add(env: Env, move: Row) -> float:
        lines = env.children("account.move.line", "move_id", move["id"])
        net = sum(one.get("price_subtotal") or 0 for one in lines if one.get("display_type") == "product")
        tax = sum(abs(one["balance"]) for one in lines if one.get("display_type") == "tax")
        return rounded({"net": net, "tax": tax, "gross": net + tax}[side])

    return add


def _open_receivables(env: Env, move: Row) -> float:
    lines = env.children("account.move.line", "move_id", move["id"])
    return rounded(
        sum(
            abs(residual(env, one))
            for one in lines
            if env.value("account.move.line", one, "account_type") == "asset_receivable"
        )
    )


def payment_state(env: Env, move: Row) -> str:
    if move["state"] != "posted" or move["move_type"] == "entry":
        return "not_paid"
    rest, total = _open_receivables(env, move), move_total("gross")(env, move)
    if rest >= total:
        return "not_paid"
    if rest:
        return "partial"
    refunds = [
        one
        for one in env.all("account.move")
        if one.get("reversed_entry_id") == move["id"] and one["state"] == "posted"
    ]
    return "reversed" if refunds else "paid"


def is_reconciled(env: Env, line: Row) -> bool:
    return env.value("account.move.line", line, "account_type") == "asset_receivable" and residual(env, line) == 0


USD = 1  # the company's currency
_ACTIVE = F("bool", default=True)
_MODELS: dict[str, dict[str, F]] = {
    "res.company": {"name": F(), "currency_id": link("res.currency")},
    "res.currency": {"name": F(), "rate": F("float"), "active": _ACTIVE},
    "res.country": {"name": F(), "code": F()},
    "res.users": {"name": F(), "login": F(), "active": _ACTIVE},
    "res.partner": {
        "name": F(required=True), "ref": F(), "email": F(), "phone": F(), "street": F(), "city": F(), "zip": F(), "vat": F(),
        "country_id": link("res.country"), "active": _ACTIVE, "parent_id": link("res.partner"), "company_id": link("res.company"),
        "property_product_pricelist": link("product.pricelist", default=1), "credit_limit": F("float"),
    },
    "product.pricelist": {"name": F(), "currency_id": link("res.currency"), "active": _ACTIVE},
    "product.product": {
        "name": F(required=True), "default_code": F(), "active": _ACTIVE, "sale_ok": F("bool", default=True), "type": F(default="consu"),
        "is_storable": F("bool", default=True), "invoice_policy": F(default="delivery"), "taxes_id": F("m2m", "account.tax"),
        "stock": F("float"),
    },
    "account.tax": {"name": F(), "amount": F("float")},
    "crm.stage": {"name": F(), "sequence": F("int"), "is_won": F("bool")},
    "crm.lost.reason": {"name": F()},
    "crm.lead": {
        "name": F(required=True), "type": F(default="lead"), "active": _ACTIVE, "partner_id": link("res.partner"), "partner_name": F(),
        "email_from": F(), "phone": F(), "user_id": link("res.users"), "stage_id": link("crm.stage", default=1),
        "probability": F("float", default=10.0), "lost_reason_id": link("crm.lost.reason"), "expected_revenue": F("float"),
        "company_currency": link("res.currency", default=USD), "date_deadline": F("date"), "date_closed": F("datetime"),
        "date_conversion": F("datetime"), "referred": F(), "order_ids": rows("sale.order", "opportunity_id"),
    },
    "crm.lead2opportunity.partner": {
        "name": F(required=True), "action": F(required=True), "lead_id": link("crm.lead", required=True), "partner_id": link("res.partner"),
    },
    "mail.message": {"model": F(), "res_id": F("int"), "body": F("html"), "subject": F(), "message_id": F(), "message_type": F()},
    "sale.order": {
        "name": F(), "state": F(default="draft"), "partner_id": link("res.partner", required=True), "opportunity_id": link("crm.lead"),
        "partner_invoice_id": related("sale.order", "partner_id", kind="m2o", to="res.partner"), "origin": F(), "client_order_ref": F(),
        "pricelist_id": link("product.pricelist", default=1), "payment_term_id": link("account.payment.term"),
        "currency_id": related("sale.order", "pricelist_id", "currency_id", kind="m2o", to="res.currency"),
        "fiscal_position_id": link("account.fiscal.position"), "order_line": rows("sale.order.line", "order_id"),
        "amount_untaxed": computed("float", _total(line_net)), "amount_tax": computed("float", _total(line_tax)),
        "amount_total": computed("float", _total(_gross)), "picking_ids": rows("stock.picking", "sale_id"),
        "invoice_ids": computed("m2m", invoices, "account.move"), "partner_credit_warning": computed("text", credit_warning),
        "invoice_status": F(),
    },
    "account.payment.term": {"name": F(), "days": F("int")},
    "account.fiscal.position": {"name": F()},
    "sale.order.line": {
        "order_id": link("sale.order"), "name": F(), "product_id": link("product.product", required=True), "display_type": F(),
        "product_uom_qty": F("float", default=1.0), "price_unit": F("float"), "discount": F("float"), "tax_ids": F("m2m", "account.tax"),
        "price_subtotal": computed("float", line_net), "price_tax": computed("float", line_tax), "price_total": computed("float", _gross),
        "qty_delivered": computed("float", delivered), "qty_invoiced": computed("float", billed),
    },
    "stock.picking": {
        "name": F(), "state": computed("char", picking_state), "picking_type_code": F(), "printed": F("bool"), "note": F("html"),
        "date_done": F("datetime"), "backorder_id": link("stock.picking"), "return_id": link("stock.picking"), "origin": F(),
        "sale_id": link("sale.order"), "partner_id": link("res.partner"), "move_ids": rows("stock.move", "picking_id"),
    },
    "stock.move": {
        "sale_line_id": link("sale.order.line"), "picking_id": link("stock.picking"), "product_id": link("product.product"),
        "product_uom_qty": F("float"), "quantity": F("float"), "picked": F("bool"), "state": F(default="confirmed"),
        "origin_returned_move_id": link("stock.move"),
        "picking_code": related("stock.move", "picking_id", "picking_type_code"),
    },
    "stock.backorder.confirmation": {"pick_ids": F("m2m", "stock.picking")},
    "stock.return.picking": {
        "picking_id": link("stock.picking", required=True), "product_return_moves": rows("stock.return.picking.line", "wizard_id"),
    },
    "stock.return.picking.line": {
        "wizard_id": link("stock.return.picking"), "move_id": link("stock.move"), "quantity": F("float"), "product_id": link("product.product"),
    },
    "sale.advance.payment.inv": {"advance_payment_method": F(default="delivered"), "sale_order_ids": F("m2m", "sale.order")},
    "account.account": {"name": F(), "code": F(), "account_type": F()},
    "account.journal": {"name": F(), "code": F(), "type": F()},
    "account.move": {
        "name": F(), "move_type": F(default="entry"), "state": F(default="draft"), "partner_id": link("res.partner"),
        "commercial_partner_id": related("account.move", "partner_id", kind="m2o", to="res.partner"), "ref": F(),
        "currency_id": link("res.currency", default=USD), "invoice_origin": F(), "invoice_date": F("date"), "date": F("date"),
        "invoice_date_due": F("date"), "invoice_payment_term_id": link("account.payment.term"), "journal_id": link("account.journal"),
        "fiscal_position_id": link("account.fiscal.position"), "reversed_entry_id": link("account.move"),
        "invoice_line_ids": rows("account.move.line", "move_id"), "line_ids": rows("account.move.line", "move_id"),
        "amount_untaxed": computed("float", move_total("net")), "amount_tax": computed("float", move_total("tax")),
        "amount_total": computed("float", move_total("gross")), "amount_residual": computed("float", _open_receivables),
        "payment_state": computed("char", payment_state),
    },
    "account.move.line": {
        "move_id": link("account.move"), "name": F(), "display_type": F(), "product_id": link("product.product"),
        "quantity": F("float"), "price_unit": F("float"), "discount": F("float"), "price_subtotal": F("float"),
        "tax_ids": F("m2m", "account.tax"), "sale_line_ids": F("m2m", "sale.order.line"), "account_id": link("account.account"),
        "account_type": related("account.move.line", "account_id", "account_type"), "partner_id": link("res.partner"),
        "balance": F("float"), "amount_currency": F("float"), "currency_id": link("res.currency", default=USD),
        "amount_residual": computed("float", residual), "amount_residual_currency": computed("float", residual),
        "reconciled": computed("bool", is_reconciled), "payment_id": link("account.payment"),
        "statement_line_id": link("account.bank.statement.line"), "date": related("account.move.line", "move_id", "date", kind="date"),
        "move_type": related("account.move.line", "move_id", "move_type"), "parent_state": related("account.move.line", "move_id", "state"),
    },
    "account.bank.statement.line": {"name": F()},
    "account.partial.reconcile": {
        "debit_move_id": link("account.move.line"), "credit_move_id": link("account.move.line"), "amount": F("float"),
        "debit_amount_currency": F("float"), "credit_amount_currency": F("float"), "max_date": F("date"),
    },
    "account.payment": {
        "name": F(), "state": F(default="draft"), "memo": F(), "amount": F("float"), "currency_id": link("res.currency"), "date": F("date"),
        "partner_id": link("res.partner"), "payment_type": F(default="inbound"), "move_id": link("account.move"), "journal_id": link("account.journal"),
    },
    "account.payment.register": {
        "amount": F("float"), "currency_id": link("res.currency"), "payment_date": F("date"), "communication": F(),
        "payment_difference_handling": F(default="open"), "journal_id": link("account.journal"),
        "line_ids": F("m2m", "account.move.line"),
    },
    "account.move.reversal": {"move_ids": F("m2m", "account.move"), "reason": F(), "date": F("date"), "journal_id": link("account.journal")},
    "ir.model.data": {"module": F(), "name": F(), "model": F(), "res_id": F("int")},
}  # fmt: skip


def models() -> dict[str, dict[str, F]]:
    """Every model, with the two stamps that each row has."""
    return {
        name: {**fields, "write_date": F("datetime"), "create_date": F("datetime")} for name, fields in _MODELS.items()
    }
