"""Working time: deadlines and what has been used of them, over a window of a calendar that travels with the chain.

Pure, without zone data or a clock, so it runs in workflows. All reckoning is in whole microseconds. A window knows the
UTC offsets of its zone; between two changes of the offset local time is linear, and only these stretches are walked.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Annotated

from pydantic import Field, model_validator

from ltc.definition.plan_values import Span, Unit
from ltc.model.base import Value

_US = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000
_MINUTE = 60 * _SECOND
_DAY = 1440 * _MINUTE
# Instants keep a year's distance from both ends of the calendar that computers reckon with, in microseconds.
_FIRST = (datetime(2, 1, 1, tzinfo=UTC) - _EPOCH) // _US
_LAST = (datetime(9998, 12, 31, tzinfo=UTC) - _EPOCH) // _US
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_EPOCH_WEEKDAY = date(1970, 1, 1).weekday()
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "bm": 60, "bh": 3600}
_NO_END = 1 << 80


class CalendarWindow(Value):
    """The part of a business calendar that a chain needs, small enough to ride in its start input.

    ``hours``: working hours of a working day in minutes after midnight, ascending, apart.
    ``week``: seven marks from Monday, ``1`` works.
    ``flips``: the days, counted from ``since``, on which it is the other way round than in ``week``.
    ``offsets``: (UTC minutes since 1970, minutes east of UTC from then on); the first holds before, too.
    ``provisional_from``: from here on the official days are not yet published.
    Outside ``since`` to ``until`` (exclusive) the weekly pattern goes on.
    """

    name: str
    version: str
    hours: Annotated[tuple[tuple[int, int], ...], Field(min_length=1, max_length=24)]
    week: Annotated[str, Field(pattern=r"^[01]{7}$")]
    flips: tuple[int, ...] = ()
    offsets: Annotated[tuple[tuple[int, int], ...], Field(min_length=1)]
    since: date
    until: date
    provisional_from: date | None = None

    @model_validator(mode="after")
    def _sound(self) -> CalendarWindow:
        edges = [edge for pair in self.hours for edge in pair]
        if edges[0] < 0 or edges[-1] > 1440 or any(a >= b for a, b in pairwise(edges)):
            raise ValueError(f"calendar {self.name}: hours must be ascending and apart, within 0 to 1440 minutes")
        if "1" not in self.week:
            raise ValueError(f"calendar {self.name}: no day of the week works")
        if any(a >= b for a, b in pairwise(self.flips)):
            raise ValueError(f"calendar {self.name}: flips must ascend")
        return self

    @property
    def exceptions(self) -> dict[date, bool]:
        """Return the days that differ from the weekly pattern, and whether they work."""
        days = [self.since + timedelta(days=flip) for flip in self.flips]
        return {day: self.week[day.weekday()] == "0" for day in days}

    @property
    def day_length(self) -> int:
        """Return the working seconds of a working day: the length of ``1bd``."""
        return sum(end - start for start, end in self.hours) * 60

    def works(self, day: date) -> bool:
        """Say whether a date is a working day."""
        return self._works(day.toordinal() - _EPOCH_ORDINAL)

    def _works(self, day: int) -> bool:
        pattern = self.week[(day + _EPOCH_WEEKDAY) % 7] == "1"
        place = bisect_left(self._flipped[0], day)
        return pattern != (place < len(self._flipped[0]) and self._flipped[0][place] == day)

    @cached_property
    def _flipped(self) -> tuple[list[int], list[int]]:
        """The flipped days (since 1970), and how many working days they add up to each of them."""
        days = [flip + self.since.toordinal() - _EPOCH_ORDINAL for flip in self.flips]
        sums = [0]
        for day in days:
            sums.append(sums[-1] + (-1 if self.week[(day + _EPOCH_WEEKDAY) % 7] == "1" else 1))
        return days, sums

    def _working_days(self, day: int) -> int:
        """Count the working days before a day, from a Monday before 1970 on."""
        weeks, rest = divmod(day + _EPOCH_WEEKDAY, 7)
        days, sums = self._flipped
        return weeks * self.week.count("1") + self.week[:rest].count("1") + sums[bisect_left(days, day)]

    def _worked(self, local: int) -> int:
        """Return the working time up to a local instant, in microseconds."""
        day, rest = divmod(local, _DAY)
        whole = self._working_days(day) * self.day_length * _SECOND
        if not self._works(day):
            return whole
        return whole + sum(max(0, min(rest, end * _MINUTE) - start * _MINUTE) for start, end in self.hours)

    def _first_with(self, worked: int) -> int:
        """Return the first local instant by which so much working time has passed."""
        length = self.day_length * _SECOND
        low = -(-worked // length) * 7 // self.week.count("1") - _EPOCH_WEEKDAY - len(self.flips) * 7 - 14
        high = low + len(self.flips) * 14 + 35
        while low + 1 < high:  # the last day before which less than that was worked
            middle = (low + high) // 2
            low, high = (middle, high) if self._working_days(middle) * length < worked else (low, middle)
        rest = worked - self._working_days(low) * length
        for start, end in self.hours:
            if rest <= (end - start) * _MINUTE:
                return low * _DAY + start * _MINUTE + rest
            rest -= (end - start) * _MINUTE
        raise AssertionError("the hours of a day are less than its length")

    def _stretches(self, start: int) -> Iterator[tuple[int, int, int]]:
        """Yield (from, until, offset) in microseconds UTC, from an instant on: local time is linear in each."""
        changes = [minute * _MINUTE for minute, _ in self.offsets]
        place = max(bisect_right(changes, start) - 1, 0)
        for number in range(place, len(changes)):
            until = changes[number + 1] if number + 1 < len(changes) else _NO_END
            yield max(start, changes[number]) if number > place else start, until, self.offsets[number][1] * _MINUTE


def length(span: Span, window: CalendarWindow) -> int:
    """Return how long a span is in seconds of its own clock; ``1bd`` is one working day's working time."""
    return span.amount * (window.day_length if span.unit == "bd" else _SECONDS[span.unit])


