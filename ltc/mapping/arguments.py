"""Reads the arguments of a transform, each by its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from ltc.definition.currencies import CURRENCIES
from ltc.definition.errors import listing
from ltc.definition.nodes import Mapping as Tree
from ltc.definition.nodes import Scalar, Source, kind
from ltc.mapping.countries import CODES
from ltc.mapping.paths import Path
from ltc.mapping.transforms.base import Arg
from ltc.mapping.transforms.texts import Template

_MOST_ROWS = 2000


class UnknownTable(ValueError):
    """A table that the file does not have."""


class BrokenTable(ValueError):
    """A table that is complained about where it stands."""


@dataclass
class Tables:
    """The named tables of a file; ``used`` gathers those that a field names, ``broken`` are those that are none."""

    words: dict[str, dict[str, str]] = field(default_factory=dict)
    units: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)


def argument(arg: Arg, node: Source, tables: Tables) -> Any:
    """Return an argument's value.

    Raises:
        UnknownTable: it names a table that is not there.
        BrokenTable: it names one that is there and is none.
        ValueError: it is not of its kind; the text says how.
    """
    if arg.kind in ("table", "units"):
        return _table(arg, node, tables)
    if not isinstance(node, Scalar):
        raise ValueError(f"it must be one value, not {kind(node)}")
    return _KINDS[arg.kind](node, arg)


def word_table(node: Source) -> dict[str, str]:
    """Return a table of words.

    Raises:
        ValueError: it is none.
    """
    return {word: value.text for word, value in _rows(node).items()}


def unit_table(node: Source) -> dict[str, Decimal]:
    """Return a table of units with their factors.

    Raises:
        ValueError: it is none, or a factor is not positive.
    """
    return {unit: _factor(unit, value.text) for unit, value in _rows(node).items()}


def zone(text: str) -> ZoneInfo:
    """Return a zone by its IANA name.

    Raises:
        ValueError: there is none.
    """
    try:
        return ZoneInfo(text)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"there is no zone {text[:40]!r}; name one such as Europe/Berlin or UTC") from None


def country(text: str) -> str:
    """Return an ISO 3166 alpha-2 code.

    Raises:
        ValueError: it is none.
    """
    if CODES.get(text) != text:
        raise ValueError(f"{text[:40]!r} is no ISO 3166 alpha-2 code, such as DE")
    return text


def _table(arg: Arg, node: Source, tables: Tables) -> Any:
    where: Mapping[str, Any] = tables.words if arg.kind == "table" else tables.units
    if isinstance(node, Scalar):
        if node.text in tables.broken:
            raise BrokenTable(node.text)
        if node.text not in where:
            raise UnknownTable(node.text)
        tables.used.add(node.text)
        return where[node.text]
    return word_table(node) if arg.kind == "table" else unit_table(node)


def _rows(node: Source) -> dict[str, Scalar]:
    if not isinstance(node, Tree) or not 0 < len(node.values) <= _MOST_ROWS:
        raise ValueError(f"a table is a mapping of 1 to {_MOST_ROWS} words, not {kind(node)}")
    rows = {}
    for word, value in node.values.items():
        if not isinstance(value, Scalar):
            raise ValueError(f"{word[:40]!r} in the table must have one value, not {kind(value)}")
        rows[word] = value
    return rows


def _factor(unit: str, text: str) -> Decimal:
    try:
        factor = Decimal(text) if len(text) <= 20 else Decimal(0)
    except InvalidOperation:
        factor = Decimal(0)
    if not (factor.is_finite() and factor > 0 and abs(factor.adjusted()) <= 9):
        raise ValueError(f"the factor of {unit[:40]!r} must be a positive number, such as 12 or 0.001")
    return factor


def _whole(node: Scalar, arg: Arg) -> int:
    if isinstance(node.value, bool) or not isinstance(node.value, int) or not arg.low <= node.value <= arg.high:
        raise ValueError(f"it must be a whole number from {arg.low} to {arg.high}, not {kind(node)}")
    return node.value


def _flag(node: Scalar, arg: Arg) -> bool:
    if not isinstance(node.value, bool):
        raise ValueError(f"it must be true or false, not {kind(node)}")
    return node.value


def _word(node: Scalar, arg: Arg) -> str:
    if node.text not in arg.words:
        raise ValueError(f"it must be one of {listing(arg.words)}, not {kind(node)}")
    return node.text


def _text(node: Scalar, arg: Arg) -> str:
    if not 0 < len(node.text) <= 400:
        raise ValueError("it must be a text of 1 to 400 characters")
    return node.text


def _currency(node: Scalar, arg: Arg) -> str:
    if node.text not in CURRENCIES:
        raise ValueError(f"there is no currency {node.text[:20]!r}; use an ISO 4217 code such as USD")
    return node.text


def _clock(node: Scalar, arg: Arg) -> time:
    try:
        found = time.fromisoformat(node.text)
    except ValueError:
        found = time(0, tzinfo=ZoneInfo("UTC"))
    if found.tzinfo is not None:
        raise ValueError(f"{node.text[:20]!r} is no hour of the day, such as '09:00'")
    return found


_KINDS: dict[str, Callable[[Scalar, Arg], Any]] = {
    "path": lambda node, arg: Path.parse(node.text),
    "text": _text,
    "format": _text,
    "scalar": lambda node, arg: node.value,
    "whole": _whole,
    "flag": _flag,
    "word": _word,
    "currency": _currency,
    "zone": lambda node, arg: zone(node.text),
    "country": lambda node, arg: country(node.text),
    "clock": _clock,
    "template": lambda node, arg: Template.parse(_text(node, arg)),
}
