"""Answers of activities: each goes to the part of the machine that asked."""

from __future__ import annotations

from typing import Any

from ltc.core import approvals, calls, effects, interventions, levels, rungs, task_acts, tasks, undoing, waits
from ltc.core.commands import CallDone, CallFailed
from ltc.core.state import Flight, Token
from ltc.core.turn import Turn
from ltc.definition.plan import CallNode
from ltc.model.trail import Kind

# What failed so may never have begun: nothing that rode on it can be counted as delivered.
NEVER_RAN = ("Cancelled", "TooLarge", "Timeout")


def _landed(turn: Turn, activity: str, delivered: bool) -> Flight | None:
    """Take an activity out of flight; what rode on it counts as delivered when it ran."""
    flight = turn.state.flights.pop(activity, None)
    if flight is not None and delivered:
        turn.state.undelivered = [entry for entry in turn.state.undelivered if entry.seq > flight.upto]
    return flight


def done(turn: Turn, event: CallDone) -> None:
    """An activity completed."""
    flight = _landed(turn, event.id, delivered=True)
    if flight is not None:
        _done(turn, flight, event)
        effects.wake(turn, effects.base(flight.place))


def _done(turn: Turn, flight: Flight, event: CallDone) -> None:
    turn.quiet = flight.purpose in ("do", "read", "probe", "undo")
    if flight.purpose in ("do", "read"):
        calls.completed(turn, flight, event)
    elif flight.purpose == "probe":
        probed(turn, flight, bool(event.result.get("found")), event.result.get("result"))
    elif flight.purpose == "watch":
        waits.was_read(turn, flight, event)
    elif flight.purpose == "undo":
        undoing.undone(turn, flight, event)
    elif flight.purpose == "notify":
        turn.log(Kind.NOTIFIED, to=flight.payload.get("to", ""), about=flight.payload.get("about", ""))
    else:
        _of_people(turn, flight, event.result)


def _of_people(turn: Turn, flight: Flight, result: Any) -> None:
    """Who may decide or do a task, and whether what they sent is believed."""
    if flight.purpose == "open":
        levels.opened(turn, flight, result)
        approvals.hear_early(turn, flight.place)
    elif flight.purpose == "reassign":
        rungs.reassigned(turn, flight, result)
    elif flight.purpose == "assign":
        tasks.opened(turn, flight, result)
        task_acts.hear_early(turn, flight.place)
    elif flight.purpose == "act":
        task_acts.checked(turn, flight, str(result or ""))
    elif flight.purpose == "signature":
        approvals.checked(turn, flight, str(result or ""))


def failed(turn: Turn, event: CallFailed) -> None:
    """An activity failed for good."""
    flight = _landed(turn, event.id, delivered=event.error not in NEVER_RAN)
    if flight is not None:
        _failed(turn, flight, event)
        effects.wake(turn, effects.base(flight.place))


def _failed(turn: Turn, flight: Flight, event: CallFailed) -> None:
    if flight.purpose == "undo":
        undoing.not_undone(turn, flight, event)
    elif flight.purpose == "probe":
        _unprobed(turn, flight, event)
    elif flight.purpose == "watch":
        waits.unread(turn, flight, event.message, calls.HOLD_REASONS.get(event.error, "unavailable"))
    elif flight.purpose == "open":
        levels.not_opened(turn, flight, event.message)
    elif flight.purpose == "reassign":
        rungs.not_reassigned(turn, flight, event.message)
    elif flight.purpose == "assign":
        tasks.not_opened(turn, flight, event.message)
    elif flight.purpose in ("do", "read") and event.error == "BusinessRefusal":
        calls.refused(turn, flight, event)
    elif flight.purpose in ("do", "read"):
        calls.failed(turn, flight, event)


def probed(turn: Turn, flight: Flight, found: bool, result: Any) -> None:
    """The outcome is known: adopt what took effect, or go on as the one who asked wanted."""
    effect = effects.effect_of(turn, flight.key)
    assert effect is not None
    token = turn.owner(flight)
    turn.log(
        Kind.PROBED, token, op=flight.op, effect=flight.key, found=found,
        document=calls.reference(turn, flight.op, result), leg=effect.leg, item=effect.item,
    )  # fmt: skip
    effects.settle(effect, found)
    if found:
        _took_place(turn, flight, token, result)
    elif token is not None and turn.state.status == "running":
        interventions.absent(turn, flight, token)


def _took_place(turn: Turn, flight: Flight, token: Token | None, result: Any) -> None:
    if token is None or flight.after == "again":
        calls.adopt(turn, flight, None, result)
    elif flight.after == "correct":
        calls.took_place(turn, token, _call(turn, token), result)
        turn.hold(token, "effect_exists", op=flight.op, effect=flight.key)
    else:
        calls.adopt(turn, flight, token, result)
    if token is not None and flight.after == "again":
        token.status = "ready"  # the effect is an earlier visit's: now comes what this one says


def _call(turn: Turn, token: Token) -> CallNode:
    node = turn.node(token)
    assert isinstance(node, CallNode)  # nothing else is corrected
    return node


def _unprobed(turn: Turn, flight: Flight, event: CallFailed) -> None:
    effect = effects.effect_of(turn, flight.key)
    token = turn.owner(flight)
    turn.log(Kind.FAILED, token, op=flight.op, error=event.error, message=event.message[:200])
    if token is not None and turn.state.status == "running":
        turn.hold(token, "unknown_outcome", op=flight.op, effect=flight.key, message=event.message[:200])
    elif effect is not None:
        effects.remains(turn, effect, "its outcome could not be found out")
