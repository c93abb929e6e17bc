"""What people do with a task: claim, release, save, complete, decline; answered at once, wholly or not at all."""

from __future__ import annotations

from typing import Any

from ltc.core import asked, by_signal, forms, handing, holding, moves, tasks
from ltc.core.approvals import party
from ltc.core.commands import Act
from ltc.core.state import Flight, HumanTask, Token
from ltc.core.turn import Turn
from ltc.definition.plan import TaskNode
from ltc.model.messages import CUSTOMER, Answer, Intervention, TaskAct
from ltc.model.trail import Kind

MOST_COMMENT = 500


def act(turn: Turn, event: Act) -> Answer:
    """Take what a person does with a task. The same act again gets the same answer."""
    wish = event.act
    task = turn.state.human_tasks.get(wish.task)
    if task is None and wish.task in turn.state.tasks:
        return handing.act(turn, event)
    if task is None:
        return Answer(status="not_found", message=f"there is no task {wish.task} on this chain; see ltc task list")
    if wish.id in task.acts:
        return Answer.model_validate({"status": task.acts[wish.id], "message": "this was taken before"})
    refusal = _refusal(turn, task, wish)
    if refusal is not None and event.door == "signal":
        return by_signal.not_now(turn, task.early, wish, wish.action, refusal)
    if refusal is not None:
        return refusal
    if event.door == "signal":
        payload = wish.model_dump(mode="json")
        turn.side("people.check_act", payload, Flight("act", payload=payload))
        return asked.ACCEPTED
    _apply(turn, task, wish, event.door)
    turn.answered = True
    return asked.ACCEPTED


def hear_early(turn: Turn, name: str) -> None:
    """A task can be done now: what came by signal before that has its turn."""
    for payload in by_signal.waited(turn.state.human_tasks.get(name)):
        act(turn, Act(TaskAct.model_validate(payload), "signal"))


def checked(turn: Turn, flight: Flight, problem: str) -> None:
    """The signature of an act that came by signal has been checked."""
    wish = TaskAct.model_validate(flight.payload)
    task = turn.state.human_tasks.get(wish.task)
    if problem:
        by_signal.forged(turn, wish, wish.action, problem)
    if problem or task is None or wish.id in task.acts:
        return
    refusal = _refusal(turn, task, wish)
    if refusal is not None:
        by_signal.not_now(turn, task.early, wish, wish.action, refusal)
    else:
        _apply(turn, task, wish, "signal")


def _refusal(turn: Turn, task: HumanTask, wish: TaskAct) -> Answer | None:
    """Why an act cannot be; nothing when it can."""
    if wish.action in handing.ACTIONS:
        return asked.refuse(f"'{wish.action}' is for approvals; release a task, so that somebody else can claim it")
    token = turn.state.tokens.get(task.token)
    if task.status not in tasks.OPEN or token is None or turn.state.status != "running" or token.task != task.id:
        done = task.status == "completed"
        return Answer(status="already_decided" if done else "closed", message=f"the task is {task.status}")
    if token.status == "held":
        return Answer(status="closed", message="the task is held by an operator; it can be done once released")
    if task.status == "opening":
        return Answer(status="in_flight", message="who may do it is still being found out; try again in a moment")
    if party(wish.actor) not in task.candidates:
        if wish.actor == CUSTOMER in task.candidates:
            return asked.refuse("say who speaks for the customer: customer:NAME")
        return Answer(status="not_your_turn", message=f"the task is for {', '.join(task.candidates)}")
    if wish.digest and wish.digest != task.digest:
        return Answer(status="figures_changed", message="the figures are not those that you were shown; look again")
    node = tasks.node_of(turn, token)
    return _taken(task, wish, node) or _said(turn, task, wish, node)


def _taken(task: HumanTask, wish: TaskAct, node: TaskNode) -> Answer | None:
    """Who has claimed a task does it; others may only take it back, and say why."""
    mine = task.claimed_by in ("", wish.actor)
    if wish.action == "release":
        if not task.claimed_by:
            return asked.refuse("nobody has claimed the task")
        return None if mine or wish.comment.strip() else asked.refuse(
            f"{task.claimed_by} has claimed the task: say in a comment why you release it"
        )  # fmt: skip
    if not mine:
        return asked.refuse(f"{task.claimed_by} has claimed the task; it can be released, with a comment")
    if node.claim and wish.action != "claim" and task.claimed_by != wish.actor:
        return asked.refuse("claim the task first, so that nobody else does it too")
    return None


