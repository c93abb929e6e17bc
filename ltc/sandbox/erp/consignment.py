"""Goods on consignment in the sandbox ERP: at the customer's place, delivered only when a withdrawal is reported."""

from __future__ import annotations

import sqlite3

from pydantic import Field

from ltc.model import documents as d
from ltc.model import trade as t
from ltc.model.base import Value
from ltc.ports import operations as op
from ltc.ports.requests_trade import ConsignmentId
from ltc.sandbox.erp.documents import find, order_facts
from ltc.sandbox.erp.shipping import deliver, open_lines
from ltc.sandbox.refusals import Refusal
from ltc.sandbox.transaction import Transaction

SCHEMA = """
CREATE TABLE IF NOT EXISTS consignments (
  id TEXT PRIMARY KEY, version INTEGER NOT NULL, order_id TEXT NOT NULL REFERENCES orders, status TEXT NOT NULL,
  quantity INTEGER NOT NULL, withdrawn INTEGER NOT NULL, reference TEXT NOT NULL, at_real TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS consignments_order ON consignments (order_id);
"""


class Withdraw(Value):
    """What the customer took: a share of what is still there, in percent; 100 takes all of it."""

    order: d.DocumentId
    share: int = Field(default=100, ge=1, le=100)


def consignment_of(row: sqlite3.Row) -> t.Consignment:
    """Return a consignment."""
    left = row["quantity"] - row["withdrawn"] if row["status"] == "out" else 0
    return t.Consignment(
        id=row["id"], version=row["version"], order=row["order_id"], status=row["status"], quantity=row["quantity"],
        withdrawn=row["withdrawn"], left=left,
    )  # fmt: skip


def consign_order(tx: Transaction, asked: op.OrderId) -> t.Consignment:
    """Bring a confirmed order's goods to the customer's place.

    Refused: ``not_confirmed``, ``already_consigned``, ``out_of_stock`` (all of it goes, or nothing).
    """
    order = find(tx, "orders", asked.order)
    if order["state"] != "confirmed":
        raise Refusal("not_confirmed", f"order {order['id']} is {order['state']}, not confirmed", order["id"])
    if order["release"]:
        raise Refusal("already_consigned", f"order {order['id']} went out as {order['release']}", order["id"])
    lines = open_lines(tx, order)
    for row in lines:
        _take_from_stock(tx, row)
    number, quantity = tx.database.next_id("CG"), sum(row["open"] for row in lines)
    tx.database.insert(
        "consignments", id=number, version=1, order_id=order["id"], status="out", quantity=quantity, withdrawn=0,
        reference=tx.caller.key, at_real=tx.real.isoformat(),
    )  # fmt: skip
    tx.run("UPDATE orders SET release = ?, version = version + 1 WHERE id = ?", number, order["id"])
    tx.record("Consignment", number, parent=order["id"], quantity=quantity)
    return consignment_of(find(tx, "consignments", number))


def _take_from_stock(tx: Transaction, row: sqlite3.Row) -> None:
    stock = tx.value("SELECT stock FROM products WHERE id = ?", row["product"])
    if row["open"] > stock:
        raise Refusal("out_of_stock", f"product {row['product']}: {row['open']} wanted, {stock} there", row["product"])
    tx.run("UPDATE products SET stock = stock - ? WHERE id = ?", row["open"], row["product"])


def recall_consignment(tx: Transaction, asked: ConsignmentId) -> t.Consignment:
    """Bring everything back of which nothing was taken. Refused: ``already_withdrawn``, ``already_recalled``."""
    row = find(tx, "consignments", asked.consignment)
    if row["status"] != "out":
        raise Refusal("already_recalled", f"consignment {row['id']} is {row['status']}", row["id"])
    if row["withdrawn"]:
        raise Refusal("already_withdrawn", f"{row['withdrawn']} of consignment {row['id']} are taken", row["id"])
    order = find(tx, "orders", row["order_id"])
    _back_to_stock(tx, order)
    tx.run("UPDATE consignments SET status = 'recalled', version = version + 1 WHERE id = ?", row["id"])
    tx.run("UPDATE orders SET release = '', version = version + 1 WHERE id = ?", order["id"])
    tx.record("Consignment", row["id"], parent=order["id"], undoes=("erp.consign_order", row["id"]))
    return consignment_of(find(tx, "consignments", row["id"]))


def _back_to_stock(tx: Transaction, order: sqlite3.Row) -> None:
    for line in open_lines(tx, order):
        tx.run("UPDATE products SET stock = stock + ? WHERE id = ?", line["open"], line["product"])


def withdraw(tx: Transaction, asked: Withdraw) -> d.Delivery:
    """The customer reports what was taken: it is delivered, and may be billed. Refused: ``nothing_there``."""
    order, row = _out(tx, asked.order)
    taken = []
    for line in open_lines(tx, order):
        quantity = max(1, line["open"] * asked.share // 100)
        taken.append((line, quantity))
    delivery = deliver(tx, order, taken, from_main=False)
    quantity = sum(pieces for _, pieces in taken)
    tx.run("UPDATE consignments SET withdrawn = withdrawn + ?, version = version + 1 WHERE id = ?", quantity, row["id"])
    tx.emit("erp.withdrawal_reported", {"order": order["id"], "delivery": delivery.id}, order_facts(order))
    return delivery


def send_back(tx: Transaction, asked: op.OrderId) -> t.Consignment:
    """The customer sends the rest back: it is stock again, and cancelled of the order; the feed hints at it.

    Refused: ``nothing_there``.
    """
    order, row = _out(tx, asked.order)
    _back_to_stock(tx, order)
    rest = order["ordered"] - order["shipped"] - order["cancelled"]
    tx.run("UPDATE orders SET cancelled = cancelled + ?, version = version + 1 WHERE id = ?", rest, order["id"])
    tx.run("UPDATE order_lines SET cancelled = quantity - shipped WHERE order_id = ?", order["id"])
    tx.run("UPDATE consignments SET status = 'closed', version = version + 1 WHERE id = ?", row["id"])
    tx.record("Consignment", row["id"], parent=order["id"], quantity=rest)
    last = tx.value("SELECT id FROM deliveries WHERE order_id = ? ORDER BY rowid DESC LIMIT 1", order["id"])
    tx.emit("erp.withdrawal_reported", {"order": order["id"], "delivery": last or row["id"]}, order_facts(order))
    return consignment_of(find(tx, "consignments", row["id"]))


def _out(tx: Transaction, number: str) -> tuple[sqlite3.Row, sqlite3.Row]:
    order = find(tx, "orders", number)
    row = tx.row("SELECT * FROM consignments WHERE order_id = ? AND status = 'out'", order["id"])
    if row is None or not open_lines(tx, order):
        raise Refusal("nothing_there", f"nothing of order {order['id']} is at the customer's place", order["id"])
    return order, row
