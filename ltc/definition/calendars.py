"""Business calendars: reads process_defs/calendars/NAME.yaml and cuts the window that travels with a chain.

This module reads files and the ``holidays`` data, so it is for loading and starting, never for workflows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from ltc.definition.calendar_file import CalendarError, CalendarSource, read
from ltc.definition.errors import nearest
from ltc.definition.worktime import CalendarWindow
from ltc.model.ids import digest

__all__ = ["BusinessCalendar", "CalendarError", "available", "folder_of_calendars", "load", "window"]

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_LONGEST = timedelta(days=40 * 366)
_MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The years whose days go into a calendar's version, whatever the window: the same data has the same version.
_VERSIONED = (date(2020, 1, 1), date(2031, 1, 1))


@dataclass(frozen=True)
class BusinessCalendar:
    """A calendar as its file and the holiday data of its country give it."""

    source: CalendarSource

    @property
    def name(self) -> str:
        """The calendar's name: that of its file."""
        return self.source.name

    @cached_property
    def version(self) -> str:
        """The digest of the data: hours, week, zone, and every exception of 2020 to 2030."""
        source = self.source
        exceptions = {day.isoformat(): works for day, works in self.exceptions(*_VERSIONED).items()}
        own = {day.isoformat(): works for day, works in source.overrides.items()}
        provisional = source.provisional.isoformat() if source.provisional else ""
        return digest([source.zone, source.hours, source.week, exceptions, own, provisional])

    def exceptions(self, since: date, until: date) -> dict[date, bool]:
        """Return the days from ``since`` to ``until`` (exclusive) that differ from the week, and whether they work."""
        known = {**_official(self.source.country, self.source.subdivision, since.year, until.year)}
        known.update(self.source.overrides)
        return {
            day: works
            for day, works in sorted(known.items())
            if since <= day < until and works != (self.source.week[day.weekday()] == "1")
        }

    def window(self, since: date, until: date) -> CalendarWindow:
        """Cut a window.

        Raises:
            ValueError: it ends before it starts, or is longer than forty years.
        """
        if not timedelta(0) < until - since <= _LONGEST:
            raise ValueError(f"calendar {self.name}: a window from {since} to {until} is empty or too long")
        source = self.source
        return CalendarWindow(
            name=source.name,
            version=self.version,
            hours=source.hours,
            week=source.week,
            flips=tuple((day - since).days for day in self.exceptions(since, until)),
            offsets=tuple(_offsets(source.zone, since, until)),
            since=since,
            until=until,
            provisional_from=source.provisional if source.provisional and source.provisional < until else None,
        )


def folder_of_calendars() -> Path:
    """Return where the calendars that ship with ltc are."""
    return Path(__file__).resolve().parents[2] / "process_defs" / "calendars"


def available(folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of the calendars there are, sorted."""
    return tuple(sorted(path.stem for path in (folder or folder_of_calendars()).glob("*.yaml")))


def load(name: str, folder: Path | None = None) -> BusinessCalendar:
    """Read a calendar by its name.

    Raises:
        CalendarError: there is no such calendar, or its file is wrong; the text says where and what to do.
    """
    where = folder or folder_of_calendars()
    path = where / f"{name}.yaml"
    if not _NAME.fullmatch(name) or not path.is_file():
        names = available(where)
        near = nearest(name, names)
        hint = f"; did you mean {near!r}?" if near else ""
        listed = ", ".join(names) or "none"
        raise CalendarError(str(where), 0, "", f"there is no calendar {name[:40]!r}{hint} (there are: {listed})")
    stat = path.stat()
    return _loaded(path, stat.st_mtime_ns, stat.st_size)


def window(name: str, since: date, until: date, folder: Path | None = None) -> CalendarWindow:
    """Return the window of a calendar from ``since`` to ``until`` (exclusive).

    Raises:
        CalendarError: there is no such calendar, or its file is wrong.
        ValueError: the window is empty or too long.
    """
    return _cut(load(name, folder), since, until)


@lru_cache(maxsize=64)
def _loaded(path: Path, changed: int, size: int) -> BusinessCalendar:
    return BusinessCalendar(read(path))


@lru_cache(maxsize=512)
def _cut(calendar: BusinessCalendar, since: date, until: date) -> CalendarWindow:
    return calendar.window(since, until)


@lru_cache(maxsize=64)
def _official(country: str, subdivision: str, first: int, last: int) -> dict[date, bool]:
    """Return the official holidays (false) and make-up days (true) of a country."""
    if not country:
        return {}
    import holidays

    days = holidays.country_holidays(country, subdiv=subdivision or None, years=range(first, last + 1))
    found = dict.fromkeys(days, False)
    found.update(dict.fromkeys(days.weekend_workdays, True))
    return found


def _offsets(zone: str, since: date, until: date) -> Iterator[tuple[int, int]]:
    """Yield (UTC minutes since 1970, minutes east of UTC) of a zone: what holds at the start, then each change."""
    info = ZoneInfo(zone)
    moment = datetime(since.year, since.month, since.day, tzinfo=UTC) - timedelta(days=2)
    last = datetime(until.year, until.month, until.day, tzinfo=UTC) + timedelta(days=2)
    offset = _offset(info, moment)
    yield (moment - _EPOCH) // _MINUTE, offset
    while moment < last:
        later = moment + timedelta(days=1)
        if _offset(info, later) != offset:
            change = _change(info, moment, later)
            offset = _offset(info, change)
            yield (change - _EPOCH) // _MINUTE, offset
        moment = later


def _offset(info: ZoneInfo, moment: datetime) -> int:
    offset = moment.astimezone(info).utcoffset()
    return 0 if offset is None else offset // _MINUTE


def _change(info: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the minute between two instants from which on the later offset holds."""
    target = _offset(info, after)
    while after - before > _MINUTE:
        middle = before + (after - before) // 2 // _MINUTE * _MINUTE
        before, after = (before, middle) if _offset(info, middle) == target else (middle, after)
    return after
