"""Reads a calendar file: every key checked, every error with its line."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ltc.definition.errors import DefinitionError, Mark, nearest
from ltc.definition.nodes import Listing, Mapping, Scalar, Source
from ltc.definition.reader import read as read_yaml

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_OWN_ZONES = ("localtime", "posix", "right/", "Factory")  # what a machine makes of them, not what a place has
_HOURS = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9]) ?- ?([01][0-9]|2[0-4]):([0-5][0-9])")


class CalendarError(ValueError):
    """A calendar file that cannot be used: which, where in it, and what to do."""

    def __init__(self, file: str, line: int, key: str, message: str) -> None:
        place = f"{file}:{line}" if line else file
        super().__init__(f"{place}: {key}: {message}" if key else f"{place}: {message}")
        self.file = file
        self.line = line
        self.key = key
        self.message = message


@dataclass(frozen=True)
class CalendarSource:
    """What a calendar file says. ``week`` has seven marks from Monday; ``hours`` are minutes after midnight."""

    name: str
    zone: str
    hours: tuple[tuple[int, int], ...]
    week: str
    country: str = ""
    subdivision: str = ""
    overrides: dict[date, bool] = field(default_factory=dict, hash=False)
    provisional: date | None = None
    title: dict[str, str] = field(default_factory=dict, hash=False)


def read(path: Path) -> CalendarSource:
    """Read a calendar file.

    Raises:
        CalendarError: it is not of the YAML subset that definitions have, or a key is unknown, missing or wrong.
    """
    reader = _Reader(path)
    fields: dict[str, Any] = {}
    for key, node in reader.pairs(reader.root, ""):
        if key not in _KEYS:
            near = nearest(key, _KEYS)
            hint = f"; did you mean {near!r}?" if near else f" (keys: {', '.join(_KEYS)})"
            raise reader.error(reader.root.keys[key], key, f"there is no such key{hint}")
        fields[key] = _KEYS[key](reader, node, key)
    for key in ("zone", "hours", "week"):
        if key not in fields:
            raise reader.error(reader.root, key, "is missing")
    _check_country(reader, fields)
    return CalendarSource(name=path.stem, **fields)


class _Reader:
    """The keys of one file, with the complaints about them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.root = read_yaml(path.read_bytes(), path.name)
        except OSError as error:
            raise CalendarError(str(path), 0, "", f"cannot be read: {error.strerror}") from None
        except DefinitionError as error:
            first = error.problems[0]
            text = f"{first.code} {first.sentence}; {first.remedy}"
            raise CalendarError(str(path), first.line, "", text) from None

    def error(self, node: Source | Mark, key: str, message: str) -> CalendarError:
        mark = node if isinstance(node, Mark) else node.mark
        return CalendarError(str(self.path), mark.line, key, message)

    def pairs(self, node: Source, key: str) -> list[tuple[str, Source]]:
        if not isinstance(node, Mapping):
            raise self.error(node, key, "is a mapping: {name: value}")
        return list(node.values.items())

    def text(self, node: Source, key: str) -> str:
        if not isinstance(node, Scalar):
            raise self.error(node, key, "is a single value")
        return node.text

    def day(self, node: Source, text: str, key: str) -> date:
        try:
            if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
                raise ValueError(text)
            return date.fromisoformat(text)
        except ValueError:
            raise self.error(node, key, f"{text!r} is not a date; write it as 2026-10-10") from None


def _zone(reader: _Reader, node: Source, key: str) -> str:
    text = reader.text(node, key)
    try:
        ZoneInfo(text)
        if text.startswith(_OWN_ZONES):
            raise ValueError(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise reader.error(node, key, f"{text!r} is not a time zone; write one such as Asia/Shanghai") from None
    return text


def _hours(reader: _Reader, node: Source, key: str) -> tuple[tuple[int, int], ...]:
    if not isinstance(node, Listing) or not node.items:
        raise reader.error(node, key, 'is a list such as ["09:00-12:00", "13:30-18:00"]')
    found: list[tuple[int, int]] = []
    for item in node.items:
        text = reader.text(item, key)
        match = _HOURS.fullmatch(text)
        if not match:
            raise reader.error(item, key, f"{text!r} is not a stretch of time; write 09:00-12:00")
        start, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
        if end > 1440 or start >= end:
            raise reader.error(item, key, f"{text!r} ends before it starts; a night is 22:00-24:00 and 00:00-06:00")
        found.append((start, end))
    found.sort()
    if any(one[1] >= other[0] for one, other in pairwise(found)):
        raise reader.error(node, key, "stretches overlap or touch; join them")
    return tuple(found)


def _week(reader: _Reader, node: Source, key: str) -> str:
    text = reader.text(node, key)
    marks = ["0"] * 7
    for part in re.split(r"[ ,]+", text.strip().lower()):
        first, sign, last = part.partition("-")
        if first not in _DAYS or (sign and last not in _DAYS):
            raise reader.error(node, key, f"{text!r} is not a week; write mon-fri, or mon,wed,fri")
        day, end = _DAYS.index(first), _DAYS.index(last or first)
        while marks[day] == "0" or day != end:
            marks[day] = "1"
            if day == end:
                break
            day = (day + 1) % 7
    return "".join(marks)


def _overrides(reader: _Reader, node: Source, key: str) -> dict[date, bool]:
    found = {}
    for day, value in reader.pairs(node, key):
        text = reader.text(value, key)
        if text not in ("work", "off"):
            raise reader.error(value, f"{key}.{day}", f"{text!r} is neither work nor off")
        found[reader.day(value, day, key)] = text == "work"
    return found


def _check_country(reader: _Reader, fields: dict[str, Any]) -> None:
    """See that the holiday data knows the country and its part."""
    country, part = fields.get("country", ""), fields.get("subdivision", "")
    nodes = reader.root.values
    if part and not country:
        raise reader.error(nodes["subdivision"], "subdivision", "needs a country")
    if not country:
        return
    from holidays import list_supported_countries

    known = list_supported_countries()
    if country not in known:
        near = country.upper() if country.upper() in known else nearest(country, known)
        hint = f"; did you mean {near!r}?" if near else ""
        raise reader.error(
            nodes["country"], "country", f"no holiday data for {country!r}{hint} (two letters, ISO 3166)"
        )
    if part and part not in known[country]:
        raise reader.error(nodes["subdivision"], "subdivision", f"{country} has no {part!r}; it has {known[country]}")


_KEYS: dict[str, Callable[[_Reader, Source, str], Any]] = {
    "title": lambda reader, node, key: {name: reader.text(value, key) for name, value in reader.pairs(node, key)},
    "zone": _zone,
    "country": lambda reader, node, key: reader.text(node, key),
    "subdivision": lambda reader, node, key: reader.text(node, key),
    "week": _week,
    "hours": _hours,
    "overrides": _overrides,
    "provisional": lambda reader, node, key: reader.day(node, reader.text(node, key), key),
}
