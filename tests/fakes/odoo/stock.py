"""Inventory of the fake: reservation, validation with its backorder wizard, returns."""

from __future__ import annotations

from typing import Any

from tests.fakes.odoo.errors import UserError
from tests.fakes.odoo.methods import one, public
from tests.fakes.odoo.orm import CREATE, WRITE, Env, Row
from tests.fakes.odoo.schema import OPEN


def _moves(env: Env, picking: Row, *states: str) -> list[Row]:
    return [move for move in env.children("stock.move", "picking_id", picking["id"]) if move["state"] in states]


def _free(env: Env, product: int) -> float:
    """What is in stock and not reserved."""
    going = [move for move in env.children("stock.move", "product_id", product) if move["state"] in OPEN]
    held = sum(
        move.get("quantity") or 0 for move in going if env.value("stock.move", move, "picking_code") == "outgoing"
    )
    return float((env.get("product.product", product).get("stock") or 0) - held)


def _write_move(env: Env, move: Row, values: Row) -> None:
    if move["state"] == "done" and "quantity" in values:
        raise UserError("Quantities cannot be changed on a done move of a locked transfer.")
    env.write("stock.move", move, **values)


WRITE["stock.move"] = _write_move


@public("stock.picking", "action_assign")
def assign(env: Env, records: list[Row]) -> bool:
    for picking in records:
        moves = _moves(env, picking, *OPEN)
        if not moves:
            raise UserError("Nothing to check the availability for.")
        for move in moves:
            have = move.get("quantity") or 0.0
            outgoing = picking["picking_type_code"] == "outgoing"
            got = (
                min(move["product_uom_qty"] - have, _free(env, move["product_id"]))
                if outgoing
                else move["product_uom_qty"] - have
            )
            total = have + max(0.0, got)
            state = "assigned" if total >= move["product_uom_qty"] else "partially_available" if total else "confirmed"
            if (total, state) != (have, move["state"]):
                env.write("stock.move", move, quantity=total, state=state)
    return True


@public("stock.picking", "do_unreserve")
def unreserve(env: Env, records: list[Row]) -> bool:
    for picking in records:
        for move in _moves(env, picking, *OPEN):
            env.write("stock.move", move, quantity=0.0, picked=False, state="confirmed")
    return True


@public("stock.picking", "action_cancel")
def cancel(env: Env, records: list[Row]) -> bool:
    for picking in records:
        if env.value("stock.picking", picking, "state") == "done":
            raise UserError(
                "You cannot cancel a stock move that has been set to 'Done'. Create a return in order to reverse the moves which took place."
            )
        for move in _moves(env, picking, *OPEN):
            env.write("stock.move", move, state="cancel", quantity=0.0)
    return True


@public("stock.picking", "button_validate")
def validate(env: Env, records: list[Row]) -> Any:
    picking = one(records)
    moves = _moves(env, picking, *OPEN)
    if not moves:
        raise UserError(
            "You cannot validate a transfer if no quantities are reserved. To force the transfer, encode quantities."
        )
    picked = [move for move in moves if move.get("picked")] or moves
    if not any(move.get("quantity") for move in picked):
        raise UserError(
            "You cannot validate a transfer if no quantities are reserved. To force the transfer, encode quantities."
        )
    less = any(move not in picked or (move.get("quantity") or 0) < move["product_uom_qty"] for move in moves)
    if less and not env.context.get("skip_backorder"):
        return {
            "name": "Create Backorder?", "type": "ir.actions.act_window", "res_model": "stock.backorder.confirmation", "target": "new",
            "context": {**env.context, "button_validate_picking_ids": [picking["id"]], "default_pick_ids": [[4, picking["id"]]]},
        }  # fmt: skip
    _done(env, picking)
    return True


@public("stock.backorder.confirmation", "process")
def process(env: Env, records: list[Row]) -> bool:
    """Nothing happens without the context that the action gave: as in Odoo, no error says so."""
    for number in env.context.get("button_validate_picking_ids") or []:
        if number in one(records)["pick_ids"]:
            _done(env, env.get("stock.picking", number))
    return True


