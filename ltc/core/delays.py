"""Delays: nothing is done until an instant; it is found once, and moved by people's work or another calendar alone."""

from __future__ import annotations

from ltc.core import moves
from ltc.core.instants import instant_of, iso
from ltc.core.state import Token
from ltc.core.turn import ChainError, Turn
from ltc.definition.plan import DelayNode
from ltc.model.trail import Kind


def enter(turn: Turn, token: Token, node: DelayNode) -> None:
    """Begin a delay, or go on where a second visit skips it.

    Raises:
        ChainError: the instant that it counts from is none.
    """
    turn.visit(token)
    token.deadline = None
    if token.visit > 1 and node.revisit == "skip":
        turn.log(Kind.REVISITED, token, how="skip")
        moves.go_on(turn, token)
    else:
        _begin(turn, token, node)


def _begin(turn: Turn, token: Token, node: DelayNode) -> None:
    token.since = instant_of(turn.value(node.due, token.leg, token.item), node.due) if node.due else turn.now
    token.deadline = turn.after(token.since, node.span) if node.span else token.since
    _stands(turn, token)


def _stands(turn: Turn, token: Token) -> None:
    """Say until when it delays; an instant that is past delays nothing."""
    token.status, token.poll_at, token.expired = "waiting", None, False
    turn.log(Kind.DELAYED, token, until=iso(token.deadline))
    turn.quiet = True
    _look(turn, token)


def _look(turn: Turn, token: Token) -> None:
    if token.deadline is not None and token.deadline <= turn.now:
        turn.log(Kind.DELAY_OVER, token)
        token.deadline = None
        moves.go_on(turn, token)


def tick(turn: Turn) -> None:
    """Go on where a delay is over."""
    if turn.state.status != "running" or turn.paused():
        return
    for token in [one for one in turn.state.tokens.values() if one.status == "waiting"]:
        if isinstance(turn.node(token), DelayNode) and not turn.rests(token):
            token.poll_at = None  # a new run of the chain has every wait look once
            _look(turn, token)


def resume(turn: Turn, token: Token, node: DelayNode) -> None:
    """A delay that was held goes on to the instant it had: time has passed meanwhile, too."""
    if token.deadline is not None:
        _stands(turn, token)
        return
    try:
        _begin(turn, token, node)
    except ChainError as error:
        turn.hold(token, "expression", detail=str(error))
