"""The sandbox ERP's tables, and rows as the documents they are."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime

from pydantic import TypeAdapter

from ltc.model import documents as d
from ltc.model.money import Money
from ltc.sandbox.database import Database
from ltc.sandbox.erp import after_tables
from ltc.sandbox.gate import chain_facts
from ltc.sandbox.refusals import not_found
from ltc.sandbox.transaction import Transaction

SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS customers (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, crm_id TEXT NOT NULL UNIQUE, currency TEXT NOT NULL, tier TEXT NOT NULL,
  credit_limit INTEGER, terms_days INTEGER NOT NULL, blocked INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS products (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, stock INTEGER NOT NULL CHECK (stock >= 0), discontinued INTEGER NOT NULL,
  backorder INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS rates (source TEXT, target TEXT, rate TEXT NOT NULL, PRIMARY KEY (source, target));
CREATE TABLE IF NOT EXISTS schedule (
  id INTEGER PRIMARY KEY CHECK (id = 1), every_hours REAL NOT NULL, lot_min INTEGER NOT NULL,
  lot_max INTEGER NOT NULL, cover INTEGER NOT NULL, next REAL NOT NULL, round INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
  id TEXT PRIMARY KEY, version INTEGER NOT NULL, customer TEXT NOT NULL REFERENCES customers, currency TEXT NOT NULL,
  lines TEXT NOT NULL, net INTEGER NOT NULL, tax INTEGER NOT NULL, gross INTEGER NOT NULL, state TEXT NOT NULL,
  ordered INTEGER NOT NULL, shipped INTEGER NOT NULL, returned INTEGER NOT NULL, cancelled INTEGER NOT NULL,
  release TEXT NOT NULL, reference TEXT NOT NULL, chain TEXT NOT NULL, entered TEXT NOT NULL, at_real TEXT NOT NULL,
  terms TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS orders_customer ON orders (customer, state);
CREATE INDEX IF NOT EXISTS orders_reference ON orders (reference);
CREATE TABLE IF NOT EXISTS order_lines (
  order_id TEXT NOT NULL REFERENCES orders, line TEXT NOT NULL, product TEXT NOT NULL REFERENCES products,
  quantity INTEGER NOT NULL, net INTEGER NOT NULL, gross INTEGER NOT NULL, shipped INTEGER NOT NULL,
  cancelled INTEGER NOT NULL, PRIMARY KEY (order_id, line), CHECK (cancelled <= quantity)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS order_lines_product ON order_lines (product);
CREATE TABLE IF NOT EXISTS releases (
  id TEXT PRIMARY KEY, version INTEGER NOT NULL, order_id TEXT NOT NULL REFERENCES orders, status TEXT NOT NULL,
  reference TEXT NOT NULL, at_real TEXT NOT NULL, released TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS releases_order ON releases (order_id);
CREATE INDEX IF NOT EXISTS releases_reference ON releases (reference);
CREATE INDEX IF NOT EXISTS releases_open ON releases (status) WHERE status = 'open';
CREATE TABLE IF NOT EXISTS deliveries (
  id TEXT PRIMARY KEY, version INTEGER NOT NULL, order_id TEXT NOT NULL REFERENCES orders, lines TEXT NOT NULL,
  net INTEGER NOT NULL, gross INTEGER NOT NULL, currency TEXT NOT NULL, shipped_at TEXT NOT NULL,
  return_id TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS deliveries_order ON deliveries (order_id);
CREATE TABLE IF NOT EXISTS invoices (
  id TEXT PRIMARY KEY, version INTEGER NOT NULL, order_id TEXT NOT NULL REFERENCES orders, delivery TEXT NOT NULL,
  customer TEXT NOT NULL, currency TEXT NOT NULL, net INTEGER NOT NULL, tax INTEGER NOT NULL, gross INTEGER NOT NULL,
  paid INTEGER NOT NULL, credited INTEGER NOT NULL, written_off INTEGER NOT NULL, credit_note TEXT NOT NULL,
  due_date TEXT NOT NULL, reference TEXT NOT NULL, at_real TEXT NOT NULL, posted TEXT NOT NULL,
  kind TEXT NOT NULL DEFAULT '', part TEXT NOT NULL DEFAULT '', deducted INTEGER NOT NULL DEFAULT 0,
  discounted INTEGER NOT NULL DEFAULT 0, discount_rate TEXT NOT NULL DEFAULT '',
  discount_until TEXT NOT NULL DEFAULT '', books TEXT NOT NULL DEFAULT '', rate TEXT NOT NULL DEFAULT '',
  carried INTEGER NOT NULL DEFAULT 0, received INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS invoices_order ON invoices (order_id);
CREATE INDEX IF NOT EXISTS invoices_customer ON invoices (customer);
CREATE INDEX IF NOT EXISTS invoices_reference ON invoices (reference);
CREATE INDEX IF NOT EXISTS invoices_open ON invoices (due_date)
  WHERE gross > paid + credited + discounted + written_off;
CREATE TABLE IF NOT EXISTS books (id INTEGER PRIMARY KEY CHECK (id = 1), currency TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS milestones (
  id TEXT PRIMARY KEY, version INTEGER NOT NULL, order_id TEXT NOT NULL REFERENCES orders, name TEXT NOT NULL,
  net INTEGER NOT NULL, gross INTEGER NOT NULL, currency TEXT NOT NULL, accepted_by TEXT NOT NULL,
  accepted_at TEXT NOT NULL, withdrawn INTEGER NOT NULL, reference TEXT NOT NULL, at_real TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS milestones_order ON milestones (order_id);
CREATE TABLE IF NOT EXISTS payments (
  id TEXT PRIMARY KEY, invoice TEXT NOT NULL REFERENCES invoices, amount INTEGER NOT NULL, currency TEXT NOT NULL,
  received_at TEXT NOT NULL, carried INTEGER NOT NULL DEFAULT 0, received INTEGER NOT NULL DEFAULT 0,
  transfer TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS payments_invoice ON payments (invoice);
CREATE TABLE IF NOT EXISTS bank_references (
  payment TEXT PRIMARY KEY REFERENCES payments, reference TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reversals (
  payment TEXT PRIMARY KEY REFERENCES payments, amount INTEGER NOT NULL, reversed TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS credit_notes (
  id TEXT PRIMARY KEY, invoice TEXT NOT NULL REFERENCES invoices, amount INTEGER NOT NULL, currency TEXT NOT NULL,
  reference TEXT NOT NULL, at_real TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS returns (
  id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES orders, delivery TEXT NOT NULL, quantity INTEGER NOT NULL,
  reference TEXT NOT NULL, at_real TEXT NOT NULL);
"""
    + after_tables.SCHEMA
)
_NAMES = {
    "orders": "order", "releases": "release", "deliveries": "delivery", "invoices": "invoice", "payments": "payment",
    "credit_notes": "credit note", "dunnings": "dunning notice", "covers": "cover", "consignments": "consignment",
    "contracts": "contract", "call_offs": "call-off",
    "returns": "goods return", "products": "product", "customers": "customer",
    "milestones": "milestone", "productions": "production order", "purchases": "purchase order",
    "supply_plans": "supply plan",
}  # fmt: skip
_HANGING = {"milestone": "milestones", "production": "productions", "purchase": "purchases",
            "supply": "supply_plans"}  # fmt: skip
