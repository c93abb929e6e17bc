"""The levels of an approval: who is asked, one after another or at once, and when they have come to a decision."""

from __future__ import annotations

from typing import Any

from ltc.core import moves, slas
from ltc.core.state import Flight, Token
from ltc.core.state_approvals import Task
from ltc.core.turn import ChainError, Turn
from ltc.core.whom import whom
from ltc.definition.plan import ApproveNode, Level
from ltc.model.messages import NOTICES_QUEUE, Notice
from ltc.model.trail import Kind


def level_of(node: ApproveNode, task: Task) -> Level:
    """The level that a task is at."""
    return next(level for level in node.levels if level.name == task.levels[task.at])


def node_of(turn: Turn, task: Task) -> ApproveNode:
    """The step that a task is of."""
    node = turn.plan.nodes[task.node]
    assert isinstance(node, ApproveNode)
    return node


def ask(turn: Turn, token: Token, node: ApproveNode, task: Task) -> None:
    """Ask the people of a level; where even whom to ask cannot be told, rest with a human."""
    level = level_of(node, task)
    try:
        source = whom(turn, level.source, token.leg, token.item)
    except ChainError as error:
        close(turn, token, task, "cancelled")
        turn.hold(token, "expression", detail=str(error))
    else:
        _open(turn, token, task, level, source)


def _open(turn: Turn, token: Token, task: Task, level: Level, source: dict[str, Any]) -> None:
    """The notice finds out who the people of a level are, and tells them."""
    task.status, task.approvals, task.rejections, task.queue = "opening", [], [], []
    task.silence_at, task.standing, task.signers, task.lent = None, {}, [], {}
    turn.log(
        Kind.TASK_OPENED, token, task=task.id, subject=task.subject, level=level.name, levels=task.levels,
        source=source, votes=level.votes, digest=task.digest, figures=task.figures, rule=_rule(level),
    )  # fmt: skip
    slas.start(turn, level.slas, leg=token.leg, item=token.item, on=f"{turn.place(token)}:{level.name}")
    suffix = f"/{level.name}" if task.at else ""
    find(turn, task, source, task.id + suffix, Flight("open", token.id, "people.open_task", place=task.id))


def find(turn: Turn, task: Task, source: dict[str, Any], activity: str, flight: Flight) -> None:
    """Find out who the people of a source are, and tell them, unless they are asked one after another."""
    level = level_of(node_of(turn, task), task)
    wanted: dict[str, Any] = {"name": level.name, "source": source, "votes": level.votes}
    if not level.substitutes:
        wanted["substitutes"] = False
    if level.in_turn:
        wanted["tell"] = False
    request = {
        "task": task.id,
        "process": turn.plan.process,
        "subject": task.subject,
        "requester": turn.state.requester,
        "figures": task.figures,
        "digest": task.digest,
        "levels": [wanted],
        "at": turn.now.isoformat(),
    }
    turn.schedule(activity, "people.open_task", NOTICES_QUEUE, request, flight)


def _rule(level: Level) -> dict[str, Any]:
    """What of a level's rule is not said by its votes."""
    said: dict[str, Any] = {"percent": level.percent} if level.percent else {}
    if level.in_turn:
        said["sequence"] = True
    if level.first_reject == "wait_all":
        said["wait_all"] = True
    return said


def opened(turn: Turn, flight: Flight, result: dict[str, Any]) -> None:
    """The approvers of a level are known; with none who may decide, the definition says what happens."""
    task, token = turn.state.tasks.get(flight.place), turn.owner(flight)
    if task is None or token is None or task.status != "opening" or token.task != task.id:
        return
    node = node_of(turn, task)
    level = level_of(node, task)
    named = result.get("candidates", {}).get(level.name, [])
    task.standing = result.get("standing", {}).get(level.name, {})
    people = may_decide(turn, node, task, named)
    agreed = _agreed(turn, node, task, named) if level.again == "skip" else []
    people = [one for one in people if one not in agreed]
    task.need = needed(level, len(people) + len(agreed))
    if len(people) + len(agreed) < max(1, task.need):
        close(turn, token, task, "cancelled")
        moves.react(turn, token, node.none_found, "no_approver", level=level.name)
        return
    task.status = "open"
    offer(turn, token, task, people)
    for one in agreed:
        _agreed_before(turn, token, task, one)
    if len(task.approvals) >= task.need:
        passed(turn, token, node, task)


