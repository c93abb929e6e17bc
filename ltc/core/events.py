"""Events: kept from the chain's start, consumed once, by a handler or by the wait that they match."""

from __future__ import annotations

from typing import Literal

from ltc.core import amending, moves, sides, undoing, waits
from ltc.core.state import Kept
from ltc.core.turn import ChainError, Turn
from ltc.definition.plan import Handler, WaitNode
from ltc.model.messages import Event
from ltc.model.trail import Kind

# What a handler makes of an event: takes it, wants it once it is free to, or leaves it to others.
Wish = Literal["takes", "later", "leaves"]


def arrived(turn: Turn, event: Event) -> None:
    """Keep an event, once; a handler or a wait that it matches takes it. Handlers come first, in the file's order."""
    state = turn.state
    if event.id in state.events or state.status == "ended":
        return
    kept = state.events[event.id] = Kept(event.id, event.name, event.fields, hints=event.hints, news=event.news)
    wish = _handle(turn, kept)
    if wish == "takes" or (wish == "leaves" and _awaited(turn, kept)):
        return
    turn.log(Kind.EVENT_KEPT, event=event.name, id=event.id)


def _awaited(turn: Turn, kept: Kept) -> bool:
    """Give an event to the first wait that it matches."""
    for token in list(turn.state.tokens.values()):
        if token.status in ("waiting", "held") and token.node:
            node = turn.node(token)
            if isinstance(node, WaitNode) and waits.matches(turn, token, node, kept):
                waits.take(turn, token, node, kept)
                waits.again(turn, token, node)
                return True
    return False


def handled(turn: Turn) -> bool:
    """Let handlers look again at what was kept: an event may come before the leg, or the document, that it is about."""
    if turn.state.status != "running" or not turn.plan.handlers:
        return False
    kept = [one for one in turn.state.events.values() if not one.taken]
    wishes = [_handle(turn, one) for one in kept]  # each has its turn, whatever became of those before it
    return "takes" in wishes


def _handle(turn: Turn, kept: Kept) -> Wish:
    """The first handler that fits takes an event; one that must wait for its turn keeps it from those after it."""
    for handler in turn.plan.handlers:
        wish = _wish(turn, handler, kept) if handler.event == kept.name else "leaves"
        if wish == "takes":
            _take(turn, handler, kept)
        if wish != "leaves":
            return wish
    return "leaves"


def _wish(turn: Turn, handler: Handler, kept: Kept) -> Wish:
    state = turn.state
    if state.status != "running" or state.ending or not _in_time(turn, handler) or not _fits(turn, handler, kept):
        return "leaves"
    if handler.then.kind == "cancel":
        return "takes"
    if handler.amends and not amending.exists(turn, handler):
        return "later"
    return "later" if turn.paused() or sides.running(turn, handler.name) else "takes"


def _in_time(turn: Turn, handler: Handler) -> bool:
    state, kept_open = turn.state, turn.plan.keep_open
    if state.open_until is not None:
        return kept_open is not None and handler.name in kept_open.handlers
    return not handler.legs or any(state.legs[leg].status == "open" for leg in handler.legs)


def _fits(turn: Turn, handler: Handler, kept: Kept) -> bool:
    try:
        asked = [handler.match, *([handler.when] if handler.when else [])]
        return all(bool(turn.value(source, "", "", {"event": kept.fields})) for source in asked)
    except ChainError:
        return False


def _take(turn: Turn, handler: Handler, kept: Kept) -> None:
    kept.taken = True
    turn.log(Kind.EVENT_TAKEN, event=kept.name, id=kept.id, step=handler.name)
    reason, kind = str(kept.fields.get("reason") or handler.name), handler.then.kind
    if kind == "cancel":
        undoing.cancel(turn, reason=reason, consent=False)
        return
    turn.log(Kind.HANDLED, handler=handler.name, event=kept.name, id=kept.id, then=kind)
    if kind == "steps":
        sides.begin(turn, handler, kept)
        return
    if handler.result:
        turn.state.results[handler.result] = kept.fields
    if kind == "send_back":
        moves.sent_back_by(turn, handler.name, handler.then, reason)
    else:
        turn.hold(None, "handler", handler=handler.name, event=kept.name, id=kept.id, why=reason)
