"""Items of looping legs: a line for each, as soon as it appears; an item ends once all that runs for it has."""

from __future__ import annotations

from ltc.core import falling_due, recurring, slas
from ltc.core.state import LegState, Token
from ltc.core.turn import ChainError, Turn
from ltc.definition.plan import Leg, Loop
from ltc.model.trail import Kind


def begin(turn: Turn, leg: Leg) -> None:
    """A looping leg opens: its items are those of this visit.

    Raises:
        ChainError: its elements cannot be told, or not told apart.
    """
    one, loop = turn.state.legs[leg.id], leg.loop
    assert loop is not None
    if loop.every:
        recurring.begin(turn, leg)
        return
    one.keys = []
    if falling_due.runs(loop) or loop.source in turn.plan.collections:
        appear(turn, leg)
        return
    for element in turn.value(loop.source, leg.id, ""):
        key = _key(turn, leg, loop, one, element)
        one.items[key] = element
        one.keys.append(key)


def appear(turn: Turn, leg: Leg) -> None:
    """Note the documents collected since, under their keys.

    Raises:
        ChainError: two documents have one key, or one has none.
    """
    one, loop = turn.state.legs[leg.id], leg.loop
    if loop and loop.every:
        recurring.appear(turn, leg)
        return
    if loop and falling_due.runs(loop):
        for part in falling_due.due(turn, loop):
            if part["name"] not in one.keys:
                one.items[part["name"]] = part
                one.keys.append(part["name"])
        return
    if loop is None or loop.source not in turn.plan.collections:
        return
    documents = turn.state.collections[loop.source]
    if len(one.keys) == len(documents):
        return
    known = {one.items[key]: key for key in one.keys}
    for name, document in documents.items():
        if name not in known:
            key = _key(turn, leg, loop, one, document)
            one.items[key] = name
            one.keys.append(key)


def _key(turn: Turn, leg: Leg, loop: Loop, one: LegState, element: object) -> str:
    key = turn.value(loop.key, leg.id, "", {loop.name: element})
    if not isinstance(key, str) or not key:
        raise ChainError(f"{loop.key}: an item of {leg.id} has no key")
    if key in one.keys:
        raise ChainError(f"{loop.key}: two items of {leg.id} have the key {key!r}")
    return key


def open_new(turn: Turn, leg: Leg) -> bool:
    """Open a branch for each item that has none yet; tell whether there was any."""
    opened = False
    for key in turn.state.legs[leg.id].keys:
        if f"{leg.id}[{key}]" not in turn.state.tokens:
            _open(turn, leg, key)
            opened = True
    return opened


def _open(turn: Turn, leg: Leg, key: str) -> None:
    turn.add(Token(f"{leg.id}[{key}]", leg.id, key, leg.first))
    loop = leg.loop
    number = turn.state.legs[leg.id].items[key]["number"] if loop and loop.every else ""
    turn.log(Kind.ITEM_OPENED, leg=leg.id, item=key, period=number)
    wanted = [name for name in leg.slas if turn.plan.slas[name].scope == "item"]
    slas.start(turn, wanted, leg=leg.id, item=key, on=f"{leg.id}[{key}]")


def close_ended(turn: Turn, leg: Leg) -> None:
    """Log the end of items once each; their tokens stay until the leg closes, so that none opens twice."""
    tokens = [token for token in turn.state.tokens.values() if token.leg == leg.id]
    running = [token.item for token in tokens if token.status != "ended"]
    for token in tokens:
        if token.status == "ended" and not token.parent and not token.task and token.item not in running:
            token.task = "closed"
            turn.log(Kind.ITEM_CLOSED, leg=leg.id, item=token.item)
            slas.end(turn, leg=leg.id, item=token.item)
            if leg.loop and leg.loop.every:
                recurring.closed(turn, leg, token.item)


def source_closed(turn: Turn, leg: Leg) -> bool:
    """Tell whether no item can appear any more: all legs that fill the collection are through."""
    assert leg.loop is not None
    if leg.loop.every:
        return recurring.source_closed(turn, leg)
    if falling_due.runs(leg.loop):
        return falling_due.closed(turn, leg.loop)
    if leg.loop.source not in turn.plan.collections:
        return True
    return all(
        turn.state.legs[node.leg].status in ("done", "skipped")
        for node in turn.plan.nodes.values()
        if getattr(node, "into", "") == leg.loop.source
    )
