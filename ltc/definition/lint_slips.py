"""Warns of what can be run as it stands, and yet hardly does what its author thinks."""

from __future__ import annotations

from collections.abc import Iterator

from ltc.definition.build import Build
from ltc.definition.compared import compared, place_of
from ltc.definition.compile_start import START
from ltc.definition.decided import possible
from ltc.definition.expressions import ExpressionError
from ltc.definition.expressions import names as named
from ltc.definition.flow import reactions
from ltc.definition.lint_arms import bounds_of, table_bounds
from ltc.definition.lint_expressions import CONDITIONS, WAITING
from ltc.definition.lint_rules import ONE
from ltc.definition.lint_sla import day_of, surely_longer
from ltc.definition.names import Names
from ltc.definition.plan import AnyNode, ApproveNode, CallNode, Level, Plan, Sla, Span, TaskNode, WaitNode
from ltc.definition.plan_nodes import collections_of, results_of

HEADLINE = {"net", "customer"}  # an input that has these is what lists of chains show of the deal


def check_slips(plan: Plan, build: Build, names: Names) -> None:
    """Warn of what has no effect as far as can be seen, where a sensible author may still have meant it."""
    _inputs(plan, build, names)
    _thresholds(plan, build)
    _columns(plan, build)
    _pauses(plan, build)
    _handlers(plan, build)
    for node in plan.nodes.values():
        if isinstance(node, WaitNode) and node.within and f"{node.id}:retry" in build.places:
            _retry(node, node.within, plan, build)
        if isinstance(node, ApproveNode):
            for level in node.levels:
                _silence(node, level, plan, build)
                _alone(node, level, build)
    _periods(plan, build)
    _children(plan, build)


def _inputs(plan: Plan, build: Build, names: Names) -> None:
    """An input that nothing reads; the deal itself is shown in lists of chains."""
    read = set(_read(build))
    for name in plan.start.input:
        shown = set(names.chain[name].type.fields()) >= HEADLINE
        if (
            name not in read
            and not shown
            and name not in [getattr(node, "subject", "") for node in plan.nodes.values()]
        ):
            why, remedy = "nothing in the process reads it", "read it, or leave it out"
            build.problems.warn("LTC-D120", build.places[f"input:{name}"], key=name, why=why, remedy=remedy)


def _read(build: Build) -> Iterator[str]:
    asked = [use for columns in build.asks.values() for use in columns.values()]
    for use in (*build.uses, *asked):
        try:
            yield from named(use.source)
        except ExpressionError:
            continue  # said already


def _thresholds(plan: Plan, build: Build) -> None:
    """A threshold that nothing which a table gives as it stands reaches, or everything does."""
    bounds = table_bounds(plan)
    every = {**bounds_of(plan), **bounds}
    for use in build.uses if bounds else ():
        if use.where not in CONDITIONS or use.mark.used or not any(name in use.source for name in plan.tables):
            continue
        for value, wanted in (("false", True), ("true", False)):
            if not possible([(use.source, wanted)], every):
                build.problems.warn("LTC-D090", use.mark, word=use.where.strip("'"), value=value)


def _columns(plan: Plan, build: Build) -> None:
    """An input of a table that no row asks about."""
    for name, table in plan.tables.items():
        for key, ask in build.asks.get(name, {}).items():
            if key in table.inputs and not any(key in row.when for row in table.rows):
                why = f"no row of '{name}' asks about it"
                build.problems.warn(
                    "LTC-D120", ask.mark, key=key, why=why, remedy="ask about it in a row, or leave it out"
                )


def _pauses(plan: Plan, build: Build) -> None:
    """A clock that pauses for what nothing under its promise ever waits for never pauses."""
    for use in build.uses:
        if use.where != "'pause_while'" or use.mark.used:
            continue
        sla = next((one for one in plan.slas.values() if build.places.get(f"{one.id}:pause_while") == use.mark), None)
        if sla is None:
            continue
        known = _waits(plan, sla)
        for one in compared(use.source):
            if one.path == "waiting_for" and one.word in WAITING and one.word not in known:
                build.problems.warn("LTC-D071", place_of(use, one), word=one.word, known=known)


def _waits(plan: Plan, sla: Sla) -> list[str]:
    """Return what the steps under a promise may wait for; calls and holds may be anywhere."""
    leg = "" if sla.scope == "chain" else sla.of.split(":")[0].split(".")[0]
    found = {kind for node in plan.nodes.values() if not leg or node.leg == leg for kind in _waits_for(node, plan)}
    return [word for word in WAITING if word in found or word in ("operator", "system")]


