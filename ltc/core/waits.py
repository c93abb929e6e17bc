"""Waits: an event is a hint to read again; the condition is decided on what was read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ltc.core import calls, ladders, moves
from ltc.core.commands import CallDone
from ltc.core.instants import iso
from ltc.core.state import Effect, Flight, Kept, Token
from ltc.core.turn import ChainError, Turn
from ltc.definition.plan import Awaited, WaitNode
from ltc.model import ids
from ltc.model.trail import Kind


def enter(turn: Turn, token: Token, node: WaitNode) -> None:
    """Open a wait: kept events that match are taken, and the document is read once."""
    turn.visit(token)
    if token.visit > 1 and node.revisit == "skip" and _satisfied(turn, token, node):
        turn.log(Kind.REVISITED, token, how="skip")
        moves.go_on(turn, token)
        return
    for name in (one.result for one in node.events if one.result):
        turn.keep_result(token, name, {})  # what an earlier visit took is not what ends this one
    token.deadline, token.since = _until(turn, token, node), turn.now
    token.status, token.reads, token.taken = "waiting", 0, 0
    token.read_again = token.expired = False
    _told(turn, token, node)
    taken = [kept for kept in turn.state.events.values() if not kept.taken and matches(turn, token, node, kept)]
    for kept in taken:
        take(turn, token, node, kept)
    if any(turn.plan.events[one.event].read for one in node.events):
        _read(turn, token, node)
    elif taken:
        _check(turn, token, node)


def _told(turn: Turn, token: Token, node: WaitNode) -> None:
    events = [one.event for one in node.events]
    turn.log(Kind.WAITING, token, events=events, until=node.until, deadline=iso(token.deadline))
    turn.quiet = True


def _until(turn: Turn, token: Token, node: WaitNode) -> datetime | None:
    """When the wait has something to do without an event: its longest time is over, or its ladder's next level due."""
    if node.ladder:
        return ladders.next_instant(turn, token, node)
    return turn.after(turn.now, node.within) if node.within else None


def _satisfied(turn: Turn, token: Token, node: WaitNode) -> bool:
    """Tell whether an earlier visit met the wait: its condition holds, or, without one, it took an event."""
    if not node.until:
        return any(kept.taken and matches(turn, token, node, kept) for kept in turn.state.events.values())
    try:
        return bool(turn.value(node.until, token.leg, token.item))
    except ChainError:
        return False


# Events


def _awaited(node: WaitNode, kept: Kept) -> Awaited | None:
    """Return what of a wait an event is: by its own name, or by what it hints at."""
    for name in (kept.name, kept.hints):
        found = next((one for one in node.events if one.event == name), None)
        if found is not None:
            return found
    return None


def matches(turn: Turn, token: Token, node: WaitNode, kept: Kept) -> bool:
    """Tell whether an event is one that a wait waits for."""
    awaited = _awaited(node, kept)
    if awaited is None:
        return False
    try:
        return bool(turn.value(awaited.match, token.leg, token.item, {"event": kept.fields}))
    except ChainError:
        return False


def take(turn: Turn, token: Token, node: WaitNode, kept: Kept) -> None:
    """Consume an event for a wait."""
    kept.taken = True
    token.taken += 1
    turn.log(Kind.EVENT_TAKEN, token, event=kept.name, id=kept.id)
    turn.quiet = True
    awaited = _awaited(node, kept)
    _tell(turn, token, node, awaited.event if awaited else kept.name, kept.fields)


def _tell(turn: Turn, token: Token, node: WaitNode, event: str, fields: dict[str, Any]) -> None:
    """Leave an event's fields under the names that the wait gives them."""
    if node.result:
        turn.keep_result(token, node.result, {**fields, "event": event} if node.tells else fields)
    for one in node.events:
        if one.result and one.event == event:
            turn.keep_result(token, one.result, fields)


# Reading again


def again(turn: Turn, token: Token, node: WaitNode) -> None:
    """Look again whether what is waited for has come, after reading where it can be read."""
    try:
        if any(turn.plan.events[one.event].read for one in node.events):
            _read(turn, token, node)
        else:
            _check(turn, token, node)
    except ChainError as error:
        if token.status != "held":
            turn.hold(token, "expression", detail=str(error))


def _read(turn: Turn, token: Token, node: WaitNode) -> None:
    """Read each awaited document again, one read at a time."""
    flights = turn.state.flights.values()
    if any(turn.owner(flight) is token and flight.purpose == "watch" for flight in flights):
        token.read_again = True
        return
    for awaited in node.events:
        pinned = turn.plan.events[awaited.event]
        if not pinned.read:
            continue
        token.reads += 1
        subject = turn.value(awaited.subject, token.leg, token.item)
        what = {"node": node.id, "event": awaited.event, "refresh": awaited.refresh}
        activity = f"{ids.activity_id(token.leg, token.item, node.step, token.visit)}/read{token.reads}"
        request = {"mode": "read", "args": {pinned.read_takes: subject}}
        flight = Flight("watch", token.id, pinned.read, payload=what)
        turn.schedule(activity, pinned.read, turn.queue(pinned.read), request, flight, retry=node.retry)


def was_read(turn: Turn, flight: Flight, event: CallDone) -> None:
    """A document was read again: absolute quantities by document version, never deltas."""
    token, node = turn.owner(flight), turn.plan.nodes[flight.payload["node"]]
    if token is None or not isinstance(node, WaitNode):
        return
    pinned = turn.plan.events[flight.payload["event"]]
    document = event.result.get(pinned.refreshes)
    _refresh(turn, token, flight.payload["refresh"], document, flight.op)
    _renew(turn, node, flight.payload["event"], document)
    came = event.result.get(pinned.collects) or [] if pinned.collects else []
    if came:
        gathered(turn, token, node, flight.payload["event"], came)
    if token.node != node.id:
        return  # another of its reads, or a person, has ended the wait meanwhile
    if token.read_again:
        token.read_again = False
        again(turn, token, node)
    else:
        _check(turn, token, node)


