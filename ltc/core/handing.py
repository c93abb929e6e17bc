"""What people do with an approval besides deciding it: transfer, delegate, add a signer, take back, nudge, withdraw."""

from __future__ import annotations

from collections.abc import Callable

from ltc.core import levels, moves
from ltc.core.asked import ACCEPTED
from ltc.core.commands import Act
from ltc.core.state import Token
from ltc.core.state_approvals import Task
from ltc.core.turn import Turn
from ltc.model.messages import Answer, TaskAct
from ltc.model.trail import Kind


def act(turn: Turn, event: Act) -> Answer:
    """Take what a person does with an approval. The same act again gets the same answer."""
    wish = event.act
    task = turn.state.tasks[wish.task]
    if wish.id in task.decisions:
        return Answer.model_validate({"status": task.decisions[wish.id], "message": "this was taken before"})
    if wish.action not in _ACTS:
        return Answer(status="not_found", message=f"{task.id} is an approval: approve or reject it")
    if event.door == "signal":
        return Answer(status="refused", message="hand an approval on by the client: it is answered at once")
    refusal = _refusal(turn, task, wish)
    if refusal is not None:
        return refusal
    token = turn.state.tokens[task.token]
    answer = _ACTS[wish.action](turn, token, task, wish)
    if answer.status == "accepted":
        task.decisions[wish.id] = "accepted"
        turn.answered = True
    return answer


def _refusal(turn: Turn, task: Task, wish: TaskAct) -> Answer | None:
    token = turn.state.tokens.get(task.token)
    if task.status not in ("open", "opening") or token is None or turn.state.status != "running":
        return Answer(status="closed", message=f"the task is {task.status}")
    if token.status == "held":
        return Answer(status="closed", message="the approval is held by an operator; wait until it is released")
    if task.status == "opening":
        return Answer(status="in_flight", message="who may decide is still being found out; try again in a moment")
    if wish.action in ("nudge", "withdraw"):
        if wish.actor != turn.state.requester:
            return Answer(status="not_your_turn", message=f"that is for who asked: {turn.state.requester or 'nobody'}")
        return None
    if wish.action == "take_back":
        return None
    if wish.actor in (*task.approvals, *task.rejections):
        return Answer(status="already_decided", message=f"{wish.actor} has decided already")
    if wish.actor not in task.candidates:
        return Answer(status="not_your_turn", message=f"the approval is for {', '.join(task.candidates)}")
    return _unfit(turn, task, wish)


def _unfit(turn: Turn, task: Task, wish: TaskAct) -> Answer | None:
    """Why somebody cannot be asked."""
    node = levels.node_of(turn, task)
    if not wish.to or wish.to in (*task.candidates, *task.queue):
        return Answer(status="refused", message=f"name somebody who is not asked already: not {wish.to or 'nobody'}")
    if wish.to in task.approvals or wish.to not in levels.may_decide(turn, node, task, [wish.to]):
        return Answer(status="refused", message=f"four eyes: {wish.to} asked for it, or has decided already")
    return None


def _transfer(turn: Turn, token: Token, task: Task, wish: TaskAct) -> Answer:
    """Somebody else decides instead, for good."""
    task.candidates = [wish.to if one == wish.actor else one for one in task.candidates]
    task.signers = [wish.to if one == wish.actor else one for one in task.signers]
    return _handed(turn, token, task, wish)


def _delegate(turn: Turn, token: Token, task: Task, wish: TaskAct) -> Answer:
    """Somebody else says what they think; then it comes back."""
    task.lent[wish.to] = wish.actor
    task.candidates = [wish.to if one == wish.actor else one for one in task.candidates]
    return _handed(turn, token, task, wish)


def came_back(turn: Turn, token: Token, task: Task, actor: str, opinion: str, comment: str) -> bool:
    """Whoever was delegated to has spoken: it comes back to the one who delegated; tell whether it was so."""
    owner = task.lent.pop(actor, "")
    if not owner:
        return False
    task.candidates = [owner if one == actor else one for one in task.candidates]
    turn.log(
        Kind.TASK_HANDED, token, task=task.id, level=task.levels[task.at], how="delegate_back", actor=actor, to=owner,
        candidates=task.candidates, comment=comment[:500], why=f"would {opinion.replace('_', ' ')}",
    )  # fmt: skip
    levels.tell(turn, task, [owner])
    return True


def _add_signer(turn: Turn, token: Token, task: Task, wish: TaskAct) -> Answer:
    """Somebody more must agree, whatever the rule says."""
    task.candidates = [*task.candidates, wish.to]
    task.signers = [*task.signers, wish.to]
    return _handed(turn, token, task, wish)


def _take_back(turn: Turn, token: Token, task: Task, wish: TaskAct) -> Answer:
    """An agreement is taken back while nobody has decided after it and the level is still open."""
    if not task.deciders or task.deciders[-1] != wish.actor or wish.actor not in task.approvals:
        message = "only the last agreement at an open level can be taken back, before the next person decides"
        return Answer(status="refused", message=message)
    task.approvals.remove(wish.actor)
    task.agreed.remove(wish.actor)
    task.deciders.pop()
    if wish.actor not in task.candidates:  # of a sequence: who was asked next waits again
        task.queue, task.candidates = [*task.candidates, *task.queue], [wish.actor]
    return _handed(turn, token, task, wish, tell=False)


def _nudge(turn: Turn, token: Token, task: Task, wish: TaskAct) -> Answer:
    """Who asked reminds those who have not decided."""
    waiting = [one for one in task.candidates if one not in (*task.approvals, *task.rejections)]
    levels.tell(turn, task, waiting, f"{wish.actor} waits for you to decide on {task.subject}")
    return _handed(turn, token, task, wish, tell=False)


def _withdraw(turn: Turn, token: Token, task: Task, wish: TaskAct) -> Answer:
    """Who asked does not want it any more: what took effect is undone."""
    if turn.state.pivots:
        return Answer(status="refused", message="past the point of no return: ask an operator to cancel with consent")
    _handed(turn, token, task, wish, tell=False)
    levels.close(turn, token, task, "cancelled")
    moves.undo_by_itself(turn, token, "cancelled", wish.comment[:200] or f"withdrawn by {wish.actor}")
    return ACCEPTED


def _handed(turn: Turn, token: Token, task: Task, wish: TaskAct, tell: bool = True) -> Answer:
    turn.log(
        Kind.TASK_HANDED, token, task=task.id, level=task.levels[task.at], how=wish.action, actor=wish.actor,
        to=wish.to, candidates=task.candidates, comment=wish.comment[:500],
    )  # fmt: skip
    if tell:
        levels.tell(turn, task, [wish.to])
    return ACCEPTED


_ACTS: dict[str, Callable[[Turn, Token, Task, TaskAct], Answer]] = {
    "transfer": _transfer, "delegate": _delegate, "add_signer": _add_signer, "take_back": _take_back,
    "nudge": _nudge, "withdraw": _withdraw,
}  # fmt: skip
ACTIONS = tuple(_ACTS)