def needed(level: Level, people: int) -> int:
    """How many of so many people must agree."""
    if level.percent:
        return max(1, -(-people * level.percent // 100))
    return level.votes or people


def may_decide(turn: Turn, node: ApproveNode, task: Task, named: list[str]) -> list[str]:
    """Four eyes: neither the requester nor anyone who has decided already, nor who only stands in for such."""
    if not node.four_eyes:
        return list(named)
    barred = [turn.state.requester, *task.deciders]
    return [
        one for one in named
        if one not in barred and not (task.standing.get(one) and all(who in barred for who in task.standing[one]))
    ]  # fmt: skip


def _agreed(turn: Turn, node: ApproveNode, task: Task, named: list[str]) -> list[str]:
    """Who of them agreed at an earlier level; four eyes keep the requester out even so."""
    return [one for one in named if one in task.agreed and not (node.four_eyes and one == turn.state.requester)]


def _agreed_before(turn: Turn, token: Token, task: Task, person: str) -> None:
    """What somebody agreed to at an earlier level counts here, too; it is marked as no decision of its own."""
    task.approvals.append(person)
    level = task.levels[task.at]
    turn.log(
        Kind.DECIDED, token, task=task.id, level=level, actor=person, decision="approve",
        id=f"{task.id}/{level}/{person}", comment="agreed at an earlier level", door="automatic",
    )  # fmt: skip


def offer(turn: Turn, token: Token, task: Task, people: list[str]) -> None:
    """Offer a task to people: to all at once, or to the first, the others to follow."""
    level = level_of(node_of(turn, task), task)
    task.candidates = list(people)
    if level.in_turn:
        task.candidates, task.queue = people[:1], people[1:]
    standing = {one: whom_for for one, whom_for in task.standing.items() if one in people}
    turn.log(
        Kind.TASK_OFFERED, token, task=task.id, level=level.name, candidates=task.candidates, queue=task.queue,
        standing=standing, need=task.need if level.percent else None,
    )  # fmt: skip
    if level.in_turn:
        tell(turn, task, task.candidates)


def tell(turn: Turn, task: Task, people: list[str], about: str = "") -> None:
    """Tell people that they are to decide."""
    about = about or f"decide on {task.subject}"
    for one in people:
        notice = Notice(to=one, about=about, detail={"task": task.id, "figures": task.figures})
        payload = {"to": one, "about": about}
        turn.side("people.notify", notice.model_dump(mode="json"), Flight("notify", payload=payload))


def not_opened(turn: Turn, flight: Flight, message: str) -> None:
    """The approvers could not be found out."""
    token = turn.owner(flight)
    if token is not None and token.task == flight.place:
        turn.hold(token, "unavailable", op="people.open_task", message=message[:200])


# Counting


def approved(turn: Turn, token: Token, node: ApproveNode, task: Task, person: str) -> None:
    """Somebody agrees: the level is passed, the next one is asked, or more are waited for."""
    task.approvals.append(person)
    task.agreed.append(person)
    if len(task.approvals) >= task.need and all(one in task.approvals for one in task.signers):
        passed(turn, token, node, task)
    elif task.queue and all(one in task.approvals for one in task.candidates):
        offer(turn, token, task, task.queue)


def rejected(turn: Turn, token: Token, node: ApproveNode, task: Task, person: str, why: str) -> None:
    """Somebody rejects: that ends it, unless the others still decide and can still come to an agreement."""
    level = level_of(node, task)
    if level.first_reject == "wait_all":
        task.rejections.append(person)
        left = [one for one in (*task.candidates, *task.queue) if one not in (*task.approvals, *task.rejections)]
        if len(task.approvals) + len(left) >= task.need:
            if task.queue and not [one for one in task.candidates if one in left]:
                offer(turn, token, task, task.queue)
            return
    refuse(turn, token, node, task, person, why)


def refuse(turn: Turn, token: Token, node: ApproveNode, task: Task, actor: str, why: str) -> None:
    """The approval is rejected: the definition says what follows."""
    close(turn, token, task, "rejected")
    moves.react(turn, token, node.on_reject, why, actor=actor)


def passed(turn: Turn, token: Token, node: ApproveNode, task: Task) -> None:
    """A level has agreed: the next one is asked; after the last, the approval is given."""
    slas.end(turn, on=f"{turn.place(token)}:{task.levels[task.at]}")
    if task.at + 1 < len(task.levels):
        task.at += 1
        ask(turn, token, node, task)
        return
    task.status = "approved"
    turn.log(Kind.TASK_CLOSED, token, task=task.id, result="approved")
    token.task = ""
    moves.go_on(turn, token)


def close(turn: Turn, token: Token, task: Task, result: Any) -> None:
    """Close a task without an agreement."""
    task.status = result
    token.task = ""
    slas.end(turn, on=f"{turn.place(token)}:{task.levels[task.at]}")
    turn.log(Kind.TASK_CLOSED, token, task=task.id, result=result)
