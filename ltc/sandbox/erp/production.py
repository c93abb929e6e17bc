"""Production orders of the sandbox ERP: planned, released with their parts, finished in parts, cancelled."""

from __future__ import annotations

import json
import sqlite3

from pydantic import Field

from ltc.model import supply as s
from ltc.model.base import Value
from ltc.model.documents import DocumentId
from ltc.ports import requests_supply as ask
from ltc.sandbox.erp.documents import find, order_facts
from ltc.sandbox.erp.supply import free, keep, open_plan, parts_of, planned, put_away, use_kept
from ltc.sandbox.refusals import Refusal
from ltc.sandbox.transaction import Transaction


class Finish(Value):
    """The workshop has made pieces of a production order; without a quantity, all that were left."""

    production: DocumentId
    quantity: int | None = Field(default=None, gt=0)


def create_production(tx: Transaction, asked: ask.MakeOrBuy) -> s.ProductionOrder:
    """Plan to make what an order lacks. Refused: ``not_planned``, ``no_parts_list``, ``more_than_needed``."""
    plan = planned(tx, asked.order)
    if not parts_of(tx, find(tx, "products", asked.product)["id"]):
        raise Refusal("no_parts_list", f"product {asked.product} has no parts list; it is bought", asked.product)
    refuse_more(tx, "productions", plan, "make", asked)
    number = tx.database.next_id("MO")
    tx.database.insert(
        "productions", id=number, version=1, order_id=asked.order, product=asked.product, quantity=asked.quantity,
        finished=0, status="planned", reference=tx.caller.key, at_real=tx.real.isoformat(), released="",
    )  # fmt: skip
    tx.record("ProductionOrder", number, parent=asked.order)
    return _done(tx, number)


def refuse_more(tx: Transaction, table: str, plan: sqlite3.Row, what: str, asked: ask.MakeOrBuy) -> None:
    """Refuse to make or buy more than the order lacks, with what is ordered already."""
    ordered = tx.value(
        f"SELECT COALESCE(SUM(quantity), 0) FROM {table} WHERE order_id = ? AND product = ?"  # noqa: S608
        " AND status <> 'cancelled'", asked.order, asked.product,
    )  # fmt: skip
    needed = json.loads(plan[what]).get(asked.product, 0)
    if ordered + asked.quantity > needed:
        text = f"order {asked.order} lacks {needed} of {asked.product}; {ordered} are ordered, {asked.quantity} asked"
        raise Refusal("more_than_needed", text, asked.order)


def release_production(tx: Transaction, asked: ask.ProductionId) -> s.ProductionOrder:
    """Give a production order to the workshop, with its parts out of stock.

    Refused: ``already_released``, ``cancelled``, ``parts_missing``.
    """
    row = find(tx, "productions", asked.production)
    if row["status"] != "planned":
        reason = "cancelled" if row["status"] == "cancelled" else "already_released"
        raise Refusal(reason, f"production order {row['id']} is {row['status']}", row["id"])
    parts = parts_of(tx, row["product"])
    for part in parts:
        wanted, there = part["quantity"] * row["quantity"], free(tx, part["part"], row["order_id"])
        if there < wanted:
            text = f"production order {row['id']}: {wanted} of part {part['part']} wanted, {there} there"
            raise Refusal("parts_missing", text, row["id"])
    for part in parts:
        quantity = part["quantity"] * row["quantity"]
        tx.run("UPDATE products SET stock = stock - ? WHERE id = ?", quantity, part["part"])
        use_kept(tx, row["order_id"], part["part"], quantity)
        tx.record("PartsIssue", part["part"], parent=row["id"], quantity=quantity, operation="stock.issue")
    tx.run(
        "UPDATE productions SET status = 'released', released = ?, version = version + 1 WHERE id = ?",
        tx.now.isoformat(), row["id"],
    )  # fmt: skip
    tx.record("ProductionOrder", row["id"], parent=row["order_id"])
    return _done(tx, row["id"])


