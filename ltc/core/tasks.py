"""Tasks: a person does something outside any system and fills in a form; how a task opens, runs out and closes."""

from __future__ import annotations

from typing import Any

from ltc.core import calls, moves
from ltc.core.instants import iso
from ltc.core.state import Effect, Flight, HumanTask, Token
from ltc.core.turn import ChainError, Turn
from ltc.core.whom import whom
from ltc.definition.plan import TaskNode
from ltc.model import ids
from ltc.model.messages import NOTICES_QUEUE
from ltc.model.trail import Kind

OPEN = ("opening", "open")


def enter(turn: Turn, token: Token, node: TaskNode) -> None:
    """Open a task for the people it is given to; a second visit may take the answers of the first."""
    state, place = turn.state, turn.place(token)
    figures = turn.values(node.show, token.leg, token.item)
    source = whom(turn, node.source, token.leg, token.item)
    turn.visit(token)
    if node.revisit == "skip" and _done_before(turn, token):
        turn.log(Kind.REVISITED, token, how="skip")
        moves.go_on(turn, token)
        return
    task = HumanTask(f"{place}#{token.visit}", token.node, token.id, token.item, figures, ids.digest(figures))
    state.human_tasks[task.id] = task
    token.task, token.status = task.id, "tasked"
    _limit(turn, token, node)
    turn.log(
        Kind.TASK_OPENED, token, task=task.id, subject=node.step, what="task", source=source, votes=1,
        digest=task.digest, figures=figures, claim=node.claim, deadline=iso(token.deadline),
    )  # fmt: skip
    request = {
        "task": task.id, "process": turn.plan.process, "subject": node.step, "requester": state.requester,
        "figures": figures, "digest": task.digest, "levels": [{"name": node.step, "source": source, "votes": 1}],
        "what": node.title.get("en") or node.step, "at": turn.now.isoformat(),
    }  # fmt: skip
    flight = Flight("assign", token.id, "people.open_task", place=task.id)
    turn.schedule(task.id, "people.open_task", NOTICES_QUEUE, request, flight)


def _done_before(turn: Turn, token: Token) -> bool:
    here = (token.node, token.item, "completed")
    return any((task.node, task.item, task.status) == here for task in turn.state.human_tasks.values())


def _limit(turn: Turn, token: Token, node: TaskNode) -> None:
    token.deadline = turn.after(turn.now, node.within) if node.within else None
    token.since = turn.now


def node_of(turn: Turn, token: Token) -> TaskNode:
    """The task's step."""
    node = turn.node(token)
    assert isinstance(node, TaskNode)
    return node


def opened(turn: Turn, flight: Flight, result: dict[str, Any]) -> None:
    """It is known who may do it; with nobody, the definition says what happens."""
    task, token = turn.state.human_tasks.get(flight.place), turn.owner(flight)
    if task is None or token is None or task.status != "opening" or token.task != task.id:
        return
    node = node_of(turn, token)
    task.candidates = result.get("candidates", {}).get(node.step, [])
    if not task.candidates:
        close(turn, token, task, "cancelled")
        moves.react(turn, token, node.none_found, "nobody_assigned", task=task.id)
        return
    task.status = "open"
    standing = result.get("standing", {}).get(node.step)
    turn.log(Kind.TASK_OFFERED, token, task=task.id, candidates=task.candidates, standing=standing)


def not_opened(turn: Turn, flight: Flight, message: str) -> None:
    """Who may do it could not be found out."""
    token = turn.owner(flight)
    if token is not None and token.task == flight.place:
        turn.hold(token, "unavailable", op="people.open_task", message=message[:200])


def done(turn: Turn, token: Token, task: HumanTask, answers: dict[str, Any], actor: str, comment: str) -> None:
    """The task is done: its answers are left, what was done enters the undo list, and the chain goes on."""
    node = node_of(turn, token)
    task.answers = answers
    if node.result:
        given = {**answers, "by": actor, "at": turn.now.isoformat(), "comment": comment}
        turn.keep_result(token, node.result, given)
    _enlist(turn, token, node)
    close(turn, token, task, "completed")
    calls.passed(turn, token, node)
    moves.go_on(turn, token)


def _enlist(turn: Turn, token: Token, node: TaskNode) -> None:
    """What was done took place, certainly; it is undone as the definition says, once."""
    place, state = turn.place(token), turn.state
    if node.undo is None or any(effect.place == place and effect.status != "undone" for effect in state.effects):
        return
    key = turn.effect_key(token.leg, token.item, node.step, 0)
    op = f"task.{node.step}"
    state.effects.append(Effect(place, node.id, token.leg, token.item, op, key, 0, status="certain", sure=True))


def close(turn: Turn, token: Token, task: HumanTask, result: Any) -> None:
    """Close a task; what was saved of it is not needed any more."""
    task.status, task.saved, token.task, token.deadline = result, {}, "", None
    turn.log(Kind.TASK_CLOSED, token, task=task.id, result=result)


def close_for(turn: Turn, token: Token, result: str = "cancelled") -> None:
    """A token leaves its task, if it has one open."""
    task = turn.state.human_tasks.get(token.task)
    if task is not None and task.status in OPEN:
        close(turn, token, task, result)


def tick(turn: Turn) -> None:
    """The longest time of a task is over."""
    if turn.state.status != "running" or turn.paused():
        return
    for token in list(turn.state.tokens.values()):
        if token.status != "tasked" or token.deadline is None or token.deadline > turn.now:
            continue
        node = node_of(turn, token)
        close_for(turn, token, "timed_out")
        turn.spoke = True
        turn.log(Kind.TIMED_OUT, token)
        moves.react(turn, token, node.on_timeout, "human_overdue")


def resume(turn: Turn, token: Token) -> None:
    """A task that was held by hand goes on, with its time limit anew."""
    token.status, was = "tasked", token.deadline
    _limit(turn, token, node_of(turn, token))
    if token.deadline != was:
        turn.log(Kind.WAIT_MOVED, token, was=iso(was), deadline=iso(token.deadline))


def again(turn: Turn, token: Token) -> None:
    """A held task is asked for anew: what was asked before is over."""
    close_for(turn, token)
    token.status = "ready"


def tidy(answers: dict[str, Any]) -> dict[str, Any]:
    """Answers that a person supplies in place of a task's, without what every answer tells beside its fields.

    Raises:
        ChainError: they are no mapping.
    """
    if not isinstance(answers, dict):
        raise ChainError("answers are a mapping of fields to values")
    return {name: value for name, value in answers.items() if name not in ("id", "by", "at", "comment", "version")}
