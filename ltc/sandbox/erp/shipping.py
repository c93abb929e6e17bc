"""Releases, deliveries and goods returns of the sandbox ERP."""

from __future__ import annotations

import sqlite3
from decimal import Decimal

from pydantic import Field

from ltc.model import documents as d
from ltc.model.base import Value
from ltc.model.money import Money, round_minor
from ltc.ports import operations as op
from ltc.sandbox.erp.documents import (
    delivery_of,
    find,
    lines_json,
    order_facts,
    order_of,
    pieces_open,
    release_of,
    return_of,
)
from ltc.sandbox.erp.orders import refuse_shipped
from ltc.sandbox.erp.returns import outside
from ltc.sandbox.erp.supply import FREE, use_kept
from ltc.sandbox.erp.tolerance import anything_open, complete, most_of
from ltc.sandbox.refusals import Refusal
from ltc.sandbox.transaction import Transaction


class ShipLine(Value):
    """How much of one order line to ship."""

    line: str
    quantity: int = Field(gt=0)


class Ship(Value):
    """What a carrier takes along: these lines, or everything that is open and in stock."""

    order: d.DocumentId
    lines: list[ShipLine] = Field(default_factory=list)


class Shipped(Value):
    """A delivery, and how many pieces of the order are still to come."""

    delivery: d.Delivery
    remaining: int


def release_delivery(tx: Transaction, asked: op.OrderId) -> d.Release:
    """Tell the warehouse to ship a confirmed order. Refused: ``not_confirmed``, ``already_released``."""
    row = find(tx, "orders", asked.order)
    if row["state"] != "confirmed":
        raise Refusal("not_confirmed", f"order {row['id']} is {row['state']}, not confirmed", row["id"])
    if row["release"]:
        raise Refusal("already_released", f"order {row['id']} is released as {row['release']}", row["release"])
    number = tx.database.next_id("RL")
    tx.database.insert(
        "releases", id=number, version=1, order_id=row["id"], status="open", reference=tx.caller.key,
        at_real=tx.real.isoformat(), released=tx.now.isoformat(),
    )  # fmt: skip
    tx.run("UPDATE orders SET release = ?, version = version + 1 WHERE id = ?", number, row["id"])
    tx.record("Release", number, parent=row["id"])
    return release_of(find(tx, "releases", number))


def cancel_delivery(tx: Transaction, asked: op.DeliveryId) -> d.Release:
    """Take a release back of which nothing is out.

    Refused: ``already_cancelled``, ``already_shipped`` (goods are out and have not come back).
    """
    release = find(tx, "releases", asked.delivery)
    if release["status"] == "cancelled":
        raise Refusal("already_cancelled", f"release {release['id']} is cancelled already", release["id"])
    refuse_shipped(find(tx, "orders", release["order_id"]))
    tx.run("UPDATE releases SET status = 'cancelled', version = version + 1 WHERE id = ?", release["id"])
    tx.run("UPDATE orders SET release = '', version = version + 1 WHERE id = ?", release["order_id"])
    tx.record("Release", release["id"], parent=release["order_id"], undoes=("erp.release_delivery", release["id"]))
    return release_of(find(tx, "releases", release["id"]))


def watch_shipments(tx: Transaction, asked: op.OrderId) -> op.ShipmentStatus:
    """Read an order and everything that left for it so far."""
    order = order_of(tx, asked.order)
    rows = tx.rows("SELECT * FROM deliveries WHERE order_id = ? ORDER BY rowid", asked.order)
    return op.ShipmentStatus(order=order, deliveries=[delivery_of(row) for row in rows])


def ship(tx: Transaction, asked: Ship) -> Shipped:
    """The warehouse ships; ``erp.goods_shipped`` goes on the feed. Without lines, everything open that is in stock.

    Refused: ``not_confirmed``, ``not_released``, ``nothing_open``, ``unknown_line``, ``more_than_ordered``,
    ``out_of_stock`` (nothing, or for given lines not enough, is there).
    """
    order = find(tx, "orders", asked.order)
    if order["state"] != "confirmed":
        raise Refusal(
            "not_confirmed", f"order {order['id']} is {order['state']}; ships only what is confirmed", order["id"]
        )
    if not order["release"]:
        raise Refusal("not_released", f"order {order['id']} is not released", order["id"])
    delivery = _go(tx, order, asked.lines)
    return Shipped(delivery=delivery, remaining=pieces_open(tx, order["id"]))