def recall_production(tx: Transaction, asked: ask.ProductionId) -> s.ProductionOrder:
    """Take a production order back from the workshop, with its parts. Refused: ``not_released``, ``already_finished``.

    ``already_finished``: pieces are made; cancel the order instead.
    """
    row = find(tx, "productions", asked.production)
    if row["finished"]:
        raise Refusal("already_finished", f"{row['finished']} of production order {row['id']} are made", row["id"])
    if row["status"] != "released":
        raise Refusal("not_released", f"production order {row['id']} is {row['status']}", row["id"])
    _parts_back(tx, row, row["quantity"])
    tx.run("UPDATE productions SET status = 'planned', released = '', version = version + 1 WHERE id = ?", row["id"])
    tx.record("ProductionOrder", row["id"], parent=row["order_id"], undoes=("erp.release_production", row["id"]))
    return _done(tx, row["id"])


def cancel_production(tx: Transaction, asked: ask.ProductionId) -> s.ProductionOrder:
    """Stop making: parts not used come back, pieces that are made are in stock for whoever wants them.

    Refused: ``already_cancelled``.
    """
    row = find(tx, "productions", asked.production)
    if row["status"] == "cancelled":
        raise Refusal("already_cancelled", f"production order {row['id']} is cancelled already", row["id"])
    if row["status"] == "released":
        _parts_back(tx, row, row["quantity"] - row["finished"])
    use_kept(tx, row["order_id"], row["product"], row["finished"])
    tx.run("UPDATE productions SET status = 'cancelled', version = version + 1 WHERE id = ?", row["id"])
    tx.record("ProductionOrder", row["id"], parent=row["order_id"], undoes=("erp.create_production", row["id"]))
    return _done(tx, row["id"])


def watch_production(tx: Transaction, asked: ask.ProductionId) -> ask.ProductionStatus:
    """Read a production order."""
    return ask.ProductionStatus(production=production_of(find(tx, "productions", asked.production)))


def finish(tx: Transaction, asked: Finish) -> s.ProductionOrder:
    """The workshop reports pieces as made; ``erp.production_finished`` goes on the feed.

    Refused: ``not_released``, ``more_than_planned``.
    """
    row = find(tx, "productions", asked.production)
    if row["status"] != "released":
        raise Refusal("not_released", f"production order {row['id']} is {row['status']}", row["id"])
    left = row["quantity"] - row["finished"]
    made = asked.quantity or left
    if made > left:
        raise Refusal("more_than_planned", f"production order {row['id']}: {left} left, {made} reported", row["id"])
    status = "finished" if made == left else "released"
    tx.run(
        "UPDATE productions SET finished = finished + ?, status = ?, version = version + 1 WHERE id = ?",
        made, status, row["id"],
    )  # fmt: skip
    put_away(tx, row["order_id"], row["product"], made)
    tx.record("Made", row["product"], parent=row["id"], quantity=made)
    facts = order_facts(find(tx, "orders", row["order_id"]))
    fields = {"production": row["id"], "finished": row["finished"] + made}
    tx.emit("erp.production_finished", fields, facts)
    return _done(tx, row["id"])


def production_of(row: sqlite3.Row) -> s.ProductionOrder:
    """Return a production order."""
    return s.ProductionOrder(
        id=row["id"], version=row["version"], order=row["order_id"], product=row["product"], quantity=row["quantity"],
        finished=row["finished"], status=row["status"],
    )  # fmt: skip


def _parts_back(tx: Transaction, row: sqlite3.Row, pieces: int) -> None:
    for part in parts_of(tx, row["product"]) if pieces else []:
        quantity = part["quantity"] * pieces
        tx.run("UPDATE products SET stock = stock + ? WHERE id = ?", quantity, part["part"])
        if open_plan(tx, row["order_id"]):
            keep(tx, row["order_id"], part["part"], quantity)
        tx.record("PartsReturn", part["part"], parent=row["id"], quantity=quantity, operation="stock.return")


def _done(tx: Transaction, number: str) -> s.ProductionOrder:
    return production_of(find(tx, "productions", number))
