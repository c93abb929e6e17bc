"""The end of a turn: flushes, search attributes, the one timer, the end of the chain."""

from __future__ import annotations

from datetime import datetime

from ltc.core import automatic, recurring, slas
from ltc.core.commands import Arm, CallDone, CallFailed, EventArrived, Finish, Input, Rest, Schedule, Started, Tick
from ltc.core.state import Flight
from ltc.core.turn import Turn
from ltc.model.trail import Kind

# A timer that would wake the chain for nothing is replaced when it fires earlier than this share of what remains.
WORTH_REARMING = 0.9


def settle(turn: Turn, event: Input) -> None:
    """Close the turn: what must be told, armed or finished."""
    state = turn.state
    if state.status == "closing":
        _finish(turn, event)
        return
    working = any(flight.purpose not in ("flush", "notify") for flight in state.flights.values())
    if not working:
        _rest(turn)
    if not working and _unheard(turn, event):
        turn.side("trail.flush", {}, Flight("flush"))
    _arm(turn, at_rest=not working)


def _finish(turn: Turn, event: Input) -> None:
    """Effects and what people are told are seen to their ends; then the chain is over, and its result tells the rest.

    A chain of before sends them ahead with one last flush and awaits it; an event that comes meanwhile is told by a
    flush of its own.
    """
    state = turn.state
    if any(flight.purpose in ("do", "probe", "undo", "notify") for flight in state.flights.values()):
        return
    if not turn.setting.ends_in_result and ("closing" not in state.rounds or isinstance(event, EventArrived)):
        state.rounds["closing"] = 1
        state.side_count += 1  # recorded histories name this flush one further on: they must go on replaying
        turn.side("trail.flush", {}, Flight("flush", payload={"last": True}))
    elif not any(flight.payload.get("last") for flight in state.flights.values()):
        state.status = "ended"
        turn.commands.append(Finish(state.outcome, state.reason))


def _unheard(turn: Turn, event: Input) -> bool:
    """Tell whether what this turn said would stay unsaid while the chain rests.

    It depends on what happened and on the plan, never on whether entries are pending: an entry more or less must not
    change the commands of a replay.
    """
    if isinstance(event, (CallDone, CallFailed)) and event.id.startswith(("trail.flush", "people.notify")):
        return False
    if turn.answered or any(isinstance(command, Schedule) for command in turn.commands):
        return False
    if turn.quiet and turn.plan.tells_rests:
        return True
    if isinstance(event, Tick):
        return turn.spoke
    if isinstance(event, CallDone):
        return bool(turn.state.holds) or event.id.startswith("people.check_")
    return not isinstance(event, (Started, EventArrived)) or bool(turn.state.holds)


def _rest(turn: Turn) -> None:
    """Tell Temporal's search attributes where the chain rests, when that has changed."""
    state = turn.state
    said = "held" if state.holds else "compensating" if state.status == "compensating" else "running"
    if said == "running" and state.open_until is not None:
        said = "kept_open"
    leg = next((one.id for one in turn.plan.legs if state.legs[one.id].status == "open"), "")
    if f"{said}/{leg}" != state.rested:
        state.rested = f"{said}/{leg}"
        turn.log(Kind.RESTED, state=said, leg=leg)
        turn.commands.append(Rest(said, leg))


def fired(turn: Turn, tick: Tick) -> None:
    """The timer fired: none is armed now, unless it was replaced in the moment it fired."""
    if tick.at in (None, turn.state.timer_at):
        turn.state.timer_at = None


def earliest(turn: Turn) -> datetime | None:
    """The earliest instant at which this chain must be woken."""
    moments = [slas.next_instant(turn)]
    until = turn.state.open_until
    if until is not None and until > turn.now and turn.state.status == "running":
        moments.append(until)
    if turn.state.status == "running" and not turn.paused():
        moments.append(automatic.next_instant(turn))
        for token in turn.state.tokens.values():
            if token.status == "waiting" and not turn.rests(token):
                moments += [None if token.expired else token.deadline, token.poll_at]
            elif token.status == "tasked":
                moments.append(token.deadline)
        moments += recurring.next_instants(turn)
    return min((moment for moment in moments if moment is not None), default=None)


def _arm(turn: Turn, *, at_rest: bool) -> None:
    """Keep one timer, never later than the earliest deadline; let it sleep longer only where that pays."""
    state, wanted = turn.state, earliest(turn)
    if wanted is None:
        return
    armed = state.timer_at
    useless = (
        at_rest and armed is not None and armed < wanted and (armed - turn.now) < WORTH_REARMING * (wanted - turn.now)
    )
    if armed is None or wanted < armed or useless:
        state.timer_at = wanted
        turn.commands.append(Arm(wanted))
