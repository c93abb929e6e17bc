"""Approvals: levels, rules, four eyes; a decision is answered at once and never awaits anything."""

from __future__ import annotations

from typing import Any

from ltc.core import moves, slas
from ltc.core.commands import Decide
from ltc.core.state import Flight, Task, Token
from ltc.core.turn import ChainError, Turn
from ltc.definition.plan import ApproveNode, Level, Reaction
from ltc.model import ids
from ltc.model.messages import NOTICES_QUEUE, Answer, Decision
from ltc.model.trail import Kind


def enter(turn: Turn, token: Token, node: ApproveNode) -> None:
    """Open a task at its first level that applies; none applies: nothing to decide."""
    place = turn.place(token)
    if _stands(turn, token):
        return
    turn.state.visits[place] = token.visit = turn.state.visits.get(place, 0) + 1
    levels = [
        level.name
        for level in node.levels
        if not level.when or turn.holds_true(level.when, token, f"level {level.name}")
    ]
    if not levels:
        moves.go_on(turn, token)
        return
    figures = {path: turn.value(path, token.leg, token.item) for path in node.binds}
    task = Task(
        f"{place}#{token.visit}", token.node, token.id, token.item, node.subject, figures, ids.digest(figures), levels
    )
    turn.state.tasks[task.id] = task
    token.task, token.status = task.id, "deciding"
    _ask(turn, token, node, task)


def _stands(turn: Turn, token: Token) -> bool:
    """What an amendment leaves as it was decided is not asked for again."""
    task = next((one for one in turn.state.tasks.values() if one.stands and one.node == token.node), None)
    if task is not None:
        task.stands = False
        moves.go_on(turn, token)
    return task is not None


def _level(node: ApproveNode, task: Task) -> Level:
    return next(level for level in node.levels if level.name == task.levels[task.at])


def _ask(turn: Turn, token: Token, node: ApproveNode, task: Task) -> None:
    """Ask the people of a level; where even whom to ask cannot be told, rest with a human."""
    level = _level(node, task)
    source = dict(level.source)
    try:
        if "manager_of" in source:
            source["manager_of"] = turn.value(source["manager_of"], token.leg, token.item)
    except ChainError as error:
        _close(turn, token, task, "cancelled")
        turn.hold(token, "expression", detail=str(error))
    else:
        _open_level(turn, token, task, level, source)


def _open_level(turn: Turn, token: Token, task: Task, level: Level, source: dict[str, Any]) -> None:
    """The notice finds out who the people of a level are, and tells them."""
    task.status, task.approvals = "opening", []
    turn.log(
        Kind.TASK_OPENED, token, task=task.id, subject=task.subject, level=level.name, levels=task.levels,
        source=source, votes=level.votes, digest=task.digest, figures=task.figures,
    )  # fmt: skip
    slas.start(turn, level.slas, leg=token.leg, item=token.item, on=f"{turn.place(token)}:{level.name}")
    request = {
        "task": task.id,
        "process": turn.plan.process,
        "subject": task.subject,
        "requester": turn.state.requester,
        "figures": task.figures,
        "digest": task.digest,
        "levels": [{"name": level.name, "source": source, "votes": level.votes}],
    }
    suffix = f"/{level.name}" if task.at else ""
    flight = Flight("open", token.id, "people.open_task", place=task.id)
    turn.schedule(task.id + suffix, "people.open_task", NOTICES_QUEUE, request, flight)


def opened(turn: Turn, flight: Flight, candidates: dict[str, list[str]]) -> None:
    """The approvers of a level are known; with none who may decide, the definition says what happens."""
    task, token = turn.state.tasks.get(flight.place), turn.owner(flight)
    if task is None or token is None or task.status != "opening" or token.task != task.id:
        return
    node = turn.node(token)
    assert isinstance(node, ApproveNode)
    level = _level(node, task)
    people = [one for one in candidates.get(level.name, []) if not (node.four_eyes and one in _barred(turn, task))]
    task.candidates, task.need = people, level.votes or len(people)
    if not people or len(people) < task.need:
        _close(turn, token, task, "cancelled")
        moves.react(turn, token, node.none_found, "no_approver", level=level.name)
        return
    task.status = "open"
    turn.log(Kind.TASK_OFFERED, token, task=task.id, level=level.name, candidates=people)


def _barred(turn: Turn, task: Task) -> list[str]:
    """Four eyes: neither the requester nor anyone who has decided already."""
    return [turn.state.requester, *task.deciders]


def not_opened(turn: Turn, flight: Flight, message: str) -> None:
    """The approvers could not be found out."""
    token = turn.owner(flight)
    if token is not None and token.task == flight.place:
        turn.hold(token, "unavailable", op="people.open_task", message=message[:200])


# Deciding


