"""What would have differed over many chains: counts for a gate, and which chains, legs and people they are about."""

from __future__ import annotations

import operator
import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from statistics import median
from typing import Any

from ltc.whatif.recorded import Recorded
from ltc.whatif.replay import Compared
from ltc.whatif.world import Habits, spelled

Record = dict[str, Any]
_GATE = re.compile(r"\s*([a-z_]+)\s*(<=|>=|==|!=|<|>)\s*(\d+(?:\.\d+)?)\s*")
_SIGNS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_PAIRS = ("breaches", "warnings", "escalations", "holds", "undone", "approvals")
_HOW = {"gained": 1, "lost": -1}


def habits(chains: list[Recorded]) -> Habits:
    """Reckon how long people took, from every recorded decision."""
    taken: dict[str, list[timedelta]] = {}
    for one in chains:
        for asking in one.askings:
            taken.setdefault(spelled(asking.source), []).extend(delay for delay, _ in asking.said)
    every = [delay for delays in taken.values() for delay in delays]
    by_source = {source: (_median(delays), len(delays)) for source, delays in taken.items() if delays}
    return Habits(by_source, (_median(every) if every else timedelta(hours=1), len(every)))


def _median(delays: list[timedelta]) -> timedelta:
    return timedelta(seconds=round(median(delay.total_seconds() for delay in delays)))


def report(compared: list[Compared]) -> Record:
    """Sum up. ``counts`` is what a gate asks; chains that could not be gone through are counted and named."""
    told = [one for one in compared if not one.trouble]
    lost = [{"chain": one.chain, "why": one.trouble} for one in compared if one.trouble]
    counts: Record = {"chains": len(compared), "replayed": len(told), "not_replayed": len(lost), "changed": 0}
    found: Record = {"counts": counts, "not_replayed": lost, "differences": []}
    for name in _PAIRS:
        _gained_and_lost(found, told, name)
    found["approvers"] = _approvers(told)
    found["legs"] = _legs(told)
    found["outcomes"] = _outcomes(told)
    counts["outcomes_changed"] = len(found["outcomes"])
    changed = [row["chain"] for row in found["differences"]] + [row["chain"] for row in found["outcomes"]]
    counts["changed"] = len(dict.fromkeys(changed))
    _assumptions(found, told)
    return found


def _gained_and_lost(found: Record, told: list[Compared], name: str) -> None:
    for how in _HOW:
        total = 0
        for one in told:
            for of, count in _differing(one, name, how).items():
                said = of if isinstance(of, str) else " by ".join(of)
                found["differences"].append({"chain": one.chain, "what": name, "how": how, "of": said, "count": count})
                total += count
        found["counts"][f"{name}_{how}"] = total


def _differing(one: Compared, name: str, how: str) -> Counter[Any]:
    before, after = getattr(one.before, name), getattr(one.again.facts, name)
    found: Counter[Any] = after - before if how == "gained" else before - after
    return found


def _approvers(told: list[Compared]) -> list[Record]:
    """Return who would have decided more often, or less."""
    people: Counter[str] = Counter()
    for one in told:
        for how, sign in _HOW.items():
            for (_, person), count in _differing(one, "approvals", how).items():
                people[person] += sign * count
    return [{"approver": person, "decisions": count} for person, count in sorted(people.items()) if count]


def _legs(told: list[Compared]) -> list[Record]:
    """The median time in each leg, before and after, where it moved by more than a second."""
    names = dict.fromkeys(leg for one in told for leg in [*one.before.legs, *one.again.facts.legs])
    rows = []
    for leg in names:
        before = [one.before.legs[leg] for one in told if leg in one.before.legs]
        after = [one.again.facts.legs[leg] for one in told if leg in one.again.facts.legs]
        was, now = (median(before) if before else None), (median(after) if after else None)
        if was is None or now is None or abs(now - was) > max(1.0, 0.001 * was) or len(before) != len(after):
            rows.append({"leg": leg, "before": was, "after": now, "chains_before": len(before), "chains": len(after)})
    return rows


def _outcomes(told: list[Compared]) -> list[Record]:
    return [
        {"chain": one.chain, "before": one.before.outcome or "open", "after": one.again.facts.outcome or "open"}
        for one in told
        if one.before.outcome != one.again.facts.outcome
    ]


def _assumptions(found: Record, told: list[Compared]) -> None:
    total: Counter[str] = Counter()
    for one in told:
        total.update(one.again.assumed)
    found["assumptions"] = [{"assumed": text, "times": count} for text, count in total.most_common()]
    found["unheard"] = [
        {"chain": one.chain, "events": one.again.unheard, "refused": one.again.refused}
        for one in told
        if one.again.unheard or one.again.refused
    ]
    found["counts"]["assumptions"] = total.total()
    found["counts"]["unheard"] = sum(len(row["events"]) + len(row["refused"]) for row in found["unheard"])


def gate(text: str, counts: Record) -> bool:
    """Tell whether a condition such as ``breaches_gained > 0`` holds.

    Raises:
        ValueError: it does not read so, or asks for a count that there is not.
    """
    match = _GATE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r}: write a count, a sign and a number, such as breaches_gained > 0")
    if match[1] not in counts:
        raise ValueError(f"there is no count {match[1]!r}; there are {', '.join(counts)}")
    return _SIGNS[match[2]](float(counts[match[1]]), float(match[3]))
