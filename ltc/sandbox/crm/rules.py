"""What the sandbox CRM does with opportunities, and what it refuses."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from pydantic import Field

from ltc.model import documents as d
from ltc.model.base import Value
from ltc.ports import operations as op
from ltc.sandbox.database import Database
from ltc.sandbox.refusals import Refusal, not_found
from ltc.sandbox.transaction import Transaction

SCHEMA = """
CREATE TABLE IF NOT EXISTS opportunities (
  id TEXT PRIMARY KEY, version INTEGER NOT NULL, number TEXT NOT NULL, body TEXT NOT NULL, stage TEXT NOT NULL,
  score INTEGER NOT NULL, lost INTEGER NOT NULL, loss_reason TEXT NOT NULL, cancelled TEXT, entered TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS opportunities_number ON opportunities (number);
"""

# From which stage which may follow; back steps are there because set_stage is its own inverse.
STAGES: Mapping[str, tuple[str, ...]] = {
    "open": ("qualified",),
    "won": ("qualified",),
    "reopened": ("qualified",),
    "qualified": ("ordered", "lost", "cancelled"),
    "ordered": ("qualified", "shipped", "invoiced", "cancelled"),
    "shipped": ("ordered", "invoiced", "paid", "cancelled"),
    "invoiced": ("ordered", "shipped", "paid", "cancelled"),
    "paid": ("invoiced", "shipped"),
    "lost": ("qualified",),
    "cancelled": ("qualified", "ordered", "shipped", "invoiced"),
}
QUALIFIED = ("qualified", "ordered", "shipped", "invoiced", "paid")  # in the order of a deal's way
PASS_SCORE = 10  # a lead below this is not worth a salesman's time


class Entered(Value):
    """An opportunity that sales enter. ``announce`` puts ``crm.opportunity_won`` on the feed when it is won."""

    opportunity: d.Opportunity
    score: int = Field(default=50, ge=0, le=100)
    announce: bool = False


class EnterMany(Value):
    """Opportunities that sales enter at once; one whose id is there already is left as it is."""

    opportunities: list[Entered]


class Count(Value):
    """How many were taken."""

    count: int


class Lose(Value):
    """An opportunity is lost."""

    opportunity: d.DocumentId
    reason: str = Field(min_length=1)


class CancelByCustomer(Value):
    """The customer does not want the goods any more."""

    opportunity: d.DocumentId
    reason: str = ""


def facts(database: Database, known: Mapping[str, str]) -> dict[str, str]:
    """Return nothing more than the request says: a CRM request names its opportunity."""
    return {}


def get_opportunity(tx: Transaction, asked: op.OpportunityId) -> d.Opportunity:
    """Read an opportunity as it stands now."""
    return opportunity_of(find(tx, asked.opportunity))


def qualify(tx: Transaction, asked: op.OpportunityId) -> d.Lead:
    """Qualify the lead behind an opportunity.

    Refused: ``not_qualified`` (its score is below 10), ``duplicate_lead`` (another opportunity with the same number
    is qualified), ``already_qualified``.
    """
    row = find(tx, asked.opportunity)
    if row["stage"] in QUALIFIED:
        raise Refusal("already_qualified", f"opportunity {row['id']} is {row['stage']} already", row["id"])
    if row["score"] < PASS_SCORE:
        raise Refusal("not_qualified", f"opportunity {row['id']} scores {row['score']}, below {PASS_SCORE}", row["id"])
    twin = tx.value(
        f"SELECT id FROM opportunities WHERE number = ? AND id <> ? AND stage IN ({_marks(QUALIFIED)})",  # noqa: S608
        row["number"], row["id"], *QUALIFIED,
    )  # fmt: skip
    if twin:
        raise Refusal("duplicate_lead", f"opportunity {row['id']} is a duplicate of {twin}", twin)
    return _move(tx, row, "qualified")


def reopen(tx: Transaction, asked: op.OpportunityId) -> d.Lead:
    """Undo the qualification. Refused: ``not_qualified`` when it is not qualified."""
    row = find(tx, asked.opportunity)
    if row["stage"] not in (*QUALIFIED, "cancelled", "lost"):
        raise Refusal("not_qualified", f"opportunity {row['id']} is {row['stage']}, not qualified", row["id"])
    return _move(tx, row, "reopened", undoes="crm.qualify_lead")


def set_stage(tx: Transaction, asked: op.SetStage) -> d.Lead:
    """Tell how far the deal is. Refused: ``unknown_stage``, ``stage_order`` (that stage does not follow this one)."""
    row = find(tx, asked.opportunity)
    if asked.stage not in STAGES:
        raise Refusal("unknown_stage", f"no stage {asked.stage!r}; there are {', '.join(STAGES)}", row["id"])
    if asked.stage not in STAGES[row["stage"]]:
        raise Refusal(
            "stage_order", f"opportunity {row['id']} cannot go from {row['stage']} to {asked.stage}", row["id"]
        )
    back = asked.stage in QUALIFIED and QUALIFIED.index(asked.stage) < _rank(row["stage"])
    return _move(tx, row, asked.stage, undoes="crm.set_stage" if back else "")


def enter(tx: Transaction, asked: EnterMany) -> Count:
    """Enter opportunities, as sales do; those whose id is known are left alone."""
    count = 0
    for one in asked.opportunities:
        deal = one.opportunity
        if tx.row("SELECT 1 FROM opportunities WHERE id = ?", deal.id):
            continue
        tx.database.insert(
            "opportunities", id=deal.id, version=deal.version, number=deal.number, body=deal.model_dump_json(),
            stage=deal.stage, score=one.score, lost=int(deal.lost), loss_reason=deal.loss_reason,
            entered=tx.now.isoformat(),
        )  # fmt: skip
        tx.record("Opportunity", deal.id, amount=deal.gross)
        if one.announce and deal.stage == "won":
            _announce(tx, deal)
        count += 1
    tx.unchanged = not count
    return Count(count=count)


def win(tx: Transaction, asked: op.OpportunityId) -> d.Opportunity:
    """Win an open opportunity; ``crm.opportunity_won`` goes on the feed. Refused: ``not_open``."""
    row = find(tx, asked.opportunity)
    if row["stage"] not in ("open", "reopened"):
        raise Refusal("not_open", f"opportunity {row['id']} is {row['stage']}, not open", row["id"])
    _move(tx, row, "won")
    deal = opportunity_of(find(tx, row["id"]))
    _announce(tx, deal)
    return deal


def lose(tx: Transaction, asked: Lose) -> d.Opportunity:
    """Lose an opportunity that is not ordered yet. Refused: ``already_ordered``, ``already_lost``."""
    row = find(tx, asked.opportunity)
    if row["lost"]:
        raise Refusal("already_lost", f"opportunity {row['id']} is lost already", row["id"])
    if row["stage"] in ("ordered", "shipped", "invoiced", "paid"):
        raise Refusal("already_ordered", f"opportunity {row['id']} is {row['stage']} already", row["id"])
    tx.run(
        "UPDATE opportunities SET lost = 1, loss_reason = ?, version = version + 1 WHERE id = ?",
        asked.reason,
        row["id"],
    )
    tx.record("Opportunity", row["id"])
    return opportunity_of(find(tx, row["id"]))


def cancel(tx: Transaction, asked: CancelByCustomer) -> d.Opportunity:
    """The customer cancels; ``crm.order_cancelled`` goes on the feed. Refused: ``already_cancelled``."""
    row = find(tx, asked.opportunity)
    if row["cancelled"] is not None:
        raise Refusal("already_cancelled", f"opportunity {row['id']} was cancelled before", row["id"])
    tx.run("UPDATE opportunities SET cancelled = ?, version = version + 1 WHERE id = ?", asked.reason, row["id"])
    tx.record("Opportunity", row["id"])
    tx.emit("crm.order_cancelled", {"opportunity": row["id"], "reason": asked.reason}, event_facts(row["id"]))
    return opportunity_of(find(tx, row["id"]))


def opportunity_of(row: sqlite3.Row) -> d.Opportunity:
    """Return a row as the document it is."""
    body = d.Opportunity.model_validate_json(row["body"])
    changes = {"version": row["version"], "stage": row["stage"], "lost": bool(row["lost"])}
    return body.model_copy(update={**changes, "loss_reason": row["loss_reason"]})


def lead_of(row: sqlite3.Row) -> d.Lead:
    """Return the lead behind an opportunity."""
    return d.Lead(id=row["id"], version=row["version"], stage=row["stage"], score=row["score"])


def event_facts(opportunity: str) -> dict[str, str]:
    """Return what faults of an event match on; here the opportunity stands for its chain."""
    return {"opportunity": opportunity, "chain": opportunity}


def _announce(tx: Transaction, deal: d.Opportunity) -> None:
    fields = {"opportunity_id": deal.id, "opportunity": deal.model_dump(mode="json")}
    tx.emit("crm.opportunity_won", fields, event_facts(deal.id))


def _move(tx: Transaction, row: sqlite3.Row, stage: str, undoes: str = "") -> d.Lead:
    tx.run("UPDATE opportunities SET stage = ?, version = version + 1 WHERE id = ?", stage, row["id"])
    tx.record("Lead", row["id"], undoes=(undoes, row["id"]) if undoes else None)
    return lead_of(find(tx, row["id"]))


def _rank(stage: str) -> int:
    return QUALIFIED.index(stage) if stage in QUALIFIED else len(QUALIFIED)


def find(tx: Transaction, number: str) -> sqlite3.Row:
    """Return an opportunity's row.

    Raises:
        Refusal: there is none.
    """
    row = tx.row("SELECT * FROM opportunities WHERE id = ?", number)
    if row is None:
        raise not_found("opportunity", number)
    return row


def _marks(values: tuple[str, ...]) -> str:
    return ", ".join("?" * len(values))