_LINES = TypeAdapter(list[d.Line])
_DELIVERED = TypeAdapter(list[d.DeliveryLine])


def find(tx: Transaction, table: str, number: str) -> sqlite3.Row:
    """Return a row by its id.

    Raises:
        Refusal: there is none.
    """
    row = tx.row(f"SELECT * FROM {table} WHERE id = ?", number)  # noqa: S608 - table names are ours
    if row is None:
        raise not_found(_NAMES[table], number)
    return row


def pieces_open(tx: Transaction, order: str) -> int:
    """Return how many pieces of an order are still to go: too much of one line makes up for no other."""
    open_ones = (
        "SELECT COALESCE(SUM(quantity - shipped - cancelled), 0) FROM order_lines"
        " WHERE order_id = ? AND quantity > shipped + cancelled"
    )
    return int(tx.value(open_ones, order))


def status_of(row: sqlite3.Row, left: int) -> str:
    """Return an order's status, derived from what happened to it; ``left`` pieces of it are still to go."""
    out = row["shipped"] - row["returned"]
    if row["state"] != "confirmed":
        return str(row["state"])
    if out and not left and out >= row["ordered"] - row["cancelled"]:
        return "shipped"
    if out:
        return "partly_shipped"
    if row["returned"]:
        return "returned"
    return "released" if row["release"] else "confirmed"