def deadline(start: datetime, span: Span, window: CalendarWindow) -> datetime:
    """Return when a span that starts at an instant is over (UTC).

    Working time begins at the next opening when the start lies outside it, and ends at a closing rather than at the
    opening after it. Calendar days keep the local time of day; where that is skipped or repeated, the later instant.
    """
    return after(start, length(span, window), span.unit, window)


def consumed(start: datetime, end: datetime, unit: Unit, window: CalendarWindow) -> int:
    """Return how many seconds of a unit's clock passed between two instants, rounded down; never negative."""
    first, last = _us(start), _us(end)
    if last <= first:
        return 0
    if unit == "d":
        return max(0, _local(last, window) - _local(first, window)) // _SECOND
    return (_work_between(first, last, window) if unit[0] == "b" else last - first) // _SECOND


def after(start: datetime, seconds: int, unit: Unit, window: CalendarWindow) -> datetime:
    """Return the first instant by which so many seconds of a unit's clock have passed since the start (UTC)."""
    first, wanted = _us(start), seconds * _SECOND
    if unit == "d":
        return _moment(_latest(_local(first, window) + wanted, window))
    if unit[0] != "b" or wanted <= 0:
        return _moment(first + max(wanted, 0))
    for begin, until, offset in window._stretches(first):
        before = window._worked(begin + offset)
        if until == _NO_END or window._worked(until + offset) - before >= wanted:
            return _moment(window._first_with(before + wanted) - offset)
        wanted -= window._worked(until + offset) - before
    raise AssertionError("the last stretch has no end")


def is_provisional(moment: datetime, window: CalendarWindow) -> bool:
    """Say whether an instant lies where the official days are not known: unpublished, or beyond the window."""
    day = _local(_us(moment), window) // _DAY + _EPOCH_ORDINAL
    known = min(window.until, window.provisional_from or window.until)
    return day >= known.toordinal() and window.week != "1111111"


def local_day(moment: datetime, window: CalendarWindow) -> date:
    """Return the date that an instant has in the calendar's zone."""
    return date.fromordinal(_local(_us(within(moment)), window) // _DAY + _EPOCH_ORDINAL)


def instant_of(day: date, minutes: int, window: CalendarWindow) -> datetime:
    """Return the instant (UTC) of a date at so many minutes after local midnight."""
    return _moment(_latest((day.toordinal() - _EPOCH_ORDINAL) * _DAY + minutes * _MINUTE, window))


def _work_between(first: int, last: int, window: CalendarWindow) -> int:
    total = 0
    for begin, until, offset in window._stretches(first):
        edge = min(until, last)
        total += window._worked(edge + offset) - window._worked(begin + offset)
        if until >= last:
            break
    return total


def _us(moment: datetime) -> int:
    return (moment - _EPOCH) // _US


def _moment(us: int) -> datetime:
    return _EPOCH + max(_FIRST, min(us, _LAST)) * _US


def shifted(moment: datetime, by: timedelta) -> datetime:
    """Return an instant so much later, in UTC."""
    return _moment(_us(moment) + by // _US)


def within(moment: datetime) -> datetime:
    """Return an instant that zones and spans can be added to: systems write 9999-12-31 for never."""
    us = _us(moment)
    return moment if _FIRST <= us <= _LAST else _moment(us)


def _local(us: int, window: CalendarWindow) -> int:
    _, _, offset = next(window._stretches(us))
    return us + offset


def _latest(local: int, window: CalendarWindow) -> int:
    """Return the latest instant that shows a local time; in a gap, the one that the clock before it would give."""
    minutes = [offset for _, offset in window.offsets]
    candidates = [local - offset * _MINUTE for offset in minutes]
    shown = [us for us in candidates if _local(us, window) == local]
    if shown:
        return max(shown)
    near = bisect_right([minute * _MINUTE + offset * _MINUTE for minute, offset in window.offsets], local) - 1
    return local - minutes[max(near, 0)] * _MINUTE
