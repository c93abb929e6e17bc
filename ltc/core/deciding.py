"""How a rule decides in the place of people: always marked as automatic, never on other figures than were shown."""

from __future__ import annotations

from typing import Literal

from ltc.core import levels
from ltc.core.state_approvals import Task
from ltc.core.turn import ChainError, Turn
from ltc.model import ids
from ltc.model.trail import Kind


def ready(turn: Turn, task: Task) -> bool:
    """Tell whether a task can be decided now: its people are known, and neither it nor the chain is held."""
    token = turn.state.tokens.get(task.token)
    asked = token is not None and token.task == task.id and token.status == "deciding"
    return asked and task.status == "open" and not turn.paused()


def decide(turn: Turn, task: Task, decision: Literal["approve", "reject"], rule: str) -> None:
    """A rule decides a level in the place of its people; on other figures than were shown it asks anew instead."""
    token, node = turn.state.tokens[task.token], levels.node_of(turn, task)
    level = task.levels[task.at]
    turn.spoke = True
    if _changed(turn, task):
        levels.close(turn, token, task, "reopened")
        token.status = "ready"
        return
    turn.log(
        Kind.DECIDED, token, task=task.id, level=level, actor=rule, decision=decision, id=f"{task.id}/{level}/{rule}",
        door="automatic",
    )  # fmt: skip
    if decision == "approve":
        levels.passed(turn, token, node, task)
    else:
        levels.refuse(turn, token, node, task, rule, f"rejected by {rule}")


def _changed(turn: Turn, task: Task) -> bool:
    """Tell whether the figures are not those that were shown any more."""
    token, node = turn.state.tokens[task.token], levels.node_of(turn, task)
    try:
        figures = {path: turn.value(path, token.leg, token.item) for path in node.binds}
    except ChainError:
        return True
    return ids.digest(figures) != task.digest
