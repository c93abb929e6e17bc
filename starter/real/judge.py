"""The judgement over a run on real systems: the demonstration's own checks, over the systems' own records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from starter import checks
from starter.books import Books
from starter.checks import Check
from starter.evidence import Judgement, checked, otherwise
from starter.outcomes import ends_as_told
from starter.real.plans import KINDS, ORDERS
from starter.real.stage import RealStage

# Those that need nothing but what an unmodified Tryton keeps; it does not record who pressed what in which order.
CHECKS: tuple[Check, ...] = (
    checks.one_effect_per_key, checks.no_duplicate_documents, checks.ordered_is_accounted_for,
    checks.billed_is_delivered, checks.billed_is_settled_or_open, checks.approved_before_confirmed,
    checks.stock_is_accounted_for,
)  # fmt: skip


@dataclass
class RealEvidence:
    """What a run left behind: ``chains`` is the engine's tale by order number, ``books`` are the systems' records."""

    stage: RealStage
    books: Books
    chains: dict[str, dict[str, Any]]
    finished: bool
    decisions: Counter[str] = field(default_factory=Counter)
    strikes: list[str] = field(default_factory=list)
    faults: bool = False


def kinds_seen(evidence: RealEvidence) -> dict[str, int]:
    """Count how often each kind occurred, as the systems' records and the people's memory have it."""
    books, memory = evidence.books, evidence.stage.memory
    parcels = Counter(row["order_id"] for row in books.table("deliveries"))
    payments = Counter(row["invoice"] for row in books.table("payments"))
    said = Counter((one.level, one.decision) for one in memory.approvals)
    return {
        "credit_limit": said["credit", "approve"] + said["credit", "reject"],
        "short_stock": len(evidence.stage.short),
        "goods_return": len(books.table("returns")),
        "credit_note": len(books.table("credit_notes")),
        "bounced_payment": len(evidence.stage.bounced),
        "approval": said["manager", "approve"] + said["finance", "approve"],
        "rejection": sum(number for (_, word), number in said.items() if word == "reject"),
        "send_back": sum(number for (_, word), number in said.items() if word == "send_back"),
        "cancellation": sum(1 for row in books.table("orders") if row["state"] == "cancelled"),
        "part_shipment": sum(1 for number in parcels.values() if number > 1),
        "part_payment": sum(1 for number in payments.values() if number > 1),
    }  # fmt: skip


def judge(evidence: RealEvidence) -> list[Judgement]:
    """Judge a run: every promise with what speaks against it."""
    told = {number: row["outcome"] for number, row in evidence.chains.items() if row["outcome"]}
    found = checks.run(evidence.books, (*CHECKS, one_deal_per_order, notes_once, ends_as_told(told)))
    return [*_as_planned(evidence), *(checked(name, bad) for name, bad in found.items()), *_struck(evidence)]


def one_deal_per_order(books: Books) -> Iterator[tuple[str, str]]:
    """The CRM holds one deal for each order that sales entered."""
    for number, times in Counter(row["id"] for row in books.opportunities).items():
        if times > 1:
            yield number, f"the CRM holds {times} deals of this order"


def notes_once(books: Books) -> Iterator[tuple[str, str]]:
    """No progress note stands twice on a deal."""
    for row in books.opportunities:
        notes: Counter[str] = Counter(row["notes"])
        for note, times in notes.items():
            if times > 1:
                yield row["id"], f"the note {note} stands {times} times on the deal"


def _as_planned(evidence: RealEvidence) -> Iterator[Judgement]:
    plans = evidence.stage.scenario.orders
    left = tuple(sorted(evidence.stage.memory.given_up))
    yield Judgement("every chain ended in time", evidence.finished and not left, violations=left)
    numbers = evidence.stage.numbers
    rows = {plan.number: evidence.chains.get(numbers.get(plan.number, "")) for plan in plans}
    wrong = tuple(
        text for plan in plans if (text := otherwise(plan.number, plan.story, plan.outcome, rows[plan.number]))
    )
    yield Judgement("every order ended as planned", not wrong, f"{len(plans) - len(wrong)} of {len(plans)}", wrong)
    there = {row["id"] for row in evidence.books.opportunities}
    missing = sorted(plan.number for plan in plans if numbers.get(plan.number) not in there)
    yield Judgement("every deal stands in the CRM", not missing, violations=tuple(missing))
    held = tuple(evidence.stage.memory.unplanned)
    # A system that is killed may leave a chain at rest for an operator; without that nobody has to see to one.
    yield Judgement("nothing was held that nobody planned", not held or evidence.faults, violations=held)
    seen = kinds_seen(evidence)
    rare = [kind for kind in KINDS if not seen[kind]] if len(plans) >= ORDERS else []
    detail = ", ".join(f"{kind.replace('_', ' ')} {seen[kind]}" for kind in KINDS)
    yield Judgement("every kind occurred", not rare, detail, tuple(rare))


def _struck(evidence: RealEvidence) -> Iterator[Judgement]:
    if evidence.faults:
        names = {text.split()[0] for text in evidence.strikes}
        systems = set(evidence.stage.struck)
        yield Judgement("each system was killed and came back", names >= systems, "; ".join(evidence.strikes))