def decide(turn: Turn, event: Decide) -> Answer:
    """Take a decision and answer it at once. The same decision again gets the same answer."""
    decision = event.decision
    task = turn.state.tasks.get(decision.task)
    if task is None:
        return Answer(status="not_found", message=f"there is no task {decision.task} on this chain")
    if decision.id in task.decisions:
        return Answer.model_validate(
            {"status": task.decisions[decision.id], "message": "this decision was taken before"}
        )
    refusal = _refusal(turn, task, decision)
    if refusal is not None:
        return refusal
    if event.door == "signal":
        turn.side(
            "people.check_signature",
            decision.model_dump(mode="json"),
            Flight("signature", payload=decision.model_dump(mode="json")),
        )
        return Answer(status="accepted")
    _apply(turn, task, decision, event.door)
    turn.answered = True
    return Answer(status="accepted")


def _refusal(turn: Turn, task: Task, decision: Decision) -> Answer | None:
    """Why a decision cannot be taken; nothing when it can."""
    token = turn.state.tokens.get(task.token)
    if task.status not in ("open", "opening") or token is None or turn.state.status != "running":
        return Answer(status="closed", message=f"the task is {task.status}")
    node = turn.node(token)
    assert isinstance(node, ApproveNode)
    if token.status == "held":
        return Answer(status="closed", message="the approval is held by an operator; it can be decided once released")
    if decision.actor in task.approvals or (node.four_eyes and decision.actor in task.deciders):
        return Answer(status="already_decided", message=f"{decision.actor} has decided already")
    if task.status == "opening":
        return Answer(status="in_flight", message="who may decide is still being found out; decide again in a moment")
    if decision.actor not in task.candidates:
        return Answer(
            status="not_your_turn",
            message=f"level {task.levels[task.at]} is for {', '.join(task.candidates)}",
        )
    if decision.digest != task.digest:
        return Answer(status="figures_changed", message="the figures are not those that you were shown; look again")
    if decision.decision == "send_back" and _send_back(node) is None:
        return Answer(status="refused", message="this approval cannot be sent back; approve or reject it")
    return None


def _send_back(node: ApproveNode) -> Reaction | None:
    if node.on_send_back is not None:
        return node.on_send_back
    return node.on_reject if node.on_reject.kind == "send_back" else None


def checked(turn: Turn, flight: Flight, problem: str) -> None:
    """The signature of a decision that came by signal has been checked."""
    decision = Decision.model_validate(flight.payload)
    task = turn.state.tasks.get(decision.task)
    if problem:
        turn.log(
            Kind.FORGED, task=decision.task, actor=decision.actor, decision=decision.decision, id=decision.id,
            problem=problem[:200],
        )  # fmt: skip
    if problem or task is None or decision.id in task.decisions or _refusal(turn, task, decision) is not None:
        return
    _apply(turn, task, decision, "signal")


def _apply(turn: Turn, task: Task, decision: Decision, door: str) -> None:
    token = turn.state.tokens[task.token]
    node = turn.node(token)
    assert isinstance(node, ApproveNode)
    task.decisions[decision.id] = "accepted"
    task.deciders.append(decision.actor)
    turn.log(
        Kind.DECIDED, token, task=task.id, level=task.levels[task.at], actor=decision.actor,
        decision=decision.decision, id=decision.id, comment=decision.comment[:500], door=door,
    )  # fmt: skip
    if decision.decision == "approve":
        task.approvals.append(decision.actor)
        if len(task.approvals) >= task.need:
            _level_passed(turn, token, node, task)
    elif decision.decision == "send_back":
        _close(turn, token, task, "sent_back")
        reaction = _send_back(node)
        assert reaction is not None
        moves.react(turn, token, reaction, "sent_back", actor=decision.actor)
    else:
        _close(turn, token, task, "rejected")
        moves.react(turn, token, node.on_reject, decision.comment[:200] or "rejected", actor=decision.actor)


def _level_passed(turn: Turn, token: Token, node: ApproveNode, task: Task) -> None:
    slas.end(turn, on=f"{turn.place(token)}:{task.levels[task.at]}")
    if task.at + 1 < len(task.levels):
        task.at += 1
        _ask(turn, token, node, task)
        return
    task.status = "approved"
    turn.log(Kind.TASK_CLOSED, token, task=task.id, result="approved")
    token.task = ""
    moves.go_on(turn, token)


def _close(turn: Turn, token: Token, task: Task, result: Any) -> None:
    task.status = result
    token.task = ""
    slas.end(turn, on=f"{turn.place(token)}:{task.levels[task.at]}")
    turn.log(Kind.TASK_CLOSED, token, task=task.id, result=result)


def close_for(turn: Turn, token: Token) -> None:
    """A held approval is about to be asked for anew: what was asked before is over."""
    task = turn.state.tasks.get(token.task)
    if task is not None and task.status in ("opening", "open"):
        _close(turn, token, task, "cancelled")
