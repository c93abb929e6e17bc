"""Legs that run again and again by the calendar: a period becomes an item when it begins, late perhaps, never early."""

from __future__ import annotations

from datetime import datetime

from ltc.core.instants import instant_of
from ltc.core.state import LegState, Recurrence
from ltc.core.turn import ChainError, Turn
from ltc.definition.plan import Every, Leg
from ltc.definition.recurrence import Occurrence, occurrence
from ltc.model.trail import Kind

MOST_AT_ONCE = 200  # items of a leg that live side by side


def begin(turn: Turn, leg: Leg) -> None:
    """The leg is entered: its periods are counted from here, or from where an earlier visit had come to."""
    one, every = turn.state.legs[leg.id], _every(leg)
    if one.recurrence is None:
        start = _said(turn, leg, every.since) if every.since else turn.now
        one.recurrence = Recurrence(start)
    appear(turn, leg)


def _every(leg: Leg) -> Every:
    assert leg.loop is not None
    assert leg.loop.every is not None
    return leg.loop.every


def _said(turn: Turn, leg: Leg, source: str) -> datetime:
    return instant_of(turn.value(source, leg.id, ""), source)


def _at(turn: Turn, leg: Leg, recurrence: Recurrence) -> Occurrence:
    window = turn.setting.windows[turn.plan.calendar]
    try:
        return occurrence(_every(leg), recurrence.start, recurrence.taken + 1, window)
    except (OverflowError, ValueError) as error:
        raise ChainError(f"the next period of {leg.id} cannot be told: {error}") from error


def appear(turn: Turn, leg: Leg) -> None:
    """Note the periods that have begun, and open as many as the rule for overlaps lets.

    Raises:
        ChainError: a condition or an instant cannot be told.
    """
    one = turn.state.legs[leg.id]
    recurrence, begun = one.recurrence, list[Occurrence]()
    assert recurrence is not None
    if _every(leg).ends and turn.state.pending_outcome:
        _give_up(turn, leg, recurrence)
        return
    while not _over(turn, leg, recurrence):
        period = _at(turn, leg, recurrence)
        if period.begins > turn.now:
            break
        if _every(leg).while_ and not _still(turn, leg):
            _close(turn, leg, recurrence, "while")
            break
        recurrence.taken += 1
        begun.append(period)
    for number, period in enumerate(begun):
        _note(turn, leg, period, last=number + 1 == len(begun))
    _let_in(leg, one, recurrence)


def _give_up(turn: Turn, leg: Leg, recurrence: Recurrence) -> None:
    """A period has ended the chain: those that run are seen through, none begins and none takes its turn any more."""
    ends = turn.state.pending_outcome
    why = f"the chain ends: {ends}"
    for key in recurrence.queued:
        turn.spoke = True
        turn.log(Kind.ITEM_SKIPPED, leg=leg.id, item=key, why=why)
    recurrence.queued.clear()
    if not recurrence.closed:
        _close(turn, leg, recurrence, why)


def _still(turn: Turn, leg: Leg) -> bool:
    holds = bool(turn.value(_every(leg).while_, leg.id, ""))
    turn.log(Kind.CONDITION, leg=leg.id, on="while", value=holds)
    return holds


def _over(turn: Turn, leg: Leg, recurrence: Recurrence) -> bool:
    """Tell whether no period begins any more."""
    every = _every(leg)
    if recurrence.closed:
        return True
    if every.stop and _stopped(turn, leg, every):
        _close(turn, leg, recurrence, every.stop)
    elif every.count and recurrence.taken >= every.count:
        _close(turn, leg, recurrence, "count")
    elif every.until and _at(turn, leg, recurrence).begins >= instant_of(
        turn.value(every.until, leg.id, ""), every.until
    ):
        _close(turn, leg, recurrence, "until")
    return recurrence.closed


def _stopped(turn: Turn, leg: Leg, every: Every) -> bool:
    for kept in turn.state.events.values():
        if kept.taken or kept.name != every.stop:
            continue
        try:
            matches = bool(turn.value(every.stop_match, leg.id, "", {"event": kept.fields}))
        except ChainError:
            continue
        if matches:
            kept.taken = True
            turn.log(Kind.EVENT_TAKEN, leg=leg.id, event=kept.name, id=kept.id)
            return True
    return False


def _close(turn: Turn, leg: Leg, recurrence: Recurrence, why: str) -> None:
    recurrence.closed = True
    turn.spoke = True
    turn.log(Kind.PERIODS_ENDED, leg=leg.id, why=why, count=recurrence.taken)


def _note(turn: Turn, leg: Leg, period: Occurrence, *, last: bool) -> None:
    """A period has begun: it becomes an item, unless the definition says to leave it out."""
    one, every = turn.state.legs[leg.id], _every(leg)
    assert one.recurrence is not None
    if every.missed == "skip" and not last:
        _leave_out(turn, leg, period, "missed")
    elif every.overlap == "skip" and (one.keys or one.recurrence.queued):
        _leave_out(turn, leg, period, "overlap")
    else:
        one.items[period.key] = {
            "key": period.key, "number": period.number, "begins": period.begins.isoformat(),
            "ends": period.ends.isoformat(),
        }  # fmt: skip
        one.recurrence.queued.append(period.key)


def _leave_out(turn: Turn, leg: Leg, period: Occurrence, why: str) -> None:
    turn.spoke = True
    turn.log(Kind.ITEM_SKIPPED, leg=leg.id, item=period.key, why=why)


def _let_in(leg: Leg, one: LegState, recurrence: Recurrence) -> None:
    most = MOST_AT_ONCE if _every(leg).overlap == "beside" else 1
    while recurrence.queued and len(one.keys) < most:
        one.keys.append(recurrence.queued.pop(0))


def source_closed(turn: Turn, leg: Leg) -> bool:
    """Tell whether no period is still to come or waits for its turn."""
    recurrence = turn.state.legs[leg.id].recurrence
    return recurrence is not None and recurrence.closed and not recurrence.queued


def closed(turn: Turn, leg: Leg, item: str) -> None:
    """A period has ended: years of them need no token each."""
    one = turn.state.legs[leg.id]
    del turn.state.tokens[f"{leg.id}[{item}]"]
    one.keys.remove(item)
    assert one.recurrence is not None
    _let_in(leg, one, one.recurrence)


def next_instants(turn: Turn) -> list[datetime]:
    """The instants at which periods begin next."""
    found = []
    for leg in turn.plan.legs:
        one = turn.state.legs[leg.id]
        if leg.loop and leg.loop.every and one.status == "open" and one.recurrence and not one.recurrence.closed:
            try:
                found.append(_at(turn, leg, one.recurrence).begins)
            except ChainError:
                continue  # said, and held, when the leg was looked after
    return found
