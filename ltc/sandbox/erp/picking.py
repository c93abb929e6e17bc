"""Several warehouses of the sandbox ERP: which one sends how much of an order, each with stock of its own."""

from __future__ import annotations

import sqlite3

from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.sandbox.erp import shipping
from ltc.sandbox.erp.documents import find, order_facts, pieces_open, release_of
from ltc.sandbox.erp.stock import MAIN, arrive_at, stock_of
from ltc.sandbox.refusals import Refusal
from ltc.sandbox.transaction import Transaction


class ShipFrom(shipping.Ship):
    """What a carrier takes along, and from which warehouse; empty is the first that has some of it."""

    warehouse: str = ""


def plan_picks(tx: Transaction, asked: op.OrderId) -> d.PickPlan:
    """Say which warehouse is to send how much: each line from the first that has it all, else from each what it has.

    What no warehouse has is the main one's, which gets it in.
    """
    order = find(tx, "orders", asked.order)
    houses = [MAIN, *(row["id"] for row in tx.rows("SELECT id FROM warehouses WHERE id <> ? ORDER BY id", MAIN))]
    free = {house: _Free(tx, house) for house in houses}
    picks: dict[str, list[d.DeliveryLine]] = {house: [] for house in houses}
    for line in tx.rows("SELECT * FROM order_lines WHERE order_id = ? ORDER BY line", order["id"]):
        left = line["quantity"] - line["shipped"] - line["cancelled"]
        whole = next((house for house in houses if free[house].of(line["product"]) >= left), "")
        for house in [whole] if whole else houses[::-1]:
            count = left if house in (whole, MAIN) else min(left, free[house].of(line["product"]))
            if count > 0:
                free[house].take(line["product"], count)
                picks[house].append(d.DeliveryLine(line=line["line"], product=line["product"], quantity=count))
                left -= count
    parts = [d.Pick(warehouse=house, lines=lines) for house, lines in picks.items() if lines]
    return d.PickPlan(id=order["id"], version=order["version"], order=order["id"], parts=parts)


class _Free:
    """What a warehouse has that no open pick waits for."""

    def __init__(self, tx: Transaction, house: str) -> None:
        self._tx, self._house, self._known = tx, house, dict[str, int]()

    def of(self, product: str) -> int:
        if product not in self._known:
            waiting = self._tx.value(
                "SELECT COALESCE(SUM(p.quantity - p.shipped), 0) FROM picks p JOIN releases r ON r.id = p.release"
                " WHERE p.warehouse = ? AND p.product = ? AND r.status = 'open'", self._house, product,
            )  # fmt: skip
            self._known[product] = max(0, stock_of(self._tx, self._house, product) - waiting)
        return self._known[product]

    def take(self, product: str, count: int) -> None:
        self._known[product] = self.of(product) - count


def release_picks(tx: Transaction, asked: op.ReleasePicks) -> d.Release:
    """Tell one warehouse to send its part of a confirmed order.

    Refused: ``not_confirmed``, ``already_released`` (to this warehouse, or the order as a whole), ``unknown_line``,
    ``more_than_ordered``, ``not_found`` (the warehouse).
    """
    order = find(tx, "orders", asked.order)
    if order["state"] != "confirmed":
        raise Refusal("not_confirmed", f"order {order['id']} is {order['state']}, not confirmed", order["id"])
    if asked.warehouse != MAIN and tx.row("SELECT 1 FROM warehouses WHERE id = ?", asked.warehouse) is None:
        raise Refusal("not_found", f"there is no warehouse {asked.warehouse}", asked.warehouse)
    known = tx.value(
        "SELECT r.id FROM releases r LEFT JOIN picks p ON p.release = r.id"
        " WHERE r.order_id = ? AND r.status <> 'cancelled' AND COALESCE(p.warehouse, ?2) = ?2",
        order["id"], asked.warehouse,
    )  # fmt: skip
    if known:
        raise Refusal("already_released", f"order {order['id']} is released as {known}", known)
    number = tx.database.next_id("RL")
    tx.database.insert(
        "releases", id=number, version=1, order_id=order["id"], status="open", reference=tx.caller.key,
        at_real=tx.real.isoformat(), released=tx.now.isoformat(),
    )  # fmt: skip
    for line in asked.lines:
        _pick(tx, order, number, asked.warehouse, line)
    tx.run("UPDATE orders SET release = ?, version = version + 1 WHERE id = ?", number, order["id"])
    tx.record("Release", number, parent=order["id"])
    return one(tx, number)


def _pick(tx: Transaction, order: sqlite3.Row, release: str, warehouse: str, line: d.DeliveryLine) -> None:
    row = tx.row("SELECT * FROM order_lines WHERE order_id = ? AND line = ?", order["id"], line.line)
    if row is None or row["product"] != line.product:
        raise Refusal("unknown_line", f"order {order['id']} has no line {line.line} of {line.product}", order["id"])
    taken = tx.value(
        "SELECT COALESCE(SUM(p.quantity), 0) FROM picks p JOIN releases r ON r.id = p.release"
        " WHERE r.order_id = ? AND p.line = ? AND r.status <> 'cancelled'", order["id"], line.line,
    )  # fmt: skip
    if taken + line.quantity > row["quantity"] - row["cancelled"]:
        raise Refusal("more_than_ordered", f"line {line.line}: {row['quantity'] - taken} are left", order["id"])
    tx.database.insert(
        "picks", release=release, warehouse=warehouse, line=line.line, product=line.product, quantity=line.quantity,
        shipped=0,
    )  # fmt: skip


