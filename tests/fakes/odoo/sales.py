"""CRM and Sales of the fake: leads, conversion, quotations, confirmation."""

from __future__ import annotations

from html import escape
from typing import Any

from tests.fakes.odoo.errors import ServerError, UserError
from tests.fakes.odoo.methods import one, public
from tests.fakes.odoo.orm import CREATE, WRITE, Env, Row
from tests.fakes.odoo.schema import OPEN


def _new_line(env: Env, values: Row) -> Row:
    product = env.get("product.product", values["product_id"])
    taxes = {} if "tax_ids" in values else {"tax_ids": [[6, 0, product.get("taxes_id") or []]]}
    return env.create(
        "sale.order.line", {"name": f"[{product.get('default_code')}] {product['name']}", **taxes, **values}
    )


def _new_order(env: Env, values: Row) -> Row:
    order = env.create("sale.order", {"name": f"S{env.store.next('seq.sale'):05d}", **values})
    if "pricelist_id" not in values:
        partner = env.get("res.partner", order["partner_id"])
        order["pricelist_id"] = partner.get("property_product_pricelist") or 1
    return order


def _write_order(env: Env, order: Row, values: Row) -> None:
    if "order_line" in values and order["state"] == "cancel":
        raise UserError("You cannot modify a cancelled order.")
    if any(command[0] in (2, 5) for command in values.get("order_line", [])) and order["state"] == "sale":
        raise UserError(
            "Once a sales order is confirmed, you can't remove one of its lines (we need to track if something gets invoiced or delivered).\nSet the quantity to 0 instead."
        )
    env.write("sale.order", order, **values)


def _new_lead(env: Env, values: Row) -> Row:
    lead = env.create("crm.lead", values)
    if "stage_id" in values:
        _staged(env, lead)
    return lead


def _write_lead(env: Env, lead: Row, values: Row) -> None:
    env.write("crm.lead", lead, **values)
    if "stage_id" in values:
        _staged(env, lead)


def _staged(env: Env, lead: Row) -> None:
    stage = env.get("crm.stage", lead["stage_id"]) if lead.get("stage_id") else {}
    lead["probability"] = 100.0 if stage.get("is_won") else 20.0
    lead["date_closed"] = (lead.get("date_closed") or env.now) if stage.get("is_won") else None


CREATE.update({"sale.order": _new_order, "sale.order.line": _new_line, "crm.lead": _new_lead})
WRITE.update({"sale.order": _write_order, "crm.lead": _write_lead})


@public("crm.lead", "action_set_won")
def set_won(env: Env, records: list[Row]) -> bool:
    for lead in records:
        won = next(stage for stage in env.all("crm.stage") if stage["is_won"])
        _write_lead(env, lead, {"stage_id": won["id"], "active": True})
    return True


@public("crm.lead", "action_set_lost")
def set_lost(env: Env, records: list[Row], **additional_values: Any) -> bool:
    for lead in records:
        env.write("crm.lead", lead, active=False, probability=0.0, date_closed=env.now, **additional_values)
    return True


@public("crm.lead", "action_unarchive")
def unarchive(env: Env, records: list[Row]) -> bool:
    for lead in records:
        env.write("crm.lead", lead, active=True, lost_reason_id=None)
    return True


@public("crm.lead", "convert_opportunity")
def convert_opportunity(
    env: Env, records: list[Row], partner: Any, user_ids: Any = False, team_id: Any = False
) -> bool:
    """As over the wire: an id is no record, and no partner means that the lead's is dropped."""
    if partner:
        raise ServerError("'int' object has no attribute 'id'")
    for lead in records:
        _converted(env, lead, None)
    return True


@public("crm.lead2opportunity.partner", "action_apply")
def apply_conversion(env: Env, records: list[Row]) -> Row:
    wizard = one(records)
    lead = env.get("crm.lead", wizard["lead_id"])
    if lead["probability"] == 100:
        raise UserError("Closed/Dead leads cannot be converted into opportunities.")
    _converted(env, lead, wizard.get("partner_id") if wizard["action"] == "exist" else None)
    return {"type": "ir.actions.act_window", "res_model": "crm.lead", "res_id": lead["id"]}


def _converted(env: Env, lead: Row, partner: int | None) -> None:
    if lead["active"] and lead["probability"] != 100:
        env.write("crm.lead", lead, type="opportunity", partner_id=partner, date_conversion=env.now)


@public("crm.lead", "message_post")
def message_post(env: Env, records: list[Row], *, body: str = "", **kwargs: Any) -> list[int]:
    """A body over the wire is text, so it is escaped; unknown parameters are an error."""
    lead = one(records)
    known = {"subject", "message_type", "subtype_xmlid", "message_id", "partner_ids", "parent_id"}
    if set(kwargs) - known:
        raise ServerError(f"Those values are not supported when posting: {sorted(set(kwargs) - known)}")
    kept = {name: kwargs[name] for name in ("subject", "message_type", "message_id") if name in kwargs}
    made = env.create(
        "mail.message", {"model": "crm.lead", "res_id": lead["id"], "body": f"<p>{escape(body)}</p>", **kept}
    )
    return [made["id"]]


@public("sale.order", "action_confirm")
def confirm(env: Env, records: list[Row]) -> bool:
    for order in records:
        if order["state"] not in ("draft", "sent"):
            raise UserError("Some orders are not in a state requiring confirmation.")
        if not env.value("sale.order", order, "order_line"):
            raise UserError("A line on these orders is missing a product, you cannot confirm it.")
        env.write("sale.order", order, state="sale")
        _launch(env, order)
    return True


def _launch(env: Env, order: Row) -> None:
    lines = [env.get("sale.order.line", number) for number in env.value("sale.order", order, "order_line")]
    goods = [line for line in lines if env.get("product.product", line["product_id"])["type"] == "consu"]
    if not goods:
        return
    picking = env.create("stock.picking", {
        "name": f"WH/OUT/{env.store.next('seq.out'):05d}", "picking_type_code": "outgoing", "sale_id": order["id"],
        "origin": order["name"], "partner_id": order["partner_id"],
    })  # fmt: skip
    for line in goods:
        env.create("stock.move", {
            "picking_id": picking["id"], "sale_line_id": line["id"], "product_id": line["product_id"],
            "product_uom_qty": line["product_uom_qty"],
        })  # fmt: skip


@public("sale.order", "action_cancel")
def cancel(env: Env, records: list[Row]) -> Any:
    """A confirmed order asks people first, unless the context says not to; posted invoices and done moves stay."""
    for order in records:
        if order["state"] == "sale" and not env.context.get("disable_cancel_warning"):
            return {"type": "ir.actions.act_window", "res_model": "sale.order.cancel", "target": "new"}
        for move in env.all("stock.move"):
            line = env.get("sale.order.line", move["sale_line_id"]) if move.get("sale_line_id") else {}
            if line.get("order_id") == order["id"] and move["state"] in OPEN:
                env.write("stock.move", move, state="cancel", quantity=0.0)
        for number in env.value("sale.order", order, "invoice_ids"):
            invoice = env.get("account.move", number)
            if invoice["state"] == "draft":
                env.write("account.move", invoice, state="cancel")
        env.write("sale.order", order, state="cancel")
    return True


@public("sale.order", "action_draft")
def draft(env: Env, records: list[Row]) -> bool:
    for order in records:
        if order["state"] in ("cancel", "sent"):
            env.write("sale.order", order, state="draft")
    return True