def _waits_for(node: AnyNode, plan: Plan) -> Iterator[str]:
    if isinstance(node, ApproveNode):
        yield from ("customer" if level.source.get("external") == "customer" else "approver" for level in node.levels)
    elif isinstance(node, TaskNode):
        yield "customer" if node.source.get("external") == "customer" else "person"
    elif isinstance(node, WaitNode):
        by = [plan.events[one.event].by for one in node.events if one.event in plan.events]
        theirs = node.waits_for == "customer" if node.waits_for else all(one == "customer" for one in by)
        yield "customer" if theirs or node.ladder else "event"


def _handlers(plan: Plan, build: Build) -> None:
    """A handler that works only in legs which are over before what it matches is set never takes an event."""
    order = [leg.id for leg in plan.legs]
    sent = [one.then.leg for one in plan.handlers] + [
        reaction.leg for node in plan.nodes.values() for _, reaction in reactions(node)
    ]
    back = min((order.index(leg) for leg in sent if leg in order), default=len(order))
    for handler in plan.handlers:
        root = handler.subject.split(".")[0]
        places = [
            order.index(node.leg) for node in plan.nodes.values()
            if node.leg in order and root in (*results_of(node), *collections_of(node))
        ]  # fmt: skip
        during = [order.index(leg) for leg in handler.legs if leg in order]
        if places and during and max(during) < min(places) and max(during) < back:
            why, remedy = f"'{root}' is set after those legs only", "name later legs in 'while:'"
            mark = build.places[f"handler:{handler.name}"]
            build.problems.warn("LTC-D120", mark, key=f"{handler.name}: while", why=why, remedy=remedy)


def _retry(node: WaitNode, within: Span, plan: Plan, build: Build) -> None:
    """A reading that fails is given up at last; a wait that is over before goes its other way instead."""
    longest = Span(amount=max(int(node.retry.give_up), 1), unit="s")
    if surely_longer(longest, within, day_of(plan.calendar, build)):
        told = {"inner": f"{node.retry.give_up:g}s", "outer_what": "within", "outer": str(within)}
        build.problems.warn("LTC-D113", build.places[f"{node.id}:retry"], word="give_up", **told)


def _alone(node: ApproveNode, level: Level, build: Build) -> None:
    """Where one person is asked, every rule says the same."""
    place = f"level:{node.id}:{level.name}:rule"
    said = level.in_turn or level.percent or not level.votes
    if said and place in build.places and any(key in level.source for key in ONE):
        why = f"level '{level.name}' asks one person"
        build.problems.warn("LTC-D120", build.places[place], key="rule", why=why, remedy="remove it, or ask a role")


def _periods(plan: Plan, build: Build) -> None:
    """A single period overlaps with none, and none is missed."""
    for leg in plan.legs:
        for key in ("overlap", "missed") if leg.loop and leg.loop.every and leg.loop.every.count == 1 else ():
            if (place := f"loop:{leg.id}:{key}") in build.places:
                why = "there is only one period"
                build.problems.warn("LTC-D120", build.places[place], key=key, why=why, remedy="remove it")


def _children(plan: Plan, build: Build) -> None:
    """What became of a child is known once something has waited for its end."""
    waited = [one.refresh for node in plan.nodes.values() if isinstance(node, WaitNode) for one in node.events]
    begun = [node.result for node in plan.nodes.values() if isinstance(node, CallNode) and node.call.op == START]
    for use in build.uses:
        for one in compared(use.source):
            name, _, field = one.path.partition(".")
            if name in begun and name not in waited and field in ("outcome", "reason") and one.word:
                why = f"nothing waits for the end of '{name}'"
                mark, remedy = place_of(use, one), "write wait: end, or wait for chain.ended first"
                build.problems.warn("LTC-D120", mark, key=one.path, why=why, remedy=remedy)


def _silence(node: ApproveNode, level: Level, plan: Plan, build: Build) -> None:
    """A rung that decides before the silence is over leaves nothing to be taken for anything."""
    for sla in (plan.slas[one] for one in level.slas) if level.silence else ():
        for rung in sla.escalate:
            if not rung.decide or rung.offset is not None or sla.target is None or sla.pause_while:
                continue
            amount = sla.target.amount * rung.percent // 100
            after = Span(amount=max(amount, 1), unit=sla.target.unit)
            if level.silence and sla.calendar == plan.calendar and surely_longer(level.silence.after, after):
                why = f"the rung at {rung.percent}% decides before"
                mark = build.places[f"level:{node.id}:{level.name}:silence"]
                build.problems.warn(
                    "LTC-D120", mark, key="silence", why=why, remedy="shorten it, or let one of them decide"
                )
