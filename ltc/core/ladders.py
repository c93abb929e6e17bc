"""Dunning ladders: levels from the due date on, each once, late perhaps, never early; they rest while it is disputed.

A ladder counts in time that its pauses stop: the due date, moved on by what was paused. What comes late moves what
follows by as much, so that no two levels meet the customer closer together than the definition says.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ltc.core.instants import instant_of, iso
from ltc.core.state import Flight, Frame, LadderState, Token
from ltc.core.turn import ChainError, Turn
from ltc.definition import worktime
from ltc.definition.plan import Ladder, Span, WaitNode
from ltc.model import ids
from ltc.model.messages import Notice
from ltc.model.trail import Kind


def of(turn: Turn, token: Token, node: WaitNode) -> LadderState:
    """Return how far a ladder is; a new one has taken no level."""
    return turn.state.ladders.setdefault(ids.place(token.leg, token.item, node.step), LadderState())


def _plan(node: WaitNode) -> Ladder:
    assert node.ladder is not None
    return node.ladder


def _document(turn: Turn, token: Token, node: WaitNode) -> dict[str, Any]:
    home, key = turn.home(token.leg, token.item, _plan(node).document)
    found = home.get(key)
    return found if isinstance(found, dict) else {}


def _moment(document: dict[str, Any], field: str, name: str) -> datetime | None:
    """Return the instant in a field of the document; None where it has none."""
    value = document.get(field)
    return instant_of(value, f"{name}.{field}") if value else None


def _instant(turn: Turn, token: Token, node: WaitNode, after: Span) -> datetime:
    due = _moment(_document(turn, token, node), "due_date", _plan(node).document)
    if due is None:
        raise ChainError(f"{_plan(node).document} has no due date to count from")
    begins = worktime.shifted(due, timedelta(seconds=of(turn, token, node).shift))
    return turn.after(begins, after)


def next_instant(turn: Turn, token: Token, node: WaitNode) -> datetime | None:
    """When the ladder has something to do next: a level, the hand-over, the end of a promise; None while it rests.

    Raises:
        ChainError: the document has no due date, or one that is none.
    """
    state, plan = of(turn, token, node), _plan(node)
    if state.paused_since is not None:
        return state.promised if state.why == "promise" else None
    if state.taken < len(plan.levels):
        return _instant(turn, token, node, plan.levels[state.taken].after)
    return _instant(turn, token, node, plan.hand_over)


def look(turn: Turn, token: Token, node: WaitNode) -> None:
    """The document was read: pause or go on as it says, and aim at what comes next."""
    state = of(turn, token, node)
    before, why = state.why, _why(turn, token, node, state)
    if why and state.paused_since is None:
        state.paused_since, state.why = turn.now, why
        _told(turn, token, Kind.DUNNING_PAUSED, why=why, until=iso(state.promised if why == "promise" else None))
    elif why != state.why:
        if state.why == "promise" and not why:
            state.broken += 1
        _resume(turn, token, state, why)
    token.deadline = next_instant(turn, token, node)
    if token.deadline is None or token.deadline > turn.now:
        token.expired = False
    if why != before:
        stands(turn, token, node)


def stands(turn: Turn, token: Token, node: WaitNode) -> None:
    """Say what the ladder waits for now: views show the newest of these."""
    state = of(turn, token, node)
    until = f"rests: {state.why}" if state.paused_since is not None else node.until
    events = [one.event for one in node.events]
    turn.log(Kind.WAITING, token, events=events, until=until, deadline=iso(token.deadline))


def _told(turn: Turn, token: Token, kind: Kind, **data: Any) -> None:
    turn.spoke = True
    turn.log(kind, token, **data)


def _resume(turn: Turn, token: Token, state: LadderState, why: str) -> None:
    """The pause is over, or goes on for another reason; what it took moves all that is still to come."""
    assert state.paused_since is not None
    before = state.why
    if why:
        state.why = why
        _told(turn, token, Kind.DUNNING_PAUSED, why=why, until=iso(state.promised if why == "promise" else None))
        return
    state.shift += max(0, round((turn.now - state.paused_since).total_seconds()))
    state.paused_since, state.why = None, ""
    said = "promise broken" if before == "promise" else f"{before} no more"
    _told(turn, token, Kind.DUNNING_RESUMED, why=said)


def _why(turn: Turn, token: Token, node: WaitNode, state: LadderState) -> str:
    """Why the ladder rests now; empty when it does not."""
    document, plan = _document(turn, token, node), _plan(node)
    if state.disputed or document.get("disputed"):
        return "dispute"
    if document.get("dunning_blocked"):
        return "block"
    if plan.pause_while and turn.value(plan.pause_while, token.leg, token.item):
        return "pause_while"
    promised = [one for one in (state.by_hand, _moment(document, "promised_until", plan.document)) if one is not None]
    state.promised = max(promised, default=None)
    counts = not plan.promises or state.broken < plan.promises
    return "promise" if state.promised is not None and state.promised > turn.now and counts else ""


def climb(turn: Turn, token: Token, node: WaitNode) -> bool:
    """Take the level that is due; False when none is left, so that the claim is handed over."""
    state, plan = of(turn, token, node), _plan(node)
    if state.taken >= len(plan.levels):
        return False
    level = plan.levels[state.taken]
    due = _instant(turn, token, node, level.after)
    state.taken += 1
    late = max(0, round((turn.now - due).total_seconds()))
    state.shift += late
    token.expired = False
    _told(turn, token, Kind.DUNNED, level=level.name, number=state.taken, due=due.isoformat(), late=late)
    if level.notify:
        _notify(turn, token, node, level.notify, level.name)
    if level.first:
        token.deadline = token.poll_at = None
        token.frames.append(Frame(node.id, retry=True))
        token.node, token.status = level.first, "ready"
    else:
        token.deadline = next_instant(turn, token, node)
        stands(turn, token, node)
    return True


def _notify(turn: Turn, token: Token, node: WaitNode, to: str, level: str) -> None:
    """Tell somebody of a level: the document, and what is open of it."""
    document = _document(turn, token, node)
    shown = {name: document[name] for name in ("id", "open", "due_date") if name in document}
    about = f"{_plan(node).document} {document.get('id', '')}: {level}"
    notice = Notice(to=to, about=about, detail={"chain": turn.state.chain, **shown})
    turn.side("people.notify", notice.model_dump(mode="json"), Flight("notify", payload={"to": to, "about": about}))
