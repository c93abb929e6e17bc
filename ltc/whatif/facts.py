"""What a trail comes to, as far as definitions decide it: promises, approvals, legs, the outcome; and what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from ltc.model import ids
from ltc.model.trail import Entry, Kind


@dataclass
class Facts:
    """One chain. ``approvals`` counts decisions by (place, level, person, decision); ``legs`` are seconds in a leg."""

    outcome: str = ""
    breaches: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    escalations: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    approvals: Counter[tuple[str, str]] = field(default_factory=Counter)
    holds: Counter[str] = field(default_factory=Counter)
    undone: Counter[str] = field(default_factory=Counter)
    legs: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0


COUNTED = ("breaches", "warnings", "escalations", "asked", "approvals", "holds", "undone")


def facts(entries: Iterable[Entry]) -> Facts:
    """Reckon up a trail."""
    found, entered = Facts(), dict[str, datetime]()
    first = last = None
    for entry in entries:
        first, last = first or entry.at, entry.at
        _count(found, entry)
        if entry.kind is Kind.LEG_ENTERED:
            entered[entry.leg] = entry.at
        elif entry.kind is Kind.LEG_LEFT and entry.leg in entered:
            spent = (entry.at - entered.pop(entry.leg)).total_seconds()
            found.legs[entry.leg] = found.legs.get(entry.leg, 0.0) + spent
        elif entry.kind is Kind.ENDED:
            found.outcome = str(entry.data.get("outcome", ""))
    if first is not None and last is not None and found.outcome:
        found.seconds = (last - first).total_seconds()
    return found


def _count(found: Facts, entry: Entry) -> None:
    data, place = entry.data, ids.place(entry.leg, entry.item, entry.step)
    match entry.kind:
        case Kind.SLA_BREACHED:
            found.breaches[str(data.get("sla"))] += 1
        case Kind.SLA_WARNED:
            found.warnings[str(data.get("sla"))] += 1
        case Kind.SLA_ESCALATED:
            found.escalations[f"{data.get('sla')} rung {int(data.get('rung') or 0) + 1}"] += 1
        case Kind.TASK_OPENED:
            found.asked[f"{place} level {data.get('level')}"] += 1
        case Kind.DECIDED:
            found.approvals[(f"{place} level {data.get('level')}: {data.get('decision')}", str(data.get("actor")))] += 1
        case Kind.HELD:
            found.holds[f"{place.strip('.') or 'chain'}: {data.get('reason')}"] += 1
        case Kind.UNDONE:
            found.undone[f"{place}: {data.get('op')}"] += 1


def same(one: Facts, other: Facts) -> str:
    """Return the first thing in which two chains differ, in words; empty when they do not.

    Times in legs are not compared to the second: answers were heard a moment later than they are now.
    """
    if one.outcome != other.outcome:
        return f"it ended {one.outcome or 'not yet'}, gone through again {other.outcome or 'not yet'}"
    for name in COUNTED:
        before, after = getattr(one, name), getattr(other, name)
        if before != after:
            odd = next(iter([*(before - after), *(after - before)]))
            what = odd if isinstance(odd, str) else " by ".join(odd)
            return f"{name}: {what} {before[odd]} times, gone through again {after[odd]}"
    return ""
