"""Read the fields of trail entries without trusting them: a missing or odd field reads as empty."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from ltc.model.trail import Kind

_NUL = "\x00"  # PostgreSQL cannot keep it in a text
MOST, MOST_WIDE = 2**31 - 1, 2**63 - 1  # of a column of whole numbers, and of a wide one


class Entry(Protocol):
    """What the fold reads of an entry: a trail's own ``Entry``, or a ``Line`` of the database."""

    @property
    def seq(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def wall(self) -> datetime: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def leg(self) -> str: ...
    @property
    def item(self) -> str: ...
    @property
    def step(self) -> str: ...
    @property
    def visit(self) -> int: ...
    @property
    def data(self) -> dict[str, Any]: ...


class Line(NamedTuple):
    """A trail entry in its normal form, as the database keeps it."""

    seq: int
    at: datetime
    wall: datetime
    kind: Kind
    leg: str
    item: str
    step: str
    visit: int
    data: dict[str, Any]


def fit(value: str) -> str:
    """Return a text as every database keeps it: without NUL, and with what is no character replaced."""
    if value.isascii() and _NUL not in value:
        return value
    return value.replace(_NUL, "").encode("utf-8", "replace").decode()


def whole(value: Any, most: int = MOST_WIDE) -> int:
    """Return a whole number fit for a column, 0 for everything else; ``most``: the largest that it holds."""
    if not isinstance(value, int | float) or value != value or isinstance(value, bool):
        return 0
    return int(max(-most, min(value, most)))


def plain(value: Any) -> str:
    """Return a text fit for a column: a JSON scalar as it reads, nothing for everything else."""
    if isinstance(value, str):
        return fit(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def text(entry: Entry, name: str) -> str:
    """Return a text field."""
    return plain(entry.data.get(name))


def number(entry: Entry, name: str) -> float:
    """Return a number field, 0 when absent."""
    value = entry.data.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def instant(entry: Entry, name: str) -> datetime | None:
    """Return an instant field: ISO text with an offset; without one it is UTC."""
    value = entry.data.get(name)
    if not isinstance(value, str) or not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def document(entry: Entry, name: str = "document") -> tuple[str, str, str, int] | None:
    """Return system, type, id and version of a document field, or of the entry itself when ``name`` is empty."""
    value = entry.data.get(name) if name else entry.data
    if not isinstance(value, dict) or not plain(value.get("id")):
        return None
    version = value.get("version")
    return (
        plain(value.get("system")),
        plain(value.get("type")),
        plain(value["id"]),
        whole(version),
    )
