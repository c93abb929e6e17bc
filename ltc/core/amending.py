"""Amendments: what is settled stands; only approvals whose bound fields changed are asked for again."""

from __future__ import annotations

from typing import Any

from ltc.core import moves, waits
from ltc.core.state import Token
from ltc.core.state_approvals import Task
from ltc.core.turn import ChainError, Turn
from ltc.definition.plan import ApproveNode, Handler, WaitNode
from ltc.model.trail import Kind


def exists(turn: Turn, handler: Handler) -> bool:
    """Tell whether there is already what a handler amends."""
    return bool(turn.state.results.get(handler.amends))


def settle(turn: Turn) -> None:
    """See to what this turn's answers amended, before anything moves."""
    amended, turn.amended = turn.amended, []
    for token, name in amended:
        if turn.state.status == "running":
            _amended(turn, token, name)


def _amended(turn: Turn, token: Token, name: str) -> None:
    """A handler's step has left a document anew: hold the approvals against it, and let waits look again."""
    bound = [task for task in turn.state.tasks.values() if _on(turn, task, name)]
    changed = [task for task in bound if _differs(turn, task)]
    entered = _newly_asked(turn, name)
    document = turn.state.results[name]
    turn.log(
        Kind.AMENDED, leg=token.leg, item=token.item, handler=token.leg, document=document.get("id", ""),
        version=document.get("version"), reopened=[*(task.id for task in changed), *entered],
        kept=[one.id for one in bound if one not in changed],
    )  # fmt: skip
    legs = [turn.plan.nodes[task.node].leg for task in changed] + entered
    if not legs:
        _look_again(turn, name)
    elif turn.state.pivots:
        _past_pivot(turn, changed, legs)
    else:
        _reopen(turn, changed, legs)


def _on(turn: Turn, task: Task, name: str) -> bool:
    """Tell whether an approval of the chain is about a document, and given or still being asked for."""
    node = turn.plan.nodes[task.node]
    asked = task.status in ("approved", "opening", "open")
    main = node.leg in [leg.id for leg in turn.plan.legs]
    return asked and main and isinstance(node, ApproveNode) and node.subject == name and not task.item


def _differs(turn: Turn, task: Task) -> bool:
    node = turn.plan.nodes[task.node]
    try:
        now = {path: turn.value(path, node.leg, task.item) for path in task.figures}
    except ChainError:
        return True
    return now != task.figures


def _newly_asked(turn: Turn, name: str) -> list[str]:
    """Legs passed by without asking for an approval that they would ask for now."""
    found = []
    for leg in turn.plan.legs:
        nodes = [node for node in turn.plan.nodes.values() if node.leg == leg.id and isinstance(node, ApproveNode)]
        if turn.state.legs[leg.id].status != "skipped" or not any(node.subject == name for node in nodes):
            continue
        try:
            if leg.when and bool(turn.value(leg.when, leg.id, "")):
                found.append(leg.id)
        except ChainError:
            continue
    return found


def _reopen(turn: Turn, changed: list[Task], legs: list[str]) -> None:
    """Go back to the first approval that must be asked for anew; effects stay, and so do other approvals."""
    standing = [task for task in turn.state.tasks.values() if task.status == "approved" and task not in changed]
    for task in changed:
        if task.status == "approved":
            turn.log(Kind.TASK_CLOSED, task=task.id, result="reopened")
    moves.rewind(turn, next(leg.id for leg in turn.plan.legs if leg.id in legs))
    for task in changed:
        task.status = "reopened"
    for task in standing:
        task.stands = task.status == "reopened"  # of a leg passed again: its figures are as they were
        task.status = "approved"


def _past_pivot(turn: Turn, changed: list[Task], legs: list[str]) -> None:
    """Nothing is asked for again behind the point of no return: a person says whether the change may stand."""
    for task in changed:
        if task.status == "approved":
            task.status = "reopened"
    tasks = [task.id for task in changed]
    turn.hold(None, "figures_changed", tasks=tasks, legs=legs, pivots=list(turn.state.pivots))


def _look_again(turn: Turn, name: str) -> None:
    """What waits for the document to be in some state looks whether it is now."""
    for token in list(turn.state.tokens.values()):
        node: Any = turn.node(token) if token.node else None
        if token.status == "waiting" and isinstance(node, WaitNode) and name in [one.refresh for one in node.events]:
            waits.again(turn, token, node)
