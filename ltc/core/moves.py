"""Moves: how a token goes from step to step, back, aside into a reaction's block, or out."""

from __future__ import annotations

from typing import Any

from ltc.core import sides, slas
from ltc.core.state import Frame, Pending, Token
from ltc.core.turn import Turn
from ltc.definition.plan import AnyNode, ParallelNode, Reaction
from ltc.model.trail import Kind


def go_on(turn: Turn, token: Token) -> None:
    """Leave the step where a token stands for the one after it."""
    node = turn.node(token)
    slas.end_step(turn, token, node)
    token.override, token.outright = {}, False
    token.status = "ready"
    _follow(turn, token, node)


def _follow(turn: Turn, token: Token, node: AnyNode) -> None:
    while not node.next:
        if not node.up:
            token.node = ""
            return
        owner = turn.plan.nodes[node.up]
        if token.frames and token.frames[-1].node == owner.id:
            _leave_frame(turn, token, token.frames.pop())
            return
        if isinstance(owner, ParallelNode):
            token.node = ""
            return
        slas.end_step(turn, token, owner)
        node = owner
    token.node = node.next


def _leave_frame(turn: Turn, token: Token, frame: Frame) -> None:
    """The block of a reaction has ended: repeat the step that owns it, or go on behind it."""
    token.node = frame.node
    if frame.retry:
        token.override, token.outright = dict(frame.override), False
        token.status = "ready"
    else:
        go_on(turn, token)


def drop(turn: Turn, tokens: list[Token]) -> None:
    """Give up tokens: their tasks close, what they started is still seen to its end."""
    for token in tokens:
        _close_task(turn, token)
        slas.drop_step(turn, token)
        turn.state.holds = [hold for hold in turn.state.holds if hold.token != token.id]
        turn.state.tokens.pop(token.id, None)


def finish_with(turn: Turn, token: Token, outcome: str, reason: str) -> None:
    """End the chain; inside a loop, end the item, and the chain once the item's siblings have ended."""
    state = turn.state
    if outcome in ("cancelled", "rejected"):
        undo_by_itself(turn, token, outcome, reason)
        return
    if outcome != "completed" or not state.pending_outcome:
        state.pending_outcome, state.pending_reason = outcome, reason
    beside = sides.names(turn)
    if token.item:
        put_back(turn, state.tokens[f"{token.leg}[{token.item}]"], "")
    if not token.item or token.leg in beside:  # what handlers have begun is seen to its end
        drop(turn, [one for one in state.tokens.values() if one.leg not in beside])
        _lift_places(turn, [leg.id for leg in turn.plan.legs])
        state.ending = True


def put_back(turn: Turn, root: Token, node: str) -> None:
    """Put an item's line to another step (to none: it has ended), and give up where it was and all beside it."""
    _close_task(turn, root)
    slas.drop_step(turn, root)
    turn.state.holds = [hold for hold in turn.state.holds if hold.token != root.id]
    same = [one for one in turn.state.tokens.values() if (one.leg, one.item) == (root.leg, root.item)]
    drop(turn, [one for one in same if one is not root])
    root.node, root.frames, root.override, root.pending, root.status = node, [], {}, None, "ready"
    root.outright = False


def close(turn: Turn, outcome: str, reason: str) -> None:
    """The chain has ended: one last flush is awaited, then the workflow completes."""
    state = turn.state
    state.status, state.outcome, state.reason = "closing", outcome, reason
    for leg, one in state.legs.items():
        if one.status == "open":
            leave_leg(turn, leg)
    slas.end_all(turn)
    news = [kept.id for kept in state.events.values() if kept.news and not kept.taken]
    turn.log(Kind.ENDED, outcome=outcome, reason=reason, **({"news": news} if news else {}))


def react(turn: Turn, token: Token, reaction: Reaction, reason: str, **detail: Any) -> None:
    """Note what a definition says for when something went another way.

    A hold takes place at once; all else as soon as the chain moves, which it does not while it is held itself.
    """
    if reaction.kind == "hold":
        turn.hold(token, reason, **detail)
    else:
        token.pending, token.status = Pending(reaction, reason, detail), "ready"


def carry_out(turn: Turn, token: Token, pending: Pending) -> None:
    """Carry out a reaction.

    Raises:
        ChainError: its reason cannot be evaluated.
    """
    reaction, reason = pending.reaction, pending.reason
    token.pending = None
    if reaction.kind == "skip":
        go_on(turn, token)
    elif reaction.kind == "steps":
        token.frames.append(Frame(token.node, reaction.retry, dict(reaction.override)))
        token.node, token.status = reaction.first, "ready"
    elif reaction.kind == "send_back":
        send_back(turn, token, reaction)
    elif reaction.kind == "end":
        said = str(turn.value(reaction.reason, token.leg, token.item)) if reaction.reason else reason
        token.status = "ready"
        finish_with(turn, token, reaction.outcome, said)
    else:
        outcome = "rejected" if reaction.kind == "compensate" and reaction.outcome == "rejected" else "cancelled"
        undo_by_itself(turn, token, outcome, reason)


