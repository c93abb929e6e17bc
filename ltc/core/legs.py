"""Legs and blocks: how tokens move from step to step, and legs open and close."""

from __future__ import annotations

from ltc.core import (
    amending,
    approvals,
    calls,
    delays,
    events,
    falling_due,
    forks,
    items,
    moves,
    sides,
    slas,
    tasks,
    undoing,
    waits,
)
from ltc.core.state import Token
from ltc.core.turn import ChainError, Turn
from ltc.definition.plan import (
    AnyNode,
    ApproveNode,
    CallNode,
    ChooseNode,
    DelayNode,
    EndNode,
    Leg,
    ParallelNode,
    TaskNode,
    WaitNode,
)
from ltc.model.trail import Kind


def progress(turn: Turn) -> None:
    """Move everything that can move, until all is busy, waiting, held or ended."""
    amending.settle(turn)
    _move(turn)
    while events.handled(turn):
        _move(turn)
    undoing.go_on(turn)


def _move(turn: Turn) -> None:
    state = turn.state
    while state.status == "running" and not turn.paused():
        token = next((one for one in state.tokens.values() if one.status == "ready" and not turn.rests(one)), None)
        if token is not None:
            _guarded(turn, token)
        elif not _turn_legs(turn):
            break


def _guarded(turn: Turn, token: Token) -> None:
    try:
        enter(turn, token)
    except ChainError as error:
        turn.hold(token, "expression", detail=str(error))


def enter(turn: Turn, token: Token) -> None:
    """Carry out the step where a token stands, or close its block when there is none left."""
    if not token.node:
        token.status = "ended"
        if token.parent:
            forks.joined(turn, token)
        return
    if token.pending is not None:
        moves.carry_out(turn, token, token.pending)
        return
    node = turn.node(token)
    slas.start_step(turn, token, node)
    _carry_out(turn, token, node)


def _carry_out(turn: Turn, token: Token, node: AnyNode) -> None:
    if isinstance(node, CallNode):
        calls.enter(turn, token, node)
    elif isinstance(node, WaitNode):
        waits.enter(turn, token, node)
    elif isinstance(node, DelayNode):
        delays.enter(turn, token, node)
    elif isinstance(node, ApproveNode):
        approvals.enter(turn, token, node)
    elif isinstance(node, TaskNode):
        tasks.enter(turn, token, node)
    elif isinstance(node, ChooseNode):
        _choose(turn, token, node)
    elif isinstance(node, ParallelNode):
        forks.fork(turn, token, node)
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


def _end(turn: Turn, token: Token, node: EndNode) -> None:
    reason = str(turn.value(node.reason, token.leg, token.item)) if node.reason else ""
    moves.finish_with(turn, token, node.outcome, reason)


# Legs


def _turn_legs(turn: Turn) -> bool:
    """Open and close legs where that is due; tell whether anything changed."""
    state = turn.state
    if turn.plan.sides and (sides.tend(turn) or events.handled(turn)):
        return True
    if state.ending:
        undoing.complete(turn)
        return False
    changed = False
    for leg in turn.plan.legs:
        one = state.legs[leg.id]
        if one.status == "open":
            changed = _tended(turn, leg) or changed
            if one.status == "open" and not _later_may_open(turn):
                break
        elif one.status == "pending" and (_has_begun(turn, leg) or _is_next(turn, leg)):
            _open_or_skip(turn, leg)
            return True
    if not changed and all(one.status in ("done", "skipped") for one in state.legs.values()):
        undoing.complete(turn)
    return changed


def _later_may_open(turn: Turn) -> bool:
    return any(leg.loop and leg.loop.on_item for leg in turn.plan.legs)


def _has_begun(turn: Turn, leg: Leg) -> bool:
    """Tell whether a leg that starts with its first item has one."""
    if leg.loop and falling_due.runs(leg.loop):
        return bool(falling_due.due(turn, leg.loop))
    return bool(leg.loop and leg.loop.on_item and turn.state.collections.get(leg.loop.source))


def _is_next(turn: Turn, leg: Leg) -> bool:
    for earlier in turn.plan.legs:
        if earlier.id == leg.id:
            break
        if turn.state.legs[earlier.id].status not in ("done", "skipped"):
            return False
    return True


def _open_or_skip(turn: Turn, leg: Leg) -> None:
    """Open a leg; once an item has ended the chain, only items that wait for theirs are still seen through."""
    ends = turn.state.pending_outcome
    if ends and not _has_begun(turn, leg):
        turn.state.legs[leg.id].status = "skipped"
        turn.log(Kind.LEG_SKIPPED, leg=leg.id, why=f"the chain ends: {ends}")
        return
    try:
        _open_leg(turn, leg)
    except ChainError as error:
        turn.hold(None, "expression", leg=leg.id, detail=str(error))


def _open_leg(turn: Turn, leg: Leg) -> None:
    one = turn.state.legs[leg.id]
    one.visit += 1
    wanted = not leg.when or bool(turn.value(leg.when, leg.id, ""))
    if wanted and leg.loop is not None:
        items.begin(turn, leg)
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
        turn.add(Token(leg.id, leg.id, "", leg.first))


def _tended(turn: Turn, leg: Leg) -> bool:
    try:
        return _tend_leg(turn, leg)
    except ChainError as error:
        turn.hold(None, "expression", leg=leg.id, detail=str(error))
        return True


def _tend_leg(turn: Turn, leg: Leg) -> bool:
    """Open branches for new items; close the leg when its source is closed and all branches ended."""
    if leg.loop is not None:
        items.appear(turn, leg)
        if items.open_new(turn, leg):
            return True
        items.close_ended(turn, leg)
        if items.open_new(turn, leg):
            return True
    tokens = [token for token in turn.state.tokens.values() if token.leg == leg.id]
    if any(token.status != "ended" for token in tokens) or (leg.loop and not items.source_closed(turn, leg)):
        return False
    if turn.leg_rests(leg.id):
        return False
    for token in tokens:
        del turn.state.tokens[token.id]
    moves.leave_leg(turn, leg.id)
    return True
