"""Leads that come in, and notes on how far a deal is: what sales see in the sandbox CRM."""

from __future__ import annotations

import sqlite3

from ltc.model import documents as d
from ltc.model.money import Money
from ltc.ports import operations as op
from ltc.sandbox.crm.rules import PASS_SCORE, find, opportunity_of
from ltc.sandbox.refusals import Refusal, not_found
from ltc.sandbox.transaction import Transaction

SCHEMA = """
CREATE TABLE IF NOT EXISTS leads (
  id TEXT PRIMARY KEY, version INTEGER NOT NULL, external_id TEXT NOT NULL UNIQUE, body TEXT NOT NULL,
  stage TEXT NOT NULL, score INTEGER NOT NULL, opportunity TEXT NOT NULL, reference TEXT NOT NULL,
  at_real TEXT NOT NULL, entered TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS notes (
  id TEXT PRIMARY KEY, opportunity TEXT NOT NULL, leg TEXT NOT NULL, outcome TEXT NOT NULL, document TEXT NOT NULL,
  text TEXT NOT NULL, reference TEXT NOT NULL, at_real TEXT NOT NULL, written TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS notes_opportunity ON notes (opportunity);
CREATE INDEX IF NOT EXISTS notes_reference ON notes (reference);
"""
_SCORE = 50


def create_lead(tx: Transaction, asked: op.CreateLead) -> d.Lead:
    """Take a lead in, once per its external id.

    Refused: ``duplicate_lead``, ``no_lines``, ``currency_mismatch``. Never ``unknown_product``: this CRM has no
    catalogue.
    """
    twin = tx.value("SELECT id FROM leads WHERE external_id = ?", asked.external_id)
    if twin:
        raise Refusal("duplicate_lead", f"lead {asked.external_id} is here as {twin}", twin)
    if not asked.lines:
        raise Refusal("no_lines", "a lead says what it is about: it needs lines", asked.external_id)
    for line in asked.lines:
        if {line.net.currency, line.tax.currency, line.gross.currency} != {asked.currency}:
            raise Refusal("currency_mismatch", f"line {line.id}: the lead's currency is {asked.currency}", line.id)
    number = tx.database.next_id("LD")
    tx.database.insert(
        "leads", id=number, version=1, external_id=asked.external_id, body=asked.model_dump_json(), stage="new",
        score=_SCORE, opportunity="", reference=tx.caller.key, at_real=tx.real.isoformat(),
        entered=tx.now.isoformat(),
    )  # fmt: skip
    tx.record("Lead", number)
    return lead_of(_lead(tx, number))


def convert_lead(tx: Transaction, asked: op.LeadId) -> d.Opportunity:
    """Make a lead an open opportunity. Refused: ``already_converted``, ``not_qualified`` (its score is below 10)."""
    row = _lead(tx, asked.lead)
    if row["opportunity"]:
        raise Refusal("already_converted", f"lead {row['id']} became {row['opportunity']}", row["opportunity"])
    if row["score"] < PASS_SCORE:
        raise Refusal("not_qualified", f"lead {row['id']} scores {row['score']}, below {PASS_SCORE}", row["id"])
    deal = _opportunity(tx.database.next_id("OP"), op.CreateLead.model_validate_json(row["body"]))
    tx.database.insert(
        "opportunities", id=deal.id, version=1, number=deal.number, body=deal.model_dump_json(), stage="open",
        score=row["score"], lost=0, loss_reason="", entered=tx.now.isoformat(),
    )  # fmt: skip
    tx.run(
        "UPDATE leads SET stage = 'converted', opportunity = ?, version = version + 1 WHERE id = ?", deal.id, row["id"]
    )
    tx.record("Lead", row["id"], amount=deal.gross)
    return opportunity_of(find(tx, deal.id))


def log_progress(tx: Transaction, asked: op.LogProgress) -> d.Note:
    """Write a note beside an opportunity, where sales see it."""
    opportunity = find(tx, asked.opportunity)["id"]
    number = tx.database.next_id("NT")
    tx.database.insert(
        "notes", id=number, **asked.model_dump(), reference=tx.caller.key, at_real=tx.real.isoformat(),
        written=tx.now.isoformat(),
    )  # fmt: skip
    tx.record("Note", number, parent=opportunity)
    return d.Note(id=number, opportunity=opportunity, text=asked.text)


def lead_of(row: sqlite3.Row) -> d.Lead:
    """Return a lead that came in."""
    return d.Lead(id=row["id"], version=row["version"], stage=row["stage"], score=row["score"])


def note_of(row: sqlite3.Row) -> d.Note:
    """Return a note."""
    return d.Note(id=row["id"], opportunity=row["opportunity"], text=row["text"])


def _opportunity(number: str, lead: op.CreateLead) -> d.Opportunity:
    def total(part: str) -> Money:
        return Money(minor=sum(getattr(line, part).minor for line in lead.lines), currency=lead.currency)

    return d.Opportunity(
        id=number, number=lead.external_id, customer=d.CustomerRef(id=lead.customer.id, name=lead.customer.name),
        owner=lead.owner, currency=lead.currency, lines=lead.lines, net=total("net"), tax=total("tax"),
        gross=total("gross"), stage="open",
    )  # fmt: skip


def _lead(tx: Transaction, number: str) -> sqlite3.Row:
    row = tx.row("SELECT * FROM leads WHERE id = ?", number)
    if row is None:
        raise not_found("lead", number)
    return row
