"""Legs and blocks: how tokens move from step to step, and legs open and close."""

from __future__ import annotations

from ltc.core import approvals, calls, moves, slas, undoing, waits
from ltc.core.state import Token
from ltc.core.turn import ChainError, Turn
from ltc.definition.plan import (
    ApproveNode,
    CallNode,
    ChooseNode,
    EndNode,
    Leg,
    ParallelNode,
    WaitNode,
)
from ltc.model.trail import Kind


def progress(turn: Turn) -> None:
    """Move everything that can move, until all is busy, waiting, held or ended."""
    state = turn.state
    while state.status == "running" and not turn.paused():
        token = next((one for one in state.tokens.values() if one.status == "ready"), None)
        if token is not None:
            _guarded(turn, token)
        elif not _turn_legs(turn):
            break
    undoing.go_on(turn)


def _guarded(turn: Turn, token: Token) -> None:
    try:
        enter(turn, token)
    except ChainError as error:
        turn.hold(token, "expression", detail=str(error))


def enter(turn: Turn, token: Token) -> None:
    """Carry out the step where a token stands, or close its block when there is none left."""
    if not token.node:
        _ended(turn, token)
        return
    node = turn.node(token)
    slas.start_step(turn, token, node)
    if isinstance(node, CallNode):
        calls.enter(turn, token, node)
    elif isinstance(node, WaitNode):
        waits.enter(turn, token, node)
    elif isinstance(node, ApproveNode):
        approvals.enter(turn, token, node)
    elif isinstance(node, ChooseNode):
        _choose(turn, token, node)
    elif isinstance(node, ParallelNode):
        _fork(turn, token, node)
    else:
        _end(turn, token, node)


def _choose(turn: Turn, token: Token, node: ChooseNode) -> None:
    for number, arm in enumerate(node.arms):
        if not arm.when or turn.holds_true(arm.when, token, f"arm {number + 1}"):
            if arm.first:
                token.node = arm.first
            else:
                moves.go_on(turn, token)
            return
    moves.go_on(turn, token)


def _fork(turn: Turn, token: Token, node: ParallelNode) -> None:
    token.status, token.branches = "forked", 0
    for number, first in enumerate(node.branches):
        branch = Token(f"{token.id}/{node.step}.{number + 1}", token.leg, token.item, first, parent=token.id)
        turn.state.tokens[branch.id] = branch


def _ended(turn: Turn, token: Token) -> None:
    token.status = "ended"
    if not token.parent:
        return
    parent = turn.state.tokens[token.parent]
    del turn.state.tokens[token.id]
    if parent.status != "forked":
        return
    parent.branches += 1
    node = turn.node(parent)
    assert isinstance(node, ParallelNode)
    if parent.branches == node.need:
        if node.rest == "cancel":
            moves.drop(
                turn, [one for one in turn.state.tokens.values() if one.id.startswith(f"{parent.id}/{node.step}.")]
            )
        moves.go_on(turn, parent)


def _end(turn: Turn, token: Token, node: EndNode) -> None:
    reason = str(turn.value(node.reason, token.leg, token.item)) if node.reason else ""
    moves.finish_with(turn, token, node.outcome, reason)


# Legs


def _turn_legs(turn: Turn) -> bool:
    """Open and close legs where that is due; tell whether anything changed."""
    state = turn.state
    changed = False
    for leg in turn.plan.legs:
        one = state.legs[leg.id]
        if one.status in ("done", "skipped"):
            continue
        if one.status == "open":
            changed = _tend_leg(turn, leg) or changed
            if one.status == "open" and not _later_may_open(turn):
                break
            continue
        first_open = all(state.legs[earlier.id].status in ("done", "skipped") for earlier in _before(turn, leg.id))
        if first_open or (leg.loop and leg.loop.on_item and state.collections.get(leg.loop.source)):
            _open_leg(turn, leg)
            return True
    if not changed and all(one.status in ("done", "skipped") for one in state.legs.values()):
        undoing.complete(turn)
    return changed


