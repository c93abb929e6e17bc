"""What people send by signal waits for no answer: what comes too early is kept, what is not taken leaves its trace."""

from __future__ import annotations

from typing import Any

from ltc.core.asked import ACCEPTED
from ltc.core.state import HumanTask
from ltc.core.state_approvals import Task
from ltc.core.turn import Turn
from ltc.model.messages import Answer, Decision, TaskAct
from ltc.model.trail import Kind

MOST_EARLY = 50  # messages about one task that wait until it can be decided


def not_now(turn: Turn, early: list[dict[str, Any]], message: Decision | TaskAct, what: str, refusal: Answer) -> Answer:
    """Keep a message for which it is only too early, among ``early``; of any other, put on record why it is not taken.

    By Update its sender would be told, and send it again.
    """
    if refusal.status == "in_flight" and turn.setting.keeps_early and len(early) < MOST_EARLY:
        early.append(message.model_dump(mode="json"))
        return ACCEPTED
    _told(turn, Kind.NOT_TAKEN, message, what, why=f"{refusal.status}: {refusal.message}"[:200])
    return refusal


def waited(task: HumanTask | Task | None) -> list[dict[str, Any]]:
    """Take out what was kept about a task, once it is open: its turn has come. Nothing before that."""
    if task is None or task.status != "open":
        return []
    waiting, task.early = task.early, []
    return waiting


def forged(turn: Turn, message: Decision | TaskAct, what: str, problem: str) -> None:
    """Put on record that a message is not signed by this installation."""
    _told(turn, Kind.FORGED, message, what, problem=problem[:200])


def _told(turn: Turn, kind: Kind, message: Decision | TaskAct, what: str, **why: str) -> None:
    turn.log(kind, task=message.task, actor=message.actor, decision=what, id=message.id, **why)
