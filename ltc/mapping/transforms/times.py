"""Dates and instants: the system's formats and zone on one side, an instant in UTC on ltc's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ltc.mapping.errors import Unusable
from ltc.mapping.transforms.base import Arg, Args, At, Spec, number

WORDS = ("iso", "native", "unix", "unix_ms")
_INSTANT = frozenset({"instant"})
_TRIED = datetime(2026, 3, 29, 13, 14, 15, tzinfo=UTC)


@dataclass(frozen=True)
class Instant:
    """A moment. Where the system does not say its zone, the file must."""

    form: str = "iso"
    zone: ZoneInfo | None = None

    def read(self, value: Any, at: At) -> str:
        return stamp(self._aware(self._parsed(value)))

    def write(self, value: Any, at: At) -> Any:
        moment = instant(value)
        if self.form == "unix":
            return int(moment.timestamp())
        if self.form == "unix_ms":
            return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
        moment = moment.astimezone(self.zone or UTC)
        if self.form == "native":
            return moment
        return moment.isoformat() if self.form == "iso" else moment.strftime(self.form)

    def _parsed(self, value: Any) -> datetime:
        if isinstance(value, datetime):
            return value
        if self.form.startswith("unix"):
            seconds = number(value) / (1000 if self.form == "unix_ms" else 1)
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(seconds))
        if not isinstance(value, str):
            raise Unusable("it is no date and time")
        return _parse(value, self.form)

    def _aware(self, moment: datetime) -> datetime:
        if moment.tzinfo is not None:
            return moment
        if self.zone is None:
            raise Unusable("it does not say its zone, and the mapping names none")
        return placed(moment, self.zone)


@dataclass(frozen=True)
class Day:
    """A date of the system: the instant at which that day (or its hour ``clock``) begins in the zone."""

    zone: ZoneInfo
    form: str = "iso"
    clock: time = time(0)

    def read(self, value: Any, at: At) -> str:
        return stamp(placed(datetime.combine(self._parsed(value), self.clock), self.zone))

    def write(self, value: Any, at: At) -> Any:
        day = instant(value).astimezone(self.zone).date()
        if self.form == "native":
            return day
        return day.isoformat() if self.form == "iso" else day.strftime(self.form)

    def _parsed(self, value: Any) -> date:
        if isinstance(value, datetime):
            raise Unusable("it is an instant, not a date; use the transform datetime")
        if isinstance(value, date):
            return value
        if not isinstance(value, str):
            raise Unusable("it is no date")
        if self.form not in ("iso", "native"):
            return _parse(value, self.form).date()
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            raise Unusable("it is no date of the form 2026-03-02") from None


def stamp(moment: datetime) -> str:
    """Write an instant in UTC, as ltc's documents do in JSON."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def instant(value: Any) -> datetime:
    """Return one of ltc's instants.

    Raises:
        Unusable: it is none, or has no zone.
    """
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise Unusable("it is no instant with its zone")
    return moment


def placed(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return what a clock in the zone means; of an hour that comes twice the first.

    Raises:
        Unusable: the clock never shows it: summer time begins there.
    """
    aware = moment.replace(tzinfo=zone)
    try:
        back = aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        raise Unusable("it is beyond the calendar") from None
    if back != moment:
        raise Unusable(f"no clock in {zone.key} ever shows it")
    return aware


def _parse(value: str, form: str) -> datetime:
    text = value.strip()
    try:
        if form in ("iso", "native"):
            return datetime.fromisoformat(text)
        return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is the caller's to say
    except ValueError:
        raise Unusable(
            f"it is no date and time of the form {'2026-03-02T09:30:00Z' if form == 'iso' else form}"
        ) from None


def _format(args: Args) -> str:
    """Return the format, tried on one instant: a pattern that does not read what it writes is of no use.

    Raises:
        ValueError: it does not.
    """
    form = str(args.get("format", "iso"))
    if form in WORDS:
        return form
    try:
        again = datetime.strptime(_TRIED.strftime(form), form)  # noqa: DTZ007 - only its date is looked at
    except ValueError as error:
        raise ValueError(f"the format {form[:40]!r} cannot be used: {error}") from None
    if again.date() != _TRIED.date():
        raise ValueError(f"the format {form[:40]!r} does not hold year, month and day; write %Y-%m-%d or the like")
    return form


def _day(args: Args) -> Day:
    form = _format(args)
    if form.startswith("unix"):
        raise ValueError("a date has no unix time; use the transform datetime")
    if "zone" not in args:
        raise ValueError("a date needs a zone: say 'zone' here or for the whole file")
    return Day(args["zone"], form, args.get("at", time(0)))


_FORMAT = Arg(
    "format", "iso (default), native (Python's own value), unix, unix_ms, or a pattern such as '%d.%m.%Y %H:%M'"
)
_ZONE = Arg("zone", "the zone of times that do not name theirs, such as Europe/Berlin; default: the file's")
SPECS = (
    Spec(
        "datetime", "a moment", _INSTANT, lambda args: Instant(_format(args), args.get("zone")),
        {"format": _FORMAT, "zone": _ZONE},
    ),
    Spec(
        "date", "a date in the system; in ltc the instant at which it begins there", _INSTANT, _day,
        {
            "format": _FORMAT, "zone": _ZONE,
            "at": Arg("clock", "the hour of the day that is meant, such as '09:00'; default midnight", sides=("read",)),
        },
    ),
)  # fmt: skip