def _said(turn: Turn, task: HumanTask, wish: TaskAct, node: TaskNode) -> Answer | None:
    """Hold what a person says against the form and the checklist."""
    if wish.action in ("claim", "release", "reject") and (wish.values or wish.ticks):
        return asked.refuse(f"values and ticks go with save and complete, not with {wish.action}")
    if wish.action == "reject":
        if node.on_reject is None:
            return asked.refuse("this task cannot be declined; complete it, or release it")
        return None if wish.comment.strip() else asked.refuse("say in a comment why it is declined")
    draft, problems = forms.drafted(node, task.saved, wish.values, turn.state.collections)
    for name in wish.ticks:
        if name not in node.checklist:
            problems[name[:60]] = f"is not on the checklist; on it are {', '.join(node.checklist) or 'none'}"
    if wish.action == "complete" and not problems:
        problems = {**forms.completed(node, draft)[1], **_unticked(task, wish, node)}
    if not problems:
        return None
    return Answer(status="refused", message=forms.said(problems), problems=problems)


def _unticked(task: HumanTask, wish: TaskAct, node: TaskNode) -> dict[str, str]:
    ticked = {**dict.fromkeys(task.ticks, True), **wish.ticks}
    return {name: "is not ticked" for name in node.checklist if not ticked.get(name)}


def _apply(turn: Turn, task: HumanTask, wish: TaskAct, door: str) -> None:
    token = turn.state.tokens[task.token]
    node = tasks.node_of(turn, token)
    task.acts[wish.id] = "accepted"
    saved, _ = forms.drafted(node, task.saved, wish.values, turn.state.collections)
    _tick(turn, task, wish)
    comment = wish.comment.strip()[:MOST_COMMENT]
    answers = forms.completed(node, saved)[0] if wish.action == "complete" else {}
    turn.log(
        Kind.TASK_ACTED, token, task=task.id, action=wish.action, actor=wish.actor, id=wish.id, comment=comment,
        values=answers or (saved if wish.action == "save" else {}), ticks=task.ticks if wish.ticks else {}, door=door,
    )  # fmt: skip
    if wish.action in ("claim", "release"):
        task.claimed_by = wish.actor if wish.action == "claim" else ""
    elif wish.action == "save":
        task.saved = saved
    elif wish.action == "complete":
        tasks.done(turn, token, task, answers, wish.actor, comment)
    else:
        assert node.on_reject is not None
        tasks.close(turn, token, task, "declined")
        moves.react(turn, token, node.on_reject, comment[:200], actor=wish.actor)


def _tick(turn: Turn, task: HumanTask, wish: TaskAct) -> None:
    """Put who ticked what, and when, on record; what is ticked already stays its first ticker's."""
    for name, ticked in wish.ticks.items():
        if not ticked:
            task.ticks.pop(name, None)
        elif name not in task.ticks:
            task.ticks[name] = {"by": wish.actor, "at": turn.now.isoformat()}


# An operator's hand


def skip(turn: Turn, wish: Intervention, token: Token) -> Answer:
    """Pass a task by; where later steps need its answers, with answers that the form takes."""
    node = tasks.node_of(turn, token)
    if node.result and wish.document is None:
        return asked.refuse(f"later steps need {node.result!r}; supply the answers that stand for it")
    draft, problems = forms.drafted(node, {}, tasks.tidy(wish.document or {}), turn.state.collections)
    answers, missing = forms.completed(node, draft)
    problems = problems or (missing if wish.document is not None else {})
    if problems:
        return asked.refuse(f"the answers do not fit the form: {forms.said(problems)}")
    task = turn.state.human_tasks.get(token.task)
    asked.record(turn, wish, token)
    holding.lift_from(turn, token, wish.actor)
    _passed_by(turn, token, task, answers if wish.document is not None else None, wish)
    return asked.ACCEPTED


def _passed_by(
    turn: Turn, token: Token, task: HumanTask | None, answers: dict[str, Any] | None, wish: Intervention
) -> None:
    if answers is None:
        tasks.close_for(turn, token)
        moves.go_on(turn, token)
        return
    here = task or _closed_one(turn, token)
    tasks.done(turn, token, here, answers, wish.actor, wish.reason[:MOST_COMMENT])


def _closed_one(turn: Turn, token: Token) -> HumanTask:
    """The task that was closed before the place was held: its answers are kept with it."""
    name = f"{turn.place(token)}#{token.visit}"
    return turn.state.human_tasks.setdefault(name, HumanTask(name, token.node, token.id, token.item, {}, ""))
