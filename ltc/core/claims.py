"""What people say of a claim that is being dunned: it is disputed, payment is promised, the dispute is settled."""

from __future__ import annotations

from datetime import datetime

from ltc.core import asked, ladders, waits
from ltc.core.state import LadderState, Token
from ltc.core.turn import Turn
from ltc.definition import timespans, worktime
from ltc.definition.plan import WaitNode
from ltc.model import ids
from ltc.model.messages import Answer, Intervention


def take(turn: Turn, wish: Intervention) -> Answer:
    """Carry out ``dispute``, ``promise`` or ``settle`` on the ladder that is meant."""
    found = _find(turn, wish)
    if isinstance(found, Answer):
        return found
    token, node = found
    problem = _say(turn, wish, ladders.of(turn, token, node))
    if problem is not None:
        return problem
    asked.record(turn, wish, token, until=wish.by)
    if token.node == node.id and token.status == "waiting":
        waits.again(turn, token, node)  # a level under way is finished first
    return asked.ACCEPTED


def _find(turn: Turn, wish: Intervention) -> tuple[Token, WaitNode] | Answer:
    """The one ladder at the place named, or the only one that there is."""
    found = []
    for token in turn.state.tokens.values():
        node = _ladder(turn, token)
        if node is not None and (not wish.leg or (token.leg, token.item) == (wish.leg, wish.item)):
            found.append((token, node))
    if len(found) == 1:
        return found[0]
    places = ", ".join(ids.place(token.leg, token.item, node.step) for token, node in found)
    if not found:
        return asked.refuse("no claim is being dunned there now", "not_found")
    return asked.refuse(f"{len(found)} claims are meant; name one with leg and item: {places}", "not_found")


def _ladder(turn: Turn, token: Token) -> WaitNode | None:
    """The ladder on which a line stands, or whose level it carries out."""
    if token.status == "ended":
        return None
    for name in (token.node, *(frame.node for frame in reversed(token.frames))):
        node = turn.plan.nodes.get(name)
        if isinstance(node, WaitNode) and node.ladder:
            return node
    return None


def _say(turn: Turn, wish: Intervention, state: LadderState) -> Answer | None:
    if wish.action == "dispute":
        if state.disputed:
            return asked.refuse("it is disputed already")
        state.disputed = True
    elif wish.action == "settle":
        if not state.disputed and state.by_hand is None:
            return asked.refuse("nobody disputed it or promised payment here; what the ERP holds is settled there")
        state.disputed, state.by_hand = False, None
    else:
        until = _until(turn, wish.by)
        if isinstance(until, Answer):
            return until
        state.by_hand = until
    return None


def _until(turn: Turn, text: str) -> datetime | Answer:
    """Read until when payment is promised: a span from now (7d), or an instant with its zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            span = timespans.parse_span(text)
        except ValueError as error:
            return asked.refuse(f"{error}; or an instant such as 2026-05-04T12:00:00+08:00")
        return turn.after(turn.now, span)
    if moment.tzinfo is None:
        return asked.refuse(f"{text!r} does not say its zone; write 2026-05-04T12:00:00+08:00, or a span such as 7d")
    if moment <= turn.now:
        return asked.refuse(f"{text!r} has passed already")
    return worktime.within(moment)