def order_of(tx: Transaction, number: str) -> d.Order:
    """Return an order by its id."""
    return order_from(tx.database, find(tx, "orders", number))


def order_from(database: Database, row: sqlite3.Row) -> d.Order:
    """Return an order, with how far each of its lines is."""
    lines = database.rows("SELECT * FROM order_lines WHERE order_id = ? ORDER BY line", row["id"])
    left = sum(max(0, one["quantity"] - one["shipped"] - one["cancelled"]) for one in lines)
    currency = row["currency"]
    return d.Order(
        id=row["id"], version=row["version"], customer=row["customer"], lines=_LINES.validate_json(row["lines"]),
        net=Money(minor=row["net"], currency=currency), tax=Money(minor=row["tax"], currency=currency),
        gross=Money(minor=row["gross"], currency=currency), status=status_of(row, left), ordered=row["ordered"],
        shipped=row["shipped"], returned=row["returned"], cancelled=row["cancelled"], reference=row["reference"],
        by_line=[
            d.LineStatus(line=one["line"], ordered=one["quantity"], shipped=one["shipped"], cancelled=one["cancelled"])
            for one in lines
        ],
    )  # fmt: skip


def release_of(row: sqlite3.Row) -> d.Release:
    """Return a release."""
    return d.Release(id=row["id"], version=row["version"], order=row["order_id"], status=row["status"])


def delivery_of(row: sqlite3.Row) -> d.Delivery:
    """Return a delivery."""
    return d.Delivery(
        id=row["id"], version=row["version"], order=row["order_id"], lines=_DELIVERED.validate_json(row["lines"]),
        net=Money(minor=row["net"], currency=row["currency"]),
        gross=Money(minor=row["gross"], currency=row["currency"]), shipped_at=datetime.fromisoformat(row["shipped_at"]),
    )  # fmt: skip


def payment_of(row: sqlite3.Row) -> d.Payment:
    """Return a payment."""
    return d.Payment(
        id=row["id"], invoice=row["invoice"], amount=Money(minor=row["amount"], currency=row["currency"]),
        received_at=datetime.fromisoformat(row["received_at"]),
    )  # fmt: skip


def credit_note_of(row: sqlite3.Row) -> d.CreditNote:
    """Return a credit note."""
    return d.CreditNote(
        id=row["id"], invoice=row["invoice"], amount=Money(minor=row["amount"], currency=row["currency"])
    )


def return_of(row: sqlite3.Row) -> d.GoodsReturn:
    """Return a goods return."""
    return d.GoodsReturn(id=row["id"], delivery=row["delivery"], quantity=row["quantity"])


def lines_json(lines: list[d.Line] | list[d.DeliveryLine]) -> str:
    """Write lines as they are stored."""
    return json.dumps([line.model_dump(mode="json") for line in lines], ensure_ascii=False)


def order_facts(order: sqlite3.Row) -> dict[str, str]:
    """Return what faults match on, of an order."""
    return {"order": order["id"], "customer": order["customer"], **chain_facts(order["chain"])}


def facts(database: Database, known: Mapping[str, str]) -> dict[str, str]:
    """Return what faults match on, of a request: the order behind the document it names, and that order's chain."""
    order = known.get("order", "")
    if delivery := known.get("delivery"):
        order = database.value(
            "SELECT order_id FROM deliveries WHERE id = ? UNION SELECT order_id FROM releases WHERE id = ?",
            delivery, delivery,
        )  # fmt: skip
    if invoice := known.get("invoice"):
        order = database.value("SELECT order_id FROM invoices WHERE id = ?", invoice)
    for name, table in _HANGING.items():
        if number := known.get(name):
            order = database.value(f"SELECT order_id FROM {table} WHERE id = ?", number) or order  # noqa: S608
    if back := known.get("goods_return"):
        order = database.value("SELECT order_id FROM returns WHERE id = ?", back)
    if note := known.get("credit_note"):
        order = database.value(
            "SELECT i.order_id FROM credit_notes c JOIN invoices i ON i.id = c.invoice WHERE c.id = ?", note
        )
    row = database.row("SELECT id, customer, chain FROM orders WHERE id = ?", order) if order else None
    return order_facts(row) if row else {}
