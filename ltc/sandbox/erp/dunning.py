"""Dunning notices of the sandbox ERP, and what is noted of claims: disputes, promises of payment, blocks."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from pydantic import AwareDatetime

from ltc.model import documents as d
from ltc.model.base import Value
from ltc.model.money import Money
from ltc.ports import operations as op
from ltc.sandbox.erp.documents import find, order_facts
from ltc.sandbox.erp.invoices import FEE, invoice_of, open_of, post
from ltc.sandbox.refusals import Refusal
from ltc.sandbox.transaction import Transaction

SCHEMA = """
CREATE TABLE IF NOT EXISTS dunnings (
  id TEXT PRIMARY KEY, version INTEGER NOT NULL, invoice TEXT NOT NULL REFERENCES invoices, level INTEGER NOT NULL,
  amount INTEGER NOT NULL, fee INTEGER NOT NULL, currency TEXT NOT NULL, status TEXT NOT NULL, sent_at TEXT NOT NULL,
  reference TEXT NOT NULL, at_real TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS dunnings_invoice ON dunnings (invoice);
CREATE TABLE IF NOT EXISTS claims (
  invoice TEXT PRIMARY KEY REFERENCES invoices, disputed INTEGER NOT NULL, promised_until TEXT NOT NULL,
  blocked INTEGER NOT NULL) WITHOUT ROWID;
"""


class Note(Value):
    """What is noted of a claim; what is not said stays as it is. ``promised_until`` is virtual time."""

    invoice: d.DocumentId
    disputed: bool | None = None
    promised_until: AwareDatetime | None = None
    blocked: bool | None = None


def with_claim(tx: Transaction, invoice: d.Invoice) -> d.Invoice:
    """Return an invoice with what is noted of it."""
    row = tx.row("SELECT * FROM claims WHERE invoice = ?", invoice.id)
    if row is None:
        return invoice
    until = datetime.fromisoformat(row["promised_until"]) if row["promised_until"] else None
    noted = {"disputed": bool(row["disputed"]), "promised_until": until, "dunning_blocked": bool(row["blocked"])}
    return invoice.model_copy(update=noted)


def dunning_of(row: sqlite3.Row) -> d.Dunning:
    """Return a dunning notice."""
    return d.Dunning(
        id=row["id"], version=row["version"], invoice=row["invoice"], level=row["level"], status=row["status"],
        amount=Money(minor=row["amount"], currency=row["currency"]),
        fee=Money(minor=row["fee"], currency=row["currency"]), sent_at=datetime.fromisoformat(row["sent_at"]),
    )  # fmt: skip


def create_dunning(tx: Transaction, asked: op.CreateDunning) -> d.Dunning:
    """Send a notice for what is open of an invoice; the fee is claimed besides, and no part of what is open.

    Refused: ``nothing_open``, ``not_due``, ``disputed``, ``blocked``, ``currency_mismatch``.
    """
    row = find(tx, "invoices", asked.invoice)
    claim = with_claim(tx, invoice_of(row))
    if open_of(row) <= 0:
        raise Refusal("nothing_open", f"nothing of invoice {row['id']} is open", row["id"])
    if claim.due_date > tx.now:
        raise Refusal("not_due", f"invoice {row['id']} is due only on {claim.due_date:%Y-%m-%d}", row["id"])
    if claim.disputed or claim.dunning_blocked:
        reason = "disputed" if claim.disputed else "blocked"
        raise Refusal(reason, f"invoice {row['id']} is {reason}: nobody reminds of it", row["id"])
    if asked.fee is not None and asked.fee.currency != row["currency"]:
        raise Refusal("currency_mismatch", f"invoice {row['id']} is in {row['currency']}", row["id"])
    number = tx.database.next_id("DUN")
    tx.database.insert(
        "dunnings", id=number, version=1, invoice=row["id"], level=asked.level, amount=open_of(row),
        fee=asked.fee.minor if asked.fee else 0, currency=row["currency"], status="sent", sent_at=tx.now.isoformat(),
        reference=tx.caller.key, at_real=tx.real.isoformat(),
    )  # fmt: skip
    tx.record("Dunning", number, parent=row["id"], quantity=asked.level)
    return dunning_of(find(tx, "dunnings", number))


def cancel_dunning(tx: Transaction, asked: op.DunningId) -> d.Dunning:
    """Take a notice back. Refused: ``already_cancelled``, ``fee_invoiced`` (credit that invoice first)."""
    row = _standing(tx, asked.dunning)
    if bill := _fee_bill(tx, row["id"]):
        raise Refusal("fee_invoiced", f"the fee of notice {row['id']} is billed by invoice {bill}", bill)
    tx.run("UPDATE dunnings SET status = 'cancelled', version = version + 1 WHERE id = ?", row["id"])
    tx.record("Dunning", row["id"], parent=row["invoice"], undoes=("erp.create_dunning", row["id"]))
    return dunning_of(find(tx, "dunnings", row["id"]))


def _standing(tx: Transaction, number: str) -> sqlite3.Row:
    row = find(tx, "dunnings", number)
    if row["status"] == "cancelled":
        raise Refusal("already_cancelled", f"notice {row['id']} is cancelled already", row["id"])
    return row


def _fee_bill(tx: Transaction, notice: str) -> str:
    """Return the invoice that stands for a notice's fee; empty when there is none."""
    sql = "SELECT id FROM invoices WHERE kind = ? AND part = ? AND credit_note = ''"
    return str(tx.value(sql, FEE, notice) or "")


def post_fee(tx: Transaction, asked: op.DunningId) -> d.Invoice:
    """Bill the fee of a notice by an invoice of its own: it is paid, reminded of and written off like any other.

    It is no price of the order: what was delivered or ordered is not billed with it, and nobody deducts from it.
    Refused: ``no_fee``, ``already_invoiced``, ``already_cancelled``.
    """
    row = _standing(tx, asked.dunning)
    if not row["fee"]:
        raise Refusal("no_fee", f"notice {row['id']} claims no fee", row["id"])
    if bill := _fee_bill(tx, row["id"]):
        raise Refusal("already_invoiced", f"the fee of notice {row['id']} is billed by invoice {bill}", bill)
    order = find(tx, "invoices", row["invoice"])["order_id"]
    number = post(tx, order, net=row["fee"], gross=row["fee"], kind=FEE, part=row["id"])
    return invoice_of(find(tx, "invoices", number))


def note(tx: Transaction, asked: Note) -> d.Invoice:
    """Collections note what the customer said; ``erp.receivable_changed`` goes on the feed. Refused: ``not_found``."""
    row = find(tx, "invoices", asked.invoice)
    before = with_claim(tx, invoice_of(row))
    disputed = before.disputed if asked.disputed is None else asked.disputed
    until = asked.promised_until or before.promised_until
    blocked = before.dunning_blocked if asked.blocked is None else asked.blocked
    tx.run(
        "INSERT INTO claims VALUES (?, ?, ?, ?) ON CONFLICT (invoice) DO UPDATE SET disputed = excluded.disputed,"
        " promised_until = excluded.promised_until, blocked = excluded.blocked",
        row["id"], disputed, until.isoformat() if until else "", blocked,
    )  # fmt: skip
    tx.run("UPDATE invoices SET version = version + 1 WHERE id = ?", row["id"])
    tx.record("Invoice", row["id"], parent=row["order_id"])
    facts = {**order_facts(find(tx, "orders", row["order_id"])), "invoice": row["id"]}
    said = "dispute" if asked.disputed is not None else "promise" if asked.promised_until else "block"
    tx.emit("erp.receivable_changed", {"invoice": row["id"], "reason": said}, facts)
    return with_claim(tx, invoice_of(find(tx, "invoices", row["id"])))