def send_back(turn: Turn, token: Token, reaction: Reaction) -> None:
    """Go back to an earlier leg. Effects stay; each step passed again says what a second visit does."""
    state = turn.state
    rounds = state.rounds.get(token.node, 0) + 1
    if reaction.max_rounds and rounds > reaction.max_rounds:
        undo_by_itself(turn, token, "rejected", f"sent back {reaction.max_rounds} times")
        return
    state.rounds[token.node] = rounds
    turn.log(Kind.SENT_BACK, token, to=reaction.leg, round=rounds)
    rewind(turn, reaction.leg)


def sent_back_by(turn: Turn, name: str, reaction: Reaction, reason: str) -> None:
    """An event sends the chain back; past the point of no return, or too often, a named human decides instead."""
    state = turn.state
    order = [leg.id for leg in turn.plan.legs]
    rounds = state.rounds.get(name, 0) + 1
    if state.pivots or rounds > reaction.max_rounds:
        why = "past_pivot" if state.pivots else "rounds"
        turn.hold(None, why, wanted=f"send_back {reaction.leg}", why=reason, handler=name, pivots=list(state.pivots))
        return
    state.rounds[name] = rounds
    if all(state.legs[leg].status == "pending" for leg in order[order.index(reaction.leg) :]):
        return  # not there yet: what it would do again is still to be done
    turn.log(Kind.SENT_BACK, to=reaction.leg, round=rounds, step=name)
    rewind(turn, reaction.leg)


def rewind(turn: Turn, to: str) -> None:
    """Make a leg and those after it pending again; effects stay, decisions taken there count no more."""
    state = turn.state
    again: list[str] = []
    for leg in turn.plan.legs:
        if again or leg.id == to:
            again.append(leg.id)
            _make_pending(turn, leg.id)
    for task in state.tasks.values():
        if task.status == "approved" and turn.plan.nodes[task.node].leg in again:
            task.status = "reopened"


def _make_pending(turn: Turn, leg: str) -> None:
    state = turn.state
    one = state.legs[leg]
    drop(turn, [other for other in state.tokens.values() if other.leg == leg])
    _lift_places(turn, [leg])
    if one.status == "open":
        slas.end(turn, leg=leg)
    one.status = "pending"


def _lift_places(turn: Turn, legs: list[str]) -> None:
    """What held a leg, or an item of it, as a whole is over with it."""
    for hold in [one for one in turn.state.holds if one.leg in legs]:
        turn.state.holds.remove(hold)
        turn.log(Kind.RELEASED, leg=hold.leg, item=hold.item, actor="engine", hold=hold.reason)


def leave_leg(turn: Turn, leg: str) -> None:
    """Close a leg."""
    turn.state.legs[leg].status = "done"
    turn.log(Kind.LEG_LEFT, leg=leg)
    slas.end(turn, leg=leg)


def _close_task(turn: Turn, token: Token) -> None:
    task = turn.state.tasks.get(token.task)
    if task is not None and task.status in ("opening", "open"):
        task.status = "cancelled"
        turn.log(Kind.TASK_CLOSED, token, task=task.id, result="cancelled")
    done = turn.state.human_tasks.get(token.task)
    if done is not None and done.status in ("opening", "open"):
        done.status, done.saved = "cancelled", {}
        turn.log(Kind.TASK_CLOSED, token, task=done.id, result="cancelled")


def undo_by_itself(turn: Turn, token: Token | None, outcome: str, reason: str) -> None:
    """Compensate, unless the point of no return has been passed: then a named human decides."""
    if turn.state.pivots:
        turn.hold(token, "past_pivot", wanted=outcome, why=reason, pivots=list(turn.state.pivots))
    else:
        begin_undoing(turn, outcome, reason)


def begin_undoing(turn: Turn, outcome: str, reason: str) -> None:
    """Give up what is under way and start to undo what took effect, newest first; not while an operator holds."""
    state = turn.state
    by_hand = [hold for hold in state.holds if hold.scope == "chain" and hold.reason == "by_hand"]
    drop(turn, list(state.tokens.values()))
    state.holds = []
    state.status, state.outcome, state.reason = "compensating", outcome, reason
    turn.log(Kind.COMPENSATING, why=reason, entries=[effect.key for effect in reversed(state.effects)])
    for hold in by_hand:
        turn.hold(None, hold.reason, owner=hold.owner, **hold.detail)
