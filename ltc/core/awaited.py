"""Whom a chain waits for where a promise hangs: what ``pause_while`` asks as ``waiting_for``."""

from __future__ import annotations

from ltc.core.state import SlaClock, Token
from ltc.core.turn import Turn
from ltc.definition.plan import AnyNode, ApproveNode, DelayNode, Sla, TaskNode, WaitNode


def waiting_for(turn: Turn, clock: SlaClock, sla: Sla) -> str:
    """Tell whom what is promised waits for: ``operator`` when held, ``approver``, ``person``, ``event`` and so on.

    ``person``: a task is open. ``customer``: all that is waited for is the customer's. Plans of before look at the
    leg, whatever is promised; to them the customer who decides is an ``approver`` as any other, and a ladder an
    ``event``.
    """
    item = clock.item if sla.own else ""
    here = [
        token for token in turn.state.tokens.values()
        if (not clock.leg or token.leg == clock.leg) and (not item or token.item == item)
    ]  # fmt: skip
    if any(token.status == "held" for token in here) or (sla.own and any(turn.rests(token) for token in here)):
        return "operator"
    statuses = [token.status for token in here]
    if "deciding" in statuses:
        theirs = sla.theirs and all(_decides(turn, token) for token in here if token.status == "deciding")
        return "customer" if theirs else "approver"
    if "tasked" in statuses:
        asked = [turn.node(token) for token in here if token.status == "tasked"]
        return "customer" if all(_customers(turn, node) for node in asked) else "person"
    waiting = [turn.node(token) for token in here if token.status == "waiting"]
    if waiting := [node for node in waiting if not isinstance(node, DelayNode)]:  # a delay waits for nobody
        theirs = all(_customers(turn, node) or (sla.theirs and _owed(node)) for node in waiting)
        return "customer" if theirs else "event"
    return "system" if "busy" in statuses else ""


def _owed(node: AnyNode) -> bool:
    """Tell whether a wait is a ladder: money that the customer owes."""
    return isinstance(node, WaitNode) and node.ladder is not None


def _decides(turn: Turn, token: Token) -> bool:
    """Tell whether it is the customer who is asked at the level that an approval is at."""
    task, node = turn.state.tasks.get(token.task), turn.node(token)
    if task is None or not isinstance(node, ApproveNode):
        return False
    level = next(one for one in node.levels if one.name == task.levels[task.at])
    return level.source.get("external") == "customer"


def _customers(turn: Turn, node: AnyNode) -> bool:
    """Tell whether a wait or a task is for the customer: it says so, or its events are the customer's."""
    if isinstance(node, TaskNode):
        return node.source.get("external") == "customer"
    if not isinstance(node, WaitNode):
        return False
    if node.waits_for:
        return node.waits_for == "customer"
    return all(turn.plan.events[one.event].by == "customer" for one in node.events)