def _later_may_open(turn: Turn) -> bool:
    return any(leg.loop and leg.loop.on_item for leg in turn.plan.legs)


def _before(turn: Turn, leg_id: str) -> list[Leg]:
    before = []
    for leg in turn.plan.legs:
        if leg.id == leg_id:
            break
        before.append(leg)
    return before


def _open_leg(turn: Turn, leg: Leg) -> None:
    one = turn.state.legs[leg.id]
    one.visit += 1
    try:
        wanted = not leg.when or bool(turn.value(leg.when, leg.id, ""))
    except ChainError as error:
        turn.hold(None, "expression", leg=leg.id, detail=str(error))
        return
    if leg.when:
        turn.log(Kind.CONDITION, leg=leg.id, on="when", value=wanted)
    if not wanted:
        one.status = "skipped"
        turn.log(Kind.LEG_SKIPPED, leg=leg.id, why=leg.when)
        return
    one.status = "open"
    turn.log(Kind.LEG_ENTERED, leg=leg.id)
    slas.start(turn, [name for name in leg.slas if turn.plan.slas[name].scope == "leg"], leg=leg.id, item="", on=leg.id)
    if leg.loop is None:
        turn.state.tokens[leg.id] = Token(leg.id, leg.id, "", leg.first)
    elif leg.loop.source not in turn.plan.collections:
        _read_elements(turn, leg)


def _read_elements(turn: Turn, leg: Leg) -> None:
    assert leg.loop is not None
    one = turn.state.legs[leg.id]
    for element in turn.value(leg.loop.source, leg.id, ""):
        key = str(turn.value(leg.loop.key, leg.id, "", {leg.loop.name: element}))
        one.items[key] = element


def _tend_leg(turn: Turn, leg: Leg) -> bool:
    """Open branches for new items; close the leg when its source is closed and all branches ended."""
    state = turn.state
    one = state.legs[leg.id]
    if leg.loop is None:
        if any(token.leg == leg.id and token.status != "ended" for token in state.tokens.values()):
            return False
        del state.tokens[leg.id]
        return moves.leave_leg(turn, leg.id)
    opened = False
    elements = state.collections.get(leg.loop.source, one.items)
    for key in elements:
        if f"{leg.id}[{key}]" not in state.tokens:
            _open_item(turn, leg, key)
            opened = True
    if opened:
        return True
    if not _source_closed(turn, leg) or any(
        token.leg == leg.id and token.status != "ended" for token in state.tokens.values()
    ):
        return _close_items(turn, leg)
    _close_items(turn, leg)
    for token in [token for token in state.tokens.values() if token.leg == leg.id]:
        del state.tokens[token.id]
    return moves.leave_leg(turn, leg.id)


def _open_item(turn: Turn, leg: Leg, key: str) -> None:
    token = Token(f"{leg.id}[{key}]", leg.id, key, leg.first)
    turn.state.tokens[token.id] = token
    turn.log(Kind.ITEM_OPENED, leg=leg.id, item=key)
    wanted = [name for name in leg.slas if turn.plan.slas[name].scope == "item"]
    slas.start(turn, wanted, leg=leg.id, item=key, on=f"{leg.id}[{key}]")


def _close_items(turn: Turn, leg: Leg) -> bool:
    """Log the end of branches once each; their tokens stay until the leg closes, so that none opens twice."""
    for token in turn.state.tokens.values():
        if token.leg == leg.id and token.status == "ended" and not token.task and token.id.endswith("]"):
            token.task = "closed"
            turn.log(Kind.ITEM_CLOSED, leg=leg.id, item=token.item)
            slas.end(turn, leg=leg.id, item=token.item)
    return False


def _source_closed(turn: Turn, leg: Leg) -> bool:
    assert leg.loop is not None
    if leg.loop.source not in turn.plan.collections:
        return True
    return all(
        turn.state.legs[node.leg].status in ("done", "skipped")
        for node in turn.plan.nodes.values()
        if getattr(node, "into", "") == leg.loop.source
    )
