"""Ways through the legs: sending back, what may still happen after the pivot, loops and what they loop over."""

from __future__ import annotations

from collections.abc import Iterator

from ltc.definition.build import Build
from ltc.definition.flow import Flow, reactions
from ltc.definition.plan import (
    SCHEDULES,
    AnyNode,
    CallNode,
    DelayNode,
    EndNode,
    Leg,
    Plan,
    Reaction,
    TaskNode,
    WaitNode,
)
from ltc.definition.plan_nodes import collections_of

UNDOING = ("cancelled", "rejected")  # outcomes that undo what took effect


def check_send_back(plan: Plan, build: Build) -> None:
    """Going back leads to an earlier leg, and every step passed again says what a second visit does."""
    order = [leg.id for leg in plan.legs]
    loops = {leg.id for leg in plan.legs if leg.loop}
    complained: set[str] = set()
    for node in plan.nodes.values():
        for key, reaction in reactions(node):
            if reaction.kind != "send_back":
                continue
            mark = build.places[f"{node.id}:{key}:leg"]
            earlier = order[: order.index(node.leg) + 1] if node.leg in order else []
            if not earlier or node.leg in loops or reaction.leg in loops:
                build.problems.add("LTC-D089", mark)
            elif reaction.leg not in order:
                build.problems.add("LTC-D048", mark, word=reaction.leg, known=order)
            elif reaction.leg not in earlier:
                build.problems.add("LTC-D088", mark, word=reaction.leg, known=earlier)
            else:
                _passed(plan, build, node, earlier[order.index(reaction.leg) :], complained)


def _passed(plan: Plan, build: Build, sender: AnyNode, legs: list[str], complained: set[str]) -> None:
    for node in plan.nodes.values():
        if node.id == sender.id:
            return
        if node.leg not in legs or node.id in complained:
            continue
        silent = isinstance(node, CallNode) and not node.revisit and _has_effect(plan, node)
        waits = isinstance(node, WaitNode) and not node.ladder  # a ladder goes on where it was
        rests = waits or isinstance(node, TaskNode | DelayNode)
        if silent or (rests and f"{node.id}:on_revisit" not in build.places):
            complained.add(node.id)
            build.problems.add("LTC-D087", build.places[node.id], step=node.step, by=sender.id)


def _has_effect(plan: Plan, node: CallNode) -> bool:
    return node.call.op in plan.operations and plan.operations[node.call.op].effect


def check_pivot(plan: Plan, build: Build, flow: Flow) -> None:
    """After the point of no return nothing may need compensation to finish."""
    order = [leg.id for leg in plan.legs]
    complained: set[str] = set()
    for pivot in plan.pivots:
        _pivot_wait(plan, build, order, pivot.leg, pivot.event)
        for node in _after_pivot(plan, flow, pivot.leg, pivot.event, pivot.step):
            if node.id in complained:
                continue
            complained.add(node.id)
            if isinstance(node, EndNode) and node.outcome in UNDOING:
                build.problems.add("LTC-D085", build.places[node.id], leg=pivot.leg, what=f"end: {node.outcome}")
            for key, reaction in reactions(node):
                if f"{node.id}:{key}" in build.places and _undoes(reaction, order, pivot.leg):
                    mark = build.places[f"{node.id}:{key}"]
                    build.problems.add("LTC-D085", mark, leg=pivot.leg, what=reaction.kind)


def _pivot_wait(plan: Plan, build: Build, order: list[str], leg: str, event: str) -> None:
    """Part may have passed when the wait's time is over: the engine may compensate only what has not."""
    for node in plan.nodes.values():
        if isinstance(node, WaitNode) and node.leg == leg and event in [awaited.event for awaited in node.events]:
            reaction = node.on_timeout
            if reaction.kind != "compensate" and _undoes(reaction, order, leg):
                mark = build.places[f"{node.id}:{'hand_over' if node.ladder else 'on_timeout'}"]
                build.problems.add("LTC-D085", mark, leg=leg, what=reaction.kind)


def _undoes(reaction: Reaction, order: list[str], pivot: str) -> bool:
    if reaction.kind == "send_back":
        return reaction.leg in order and order.index(reaction.leg) <= order.index(pivot)
    return reaction.kind == "compensate" or (reaction.kind == "end" and reaction.outcome in UNDOING)


def _after_pivot(plan: Plan, flow: Flow, leg: str, event: str, step: str) -> Iterator[AnyNode]:
    nodes = [node for node in plan.nodes.values() if node.leg == leg]
    for node in nodes:
        if (isinstance(node, WaitNode) and event in [awaited.event for awaited in node.events]) or node.step == step:
            yield from _following(plan, flow, node)
    later = False
    for one in plan.legs:
        if later:
            yield from (node for node in plan.nodes.values() if node.leg == one.id)
        later = later or one.id == leg


def _following(plan: Plan, flow: Flow, node: AnyNode) -> Iterator[AnyNode]:
    yield from flow.inside(node.next)
    if node.up:
        above = plan.nodes[node.up]
        if above.kind == "parallel":
            yield from (other for first in above.branches for other in flow.inside(first) if other.id != node.id)
        yield from _following(plan, flow, above)


def check_loops(plan: Plan, build: Build) -> None:
    """A loop over a collection comes after what fills it; ``on_item`` needs a collection."""
    order = [leg.id for leg in plan.legs]
    for leg in plan.legs:
        if leg.loop is None or leg.loop.every:
            continue
        if leg.loop.source not in plan.collections:
            if leg.loop.source in SCHEDULES:
                _named_parts(leg, build)
            elif leg.loop.on_item:
                build.problems.add("LTC-D093", build.places[f"loop:{leg.id}:starts"])
            continue
        filled = [_fills(plan, one, leg.loop.source) for one in plan.legs]
        first = next((one for one, does in zip(order, filled, strict=True) if does), leg.id)
        if order.index(first) >= order.index(leg.id):
            build.problems.add("LTC-D094", build.places[f"loop:{leg.id}"], word=leg.loop.source, leg=first)


def _named_parts(leg: Leg, build: Build) -> None:
    """A part that falls due is known by its name: another key would not be heard."""
    if leg.loop and leg.loop.on_item and leg.loop.key != f"{leg.loop.name}.name":
        why = "what falls due is kept by its name"
        mark, remedy = build.places[f"loop:{leg.id}:key"], f"write key: {leg.loop.name}.name"
        build.problems.vain(mark, f"key: {leg.loop.key}", why, remedy)


def _fills(plan: Plan, leg: Leg, name: str) -> bool:
    found = (node for node in plan.nodes.values() if node.leg == leg.id)
    return any(isinstance(node, CallNode | WaitNode) and name in collections_of(node) for node in found)
