"""When a recurring leg runs again: the periods of a calendar, numbered from the first on or after a start. Pure."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ltc.definition.plan_values import Every
from ltc.definition.worktime import CalendarWindow, instant_of, local_day

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS = ("first_working_day", "last_working_day", "last_day")
_ONE = timedelta(days=1)


@dataclass(frozen=True)
class Occurrence:
    """One period: ``key`` stays the same whatever the calendar does to ``begins``."""

    key: str
    number: int  # from 1
    begins: datetime
    ends: datetime


def occurrence(every: Every, start: datetime, number: int, window: CalendarWindow) -> Occurrence:
    """Return the period with a number (from 1), counted from the first that does not begin before ``start``.

    A day that a month does not have is its last one. A working day is one of the calendar's, so that a calendar that
    changes moves the instant, never the key.
    """
    key, begins = _at(every, start, number - 1, window)
    return Occurrence(key, number, begins, _at(every, start, number, window)[1])


def _at(every: Every, start: datetime, index: int, window: CalendarWindow) -> tuple[str, datetime]:
    if every.unit == "month":
        return _month(every, start, index, window)
    first = local_day(start, window)
    if every.on:
        first += timedelta(days=(WEEKDAYS.index(every.on) - first.weekday()) % 7)
    step = timedelta(days=every.each * (7 if every.unit == "week" else 1))
    if _instant(every, first, window) < start:
        first += timedelta(days=7) if every.on else _ONE
    day = first + step * index
    return day.isoformat(), _instant(every, day, window)


def _month(every: Every, start: datetime, index: int, window: CalendarWindow) -> tuple[str, datetime]:
    day = local_day(start, window)
    month = day.year * 12 + day.month - 1
    wanted = every.on or str(day.day)
    if _instant(every, _day_of(month, wanted, window), window) < start:
        month += 1
    month += every.each * index
    year, of_year = divmod(month, 12)
    return f"{year:04d}-{of_year + 1:02d}", _instant(every, _day_of(month, wanted, window), window)


def _day_of(month: int, wanted: str, window: CalendarWindow) -> date:
    """Return the day of a month (counted from the year 0) that is wanted."""
    year, of_year = divmod(month, 12)
    last = date(year, of_year + 1, calendar.monthrange(year, of_year + 1)[1])
    if wanted.isdigit():
        return last.replace(day=min(int(wanted), last.day))
    day, step = (last.replace(day=1), _ONE) if wanted == "first_working_day" else (last, -_ONE)
    while wanted != "last_day" and not window.works(day):
        day += step
    return day


def _instant(every: Every, day: date, window: CalendarWindow) -> datetime:
    return instant_of(day, every.at, window)
