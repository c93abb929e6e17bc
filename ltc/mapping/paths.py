"""Paths into records: ``order.lines[0].net``, ``lines[*].id``, ``'currency.'.code``, ``/currency`` from the top."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from ltc.mapping.errors import Unusable, excerpt

_PART = re.compile(r"\[(?:(?P<index>\d{1,4})|(?P<each>\*))\]|'(?P<quoted>[^']{1,80})'|(?P<name>[^\s.\[\]'/{}]{1,80})")
_MOST_PARTS = 12
FORM = "names joined by dots, [0] for one of a list, [*] for each, 'quotes' around a name with dots, / for the top"


class _Sign(Enum):
    ABSENT = "absent"
    EACH = "*"


ABSENT: Final = _Sign.ABSENT
EACH: Final = _Sign.EACH
Part = str | int | _Sign


@dataclass(frozen=True)
class Path:
    """Where a value stands. ``top``: counted from the whole record, not from the element of the list at hand."""

    text: str
    parts: tuple[Part, ...]
    top: bool = False

    @classmethod
    def parse(cls, text: str) -> Path:
        """Read a path.

        Raises:
            ValueError: it is none.
        """
        top, rest = text.startswith("/"), text.removeprefix("/")
        parts: list[Part] = []
        while rest:
            match = _PART.match(rest)
            if not match or len(parts) >= _MOST_PARTS:
                raise ValueError(f"{text[:80]!r} is no path: {FORM}")
            parts.append(_part(match))
            rest = rest[match.end() :]
            if rest.startswith("."):
                rest = rest[1:] or " "  # a path does not end with a dot
            elif rest and not rest.startswith("["):
                rest = " "
        if not parts:
            raise ValueError(f"{text[:80]!r} is no path: {FORM}")
        return cls(text, tuple(parts), top)

    @property
    def many(self) -> bool:
        """Whether it stands for several values."""
        return EACH in self.parts

    def find(self, value: Any, absent: Iterable[Any] = ()) -> Any:
        """Return the value that stands there, a list of them with ``[*]``, or ``ABSENT``.

        Raises:
            Unusable: something on the way is neither a mapping nor a list.
        """
        return _find(value, self.parts, tuple(absent))

    def put(self, into: dict[str, Any], value: Any) -> None:
        """Set the value in a nested mapping; its mappings are made as needed.

        Raises:
            Unusable: something on the way is a value already.
        """
        *outer, last = (str(part) for part in self.parts)
        for name in outer:
            into = into.setdefault(name, {})
            if not isinstance(into, dict):
                raise Unusable(f"'{name}' holds a value already")
        into[last] = value


def is_absent(value: Any, absent: Iterable[Any]) -> bool:
    """Tell whether a value means that there is none: null, an empty text, or one of the system's own words for it."""
    if value is None or value is ABSENT:
        return True
    if isinstance(value, str):
        return not value.strip() or value in absent
    return any(type(value) is type(word) and value == word for word in absent)


def _part(match: re.Match[str]) -> Part:
    if match["each"]:
        return EACH
    return int(match["index"]) if match["index"] else match["quoted"] or match["name"]


def _find(value: Any, parts: tuple[Part, ...], absent: tuple[Any, ...]) -> Any:
    for place, part in enumerate(parts):
        if is_absent(value, absent):
            return ABSENT
        if part is EACH:
            return _each(value, parts[place + 1 :], absent)
        value = _step(value, part)
    return value


def _each(value: Any, rest: tuple[Part, ...], absent: tuple[Any, ...]) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise Unusable(f"there should be a list where {excerpt(value)} stands")
    found = [_find(item, rest, absent) for item in value]
    return [inner for item in found for inner in item] if EACH in rest else found


def _step(value: Any, part: Part) -> Any:
    if isinstance(part, int):
        if not isinstance(value, (list, tuple)):
            raise Unusable(f"there should be a list where {excerpt(value)} stands")
        return value[part] if part < len(value) else ABSENT
    if not isinstance(value, dict):
        raise Unusable(f"there should be a record with '{part}' where {excerpt(value)} stands")
    return value.get(part, ABSENT)
