"""Stock of the sandbox ERP: what is there, what may be promised, and what arrives on a seeded schedule."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import timedelta

from pydantic import Field

from ltc.model.base import Value
from ltc.model.documents import DocumentId
from ltc.sandbox.erp.documents import find
from ltc.sandbox.refusals import Refusal, not_found
from ltc.sandbox.transaction import Transaction

MAIN = "main"  # the warehouse whose stock stands with the product


class Replenish(Value):
    """Goods that arrive outside the schedule."""

    product: DocumentId
    quantity: int = Field(gt=0)
    warehouse: str = ""  # empty is the main one


class StockLevel(Value):
    """A product and how much of it is there; ``open`` is what released orders still wait for."""

    product: str
    stock: int
    open: int


def check_products(tx: Transaction, order: sqlite3.Row) -> None:
    """Refuse an order with a product that is discontinued, or that is short and may not be back-ordered."""
    for row in tx.rows(
        "SELECT l.product, SUM(l.quantity) AS wanted, p.stock, p.discontinued, p.backorder FROM order_lines l"
        " JOIN products p ON p.id = l.product WHERE l.order_id = ? GROUP BY l.product ORDER BY l.product", order["id"],
    ):  # fmt: skip
        if row["discontinued"]:
            raise Refusal("discontinued", f"product {row['product']} is discontinued", row["product"])
        if not row["backorder"] and row["wanted"] > row["stock"]:
            text = f"product {row['product']}: {row['wanted']} wanted, {row['stock']} in stock, no back-orders"
            raise Refusal("out_of_stock", text, row["product"])


def replenish(tx: Transaction, asked: Replenish) -> StockLevel:
    """Goods arrive outside the schedule. Refused: ``not_found``."""
    row = find(tx, "products", asked.product)
    if asked.warehouse not in ("", MAIN):
        if tx.row("SELECT 1 FROM warehouses WHERE id = ?", asked.warehouse) is None:
            raise not_found("warehouse", asked.warehouse)
        arrive_at(tx, asked.warehouse, row["id"], asked.quantity)
        tx.record("Product", row["id"], quantity=asked.quantity)
        there = stock_of(tx, asked.warehouse, row["id"])
        return StockLevel(product=row["id"], stock=there, open=_picks_open(tx, asked.warehouse, row["id"]))
    _arrive(tx, row["id"], asked.quantity)
    return StockLevel(product=row["id"], stock=row["stock"] + asked.quantity, open=open_demand(tx, row["id"]))


def open_demand(tx: Transaction, product: str) -> int:
    """Return how much of a product released orders still wait for."""
    return int(
        tx.value(
            "SELECT COALESCE(SUM(l.quantity - l.shipped - l.cancelled), 0) FROM order_lines l"
            " JOIN orders o ON o.id = l.order_id WHERE l.product = ? AND o.state = 'confirmed' AND o.release <> ''",
            product,
        )
    )


class Replenisher:
    """Brings what is due on the schedule, up to virtual now, whenever somebody looks: no thread, no timer.

    Every ``every_hours`` virtual hours each product gets a lot between ``lot_min`` and ``lot_max``, which the seed, the
    product and the round decide; with ``cover`` the lot also holds what released orders lack. What is made to order,
    and its parts, never comes by itself.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._next: float | None = None

    def forget(self) -> None:
        """Read the schedule anew; it was changed."""
        self._next = None

    def due(self, tx: Transaction) -> bool:
        """Tell whether a round is due."""
        if self._next is None:
            self._next = tx.value("SELECT next FROM schedule") or float("inf")
        return tx.now.timestamp() >= self._next

    def __call__(self, tx: Transaction) -> None:
        """Apply every round that is due."""
        if not self.due(tx):
            return
        plan = tx.row("SELECT * FROM schedule")
        if plan is None:
            return
        due, number, step = plan["next"], plan["round"], timedelta(hours=plan["every_hours"]).total_seconds()
        while due <= tx.now.timestamp():
            self._round(tx, plan, number)
            due, number = due + step, number + 1
        tx.run("UPDATE schedule SET next = ?, round = ?", due, number)
        self._next = None  # read again: this transaction may still be rolled back

    def _round(self, tx: Transaction, plan: sqlite3.Row, number: int) -> None:
        for product in tx.rows(
            "SELECT id, stock FROM products WHERE NOT discontinued AND id NOT IN"
            " (SELECT product FROM parts_lists UNION SELECT part FROM parts_lists) ORDER BY id"
        ):
            lot = self._lot(product["id"], number, plan["lot_min"], plan["lot_max"])
            if plan["cover"]:
                lot += max(0, open_demand(tx, product["id"]) - product["stock"])
            if lot:
                _arrive(tx, product["id"], lot)
        if plan["cover"]:
            _cover_elsewhere(tx)

    def _lot(self, product: str, number: int, least: int, most: int) -> int:
        mixed = hashlib.sha256(f"{self._seed}/{product}/{number}".encode()).digest()
        return least + int.from_bytes(mixed[:8], "big") % (most - least + 1)


def stock_of(tx: Transaction, warehouse: str, product: str) -> int:
    """Return how much of a product a warehouse has."""
    if warehouse == MAIN:
        return int(tx.value("SELECT stock FROM products WHERE id = ?", product) or 0)
    return int(tx.value("SELECT stock FROM stock_at WHERE warehouse = ? AND product = ?", warehouse, product) or 0)


def arrive_at(tx: Transaction, warehouse: str, product: str, quantity: int) -> None:
    """Goods come into a warehouse, or leave it (below zero)."""
    if warehouse == MAIN:
        tx.run("UPDATE products SET stock = stock + ? WHERE id = ?", quantity, product)
        return
    tx.run("INSERT INTO stock_at VALUES (?, ?, 0) ON CONFLICT DO NOTHING", warehouse, product)
    tx.run("UPDATE stock_at SET stock = stock + ? WHERE warehouse = ? AND product = ?", quantity, warehouse, product)


def _picks_open(tx: Transaction, warehouse: str, product: str) -> int:
    return int(
        tx.value(
            "SELECT COALESCE(SUM(p.quantity - p.shipped), 0) FROM picks p JOIN releases r ON r.id = p.release"
            " WHERE r.status = 'open' AND p.warehouse = ? AND p.product = ?",
            warehouse,
            product,
        )
    )


def _cover_elsewhere(tx: Transaction) -> None:
    """Bring the other warehouses what their picks lack."""
    for row in tx.rows("SELECT * FROM stock_at ORDER BY warehouse, product"):
        lacking = _picks_open(tx, row["warehouse"], row["product"]) - row["stock"]
        if lacking > 0:
            arrive_at(tx, row["warehouse"], row["product"], lacking)
            tx.record("Product", row["product"], quantity=lacking, operation="warehouse.replenish")


def _arrive(tx: Transaction, product: str, quantity: int) -> None:
    tx.run("UPDATE products SET stock = stock + ? WHERE id = ?", quantity, product)
    tx.record("Product", product, quantity=quantity, operation="warehouse.replenish")
