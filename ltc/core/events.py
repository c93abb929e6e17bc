"""Events: kept from the chain's start, consumed once, by a handler or by the wait that they match."""

from __future__ import annotations

from ltc.core import undoing, waits
from ltc.core.state import Kept
from ltc.core.turn import ChainError, Turn
from ltc.definition.plan import Handler, WaitNode
from ltc.model.messages import Event
from ltc.model.trail import Kind


def arrived(turn: Turn, event: Event) -> None:
    """Keep an event, once; a handler or a wait that it matches takes it."""
    state = turn.state
    if event.id in state.events or state.status == "ended":
        return
    kept = state.events[event.id] = Kept(event.id, event.name, event.fields)
    if _handle(turn, kept):
        return
    for token in list(state.tokens.values()):
        if token.status in ("waiting", "held") and token.node:
            node = turn.node(token)
            if isinstance(node, WaitNode) and waits.matches(turn, token, node, kept):
                waits.take(turn, token, node, kept)
                waits.again(turn, token, node)
                return
    turn.log(Kind.EVENT_KEPT, event=event.name, id=event.id)


def handled(turn: Turn) -> bool:
    """Let handlers look again at what was kept: an event may come before the leg, or the document, that it is about."""
    if turn.state.status != "running" or not turn.plan.handlers:
        return False
    kept = [one for one in turn.state.events.values() if not one.taken]
    return len([one for one in kept if _handle(turn, one)]) > 0


def _handle(turn: Turn, kept: Kept) -> bool:
    return any(handler.event == kept.name and _handles(turn, handler, kept) for handler in turn.plan.handlers)


def _handles(turn: Turn, handler: Handler, kept: Kept) -> bool:
    state = turn.state
    if state.status != "running" or state.ending:
        return False
    if handler.legs and not any(state.legs[leg].status == "open" for leg in handler.legs):
        return False
    try:
        if not turn.value(handler.match, "", "", {"event": kept.fields}):
            return False
    except ChainError:
        return False
    kept.taken = True
    turn.log(Kind.EVENT_TAKEN, event=kept.name, id=kept.id, step=handler.name)
    undoing.cancel(turn, reason=str(kept.fields.get("reason") or handler.name), consent=False)
    return True
