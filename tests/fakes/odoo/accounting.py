"""Invoicing of the fake: drafts, posting, reconciling, payments, reversals."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.fakes.odoo.errors import UserError
from tests.fakes.odoo.methods import one, public
from tests.fakes.odoo.orm import CREATE, WRITE, Env, Row
from tests.fakes.odoo.schema import move_total, residual, rounded, to_bill


def _account(env: Env, kind: str) -> int:
    return int(next(row["id"] for row in env.all("account.account") if row["account_type"] == kind))


def _new_move(env: Env, values: Row) -> Row:
    journal = {"entry": 3}.get(values.get("move_type", "entry"), 1)
    move = env.create("account.move", {"journal_id": journal, **values})
    for line in env.children("account.move.line", "move_id", move["id"]):
        _complete(env, move, line)
    return move


def _complete(env: Env, move: Row, line: Row) -> None:
    if move["move_type"] == "entry":
        return
    line["display_type"] = "product"
    line["price_subtotal"] = rounded(line["price_unit"] * line["quantity"] * (1 - (line.get("discount") or 0) / 100))
    line["account_id"] = _account(env, "income")
    line["balance"] = line["price_subtotal"] * (-1 if move["move_type"] == "out_invoice" else 1)


def _write_move(env: Env, move: Row, values: Row) -> None:
    if move["state"] == "posted" and {"invoice_line_ids", "line_ids", "partner_id", "currency_id"} & set(values):
        raise UserError("You cannot modify a posted entry of this journal because it is in strict mode.")
    env.write("account.move", move, **values)


CREATE["account.move"] = _new_move
WRITE["account.move"] = _write_move


@public("account.move", "action_post")
def post(env: Env, records: list[Row]) -> bool:
    for move in records:
        if move["state"] == "posted":
            raise UserError("The entry {} (id {}) must be in draft.".format(move["name"], move["id"]))
        if move["state"] == "cancel":
            raise UserError("The entry (id {}) must be in draft.".format(move["id"]))
        _post(env, move)
    return True


def _post(env: Env, move: Row) -> None:
    today = env.now.date()
    prefix = {"out_invoice": "INV", "out_refund": "RINV", "entry": "MISC"}[move["move_type"]]
    dates = {"date": today.isoformat()}
    if move["move_type"] != "entry":
        term = (
            env.get("account.payment.term", move["invoice_payment_term_id"])
            if move.get("invoice_payment_term_id")
            else {"days": 30}
        )
        dates |= {
            "invoice_date": today.isoformat(),
            "invoice_date_due": (today + timedelta(days=term["days"])).isoformat(),
        }
    number = env.store.next(f"seq.{prefix}")
    env.write("account.move", move, state="posted", name=f"{prefix}/{today.year}/{number:05d}", **dates)
    if move["move_type"] != "entry":
        _totals(env, move)
        if move.get("reversed_entry_id"):
            reconcile_moves(env, env.get("account.move", move["reversed_entry_id"]), move)


def _totals(env: Env, move: Row) -> None:
    """The tax and receivable lines that posting needs."""
    sign = 1 if move["move_type"] == "out_invoice" else -1
    lines = list(env.children("account.move.line", "move_id", move["id"]))
    tax = 0.0
    for line in lines:
        rate = sum(env.get("account.tax", number)["amount"] for number in line.get("tax_ids") or [])
        tax += rounded((line.get("price_subtotal") or 0) * rate / 100)
    common = {"move_id": move["id"], "partner_id": move["partner_id"], "currency_id": move["currency_id"]}
    if tax:
        env.create(
            "account.move.line",
            {**common, "display_type": "tax", "balance": -sign * tax, "account_id": _account(env, "income")},
        )
    gross = sign * move_total("gross")(env, move)
    env.create("account.move.line", {
        **common, "display_type": "payment_term", "balance": gross, "amount_currency": gross, "account_id": _account(env, "asset_receivable"),
    })  # fmt: skip


@public("account.move", "button_draft")
def button_draft(env: Env, records: list[Row]) -> bool:
    for move in records:
        if move["state"] not in ("posted", "cancel"):
            raise UserError("Only posted/cancelled journal entries can be reset to draft.")
        env.write("account.move", move, state="draft")
    return True


@public("account.move", "button_cancel")
def button_cancel(env: Env, records: list[Row]) -> bool:
    for move in records:
        if move["state"] != "draft":
            raise UserError("Only draft journal entries can be cancelled.")
        env.write("account.move", move, state="cancel")
    return True


def _receivable(env: Env, move: Row) -> list[Row]:
    lines = list(env.children("account.move.line", "move_id", move["id"]))
    return [line for line in lines if env.value("account.move.line", line, "account_type") == "asset_receivable"]


def reconcile_moves(env: Env, first: Row, second: Row) -> None:
    _reconcile(env, [*_receivable(env, first), *_receivable(env, second)])


@public("account.move.line", "reconcile")
def reconcile(env: Env, records: list[Row]) -> None:
    if any(env.value("account.move.line", line, "reconciled") for line in records):
        raise UserError("You are trying to reconcile some entries that are already reconciled.")
    _reconcile(env, records)


def _reconcile(env: Env, lines: list[Row]) -> None:
    for debit in [line for line in lines if line["balance"] > 0]:
        for credit in [line for line in lines if line["balance"] < 0]:
            amount = min(residual(env, debit), -residual(env, credit))
            if amount > 0:
                env.create("account.partial.reconcile", {
                    "debit_move_id": debit["id"], "credit_move_id": credit["id"], "amount": amount, "debit_amount_currency": amount,
                    "credit_amount_currency": amount, "max_date": env.now.date().isoformat(),
                })  # fmt: skip


# --- invoices of orders


@public("sale.advance.payment.inv", "create_invoices")
def create_invoices(env: Env, records: list[Row]) -> Row:
    """Everything of the orders that can be billed now, in one draft; with nothing there it refuses."""
    wizard = one(records)
    made = 0
    for number in wizard["sale_order_ids"]:
        order = env.get("sale.order", number)
        lines = [env.get("sale.order.line", one) for one in env.value("sale.order", order, "order_line")]
        going = [line for line in lines if to_bill(env, line) > 0]
        if order["state"] != "sale" or not going:
            raise UserError(
                "Cannot create an invoice. No items are available to invoice.\n\nTo resolve this issue, please ensure that:\n   • The products have been delivered before attempting to invoice them."
            )
        made = _new_move(env, {
            "move_type": "out_invoice", "partner_id": order["partner_id"], "invoice_origin": order["name"],
            "currency_id": env.value("sale.order", order, "currency_id"), "ref": order.get("client_order_ref") or "",
            "invoice_line_ids": [
                [0, 0, {"product_id": line["product_id"], "name": line["name"], "quantity": to_bill(env, line), "price_unit": line["price_unit"],
                        "discount": line.get("discount") or 0.0, "tax_ids": [[6, 0, line.get("tax_ids") or []]], "sale_line_ids": [[6, 0, [line["id"]]]]}]
                for line in going
            ],
        })["id"]  # fmt: skip
    return {"type": "ir.actions.act_window", "res_model": "account.move", "res_id": made}


@public("account.move.reversal", "refund_moves")
def refund_moves(env: Env, records: list[Row]) -> Row:
    wizard = one(records)
    made = 0
    for number in wizard["move_ids"]:
        move = env.get("account.move", number)
        if move["state"] != "posted":
            raise UserError("You can only reverse posted moves.")
        reason = f", {wizard['reason']}" if wizard.get("reason") else ""
        lines = [
            line
            for line in env.all("account.move.line")
            if line["move_id"] == number and line.get("display_type") == "product"
        ]
        kept = ("product_id", "name", "quantity", "price_unit", "discount")
        made = _new_move(env, {
            "move_type": "out_refund", "partner_id": move["partner_id"], "reversed_entry_id": number, "currency_id": move["currency_id"],
            "ref": f"Reversal of: {move['name']}{reason}",
            "invoice_line_ids": [
                [0, 0, {**{name: line[name] for name in kept if line.get(name) is not None}, "tax_ids": [[6, 0, line.get("tax_ids") or []]],
                        "sale_line_ids": [[6, 0, line.get("sale_line_ids") or []]]}]
                for line in lines
            ],
        })["id"]  # fmt: skip
    return {"type": "ir.actions.act_window", "res_model": "account.move", "res_id": made}


# --- payments


def _new_register(env: Env, values: Row) -> Row:
    """The wizard takes its invoices from the context, and refuses when nothing of them is open."""
    if env.context.get("active_model") != "account.move":
        raise UserError(
            "The register payment wizard should only be called on account.move or account.move.line records."
        )
    moves = [env.get("account.move", number) for number in env.context.get("active_ids") or []]
    if any(move["state"] != "posted" for move in moves):
        raise UserError("You can only register payment for posted journal entries.")
    lines = [line for move in moves for line in _receivable(env, move) if residual(env, line)]
    if not lines:
        raise UserError(
            "You can't register a payment because there is nothing left to pay on the selected journal items."
        )
    return env.create("account.payment.register", {**values, "line_ids": [[6, 0, [line["id"] for line in lines]]]})


CREATE["account.payment.register"] = _new_register


@public("account.payment.register", "action_create_payments")
def create_payments(env: Env, records: list[Row]) -> Row:
    wizard = one(records)
    lines = [env.get("account.move.line", number) for number in wizard["line_ids"]]
    today = wizard.get("payment_date") or env.now.date().isoformat()
    partner, amount = lines[0]["partner_id"], wizard["amount"]
    payment = env.create("account.payment", {
        "name": f"PBNK1/{date.fromisoformat(today).year}/{env.store.next('seq.pay'):05d}", "state": "in_process", "memo": wizard.get("communication"),
        "amount": amount, "currency_id": wizard.get("currency_id") or lines[0]["currency_id"], "date": today, "partner_id": partner,
        "journal_id": wizard.get("journal_id") or 2,
    })  # fmt: skip
    common = {"partner_id": partner, "payment_id": payment["id"]}
    move = _new_move(env, {
        "move_type": "entry", "journal_id": payment["journal_id"], "ref": wizard.get("communication"), "state": "posted", "date": today,
        "name": payment["name"], "partner_id": partner,
        "line_ids": [
            [0, 0, {**common, "account_id": _account(env, "asset_receivable"), "balance": -amount, "amount_currency": -amount}],
            [0, 0, {**common, "account_id": _account(env, "asset_current"), "balance": amount, "amount_currency": amount}],
        ],
    })  # fmt: skip
    env.write("account.payment", payment, move_id=move["id"])
    _reconcile(env, [*lines, *_receivable(env, move)])
    return {"type": "ir.actions.act_window", "res_model": "account.payment", "res_id": payment["id"]}


@public("account.payment", "action_draft")
def payment_draft(env: Env, records: list[Row]) -> Any:
    """To draft: the entry goes to draft, too, and its allocations go."""
    for payment in records:
        own = {line["id"] for line in env.children("account.move.line", "move_id", payment.get("move_id"))}
        for part in env.all("account.partial.reconcile"):
            if own & {part["debit_move_id"], part["credit_move_id"]}:
                env.unlink("account.partial.reconcile", part)
        if payment.get("move_id"):
            env.write("account.move", env.get("account.move", payment["move_id"]), state="draft")
        env.write("account.payment", payment, state="draft")


@public("account.payment", "action_cancel")
def payment_cancel(env: Env, records: list[Row]) -> Any:
    for payment in records:
        if payment["state"] not in ("draft", "in_process", "rejected"):
            raise UserError("Only draft or in-process payments can be cancelled.")
        if payment.get("move_id"):
            env.write("account.move", env.get("account.move", payment["move_id"]), state="cancel")
        env.write("account.payment", payment, state="canceled")
