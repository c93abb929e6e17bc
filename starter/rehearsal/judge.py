"""The judgement over a rehearsal: did every chain end as planned, did every fault meet somebody, do the books hold?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from starter import checks as first
from starter.books import Books
from starter.checks import Check
from starter.evidence import Judgement, checked, on_time, otherwise
from starter.outcomes import keys_follow
from starter.rehearsal import billing, checks, prices
from starter.rehearsal.endings import ends_show
from starter.rehearsal.evidence import Evidence
from starter.rehearsal.shape import Script

STRICT = "lead_to_cash"  # one order after another: its checks are those of `ltc demo`


def judge_process(evidence: Evidence, script: Script) -> list[Judgement]:
    """Judge one process against its scenario."""
    total = len(script.chains)
    rows = evidence.rows_of(script)
    wrong = tuple(
        text for plan in script.chains if (text := otherwise(plan.number, plan.story, plan.ends, rows.get(plan.number)))
    )
    numbers = {plan.number for plan in script.chains}
    missed = tuple(
        f"{one.number}: {one.operation}: {one.fault} {one.reason}".strip()
        for one in evidence.meetings
        if _base(one.number, numbers) and not one.met
    )
    unplanned = tuple(text for text in evidence.memory.unplanned if _about(text, numbers))
    refused = tuple(text for text in evidence.memory.refused if _about(text, numbers))
    return [
        Judgement("every chain ended as planned", not wrong, f"{total - len(wrong)} of {total}", wrong),
        Judgement("every planned fault was met", not missed, violations=missed),
        Judgement("nothing was held that nobody planned", not unplanned, violations=unplanned),
        Judgement("whoever acted was heard", not refused, violations=refused),
        Judgement("effects are as planned", not (off := tuple(_effects(evidence, script))), violations=off),
        on_time(unplanned_breaches(evidence, script), total),
    ]


def _base(number: str, numbers: set[str]) -> str:
    """Return the planned number that another one is, or begins with: a child chain's."""
    while number and number not in numbers:
        number = number[:-1]
    return number


def _about(text: str, numbers: set[str]) -> str:
    """Return the planned number that a remark begins with, behind its process; nothing when it is of another."""
    return _base(text.split(": ")[0].partition(":")[2], numbers)


def _effects(evidence: Evidence, script: Script) -> Iterator[str]:
    for plan in script.chains:
        counts = evidence.counts[script.chain(plan)]
        for operation, planned in plan.effects.items():
            if counts[operation] != planned:
                yield f"{plan.number} ({plan.story}): {operation} {counts[operation]} times, planned {planned}"


def unplanned_breaches(evidence: Evidence, script: Script) -> dict[str, list[str]]:
    """Return the breached SLAs of chains that the plan does not delay there, by business key."""
    slow = {script.chain(plan): plan for plan in script.chains}
    found: dict[str, list[str]] = {}
    for row in evidence.slas:
        plan = slow.get(row["chain"])
        if plan is None or not row["breached"] or {"*", row["leg"] or "chain"} & set(plan.slow):
            continue
        found.setdefault(plan.number, []).append(row["sla"])
    return found


def judge_books(evidence: Evidence) -> list[Judgement]:
    """Judge the whole: that all came to an end, and the systems' own records."""
    left = tuple(sorted(evidence.memory.given_up))
    holes = tuple(evidence.trail_holes)
    found = first.run(evidence.books, _checks(evidence))
    return [
        Judgement("every chain ended in time", evidence.finished and not left, violations=left),
        Judgement("no trail has a hole", not holes, violations=holes),
        *(checked(name, bad) for name, bad in found.items()),
    ]


def _checks(evidence: Evidence) -> Iterator[Check]:
    yield from checks.CHECKS
    for check in (first.approved_before_confirmed, first.undone_newest_first, first.undone_wholly):
        yield _only(check, STRICT)
    yield billing.billed_as_agreed(evidence.plans)
    yield billing.returns_are_credited(evidence.plans)
    yield prices.prices_follow_the_clause(evidence.plans)
    planned = {script.chain(plan): plan for script in evidence.scripts for plan in script.chains}
    yield ends_show(planned, evidence.plans)
    for plan in evidence.plans.values():
        keys = keys_follow(plan, evidence.installation, evidence.items)
        keys.__name__ = f"keys follow from the deal of {plan.process}"
        yield keys


def _only(check: Check, process: str) -> Check:
    """Return a check that looks at the chains of one process alone."""

    def limited(books: Books) -> Iterator[tuple[str, str]]:
        mine = [effect for effect in books.effects if effect.chain.startswith(f"{process}:")]
        return check(replace(books, effects=mine))

    limited.__name__ = check.__name__
    return limited
