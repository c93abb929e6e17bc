"""What a transform is: a pair of pure functions, what it takes as arguments, and which kinds of field it fits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, Protocol

from ltc.mapping.errors import Unusable
from ltc.mapping.paths import ABSENT, Path, is_absent

Side = Literal["read", "write"]
SIDES: tuple[Side, ...] = ("read", "write")
MOST = Decimal(10) ** 15  # beyond it a JSON number is not exact, and no deal is that large
_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?")


@dataclass(frozen=True)
class At:
    """Where a transform may look beside its own value: the element at hand and the whole record."""

    record: Any
    element: Any
    absent: tuple[Any, ...] = ()

    def find(self, path: Path) -> Any:
        """Return what stands at a path, or ``ABSENT``."""
        found = path.find(self.record if path.top else self.element, self.absent)
        return ABSENT if is_absent(found, self.absent) else found


class Transform(Protocol):
    """Turns a value of the system into one of ltc's (``read``), and back (``write``)."""

    def read(self, value: Any, at: At) -> Any:
        """Return ltc's value, as JSON.

        Raises:
            Unusable: the value is none that this transform takes.
        """

    def write(self, value: Any, at: At) -> Any:
        """Return the system's value.

        Raises:
            Unusable: the value is none that this transform takes, or something of it would be lost.
        """


@dataclass(frozen=True)
class Arg:
    """An argument. ``kind``: path, text, whole, flag, word, currency, zone, country, clock, format, table, units.

    ``table`` is a mapping written in place or the name of one under ``tables:``; ``units`` likewise under ``units:``.
    """

    kind: str
    doc: str
    words: tuple[str, ...] = ()
    low: int = 0
    high: int = 0
    sides: tuple[Side, ...] = SIDES


Args = Mapping[str, Any]


@dataclass(frozen=True)
class Spec:
    """A transform as the language knows it.

    ``fits`` names the kinds of ltc field it serves, ``also_writes`` those that it can write besides. ``make`` gets the
    arguments, already of their kinds, and ``zone`` and ``home`` (the country) of the file. ``one_of``: of these
    arguments exactly one is needed. ``sourceless``: it takes no source.
    """

    name: str
    doc: str
    fits: frozenset[str]
    make: Callable[[Args], Transform]
    args: dict[str, Arg] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    also_writes: frozenset[str] = frozenset()
    sourceless: bool = False


def number(value: Any) -> Decimal:
    """Return a finite number: whole, decimal, float (by its shortest text), or text of one without exponent.

    Raises:
        Unusable: it is none, or beyond 10^15.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        raise Unusable("it is no number")
    text = f"{Decimal(repr(value)):f}" if isinstance(value, float) and value - value == 0 else str(value).strip()
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < 30:
        text = f"{value:f}"
    if not _NUMBER.fullmatch(text):
        raise Unusable("it is no number")
    found = Decimal(text)
    if abs(found) > MOST:
        raise Unusable("it is beyond what a deal can be")
    return found


def plain(value: Decimal) -> str:
    """Write a number without exponent and without zeros that say nothing."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def sent(value: Decimal, form: str) -> Any:
    """Return a number as the system wants it: ``number`` (JSON), ``text``, or ``native`` (a Python Decimal)."""
    if form == "text":
        return f"{value:f}"
    if form == "native":
        return value
    return int(value) if value == value.to_integral_value() else float(value)


AS_NUMBER = Arg(
    "word", "how the number is written: number (JSON), text, or native (a Decimal, for protocols with a type for it)",
    words=("number", "text", "native"), sides=("write",),
)  # fmt: skip