def one(tx: Transaction, number: str) -> d.Release:
    """Return a release with the warehouse it is for."""
    house = tx.value("SELECT warehouse FROM picks WHERE release = ? LIMIT 1", number) or ""
    return release_of(find(tx, "releases", number)).model_copy(update={"warehouse": house})


def cancel_delivery(tx: Transaction, asked: op.DeliveryId) -> d.Release:
    """Take a release back of which nothing is out.

    Refused: ``already_cancelled``, ``already_shipped`` (goods are out and have not come back).
    """
    release = find(tx, "releases", asked.delivery)
    picked = tx.rows("SELECT * FROM picks WHERE release = ?", release["id"])
    if not picked or release["status"] == "cancelled":
        return shipping.cancel_delivery(tx, asked)
    if any(row["shipped"] for row in picked):
        raise Refusal("already_shipped", f"goods of release {release['id']} are out", release["id"])
    tx.run("UPDATE releases SET status = 'cancelled', version = version + 1 WHERE id = ?", release["id"])
    tx.run(
        "UPDATE orders SET version = version + 1, release = COALESCE((SELECT id FROM releases WHERE order_id = ?1"
        " AND status <> 'cancelled' ORDER BY rowid DESC LIMIT 1), '') WHERE id = ?1", release["order_id"],
    )  # fmt: skip
    tx.record("Release", release["id"], parent=release["order_id"], undoes=("erp.release_picks", release["id"]))
    return one(tx, release["id"])


def ship(tx: Transaction, asked: ShipFrom) -> shipping.Shipped:
    """The warehouse ships; ``erp.goods_shipped`` goes on the feed. Without lines, everything open that is in stock.

    Refused: ``not_confirmed``, ``not_released``, ``nothing_open``, ``unknown_line``, ``more_than_ordered``,
    ``out_of_stock`` (nothing, or for given lines not enough, is there).
    """
    order = find(tx, "orders", asked.order)
    picked = _open_picks(tx, order, asked.warehouse)
    if order["state"] != "confirmed" or not tx.value(
        "SELECT COUNT(*) FROM picks p JOIN releases r ON r.id = p.release WHERE r.order_id = ?", order["id"]
    ):
        return shipping.ship(tx, asked)
    if not picked:
        raise Refusal("nothing_open", f"no warehouse has anything of {order['id']} to send", order["id"])
    limits = {line.line: line.quantity for line in asked.lines}
    for release in dict.fromkeys(row["release"] for row in picked):
        rows = [row for row in picked if row["release"] == release]
        delivery = _send(tx, order, release, rows, limits)
        if delivery is not None:
            return shipping.Shipped(delivery=delivery, remaining=pieces_open(tx, order["id"]))
    raise Refusal("out_of_stock", f"nothing that order {order['id']} needs is in stock", order["id"])


def _open_picks(tx: Transaction, order: sqlite3.Row, warehouse: str) -> list[sqlite3.Row]:
    return tx.rows(
        "SELECT p.*, l.net, l.gross, l.quantity AS ordered, l.shipped AS out, l.cancelled FROM picks p"
        " JOIN releases r ON r.id = p.release JOIN order_lines l ON l.order_id = r.order_id AND l.line = p.line"
        " WHERE r.order_id = ? AND r.status = 'open' AND p.shipped < p.quantity"
        " AND l.quantity > l.shipped + l.cancelled AND ? IN ('', p.warehouse) ORDER BY r.rowid, p.line",
        order["id"], warehouse,
    )  # fmt: skip


def _send(
    tx: Transaction, order: sqlite3.Row, release: str, rows: list[sqlite3.Row], limits: dict[str, int]
) -> d.Delivery | None:
    """Send what one warehouse has of its part; nothing when it has none of it."""
    taken: list[tuple[sqlite3.Row, int]] = []
    for row in rows:
        there = min(row["quantity"] - row["shipped"], row["ordered"] - row["out"] - row["cancelled"])
        count = min(
            there, stock_of(tx, row["warehouse"], row["product"]), limits.get(row["line"], there) if limits else there
        )
        if count > 0 and (not limits or row["line"] in limits):
            line = tx.row("SELECT * FROM order_lines WHERE order_id = ? AND line = ?", order["id"], row["line"])
            assert line is not None
            taken.append((line, count))
            arrive_at(tx, row["warehouse"], row["product"], -count)
            tx.run("UPDATE picks SET shipped = shipped + ? WHERE release = ? AND line = ?", count, release, row["line"])
    if not taken:
        return None
    delivery = shipping.deliver(tx, order, taken, from_main=False)
    left = tx.value("SELECT SUM(quantity - shipped) FROM picks WHERE release = ?", release)
    if not left:
        tx.run("UPDATE releases SET status = 'shipped', version = version + 1 WHERE id = ?", release)
    tx.emit("erp.goods_shipped", {"order": order["id"], "delivery": delivery.id}, order_facts(order))
    return delivery


def ship_delivery(tx: Transaction, asked: op.ShipDelivery) -> d.Delivery:
    """Ship what is released and in stock; ``erp.goods_shipped`` goes on the feed.

    Refused: ``not_released`` (the release was cancelled, or everything of it is out), ``unknown_line``,
    ``more_than_ordered``, ``out_of_stock``.
    """
    release = find(tx, "releases", asked.delivery)
    house = tx.value("SELECT warehouse FROM picks WHERE release = ? LIMIT 1", release["id"])
    if not house or release["status"] != "open":
        return shipping.ship_delivery(tx, asked)
    lines = [shipping.ShipLine(line=line.line, quantity=line.quantity) for line in asked.lines]
    return ship(tx, ShipFrom(order=release["order_id"], lines=lines, warehouse=house)).delivery
