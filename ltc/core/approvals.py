"""Approvals: levels, rules, four eyes; a decision is answered at once and never awaits anything."""

from __future__ import annotations

from ltc.core import by_signal, handing, levels, moves
from ltc.core.asked import ACCEPTED
from ltc.core.commands import Decide
from ltc.core.state import Flight, Token
from ltc.core.state_approvals import Task
from ltc.core.turn import Turn
from ltc.definition.plan import ApproveNode, Reaction
from ltc.model import ids
from ltc.model.messages import CUSTOMER, Answer, Decision
from ltc.model.trail import Kind


def enter(turn: Turn, token: Token, node: ApproveNode) -> None:
    """Open a task at its first level that applies; none applies: nothing to decide."""
    place = turn.place(token)
    if _stands(turn, token):
        return
    turn.visit(token)
    apply = [
        level.name
        for level in node.levels
        if not level.when or turn.holds_true(level.when, token, f"level {level.name}")
    ]
    if not apply:
        moves.go_on(turn, token)
        return
    figures = {path: turn.value(path, token.leg, token.item) for path in node.binds}
    task = Task(
        f"{place}#{token.visit}", token.node, token.id, token.item, node.subject, figures, ids.digest(figures), apply
    )
    turn.state.tasks[task.id] = task
    token.task, token.status = task.id, "deciding"
    levels.ask(turn, token, node, task)


def _stands(turn: Turn, token: Token) -> bool:
    """What an amendment leaves as it was decided is not asked for again."""
    task = next((one for one in turn.state.tasks.values() if one.stands and one.node == token.node), None)
    if task is not None:
        task.stands = False
        moves.go_on(turn, token)
    return task is not None


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
    if refusal is not None and event.door == "signal":
        return by_signal.not_now(turn, task.early, decision, decision.decision, refusal)
    if refusal is not None:
        return refusal
    if event.door == "signal":
        turn.side(
            "people.check_signature",
            decision.model_dump(mode="json"),
            Flight("signature", payload=decision.model_dump(mode="json")),
        )
        return ACCEPTED
    _apply(turn, task, decision, event.door)
    turn.answered = True
    return ACCEPTED


def _refusal(turn: Turn, task: Task, decision: Decision) -> Answer | None:
    """Why a decision cannot be taken; nothing when it can."""
    token = turn.state.tokens.get(task.token)
    if task.status not in ("open", "opening") or token is None or turn.state.status != "running":
        return Answer(status="closed", message=f"the task is {task.status}")
    node = turn.node(token)
    assert isinstance(node, ApproveNode)
    if token.status == "held":
        return Answer(status="closed", message="the approval is held by an operator; it can be decided once released")
    if decision.actor in (*task.approvals, *task.rejections) or (node.four_eyes and decision.actor in task.deciders):
        return Answer(status="already_decided", message=f"{decision.actor} has decided already")
    if task.status == "opening":
        return Answer(status="in_flight", message="who may decide is still being found out; decide again in a moment")
    if party(decision.actor) not in task.candidates:
        return _not_asked(task, decision.actor)
    if decision.digest != task.digest:
        return Answer(status="figures_changed", message="the figures are not those that you were shown; look again")
    if decision.decision == "send_back" and _send_back(node) is None:
        return Answer(status="refused", message="this approval cannot be sent back; approve or reject it")
    return None


def party(actor: str) -> str:
    """Whoever speaks for the customer is named: ``customer:NAME``; the customer alone is nobody."""
    kind, _, name = actor.partition(":")
    return kind if kind == CUSTOMER and name.strip() else "" if actor == CUSTOMER else actor


def _not_asked(task: Task, actor: str) -> Answer:
    if CUSTOMER in task.candidates and actor == CUSTOMER:
        return Answer(status="refused", message="say who speaks for the customer: customer:NAME")
    if actor in task.queue:
        return Answer(status="not_your_turn", message=f"first comes {', '.join(task.candidates)}; you are asked later")
    return Answer(status="not_your_turn", message=f"level {task.levels[task.at]} is for {', '.join(task.candidates)}")


def _send_back(node: ApproveNode) -> Reaction | None:
    if node.on_send_back is not None:
        return node.on_send_back
    return node.on_reject if node.on_reject.kind == "send_back" else None


def hear_early(turn: Turn, name: str) -> None:
    """A task can be decided now: what came by signal before that has its turn."""
    for payload in by_signal.waited(turn.state.tasks.get(name)):
        decide(turn, Decide(Decision.model_validate(payload), "signal"))


def checked(turn: Turn, flight: Flight, problem: str) -> None:
    """The signature of a decision that came by signal has been checked."""
    decision = Decision.model_validate(flight.payload)
    task = turn.state.tasks.get(decision.task)
    if problem:
        by_signal.forged(turn, decision, decision.decision, problem)
    if problem or task is None or decision.id in task.decisions:
        return
    refusal = _refusal(turn, task, decision)
    if refusal is not None:
        by_signal.not_now(turn, task.early, decision, decision.decision, refusal)
    else:
        _apply(turn, task, decision, "signal")


def _apply(turn: Turn, task: Task, decision: Decision, door: str) -> None:
    token = turn.state.tokens[task.token]
    node = turn.node(token)
    assert isinstance(node, ApproveNode)
    task.decisions[decision.id] = "accepted"
    if handing.came_back(turn, token, task, decision.actor, decision.decision, decision.comment):
        return
    task.deciders.append(decision.actor)
    turn.log(
        Kind.DECIDED, token, task=task.id, level=task.levels[task.at], actor=decision.actor,
        decision=decision.decision, id=decision.id, comment=decision.comment[:500], door=door,
        files=[one.model_dump() for one in decision.files],
    )  # fmt: skip
    if decision.decision == "approve":
        levels.approved(turn, token, node, task, decision.actor)
    elif decision.decision == "send_back":
        levels.close(turn, token, task, "sent_back")
        reaction = _send_back(node)
        assert reaction is not None
        moves.react(turn, token, reaction, "sent_back", actor=decision.actor)
    else:
        levels.rejected(turn, token, node, task, decision.actor, decision.comment[:200] or "rejected")


def close_for(turn: Turn, token: Token) -> None:
    """A held approval is about to be asked for anew: what was asked before is over."""
    task = turn.state.tasks.get(token.task)
    if task is not None and task.status in ("opening", "open"):
        levels.close(turn, token, task, "cancelled")