def ship_delivery(tx: Transaction, asked: op.ShipDelivery) -> d.Delivery:
    """Ship what is released and in stock; ``erp.goods_shipped`` goes on the feed.

    Refused: ``not_released`` (the release was cancelled, or everything of it is out), ``unknown_line``,
    ``more_than_ordered``, ``out_of_stock``.
    """
    release = find(tx, "releases", asked.delivery)
    if release["status"] != "open":
        raise Refusal("not_released", f"release {release['id']} is {release['status']}", release["id"])
    lines = [ShipLine(line=line.line, quantity=line.quantity) for line in asked.lines]
    return _go(tx, find(tx, "orders", release["order_id"]), lines)


def close_short(tx: Transaction, asked: op.OrderId) -> d.Order:
    """Give up what is still open of a partly shipped order; the feed hints at its last delivery.

    Refused: ``nothing_shipped`` (cancel the order instead), ``nothing_open``.
    """
    order = find(tx, "orders", asked.order)
    last = tx.value("SELECT id FROM deliveries WHERE order_id = ? ORDER BY rowid DESC LIMIT 1", order["id"])
    if last is None:
        raise Refusal("nothing_shipped", f"nothing of order {order['id']} is out; cancel it instead", order["id"])
    rest = pieces_open(tx, order["id"])
    if not rest:
        raise Refusal("nothing_open", f"nothing of order {order['id']} is open", order["id"])
    tx.run("UPDATE orders SET cancelled = cancelled + ?, version = version + 1 WHERE id = ?", rest, order["id"])
    tx.run("UPDATE order_lines SET cancelled = quantity - shipped WHERE order_id = ? AND quantity > shipped",
           order["id"])  # fmt: skip
    tx.run("UPDATE releases SET status = 'shipped', version = version + 1 WHERE id = ?", order["release"])
    tx.record("Order", order["id"], quantity=rest)
    tx.emit("erp.goods_shipped", {"order": order["id"], "delivery": last}, order_facts(order))
    return order_of(tx, order["id"])


def receive_return(tx: Transaction, asked: op.OrderId) -> d.GoodsReturn:
    """Take back everything that is out for an order; it goes back to stock. Refused: ``nothing_shipped``."""
    order = find(tx, "orders", asked.order)
    out = tx.rows("SELECT * FROM deliveries WHERE order_id = ? AND return_id = '' ORDER BY rowid", order["id"])
    left = outside(tx, order["id"])
    if not out:
        raise Refusal("nothing_shipped", f"nothing of order {order['id']} is out", order["id"])
    number, quantity = tx.database.next_id("GR"), 0
    for delivery in out:
        for line in delivery_of(delivery).lines:
            back = min(line.quantity, left.get(line.line, 0))
            left[line.line] = left.get(line.line, 0) - back
            tx.run("UPDATE products SET stock = stock + ? WHERE id = ?", back, line.product)
            quantity += back
        tx.run("UPDATE deliveries SET return_id = ?, version = version + 1 WHERE id = ?", number, delivery["id"])
    tx.run("UPDATE orders SET returned = returned + ?, version = version + 1 WHERE id = ?", quantity, order["id"])
    tx.database.insert(
        "returns", id=number, order_id=order["id"], delivery=out[-1]["id"], quantity=quantity,
        reference=tx.caller.key, at_real=tx.real.isoformat(),
    )  # fmt: skip
    last = out[-1]["id"]
    left_by = "erp.ship_delivery" if tx.last_effect("erp.ship_delivery", last) else "warehouse.ship"
    tx.record("GoodsReturn", number, parent=order["id"], quantity=quantity, undoes=(left_by, last))
    return return_of(find(tx, "returns", number))


def _go(tx: Transaction, order: sqlite3.Row, lines: list[ShipLine]) -> d.Delivery:
    delivery = deliver(tx, order, _given(tx, order, lines) if lines else _available(tx, order))
    tx.emit("erp.goods_shipped", {"order": order["id"], "delivery": delivery.id}, order_facts(order))
    return delivery