def gathered(turn: Turn, token: Token, node: WaitNode, event: str, came: list[dict[str, Any]]) -> None:
    """What was waited for took place: it cannot be unmade, is collected, and may be the point of no return."""
    _enlist(turn, token, node, event)
    into = next((one.into for one in node.events if one.event == event and one.into), node.into)
    for document in came if into else []:
        if turn.collect(into, document):
            turn.log(
                Kind.DOCUMENT, token, step=node.step, system=event.split(".")[0], type=into, id=document["id"],
                version=document.get("version"),
            )  # fmt: skip
            _pivot(turn, token, node, event, document["id"])


def supplied(turn: Turn, token: Token, node: WaitNode, document: dict[str, Any]) -> None:
    """A person gives what a wait waits for: it took place outside, as if an event had told."""
    named = document.get("event") if node.tells else None
    event = next((one for one in node.events if one.event == named), node.events[0])
    _tell(turn, token, node, event.event, document)
    if event.into or node.into:
        gathered(turn, token, node, event.event, [document])


def _enlist(turn: Turn, token: Token, node: WaitNode, event: str) -> None:
    """What was waited for took place: it enters the undo list, certain, once."""
    place, state = ids.place(token.leg, token.item, node.step), turn.state
    if node.undo is None or any(effect.place == place for effect in state.effects):
        return
    key = turn.effect_key(token.leg, token.item, node.step, 0)
    state.effects.append(Effect(place, node.id, token.leg, token.item, event, key, 0, status="certain", sure=True))


def _refresh(turn: Turn, token: Token, name: str, document: dict[str, Any] | None, op: str) -> None:
    """Replace the document waited on, unless what was read is older than what is known."""
    if not name or document is None:
        return
    home, key = turn.home(token.leg, token.item, name)
    before = home.get(key) or {}
    if before.get("version", 0) <= document.get("version", 0) and before != document:
        home[key] = document
        turn.log(
            Kind.DOCUMENT, token, system=op.split(".")[0], type=name, id=document["id"],
            version=document.get("version"), data=ids.digest(document),
        )  # fmt: skip


def _renew(turn: Turn, node: WaitNode, event: str, document: dict[str, Any] | None) -> None:
    """What was gathered under the name that was read again is as new in its collection, too."""
    for name in dict.fromkeys(into for one in node.events if one.event == event for into in one.gathered):
        held = turn.state.collections.get(name, {})
        before = held.get(document["id"]) if document else None
        if document and before and before.get("version", 0) <= document.get("version", 0):
            held[document["id"]] = document


def _pivot(turn: Turn, token: Token, node: WaitNode, event: str, document: str) -> None:
    for pivot in turn.plan.pivots:
        if pivot.leg == node.leg and pivot.event == event:
            calls.pass_pivot(turn, token, pivot.event, document if pivot.per_item else "")


def _check(turn: Turn, token: Token, node: WaitNode) -> None:
    """Go on when the condition holds; a wait without one ends with its first event."""
    if token.status == "held":
        return
    try:
        done = turn.holds_true(node.until, token, "until") if node.until else token.taken > 0
        if node.ladder and not done:
            ladders.look(turn, token, node)
            if token.expired and ladders.climb(turn, token, node) and token.node != node.id:
                return
    except ChainError as error:
        turn.hold(token, "expression", detail=str(error))
        return
    if done:
        token.deadline = token.poll_at = None
        moves.go_on(turn, token)
    elif token.expired:
        _time_out(turn, token, node)
    else:
        token.poll_at = turn.after(turn.now, node.poll)


# Time


def tick(turn: Turn) -> None:
    """What is due: time-outs first, then slow polls."""
    if turn.state.status != "running" or turn.paused():
        return
    for token in list(turn.state.tokens.values()):
        if turn.rests(token):
            continue
        node = turn.node(token) if token.status == "waiting" and token.node else None
        if not isinstance(node, WaitNode):
            continue
        if token.deadline is not None and token.deadline <= turn.now and not token.expired:
            token.expired, token.poll_at = True, None
            again(turn, token, node)
        elif token.poll_at is not None and token.poll_at <= turn.now:
            token.poll_at = None
            again(turn, token, node)


def _time_out(turn: Turn, token: Token, node: WaitNode) -> None:
    """The time is over, and the document, read a last time, does not show what was waited for."""
    token.deadline, token.expired = None, False
    turn.spoke = True
    turn.log(Kind.TIMED_OUT, token)
    moves.react(turn, token, node.on_timeout, "event_late")


def resume(turn: Turn, token: Token, node: WaitNode) -> None:
    """A held wait goes on waiting, with its time limit anew."""
    token.status, token.poll_at, token.expired, token.since = "waiting", None, False, turn.now
    try:
        token.deadline = _until(turn, token, node)
    except ChainError:  # a document given by hand has no due date: what is read now may have one
        token.deadline = None
    if node.ladder:
        ladders.stands(turn, token, node)
    else:
        _told(turn, token, node)
    again(turn, token, node)


def unread(turn: Turn, flight: Flight, message: str, reason: str) -> None:
    """A read failed for good: the wait is held, the events stay taken."""
    token = turn.owner(flight)
    if token is not None and token.status == "waiting" and token.node == flight.payload["node"]:
        token.poll_at = None
        turn.hold(token, reason, op=flight.op, message=message[:200])
