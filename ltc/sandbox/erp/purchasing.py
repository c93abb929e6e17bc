"""Purchase orders of the sandbox ERP: drafted, confirmed, received in parts, cancelled."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from pydantic import Field

from ltc.model import supply as s
from ltc.model.base import Value
from ltc.model.documents import DocumentId
from ltc.ports import requests_supply as ask
from ltc.sandbox.erp.documents import find, order_facts
from ltc.sandbox.erp.production import refuse_more
from ltc.sandbox.erp.supply import planned, put_away
from ltc.sandbox.refusals import Refusal
from ltc.sandbox.transaction import Transaction


class Deliver(Value):
    """A supplier delivers on a purchase order; without a quantity, all that is still to come."""

    purchase: DocumentId
    quantity: int | None = Field(default=None, gt=0)


def create_purchase(tx: Transaction, asked: ask.MakeOrBuy) -> s.PurchaseOrder:
    """Draft a purchase of what an order lacks. Refused: ``not_planned``, ``unknown_product``, ``more_than_needed``."""
    plan = planned(tx, asked.order)
    if tx.row("SELECT 1 FROM products WHERE id = ?", asked.product) is None:
        raise Refusal("unknown_product", f"there is no product {asked.product}", asked.product)
    refuse_more(tx, "purchases", plan, "buy", asked)
    number = tx.database.next_id("PO")
    tx.database.insert(
        "purchases", id=number, version=1, order_id=asked.order, product=asked.product, quantity=asked.quantity,
        received=0, cancelled=0, status="draft", reference=tx.caller.key, at_real=tx.real.isoformat(), confirmed="",
    )  # fmt: skip
    tx.record("PurchaseOrder", number, parent=asked.order)
    return _done(tx, number)


def confirm_purchase(tx: Transaction, asked: ask.PurchaseId) -> s.PurchaseOrder:
    """Send a purchase order to the supplier, who will deliver.

    Refused: ``already_confirmed``, ``cancelled``; by a plan of faults ``supplier_refused``, too.
    """
    row = find(tx, "purchases", asked.purchase)
    if row["status"] != "draft":
        reason = "cancelled" if row["status"] == "cancelled" else "already_confirmed"
        raise Refusal(reason, f"purchase order {row['id']} is {row['status']}", row["id"])
    tx.run(
        "UPDATE purchases SET status = 'confirmed', confirmed = ?, version = version + 1 WHERE id = ?",
        tx.now.isoformat(), row["id"],
    )  # fmt: skip
    tx.record("PurchaseOrder", row["id"], parent=row["order_id"])
    return _done(tx, row["id"])


def cancel_purchase(tx: Transaction, asked: ask.PurchaseId) -> s.PurchaseOrder:
    """Give up what has not come yet; what has come stays in stock. Refused: ``already_cancelled``."""
    row = find(tx, "purchases", asked.purchase)
    if row["status"] == "cancelled":
        raise Refusal("already_cancelled", f"purchase order {row['id']} is cancelled already", row["id"])
    tx.run(
        "UPDATE purchases SET status = 'cancelled', cancelled = quantity - received, version = version + 1"
        " WHERE id = ?", row["id"],
    )  # fmt: skip
    tx.record("PurchaseOrder", row["id"], parent=row["order_id"], undoes=("erp.create_purchase", row["id"]))
    return _done(tx, row["id"])


def watch_purchase(tx: Transaction, asked: ask.PurchaseId) -> ask.PurchaseStatus:
    """Read a purchase order and everything that came in for it so far."""
    row = find(tx, "purchases", asked.purchase)
    came = tx.rows("SELECT * FROM receipts WHERE purchase = ? ORDER BY rowid", row["id"])
    return ask.PurchaseStatus(purchase=purchase_of(row), receipts=[receipt_of(one) for one in came])


def deliver(tx: Transaction, asked: Deliver) -> s.Receipt:
    """Bought goods come in; ``erp.goods_received`` goes on the feed.

    Refused: ``not_confirmed`` (a draft, received in full, or cancelled), ``more_than_ordered``.
    """
    row = find(tx, "purchases", asked.purchase)
    if row["status"] not in ("confirmed", "partly_received"):
        raise Refusal("not_confirmed", f"purchase order {row['id']} is {row['status']}", row["id"])
    left = row["quantity"] - row["received"]
    quantity = asked.quantity or left
    if quantity > left:
        text = f"purchase order {row['id']}: {left} to come, {quantity} delivered"
        raise Refusal("more_than_ordered", text, row["id"])
    number = tx.database.next_id("GRN")
    tx.database.insert("receipts", id=number, purchase=row["id"], quantity=quantity, received_at=tx.now.isoformat())
    tx.run(
        "UPDATE purchases SET received = received + ?, status = ?, version = version + 1 WHERE id = ?",
        quantity, "received" if quantity == left else "partly_received", row["id"],
    )  # fmt: skip
    put_away(tx, row["order_id"], row["product"], quantity)
    tx.record("Receipt", number, parent=row["id"], quantity=quantity)
    facts = order_facts(find(tx, "orders", row["order_id"]))
    tx.emit("erp.goods_received", {"purchase": row["id"], "receipt": number}, facts)
    return receipt_of(find(tx, "receipts", number))


def purchase_of(row: sqlite3.Row) -> s.PurchaseOrder:
    """Return a purchase order."""
    return s.PurchaseOrder(
        id=row["id"], version=row["version"], order=row["order_id"], product=row["product"], quantity=row["quantity"],
        received=row["received"], cancelled=row["cancelled"], status=row["status"],
    )  # fmt: skip


def receipt_of(row: sqlite3.Row) -> s.Receipt:
    """Return a goods receipt."""
    return s.Receipt(
        id=row["id"], purchase=row["purchase"], quantity=row["quantity"],
        received_at=datetime.fromisoformat(row["received_at"]),
    )  # fmt: skip


def _done(tx: Transaction, number: str) -> s.PurchaseOrder:
    return purchase_of(find(tx, "purchases", number))