def _done(env: Env, picking: Row) -> None:
    moves = _moves(env, picking, *OPEN)
    picked = [move for move in moves if move.get("picked")] or moves
    sign = -1 if picking["picking_type_code"] == "outgoing" else 1
    rest = []
    for move in moves:
        quantity = (move.get("quantity") or 0.0) if move in picked else 0.0
        if quantity < move["product_uom_qty"]:
            rest.append((move, move["product_uom_qty"] - quantity))
        if quantity:
            product = env.get("product.product", move["product_id"])
            env.write("product.product", product, stock=(product.get("stock") or 0) + sign * quantity)
            env.write("stock.move", move, quantity=quantity, product_uom_qty=quantity, state="done", picked=True)
    env.write("stock.picking", picking, date_done=env.now)
    if rest:
        _backorder(env, picking, rest)


def _backorder(env: Env, picking: Row, rest: list[tuple[Row, float]]) -> None:
    kept = ("picking_type_code", "sale_id", "origin", "partner_id", "return_id")
    later = env.create("stock.picking", {
        "name": f"WH/OUT/{env.store.next('seq.out'):05d}", "backorder_id": picking["id"],
        **{name: picking[name] for name in kept if picking.get(name)},
    })  # fmt: skip
    for move, quantity in rest:
        if move["state"] != "done":
            env.write("stock.move", move, picking_id=later["id"], quantity=0.0, state="confirmed", picked=False)
        else:
            env.create("stock.move", {
                "picking_id": later["id"], "sale_line_id": move["sale_line_id"], "product_id": move["product_id"],
                "product_uom_qty": quantity,
            })  # fmt: skip


def _new_return(env: Env, values: Row) -> Row:
    picking = env.get("stock.picking", values["picking_id"])
    if env.value("stock.picking", picking, "state") != "done":
        raise UserError("You may only return Done pickings.")
    wizard = env.create("stock.return.picking", values)
    for move in _moves(env, picking, "done"):  # quantities begin at 0 since 18.0
        env.create(
            "stock.return.picking.line",
            {"wizard_id": wizard["id"], "move_id": move["id"], "product_id": move["product_id"]},
        )
    return wizard


CREATE["stock.return.picking"] = _new_return


def _lines(env: Env, wizard: Row) -> list[Row]:
    return [line for line in env.all("stock.return.picking.line") if line["wizard_id"] == wizard["id"]]


@public("stock.return.picking", "action_create_returns_all")
def create_returns_all(env: Env, records: list[Row]) -> Row:
    wizard = one(records)
    for line in _lines(env, wizard):
        move = env.get("stock.move", line["move_id"])
        back = [
            one
            for one in env.all("stock.move")
            if one.get("origin_returned_move_id") == move["id"] and one["state"] != "cancel"
        ]
        env.write(
            "stock.return.picking.line", line, quantity=move["quantity"] - sum(one["product_uom_qty"] for one in back)
        )
    return create_returns(env, records)


@public("stock.return.picking", "action_create_returns")
def create_returns(env: Env, records: list[Row]) -> Row:
    wizard = one(records)
    lines = [line for line in _lines(env, wizard) if (line.get("quantity") or 0) > 0]
    if not lines:
        raise UserError("Please specify at least one non-zero quantity.")
    picking = env.get("stock.picking", wizard["picking_id"])
    back = env.create("stock.picking", {
        "name": f"WH/IN/{env.store.next('seq.in'):05d}", "picking_type_code": "incoming", "sale_id": picking["sale_id"],
        "return_id": picking["id"], "origin": f"Return of {picking['name']}", "partner_id": picking["partner_id"],
    })  # fmt: skip
    for line in lines:
        move = env.get("stock.move", line["move_id"])
        env.create("stock.move", {
            "picking_id": back["id"], "sale_line_id": move["sale_line_id"], "product_id": move["product_id"],
            "product_uom_qty": line["quantity"], "origin_returned_move_id": move["id"], "state": "assigned", "quantity": line["quantity"],
        })  # fmt: skip
    return {"type": "ir.actions.act_window", "res_model": "stock.picking", "res_id": back["id"], "context": env.context}
