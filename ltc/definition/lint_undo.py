"""Every effect says how it is undone, by an operation that has an effect itself."""

from __future__ import annotations

from ltc.definition.build import Build
from ltc.definition.errors import Mark
from ltc.definition.plan import CallNode, Plan, TaskNode, Undo, WaitNode


def check_undo(plan: Plan, build: Build) -> None:
    """Complain about effects without undo, undo of mere reads, and reads that are to undo something."""
    for node in plan.nodes.values():
        if isinstance(node, CallNode):
            _call(node, plan, build)
        elif isinstance(node, WaitNode):
            _wait(node, plan, build)
        elif isinstance(node, TaskNode) and node.undo:
            _calls(node.id, node.undo, plan, build, "")


def _place(build: Build, node: str) -> Mark:
    return build.places.get(f"{node}:undo", build.places[node])


def _call(node: CallNode, plan: Plan, build: Build) -> None:
    operation = plan.operations.get(node.call.op)
    if operation is None:
        return
    if operation.effect and node.undo is None:
        build.problems.add("LTC-D080", build.places[node.id], op=node.call.op)
    if node.undo and not operation.effect and node.undo.kind != "none":
        build.problems.add("LTC-D083", _place(build, node.id), op=node.call.op)
    if node.undo:
        hint = f": {operation.inverse}" if operation.inverse else ""
        _calls(node.id, node.undo, plan, build, hint)
    revisit = plan.operations.get(node.revisit_call.op) if node.revisit_call else None
    if node.revisit_call and revisit and not revisit.effect:
        build.problems.add("LTC-D091", build.places[f"{node.id}:on_revisit"], op=node.revisit_call.op)


def _calls(node: str, undo: Undo, plan: Plan, build: Build, hint: str) -> None:
    for index, call in enumerate(undo.calls):
        operation = plan.operations.get(call.op)
        if operation and not operation.effect:
            build.problems.add("LTC-D084", build.places[f"undo:{node}:{index}"], op=call.op, hint=hint)


def _wait(node: WaitNode, plan: Plan, build: Build) -> None:
    gathers = [event.event for event in node.events if event.event in plan.events and plan.events[event.event].collects]
    if gathers and node.undo is None:
        build.problems.add("LTC-D081", build.places[node.id], event=gathers[0])
    if node.undo:
        _calls(node.id, node.undo, plan, build, "")
