"""Keys that the language has, said where they could not do anything: refused rather than ignored."""

from __future__ import annotations

from ltc.definition.build import Build
from ltc.definition.lint_sla import day_of, surely_longer
from ltc.definition.plan import CallNode, ParallelNode, Plan, Sla, WaitNode

ELAPSED = ("s", "m", "h")


def check_vain(plan: Plan, build: Build) -> None:
    """Complain about keys that would be accepted here and then have no effect."""
    for node in plan.nodes.values():
        if isinstance(node, CallNode):
            _call(node, plan, build)
        elif isinstance(node, WaitNode):
            _wait(node, plan, build)
        elif isinstance(node, ParallelNode) and f"{node.id}:rest" in build.places and node.need >= len(node.branches):
            why = "every branch is waited for, so that none is left over"
            build.problems.vain(build.places[f"{node.id}:rest"], "rest", why, "remove it, or write join: any")
    for sla in plan.slas.values():
        _calendar(sla, build)
    _loops(plan, build)
    for pivot in plan.pivots:
        loop = next(leg.loop for leg in plan.legs if leg.id == pivot.leg)
        if pivot.per_item and pivot.step and loop is None:
            build.problems.vain(
                build.places[f"pivot:{pivot.leg}:per"],
                "per: item",
                f"leg '{pivot.leg}' has no items",
                "write per: chain",
            )


def _call(node: CallNode, plan: Plan, build: Build) -> None:
    pinned = plan.operations.get(node.call.op)
    operation = build.world.registry.operations.get(node.call.op)
    if pinned and node.revisit and not pinned.effect:
        why = f"'{node.call.op}' only reads, and on a second visit reads again"
        build.problems.vain(build.places[f"{node.id}:on_revisit"], "on_revisit", why)
    if operation and node.into and "id" not in operation.gives.model_fields:
        why = f"what '{node.call.op}' gives has no id"
        build.problems.add("LTC-D058", build.places[f"{node.id}:into"], word=node.step, why=why)


def _wait(node: WaitNode, plan: Plan, build: Build) -> None:
    known = [plan.events[one.event] for one in node.events if one.event in plan.events]
    if node.undo and node.undo.kind != "none" and not any(event.collects for event in known):
        why = "its events report no documents, so that nothing took effect"
        build.problems.vain(build.places[f"{node.id}:undo"], "undo", why, "write undo: {none: reason}, or remove it")
    if not any(event.read for event in known):
        if f"{node.id}:retry" in build.places:
            build.problems.vain(build.places[f"{node.id}:retry"], "retry", "nothing is read for its events")
        if f"{node.id}:poll" in build.places and not node.until:
            build.problems.vain(build.places[f"{node.id}:poll"], "poll", "nothing is read for its events")
    if (
        f"{node.id}:poll" in build.places
        and node.within
        and surely_longer(node.poll, node.within, day_of(plan.calendar, build))
    ):
        told = {"inner": str(node.poll), "outer_what": "within", "outer": str(node.within)}
        build.problems.add("LTC-D113", build.places[f"{node.id}:poll"], word="poll", **told)
    if f"{node.id}:on_timeout" in build.places and node.within is None:
        build.problems.vain(
            build.places[f"{node.id}:on_timeout"], "on_timeout", "the wait has no longest time", "add 'within:'"
        )


def _calendar(sla: Sla, build: Build) -> None:
    """A calendar counts working time, and days in its zone; elapsed hours pass without one."""
    spans = [sla.target, *(rung.offset for rung in sla.escalate)]
    if f"{sla.id}:calendar" in build.places and all(span is None or span.unit in ELAPSED for span in spans):
        build.problems.vain(
            build.places[f"{sla.id}:calendar"], "calendar", "no time here is counted in days or in working time"
        )


def _loops(plan: Plan, build: Build) -> None:
    """What ``into:`` gathers is kept by its id: another key would not be heard."""
    for leg in plan.legs:
        if leg.loop and leg.loop.source in plan.collections and leg.loop.key != f"{leg.loop.name}.id":
            why = f"what '{leg.loop.source}' gathers is kept by its id"
            build.problems.vain(
                build.places[f"loop:{leg.id}:key"], f"key: {leg.loop.key}", why, f"write key: {leg.loop.name}.id"
            )
