"""Promised times fit into each other; warnings come before the end, rungs rise and end with the hold."""

from __future__ import annotations

from ltc.definition.build import Build
from ltc.definition.plan import DelayNode, Plan, Rung, Sla, Span

_ELAPSED = {"s": 1 / 60, "m": 1.0, "h": 60.0, "d": 1440.0}
_DEFAULT_DAY = 480  # working minutes of a day where the calendar is not known here


def check_slas(plan: Plan, build: Build) -> None:
    """Complain about promises that cannot be kept together, and about rungs that nobody would ever climb."""
    for sla in plan.slas.values():
        if sla.due and sla.pause_while:
            build.problems.add("LTC-D098", build.places[f"{sla.id}:pause_while"])
        if sla.warn_at >= 100:
            build.problems.add("LTC-D097", build.places[f"{sla.id}:warn_at"])
        _rungs(sla, build)
    _chain(plan, build)
    inner = [sla for sla in plan.slas.values() if sla.scope in ("step", "level")]
    legs = dict.fromkeys(sla.of.split(".")[0] for sla in inner)
    longest = {leg: _longest(plan, "leg", leg, build) for leg in legs}
    for sla in inner:
        outer = longest[sla.of.split(".")[0]]
        if outer is not None:
            _fits(sla, outer, build)
    for node in plan.nodes.values():
        if isinstance(node, DelayNode) and node.span and not node.due:
            _delay(node, node.span, plan, build)


def _delay(node: DelayNode, span: Span, plan: Plan, build: Build) -> None:
    """A delay that is longer than what is promised for its leg breaks the promise each time."""
    outer = _longest(plan, "leg", node.leg, build)
    if outer is None or outer.target is None or outer.pause_while:
        return
    if surely_longer(span, outer.target, day_of(plan.calendar, build), day_of(outer.calendar, build)):
        told = {"inner": str(span), "outer_what": "target of its leg", "outer": str(outer.target)}
        build.problems.add("LTC-D103", build.places[node.id], what="delay of this step", **told)


def _longest(plan: Plan, scope: str, of: str, build: Build) -> Sla | None:
    """Return the longest promise of a place; None where one of them has no length that is known before it begins."""
    found = [sla for sla in plan.slas.values() if (sla.scope, sla.of) == (scope, of)]
    lengths = [_minutes(sla.target, day_of(sla.calendar, build)) if sla.target else None for sla in found]
    if not found or None in lengths or len({_working(sla.target) for sla in found if sla.target}) > 1:
        return None
    return max(found, key=lambda sla: _minutes(sla.target, day_of(sla.calendar, build)) if sla.target else 0.0)


def _rungs(sla: Sla, build: Build) -> None:
    held = False
    before: dict[str, tuple[float, Rung]] = {}
    for index, rung in enumerate(sla.escalate):
        mark = build.places[f"{sla.id}:{index}"]
        if held:
            build.problems.add("LTC-D104", mark)
        if not (rung.notify or rung.hold or rung.reassign or rung.decide):
            build.problems.add("LTC-D106", mark)
        kind, at = _at(rung)
        if kind in before and at <= before[kind][0]:
            build.problems.add("LTC-D105", mark, later=_said(rung), earlier=_said(before[kind][1]))
        before[kind] = (at, rung)
        held = held or rung.hold


def _at(rung: Rung) -> tuple[str, float]:
    """Return where a rung stands: shares of the budget and offsets from its end do not compare."""
    if rung.offset is None:
        return "percent", float(rung.percent)
    return "working" if _working(rung.offset) else "due", _minutes(rung.offset, _DEFAULT_DAY)


def _said(rung: Rung) -> str:
    if rung.offset is None:
        return f"{rung.percent}%"
    return f"due + {rung.offset}" if rung.offset.amount else "due"


def _minutes(span: Span, day: int) -> float:
    if span.unit == "bd":
        return float(span.amount * day)
    if span.unit in ("bm", "bh"):
        return float(span.amount * (1 if span.unit == "bm" else 60))
    return span.amount * _ELAPSED[span.unit]


def _working(span: Span) -> bool:
    return span.unit.startswith("b")


def surely_longer(one: Span, other: Span, day: int = _DEFAULT_DAY, other_day: int = 0) -> bool:
    """Tell whether one time is surely longer than another: working time never passes faster than the clock.

    Args:
        one: the time that may be longer.
        other: the time that it is held against.
        day: the working minutes of a day in the calendar of both, or of the one.
        other_day: those in the calendar of the other, where it has one of its own.
    """
    if not _working(one) and _working(other):
        return False
    return _minutes(one, day) > _minutes(other, other_day or day)


def day_of(calendar: str, build: Build) -> int:
    """Return the working minutes of a day in a calendar."""
    return (build.world.calendars or {}).get(calendar, _DEFAULT_DAY)


def _exceeds(inner: Sla, outer: Sla, build: Build) -> bool:
    if inner.target is None or outer.target is None:
        return False
    return surely_longer(inner.target, outer.target, day_of(inner.calendar, build), day_of(outer.calendar, build))


def _fits(inner: Sla, outer: Sla, build: Build) -> None:
    if _exceeds(inner, outer, build):
        _complain(inner, f"target of this {inner.scope}", outer, build)


def _complain(inner: Sla, what: str, outer: Sla, build: Build) -> None:
    told = str(inner.target or "")
    limit = str(outer.target or "")
    mark = build.places[f"{inner.id}:target"]
    build.problems.add("LTC-D103", mark, what=what, inner=told, outer_what=f"{outer.scope}'s", outer=limit)


def _chain(plan: Plan, build: Build) -> None:
    """The legs that follow each other must fit into the chain's promise one by one, and all together."""
    chain = _longest(plan, "chain", "", build)
    if chain is None or chain.target is None:
        return
    total = 0.0
    for leg in plan.legs:
        sla = _longest(plan, "leg", leg.id, build)
        if sla is None or sla.target is None:
            continue
        comparable = _working(sla.target) == _working(chain.target)
        if comparable and not (leg.loop and leg.loop.on_item):
            total += _minutes(sla.target, day_of(sla.calendar, build))
        if _exceeds(sla, chain, build):
            _complain(sla, "target of this leg", chain, build)
        elif total > _minutes(chain.target, day_of(chain.calendar, build)):
            _complain(sla, "targets of the legs up to this one", chain, build)
            return
