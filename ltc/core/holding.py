"""Holding and releasing by hand: the whole chain, or one place of it."""

from __future__ import annotations

from ltc.core import approvals, asked, delays, tasks, waits
from ltc.core.state import Hold, Token
from ltc.core.turn import Turn
from ltc.definition.plan import ApproveNode, DelayNode, TaskNode, WaitNode
from ltc.model.messages import Answer, Intervention
from ltc.model.trail import Kind


def hold(turn: Turn, wish: Intervention) -> Answer:
    """Hold the chain, or the place named."""
    if wish.leg:
        return _hold_place(turn, wish)
    if any(one.scope == "chain" and one.reason == "by_hand" for one in turn.state.holds):
        return asked.refuse("the chain is held by hand already")
    asked.record(turn, wish)
    turn.hold(None, "by_hand", owner=wish.actor, why=wish.reason)
    return asked.ACCEPTED


def _hold_place(turn: Turn, wish: Intervention) -> Answer:
    token = asked.find(turn, wish)
    if isinstance(token, Answer):
        return token
    if token.status == "held":
        return asked.refuse(f"{turn.place(token)} is held already")
    task = turn.state.tasks.get(token.task) or turn.state.human_tasks.get(token.task)
    if task is not None and task.status == "opening":
        return asked.refuse(f"{turn.place(token)} is asking for its approvers; wait until it has", "in_flight")
    asked.record(turn, wish, token)
    turn.hold(token, "by_hand", owner=wish.actor, why=wish.reason, was=token.status)
    return asked.ACCEPTED


def release(turn: Turn, wish: Intervention) -> Answer:
    """Release what is held: everything, or the place named."""
    state = turn.state
    if not state.holds:
        return asked.refuse("nothing is held")
    chosen = [one for one in state.holds if not wish.leg or _at(turn, wish, one)]
    if not chosen:
        places = ", ".join(said for one in state.holds if (said := _said(turn, one)))
        return asked.refuse(f"that place is not held; these are: {places or 'the whole chain'}", "not_found")
    if not wish.leg and any(effect.status == "remains" for effect in state.effects):
        return asked.refuse(
            "something remains: retry it, correct it with the document it made, or skip what people have taken care of"
        )
    asked.record(turn, wish, state.tokens.get(chosen[0].token) if wish.leg else None)
    for one in chosen:
        token = state.tokens.get(one.token)
        lift(turn, one, wish.actor)
        if token is not None and token.status == "held":
            _let_go(turn, token, str(one.detail.get("was", "")))
    return asked.ACCEPTED


def _said(turn: Turn, one: Hold) -> str:
    """Where a hold is; nothing for the whole chain."""
    if one.leg:
        return f"{one.leg}[{one.item}]" if one.item else one.leg
    token = turn.state.tokens.get(one.token)
    return turn.place(token) if token is not None and token.node else ""


def _at(turn: Turn, wish: Intervention, one: Hold) -> bool:
    if one.leg:
        return not wish.step and wish.leg == one.leg and wish.item in ("", one.item)
    token = turn.state.tokens.get(one.token)
    return token is not None and asked.meant(turn, wish, token)


def lift(turn: Turn, one: Hold, actor: str) -> None:
    """Take a hold away, and say who did."""
    turn.state.holds.remove(one)
    place = {"leg": one.leg, "item": one.item} if one.leg else {}
    turn.log(Kind.RELEASED, turn.state.tokens.get(one.token), actor=actor, hold=one.reason, **place)


def lift_from(turn: Turn, token: Token, actor: str) -> None:
    """Take away what holds a place."""
    for one in [one for one in turn.state.holds if one.token == token.id]:
        lift(turn, one, actor)


def lift_from_chain(turn: Turn, actor: str, *reasons: str) -> None:
    """Take away what holds the whole chain for one of these reasons."""
    for one in [one for one in turn.state.holds if one.scope == "chain" and one.reason in reasons]:
        lift(turn, one, actor)


def _let_go(turn: Turn, token: Token, was: str) -> None:
    """What was held by hand goes on as it was; anything else is tried again."""
    if was == "deciding":
        token.status = "deciding"
    elif was == "tasked":
        tasks.resume(turn, token)
    else:
        again(turn, token)


def again(turn: Turn, token: Token) -> None:
    """Try what was held again. A call enters its step anew: what an earlier one did is probed there first."""
    node = turn.node(token)
    if isinstance(node, WaitNode):
        waits.resume(turn, token, node)
    elif isinstance(node, DelayNode):
        delays.resume(turn, token, node)
    elif isinstance(node, ApproveNode):
        approvals.close_for(turn, token)
        token.status = "ready"
    elif isinstance(node, TaskNode):
        tasks.again(turn, token)
    else:
        token.status = "ready"
