"""Figures that an approval is bound to: read again by the step that commits; a change asks for the approval anew."""

from __future__ import annotations

from typing import Any

from ltc.core import moves, sides
from ltc.core.commands import CallFailed
from ltc.core.state import Flight, Token
from ltc.core.state_approvals import Task
from ltc.core.turn import Turn
from ltc.definition.plan import ApproveNode, CallNode, ParallelNode
from ltc.model import ids
from ltc.model.trail import Kind


def expectation(turn: Turn, token: Token, node: CallNode) -> dict[str, Any]:
    """What the step that commits must find: the fields of its document as they were when it was approved."""
    sources = list(node.call.args.values())
    for task in reversed(turn.state.tasks.values()):
        plan = turn.plan.nodes[task.node]
        if task.status != "approved" or not isinstance(plan, ApproveNode) or not plan.binds:
            continue
        if f"{plan.subject}.id" in sources and task.item in ("", token.item):
            home, key = turn.home(plan.leg, task.item, plan.subject)
            approved = {path.split(".", 1)[1]: task.figures[path] for path in plan.binds}
            expect = {"document": kind_of(turn, plan), "id": home[key]["id"], "fields": list(approved)}
            return {"expect": {**expect, "digest": ids.digest(approved)}}
    return {}


def kind_of(turn: Turn, node: ApproveNode) -> str:
    """What kind of document an approval is about: ``order``, whatever name the definition gives it."""
    loop = turn.leg_plan(node.leg).loop
    for one in turn.plan.nodes.values():
        if not isinstance(one, CallNode):
            continue
        collected = loop is not None and one.into == loop.source and loop.name == node.subject
        kind = turn.plan.operations[one.call.op].document
        if kind and (one.result == node.subject or collected):
            return kind.lower()
    return node.subject


def changed(turn: Turn, flight: Flight, event: CallFailed) -> None:
    """What was approved is no longer what would be done: before the pivot decide again, after it hold."""
    token = turn.owner(flight)
    if token is None:
        return
    document = event.detail.get("document") or {}
    for task in reversed(turn.state.tasks.values()):
        node = turn.plan.nodes[task.node]
        if task.status != "approved" or not isinstance(node, ApproveNode) or task.item not in ("", token.item):
            continue
        home, key = turn.home(node.leg, task.item, node.subject)
        if (home.get(key) or {}).get("id") == document.get("id"):
            home[key] = document
            _decide_again(turn, token, task, node)
            return
    turn.hold(token, "figures_changed", op=flight.op)


def _decide_again(turn: Turn, token: Token, task: Task, node: ApproveNode) -> None:
    inside = bool(task.item)
    if turn.state.pivots or (inside and not _reaches(turn, token, node)):
        turn.hold(token, "figures_changed", task=task.id)
        return
    task.status = "reopened"
    turn.log(Kind.TASK_CLOSED, token, task=task.id, result="reopened")
    if inside:
        moves.put_back(turn, token, node.id)
    else:
        moves.rewind(turn, node.leg)
        if token.leg in sides.names(turn):
            token.status = "ready"  # a handler's own line is not rewound: it tries again


def _reaches(turn: Turn, token: Token, node: ApproveNode) -> bool:
    """Tell whether an item's own line can simply be put back to the approval: no other line runs beside it."""
    up = node.up
    while up and not isinstance(turn.plan.nodes[up], ParallelNode):
        up = turn.plan.nodes[up].up
    return node.leg == token.leg and not token.parent and not up
