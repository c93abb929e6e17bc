"""What an order lacks, in the sandbox ERP: parts lists, stock kept for orders, the plan of what to make and to buy."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from ltc.model import supply as s
from ltc.ports import operations as op
from ltc.ports.requests_supply import SupplyId
from ltc.sandbox.erp.documents import find
from ltc.sandbox.refusals import Refusal
from ltc.sandbox.transaction import Transaction

SCHEMA = """
CREATE TABLE IF NOT EXISTS parts_lists (
  product TEXT NOT NULL REFERENCES products, part TEXT NOT NULL REFERENCES products, quantity INTEGER NOT NULL,
  PRIMARY KEY (product, part)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept_stock (
  order_id TEXT NOT NULL REFERENCES orders, product TEXT NOT NULL REFERENCES products, quantity INTEGER NOT NULL,
  PRIMARY KEY (order_id, product), CHECK (quantity >= 0)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS kept_stock_product ON kept_stock (product);
CREATE TABLE IF NOT EXISTS supply_plans (
  id TEXT PRIMARY KEY, version INTEGER NOT NULL, order_id TEXT NOT NULL REFERENCES orders, make TEXT NOT NULL,
  buy TEXT NOT NULL, kept TEXT NOT NULL, status TEXT NOT NULL, reference TEXT NOT NULL, at_real TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS supply_plans_order ON supply_plans (order_id);
CREATE TABLE IF NOT EXISTS productions (
  id TEXT PRIMARY KEY, version INTEGER NOT NULL, order_id TEXT NOT NULL REFERENCES orders,
  product TEXT NOT NULL REFERENCES products, quantity INTEGER NOT NULL, finished INTEGER NOT NULL,
  status TEXT NOT NULL, reference TEXT NOT NULL, at_real TEXT NOT NULL, released TEXT NOT NULL,
  CHECK (finished <= quantity));
CREATE INDEX IF NOT EXISTS productions_order ON productions (order_id);
CREATE TABLE IF NOT EXISTS purchases (
  id TEXT PRIMARY KEY, version INTEGER NOT NULL, order_id TEXT NOT NULL REFERENCES orders,
  product TEXT NOT NULL REFERENCES products, quantity INTEGER NOT NULL, received INTEGER NOT NULL,
  cancelled INTEGER NOT NULL, status TEXT NOT NULL, reference TEXT NOT NULL, at_real TEXT NOT NULL,
  confirmed TEXT NOT NULL, CHECK (received + cancelled <= quantity));
CREATE INDEX IF NOT EXISTS purchases_order ON purchases (order_id);
CREATE TABLE IF NOT EXISTS receipts (
  id TEXT PRIMARY KEY, purchase TEXT NOT NULL REFERENCES purchases, quantity INTEGER NOT NULL,
  received_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS receipts_purchase ON receipts (purchase);
"""
# What of a product (p) the order of a line (l) may take: all that is there, but for what is kept for other orders.
FREE = (
    "MAX(p.stock - COALESCE((SELECT SUM(k.quantity) FROM kept_stock k WHERE k.product = p.id"
    " AND k.order_id <> l.order_id), 0), 0)"
)


def plan_supply(tx: Transaction, asked: op.OrderId) -> s.SupplyPlan:
    """Tell what a confirmed order lacks: what is free in stock is kept for it, the rest is to be made or bought.

    A product with a parts list is made, of parts that are reckoned the same way; all else is bought. What goes into
    something else comes first. Refused: ``not_confirmed``, ``already_planned``.
    """
    order = find(tx, "orders", asked.order)
    if order["state"] != "confirmed":
        raise Refusal("not_confirmed", f"order {order['id']} is {order['state']}, not confirmed", order["id"])
    if standing := open_plan(tx, order["id"]):
        raise Refusal("already_planned", f"order {order['id']} is planned as {standing['id']}", standing["id"])
    make: dict[str, int] = {}
    buy: dict[str, int] = {}
    for line in tx.rows(
        "SELECT product, SUM(quantity - shipped - cancelled) AS open FROM order_lines WHERE order_id = ?"
        " AND quantity > shipped + cancelled GROUP BY product ORDER BY MIN(line)", order["id"],
    ):  # fmt: skip
        _explode(tx, order["id"], line["product"], line["open"], make, buy)
    kept = tx.rows("SELECT product, quantity FROM kept_stock WHERE order_id = ? ORDER BY product", order["id"])
    number = tx.database.next_id("SP")
    tx.database.insert(
        "supply_plans", id=number, version=1, order_id=order["id"], make=json.dumps(make), buy=json.dumps(buy),
        kept=json.dumps({row["product"]: row["quantity"] for row in kept}), status="open", reference=tx.caller.key,
        at_real=tx.real.isoformat(),
    )  # fmt: skip
    tx.record("SupplyPlan", number, parent=order["id"])
    return plan_of(find(tx, "supply_plans", number))


def free_supply(tx: Transaction, asked: SupplyId) -> s.SupplyPlan:
    """Let go of what is kept for an order. Refused: ``already_freed``."""
    plan = find(tx, "supply_plans", asked.supply)
    if plan["status"] != "open":
        raise Refusal("already_freed", f"supply plan {plan['id']} is {plan['status']} already", plan["id"])
    tx.run("DELETE FROM kept_stock WHERE order_id = ?", plan["order_id"])
    tx.run("UPDATE supply_plans SET status = 'freed', version = version + 1 WHERE id = ?", plan["id"])
    tx.record("SupplyPlan", plan["id"], parent=plan["order_id"], undoes=("erp.plan_supply", plan["id"]))
    return plan_of(find(tx, "supply_plans", plan["id"]))


def plan_of(row: sqlite3.Row) -> s.SupplyPlan:
    """Return a supply plan."""
    needs = {
        name: [s.Need(product=product, quantity=quantity) for product, quantity in json.loads(row[name]).items()]
        for name in ("make", "buy", "kept")
    }
    return s.SupplyPlan(id=row["id"], version=row["version"], order=row["order_id"], status=row["status"], **needs)


def open_plan(tx: Transaction, order: str) -> sqlite3.Row | None:
    """Return the plan that stands for an order, if there is one."""
    return tx.row("SELECT * FROM supply_plans WHERE order_id = ? AND status = 'open'", order)


def planned(tx: Transaction, order: str) -> sqlite3.Row:
    """Return the plan that stands for an order.

    Raises:
        Refusal: there is none.
    """
    plan = open_plan(tx, find(tx, "orders", order)["id"])
    if plan is None:
        raise Refusal("not_planned", f"what order {order} lacks is not planned", order)
    return plan


def made_of(tx: Transaction, products: Iterable[str]) -> list[str]:
    """Return products with everything that they are made of."""
    found: list[str] = []
    waiting = list(products)
    while waiting:
        product = waiting.pop()
        if product not in found:
            found.append(product)
            waiting += [row["part"] for row in parts_of(tx, product)]
    return found


def parts_of(tx: Transaction, product: str) -> list[sqlite3.Row]:
    """Return what a product is made of; nothing for one that is bought."""
    return tx.rows("SELECT part, quantity FROM parts_lists WHERE product = ? ORDER BY part", product)


def _explode(tx: Transaction, order: str, product: str, wanted: int, make: dict[str, int], buy: dict[str, int]) -> None:
    taken = min(free(tx, product), wanted)
    keep(tx, order, product, taken)
    short = wanted - taken
    if not short:
        return
    parts = parts_of(tx, product)
    for part in parts:
        _explode(tx, order, part["part"], part["quantity"] * short, make, buy)
    lacking = make if parts else buy
    lacking[product] = lacking.get(product, 0) + short


# Stock that is kept


def free(tx: Transaction, product: str, order: str = "") -> int:
    """Return how much of a product is there that is not kept for another order than this."""
    stock = tx.value("SELECT stock FROM products WHERE id = ?", product)
    kept = "SELECT COALESCE(SUM(quantity), 0) FROM kept_stock WHERE product = ? AND order_id <> ?"
    return max(int(stock - tx.value(kept, product, order)), 0)


def keep(tx: Transaction, order: str, product: str, quantity: int) -> None:
    """Keep pieces in stock for an order, as long as what it lacks is planned."""
    if quantity > 0:
        tx.run(
            "INSERT INTO kept_stock VALUES (?, ?, ?) ON CONFLICT (order_id, product)"
            " DO UPDATE SET quantity = quantity + excluded.quantity", order, product, quantity,
        )  # fmt: skip


def use_kept(tx: Transaction, order: str, product: str, quantity: int) -> None:
    """Pieces left stock for an order: so many fewer are kept for it."""
    tx.run(
        "UPDATE kept_stock SET quantity = MAX(quantity - ?, 0) WHERE order_id = ? AND product = ?",
        quantity, order, product,
    )  # fmt: skip


def put_away(tx: Transaction, order: str, product: str, quantity: int) -> None:
    """Pieces come into stock for an order: kept for it while its plan stands, free otherwise."""
    tx.run("UPDATE products SET stock = stock + ? WHERE id = ?", quantity, product)
    if open_plan(tx, order):
        keep(tx, order, product, quantity)
