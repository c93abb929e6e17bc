"""Amendments of the sandbox ERP: an agreed order gets other lines, or loses some; what has left stays as it is."""

from __future__ import annotations

import json
import sqlite3

from pydantic import TypeAdapter

from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.sandbox.erp.credit import exposure
from ltc.sandbox.erp.documents import find, lines_json, order_of, pieces_open
from ltc.sandbox.erp.invoices import FEE
from ltc.sandbox.erp.orders import check_lines, totals
from ltc.sandbox.refusals import Refusal
from ltc.sandbox.transaction import Transaction

_LINES = TypeAdapter(list[d.Line])


def amend_order(tx: Transaction, asked: op.AmendOrder) -> d.Order:
    """Give an agreed order new lines.

    Refused: ``not_open`` (cancelled), ``already_shipped`` (all of it is out, or a part of a line whose price would
    change), ``below_shipped`` (less than what is out), ``invoiced`` (the whole order is billed, and its total would
    change), ``discontinued``, ``unknown_product``, ``credit_limit``, and what refuses new lines of an order.
    """
    row = _open(tx, asked.order)
    check_lines(tx, asked.lines, row["currency"])
    _refuse_shipped(tx, row, asked.lines)
    sums = totals(asked.lines)
    _refuse_billed(tx, row, sums["gross"])
    _remember(tx, row)
    _rewrite(tx, row, asked.lines)
    if row["state"] == "confirmed":
        _refuse_discontinued(tx, row, asked.lines)
        _refuse_credit(tx, row, sums["gross"])
    return _done(tx, row["id"])


def cancel_lines(tx: Transaction, asked: op.CancelLines) -> d.Order:
    """Cancel what is open of lines; what is billed of them is credited by a step of its own.

    Refused: ``not_open``, ``unknown_line``, ``already_shipped`` (nothing open); by a plan of faults ``invoiced``, too.
    """
    row = _open(tx, asked.order)
    lines = {line["line"]: line for line in _parts(tx, row)}
    for name in asked.lines:
        if name not in lines:
            raise Refusal("unknown_line", f"order {row['id']} has no line {name}", row["id"])
        if lines[name]["quantity"] <= lines[name]["shipped"] + lines[name]["cancelled"]:
            raise Refusal("already_shipped", f"nothing of line {name} is open", row["id"])
    _remember(tx, row)
    for name in asked.lines:
        tx.run("UPDATE order_lines SET cancelled = quantity - shipped WHERE order_id = ? AND line = ?", row["id"], name)
    _recount(tx, row["id"])
    return _done(tx, row["id"])


def revert_amendment(tx: Transaction, asked: op.OrderId) -> d.Order:
    """Take the newest amendment, or cancellation of lines, back.

    Refused: ``nothing_amended``, ``already_shipped`` (more is out than there was ordered before).
    """
    row = find(tx, "orders", asked.order)
    last = tx.row("SELECT * FROM amendments WHERE order_id = ? AND NOT reverted ORDER BY id DESC LIMIT 1", row["id"])
    if last is None:
        raise Refusal("nothing_amended", f"order {row['id']} was not amended", row["id"])
    lines = _LINES.validate_json(last["lines"])
    _refuse_shipped(tx, row, lines, backward=True)
    _rewrite(tx, row, lines)
    for name, cancelled in json.loads(last["parts"]).items():
        tx.run("UPDATE order_lines SET cancelled = ? WHERE order_id = ? AND line = ?", cancelled, row["id"], name)
    _recount(tx, row["id"])
    tx.run("UPDATE amendments SET reverted = 1 WHERE id = ?", last["id"])
    return _done(tx, row["id"], undoes=last["operation"])


def _open(tx: Transaction, number: str) -> sqlite3.Row:
    row = find(tx, "orders", number)
    if row["state"] == "cancelled":
        raise Refusal("not_open", f"order {number} is cancelled", number)
    return row


def _parts(tx: Transaction, row: sqlite3.Row) -> list[sqlite3.Row]:
    return tx.rows("SELECT * FROM order_lines WHERE order_id = ? ORDER BY line", row["id"])


