"""Goods returns of the sandbox ERP: agreed with the customer, line by line, and later taken in by the warehouse."""

from __future__ import annotations

import json
import sqlite3

from pydantic import TypeAdapter

from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.sandbox.erp.documents import find, lines_json, order_facts, order_of, return_of
from ltc.sandbox.refusals import Refusal
from ltc.sandbox.transaction import Transaction

_DELIVERED = TypeAdapter(list[d.DeliveryLine])


def accept_return(tx: Transaction, asked: op.AcceptReturn) -> d.GoodsReturn:
    """Agree that goods come back; without lines, everything that is out.

    Refused: ``nothing_shipped``, ``more_than_shipped`` (of a line less is out, or is announced already).
    """
    order = find(tx, "orders", asked.order)
    out = outside(tx, order["id"])
    if not any(out.values()):
        raise Refusal("nothing_shipped", f"nothing of order {order['id']} is out", order["id"])
    wanted = {line.line: line.quantity for line in asked.lines} or {name: count for name, count in out.items() if count}
    for name, quantity in wanted.items():
        if quantity > out.get(name, 0):
            raise Refusal("more_than_shipped", f"line {name}: {out.get(name, 0)} are out", order["id"])
    products = _products(tx, order["id"])
    lines = [d.DeliveryLine(line=name, product=products[name], quantity=count) for name, count in wanted.items()]
    last = tx.value("SELECT id FROM deliveries WHERE order_id = ? ORDER BY rowid DESC LIMIT 1", order["id"])
    number = tx.database.next_id("GR")
    tx.database.insert(
        "returns", id=number, order_id=order["id"], delivery=last, quantity=sum(wanted.values()),
        reference=tx.caller.key, at_real=tx.real.isoformat(),
    )  # fmt: skip
    tx.database.insert("return_states", id=number, status="announced", lines=lines_json(lines), version=1)
    tx.record("GoodsReturn", number, parent=order["id"])
    return one(tx, number)


def cancel_return(tx: Transaction, asked: op.ReturnId) -> d.GoodsReturn:
    """Take an agreement back. Refused: ``already_received``, ``already_cancelled``."""
    row, state = _announced(tx, asked.goods_return)
    tx.run("UPDATE return_states SET status = 'cancelled', version = version + 1 WHERE id = ?", state["id"])
    tx.record("GoodsReturn", row["id"], parent=row["order_id"], undoes=("erp.accept_return", row["id"]))
    return one(tx, row["id"])


def take_in(tx: Transaction, asked: op.ReturnId) -> d.GoodsReturn:
    """The warehouse takes announced goods in; ``erp.goods_returned`` goes on the feed.

    Refused: ``already_received``, ``already_cancelled``.
    """
    row, state = _announced(tx, asked.goods_return)
    for line in _DELIVERED.validate_json(state["lines"]):
        tx.run("UPDATE products SET stock = stock + ? WHERE id = ?", line.quantity, line.product)
        tx.record("Product", line.product, quantity=line.quantity)
    tx.run("UPDATE return_states SET status = 'received', version = version + 1 WHERE id = ?", state["id"])
    tx.run(
        "UPDATE orders SET returned = returned + ?, version = version + 1 WHERE id = ?",
        row["quantity"],
        row["order_id"],
    )
    tx.record("GoodsReturn", row["id"], parent=row["order_id"], quantity=row["quantity"])
    facts = order_facts(find(tx, "orders", row["order_id"]))
    tx.emit("erp.goods_returned", {"order": row["order_id"], "goods_return": row["id"]}, facts)
    return one(tx, row["id"])


def watch_returns(tx: Transaction, asked: op.OrderId) -> op.ReturnStatus:
    """Read an order and everything that came back of it so far."""
    rows = tx.rows(
        "SELECT r.id FROM returns r JOIN return_states s ON s.id = r.id"
        " WHERE r.order_id = ? AND s.status = 'received' ORDER BY r.rowid", asked.order,
    )  # fmt: skip
    order = order_of(tx, asked.order)
    return op.ReturnStatus(order=order, returns=[one(tx, row["id"]) for row in rows])


def one(tx: Transaction, number: str) -> d.GoodsReturn:
    """Return a goods return with its lines."""
    row = find(tx, "returns", number)
    return full(row, tx.row("SELECT * FROM return_states WHERE id = ?", number))


def full(row: sqlite3.Row, state: sqlite3.Row | None) -> d.GoodsReturn:
    """Return a goods return; one without a state of its own was taken in as a whole."""
    plain = return_of(row).model_copy(update={"order": row["order_id"]})
    if state is None:
        return plain
    lines = _DELIVERED.validate_json(state["lines"])
    return plain.model_copy(update={"status": state["status"], "lines": lines, "version": state["version"]})


def outside(tx: Transaction, order: str) -> dict[str, int]:
    """Return how many pieces of each line are with the customer and not announced to come back."""
    found = {row["line"]: int(row["shipped"]) for row in tx.rows("SELECT * FROM order_lines WHERE order_id = ?", order)}
    for delivery in tx.rows("SELECT lines FROM deliveries WHERE order_id = ? AND return_id <> ''", order):
        for line in json.loads(delivery["lines"]):
            found[line["line"]] -= line["quantity"]
    states = tx.rows(
        "SELECT s.lines FROM return_states s JOIN returns r ON r.id = s.id"
        " WHERE r.order_id = ? AND s.status <> 'cancelled'", order,
    )  # fmt: skip
    for state in states:
        for line in json.loads(state["lines"]):
            found[line["line"]] -= line["quantity"]
    return {name: max(0, count) for name, count in found.items()}


def _products(tx: Transaction, order: str) -> dict[str, str]:
    return {row["line"]: row["product"] for row in tx.rows("SELECT * FROM order_lines WHERE order_id = ?", order)}


def _announced(tx: Transaction, number: str) -> tuple[sqlite3.Row, sqlite3.Row]:
    row = find(tx, "returns", number)
    state = tx.row("SELECT * FROM return_states WHERE id = ?", number)
    if state is None or state["status"] != "announced":
        status = "received" if state is None else state["status"]
        raise Refusal(f"already_{status}", f"goods return {number} is {status}", number)
    return row, state