def _given(tx: Transaction, order: sqlite3.Row, lines: list[ShipLine]) -> list[tuple[sqlite3.Row, int]]:
    rows = {row["line"]: row for row in open_lines(tx, order)}
    wanted: dict[str, int] = {}
    for line in lines:
        if line.line not in rows:
            raise Refusal("unknown_line", f"order {order['id']} has no open line {line.line}", order["id"])
        wanted[line.line] = wanted.get(line.line, 0) + line.quantity
    left = {row["product"]: row["stock"] for row in rows.values()}
    for name, quantity in wanted.items():
        row = rows[name]
        if quantity > most_of(order, row):
            raise Refusal("more_than_ordered", f"line {name}: {row['open']} open, {quantity} asked", order["id"])
        left[row["product"]] -= quantity
        if left[row["product"]] < 0:
            raise Refusal("out_of_stock", f"line {name}: {row['stock']} in stock, {quantity} asked", row["product"])
    return [(rows[name], quantity) for name, quantity in wanted.items()]


def _available(tx: Transaction, order: sqlite3.Row) -> list[tuple[sqlite3.Row, int]]:
    rows = open_lines(tx, order)
    if not rows:
        raise Refusal("nothing_open", f"nothing of order {order['id']} is open", order["id"])
    left = {row["product"]: row["stock"] for row in rows}
    taken = []
    for row in rows:
        quantity = min(row["open"], left[row["product"]])
        left[row["product"]] -= quantity
        if quantity:
            taken.append((row, quantity))
    if not taken:
        raise Refusal("out_of_stock", f"nothing that order {order['id']} needs is in stock", order["id"])
    return taken


def open_lines(tx: Transaction, order: sqlite3.Row) -> list[sqlite3.Row]:
    """Return the lines of an order that are not all out, with what is open of each and what of it may go."""
    return tx.rows(
        f"SELECT l.*, l.quantity - l.shipped - l.cancelled AS open, {FREE} AS stock FROM order_lines l"  # noqa: S608
        " JOIN products p ON p.id = l.product WHERE l.order_id = ? AND l.quantity > l.shipped + l.cancelled"
        " ORDER BY l.line", order["id"],
    )  # fmt: skip


def deliver(
    tx: Transaction, order: sqlite3.Row, taken: list[tuple[sqlite3.Row, int]], *, from_main: bool = True
) -> d.Delivery:
    """Enter a delivery of so much of each line; it is taken from the main warehouse's stock, or has been taken."""
    net = gross = pieces = 0
    for row, quantity in taken:
        net += _share(row["net"], row, quantity)
        gross += _share(row["gross"], row, quantity)
        pieces += quantity
        tx.run(
            "UPDATE order_lines SET shipped = shipped + ? WHERE order_id = ? AND line = ?",
            quantity,
            order["id"],
            row["line"],
        )
        if from_main:
            tx.run("UPDATE products SET stock = stock - ? WHERE id = ?", quantity, row["product"])
            use_kept(tx, order["id"], row["product"], quantity)
    lines = [d.DeliveryLine(line=row["line"], product=row["product"], quantity=quantity) for row, quantity in taken]
    number = tx.database.next_id("DN")
    tx.database.insert(
        "deliveries", id=number, version=1, order_id=order["id"], lines=lines_json(lines), net=net, gross=gross,
        currency=order["currency"], shipped_at=tx.now.isoformat(), return_id="",
    )  # fmt: skip
    tx.run("UPDATE orders SET shipped = shipped + ?, version = version + 1 WHERE id = ?", pieces, order["id"])
    complete(tx, order)
    if from_main and not anything_open(tx, order["id"]):
        tx.run("UPDATE releases SET status = 'shipped', version = version + 1 WHERE id = ?", order["release"])
    amount = Money(minor=gross, currency=order["currency"])
    tx.record("Delivery", number, parent=order["id"], amount=amount, quantity=pieces)
    return delivery_of(find(tx, "deliveries", number))


def _share(total: int, line: sqlite3.Row, quantity: int) -> int:
    """Return the amount of a part of a line; the parts of a line add up to the line, to the cent."""

    def up_to(pieces: int) -> int:
        return round_minor(Decimal(total * pieces) / line["quantity"])

    return up_to(line["shipped"] + quantity) - up_to(line["shipped"])
