"""Side lines: the steps that handlers run beside the legs; and the time for which a completed chain stays open."""

from __future__ import annotations

from ltc.core import slas
from ltc.core.state import Kept, Token
from ltc.core.turn import Turn
from ltc.definition.plan import Handler
from ltc.model.trail import Kind


def begin(turn: Turn, handler: Handler, kept: Kept) -> None:
    """Run a handler's steps for an event: a line of its own, whose item is the how-manieth it is."""
    one = turn.state.legs[handler.name]
    one.visit += 1
    item = str(one.visit)
    one.items[item] = kept.fields
    turn.add(Token(f"{handler.name}[{item}]", handler.name, item, turn.leg_plan(handler.name).first))
    turn.log(Kind.ITEM_OPENED, leg=handler.name, item=item)


def names(turn: Turn) -> list[str]:
    """Return the names under which handlers' own lines run, as legs do under theirs."""
    return [side.id for side in turn.plan.sides]


def running(turn: Turn, name: str = "") -> bool:
    """Tell whether a handler's steps run: this one's, or any's."""
    among = [name] if name else names(turn)
    return any(token.leg in among for token in turn.state.tokens.values())


def tend(turn: Turn) -> bool:
    """Close the lines that have come to their end; tell whether there was one."""
    tokens = turn.state.tokens
    beside = names(turn)
    lines = {(one.leg, one.item): one for one in tokens.values() if one.leg in beside and not one.parent}
    busy = [(one.leg, one.item) for one in tokens.values() if one.status != "ended"]
    over = [token for place, token in lines.items() if place not in busy]
    for token in over:
        del tokens[token.id]
        turn.log(Kind.ITEM_CLOSED, leg=token.leg, item=token.item)
        slas.end(turn, leg=token.leg, item=token.item)
    return bool(over)


def stays_open(turn: Turn) -> bool:
    """All is through: tell whether the chain stays open all the same, for what its handlers may still get.

    Its promises are kept or broken by now: what comes later has promises of its own.
    """
    kept, state = turn.plan.keep_open, turn.state
    if kept is None:
        return False
    if state.open_until is None:
        state.open_until = turn.after(turn.now, kept.span)
        state.rounds.pop("balance", None)  # what comes later must leave the books in balance, too
        slas.end_all(turn)
        turn.log(Kind.KEPT_OPEN, until=state.open_until.isoformat(), handlers=kept.handlers)
    return turn.now < state.open_until
