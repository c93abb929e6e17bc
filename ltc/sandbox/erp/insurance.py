"""The credit insurer of the sandbox ERP: covers for what customers will owe, up to a limit each."""

from __future__ import annotations

import sqlite3

from pydantic import Field

from ltc.model import documents as d
from ltc.model import trade as t
from ltc.model.base import Value
from ltc.model.money import Money
from ltc.ports.requests_trade import CoverId, InsureCredit
from ltc.sandbox.erp.documents import find
from ltc.sandbox.refusals import Refusal
from ltc.sandbox.transaction import Transaction

SCHEMA = """
CREATE TABLE IF NOT EXISTS covers (
  id TEXT PRIMARY KEY, version INTEGER NOT NULL, order_id TEXT NOT NULL REFERENCES orders, customer TEXT NOT NULL,
  amount INTEGER NOT NULL, most INTEGER NOT NULL, currency TEXT NOT NULL, status TEXT NOT NULL,
  reference TEXT NOT NULL, at_real TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS covers_customer ON covers (customer, status);
CREATE TABLE IF NOT EXISTS insured (
  customer TEXT PRIMARY KEY REFERENCES customers, most INTEGER NOT NULL) WITHOUT ROWID;
"""
BLANKET = 1_000_000  # minor units: what the insurer covers of a customer whom nobody named


class Insure(Value):
    """The insurer names a limit for a customer, in minor units; 0 insures nothing any more."""

    customer: d.DocumentId
    minor: int = Field(ge=0)


class Insured(Value):
    """A customer and the limit that the insurer covers."""

    customer: str
    minor: int


def cover_of(row: sqlite3.Row) -> t.Cover:
    """Return a cover."""
    return t.Cover(
        id=row["id"], version=row["version"], order=row["order_id"], customer=row["customer"], status=row["status"],
        amount=Money(minor=row["amount"], currency=row["currency"]),
        limit=Money(minor=row["most"], currency=row["currency"]),
    )  # fmt: skip


def insure_credit(tx: Transaction, asked: InsureCredit) -> t.Cover:
    """Cover an order. Refused: ``already_insured``, ``not_insured``, ``insurance_limit`` unless it is overridden."""
    order = find(tx, "orders", asked.order)
    if tx.value("SELECT id FROM covers WHERE order_id = ? AND status = 'open'", order["id"]):
        raise Refusal("already_insured", f"order {order['id']} is covered already", order["id"])
    named = tx.value("SELECT most FROM insured WHERE customer = ?", order["customer"])
    most = BLANKET if named is None else int(named)
    if most == 0 and asked.override != "not_insured":
        raise Refusal("not_insured", f"the insurer covers nothing of {order['customer']}", order["id"])
    used = tx.value(
        "SELECT COALESCE(SUM(amount), 0) FROM covers WHERE customer = ? AND status = 'open'", order["customer"]
    )
    over = used + order["gross"] - most
    if over > 0 and not asked.override:
        by = Money(minor=over, currency=order["currency"])
        text = f"order {order['id']} exceeds the insured limit of {order['customer']} by {by}"
        raise Refusal("insurance_limit", text, order["id"])
    number = tx.database.next_id("CV")
    tx.database.insert(
        "covers", id=number, version=1, order_id=order["id"], customer=order["customer"], amount=order["gross"],
        most=most, currency=order["currency"], status="open", reference=tx.caller.key, at_real=tx.real.isoformat(),
    )  # fmt: skip
    tx.record("Cover", number, parent=order["id"])
    return cover_of(find(tx, "covers", number))


def release_cover(tx: Transaction, asked: CoverId) -> t.Cover:
    """The cover is not needed any more. Refused: ``already_released``."""
    row = find(tx, "covers", asked.cover)
    if row["status"] != "open":
        raise Refusal("already_released", f"cover {row['id']} is released already", row["id"])
    tx.run("UPDATE covers SET status = 'released', version = version + 1 WHERE id = ?", row["id"])
    tx.record("Cover", row["id"], parent=row["order_id"], undoes=("erp.insure_credit", row["id"]))
    return cover_of(find(tx, "covers", row["id"]))


def insure(tx: Transaction, asked: Insure) -> Insured:
    """The insurer names a customer's limit. Refused: ``not_found``."""
    customer = find(tx, "customers", asked.customer)
    tx.run(
        "INSERT INTO insured VALUES (?, ?) ON CONFLICT (customer) DO UPDATE SET most = excluded.most",
        customer["id"], asked.minor,
    )  # fmt: skip
    tx.record("Customer", customer["id"])
    return Insured(customer=customer["id"], minor=asked.minor)