def _refuse_shipped(tx: Transaction, row: sqlite3.Row, lines: list[d.Line], *, backward: bool = False) -> None:
    """What is out stays ordered, at the price it went out at; of an order that is all out nothing can be amended."""
    if not backward and row["shipped"] and not pieces_open(tx, row["id"]):
        raise Refusal("already_shipped", f"order {row['id']} is all out", row["id"])
    wanted = {line.id: line for line in lines}
    before = {line.id: line for line in _LINES.validate_json(row["lines"])}
    for part in _parts(tx, row):
        if not part["shipped"]:
            continue
        line = wanted.get(part["line"])
        if line is None or line.quantity < part["shipped"] or line.product != part["product"]:
            reason = "already_shipped" if backward else "below_shipped"
            raise Refusal(reason, f"line {part['line']}: {part['shipped']} are out", row["id"])
        old = before[line.id]
        if (line.unit_price, line.discount) != (old.unit_price, old.discount):
            raise Refusal("already_shipped", f"line {line.id}: {part['shipped']} went out at another price", row["id"])


def _refuse_billed(tx: Transaction, row: sqlite3.Row, gross: int) -> None:
    billed = tx.value(
        "SELECT id FROM invoices WHERE order_id = ? AND delivery = '' AND credit_note = '' AND gross > credited"
        " AND kind <> ?",
        row["id"],
        FEE,
    )
    if billed and gross != row["gross"]:
        raise Refusal("invoiced", f"order {row['id']} is billed as a whole by {billed}; credit it first", billed)


def _refuse_discontinued(tx: Transaction, row: sqlite3.Row, lines: list[d.Line]) -> None:
    known = {line.product for line in _LINES.validate_json(row["lines"])}
    for line in lines:
        if line.product not in known and tx.value("SELECT discontinued FROM products WHERE id = ?", line.product):
            raise Refusal("discontinued", f"product {line.product} is discontinued", line.product)


def _refuse_credit(tx: Transaction, row: sqlite3.Row, gross: int) -> None:
    """Only what makes an order dearer can go over the limit."""
    limit = tx.value("SELECT credit_limit FROM customers WHERE id = ?", row["customer"])
    if limit is not None and gross > row["gross"] and exposure(tx, row["customer"]) > limit:
        raise Refusal("credit_limit", f"order {row['id']}, amended, exceeds the limit of {row['customer']}", row["id"])


def _remember(tx: Transaction, row: sqlite3.Row) -> None:
    parts = {part["line"]: part["cancelled"] for part in _parts(tx, row)}
    tx.database.insert(
        "amendments", order_id=row["id"], operation=tx.operation, lines=row["lines"], parts=json.dumps(parts),
        reverted=0,
    )  # fmt: skip


def _rewrite(tx: Transaction, row: sqlite3.Row, lines: list[d.Line]) -> None:
    """Write new lines; how much of each is out stays."""
    known = {part["line"]: part for part in _parts(tx, row)}
    sums = totals(lines)
    tx.run("DELETE FROM order_lines WHERE order_id = ?", row["id"])
    for line in lines:
        part = known.get(line.id)
        shipped = part["shipped"] if part else 0
        cancelled = min(part["cancelled"], line.quantity - shipped) if part else 0
        tx.database.insert(
            "order_lines", order_id=row["id"], line=line.id, product=line.product, quantity=line.quantity,
            net=line.net.minor, gross=line.gross.minor, shipped=shipped, cancelled=cancelled,
        )  # fmt: skip
    tx.run(
        "UPDATE orders SET lines = ?, net = ?, tax = ?, gross = ?, ordered = ? WHERE id = ?",
        lines_json(lines), sums["net"], sums["tax"], sums["gross"], sums["ordered"], row["id"],
    )  # fmt: skip
    _recount(tx, row["id"])


def _recount(tx: Transaction, number: str) -> None:
    """What is cancelled follows from the lines; a release of which nothing is open is through, else it is open."""
    tx.run(
        "UPDATE orders SET cancelled = (SELECT COALESCE(SUM(cancelled), 0) FROM order_lines WHERE order_id = ?1)"
        " WHERE id = ?1", number,
    )  # fmt: skip
    left = tx.value("SELECT SUM(quantity - shipped - cancelled) FROM order_lines WHERE order_id = ?", number)
    tx.run(
        "UPDATE releases SET status = ?, version = version + 1 WHERE order_id = ? AND status IN ('open', 'shipped')"
        " AND id NOT IN (SELECT release FROM picks)",
        "open" if left else "shipped", number,
    )  # fmt: skip


def _done(tx: Transaction, number: str, undoes: str = "") -> d.Order:
    tx.run("UPDATE orders SET version = version + 1 WHERE id = ?", number)
    order = order_of(tx, number)
    undone = (undoes, number) if undoes else None
    tx.record("Order", number, amount=order.gross, quantity=order.ordered - order.cancelled, undoes=undone)
    return order
