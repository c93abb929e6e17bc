"""Counters of how promised times are kept, by day, month, year and in all: a report over a million chains reads these.

Kept with the views, in the transaction that writes them: what a chain's clocks counted for before is taken off, what
they count for now is put on. Times are counted by their order of magnitude, in steps of five per cent.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    Table,
    Text,
    func,
    select,
)
from sqlalchemy.dialects import sqlite

from ltc.store import bulk
from ltc.store.prepared import Prepared
from ltc.store.records import METADATA
from ltc.store.rows import ChainView, Row

COUNTS = ("count", "met", "warned", "breached", "running", "planned", "not_started")
KEY = ("period", "process", "sla")
_STEP = math.log(1.05)
_AT_ONCE = 10_000  # counters written with one statement
_LEAST = 0.001  # seconds; what is shorter counts as this

TALLY = Table(
    "sla_tally",
    METADATA,
    *(Column(name, Text, primary_key=True) for name in KEY),
    Column("leg", Text, nullable=False),
    *(Column(name, BigInteger, nullable=False) for name in COUNTS),
    sqlite_with_rowid=False,
)
SPREAD = Table(
    "sla_spread",
    METADATA,
    *(Column(name, Text, primary_key=True) for name in KEY),
    Column("what", Text, primary_key=True),  # used | lag
    Column("bucket", Integer, primary_key=True),
    Column("number", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
TABLES = (TALLY, SPREAD)
Change = tuple[Any, ...]


def name_of(sla: str, item: str) -> str:
    """Return the name in the definition: a clock of an item carries the item's key behind it."""
    return sla.removesuffix(f"[{item}]") if item else sla


def alarmed(row: Mapping[str, Any]) -> bool:
    """Tell whether the engine had to act on a clock: then its lag counts."""
    return bool(row["warned"] or row["breached"] or row["rung"])


def counted(row: Mapping[str, Any]) -> dict[str, int]:
    """Return what a clock counts for."""
    state = row["state"]
    return {
        "count": 1,
        "met": int(state == "ended" and row["breached"] is None),
        "warned": int(row["warned"] is not None),
        "breached": int(row["breached"] is not None),
        "running": int(state in ("running", "paused")),
        "planned": int(bool(row["planned"])),
        "not_started": int(state == "not_started"),
    }


def bucket(seconds: float) -> int:
    """Return the step of a time."""
    return 0 if seconds <= _LEAST else math.ceil(math.log(seconds / _LEAST) / _STEP)


def seconds_of(step: int) -> float:
    """Return the time that stands for a step: its middle, within 2.5 % of what was counted there."""
    return 0.0 if step == 0 else _LEAST * math.exp((step - 0.5) * _STEP)


@dataclass
class Changes:
    """What is to be added to the counters."""

    counts: Counter[Change] = field(default_factory=Counter)  # by period, process, sla, leg, name
    spread: Counter[Change] = field(default_factory=Counter)  # by period, process, sla, what, bucket

    def move(self, before: ChainView, after: ChainView) -> None:
        """Take off what a chain's clocks counted for, put on what they count for now."""
        old, new = before.tables["slas"], after.tables["slas"]
        same = before.head["process"] == after.head["process"]
        if old is new and same:
            return
        for sign, view, other in ((-1, before, new), (1, after, old)):
            for key, row in view.each("slas"):
                if not (same and other.get(key) is row):
                    self.add(view.head["process"], str(key[0]), str(key[1]), row, sign)

    def add(self, process: str, sla: str, item: str, row: Any, sign: int = 1) -> None:
        """Count one clock."""
        name = name_of(sla, item)
        spread = [("used", bucket(row["used"]))] if row["state"] == "ended" else []
        spread += [("lag", bucket(row["lag"]))] if alarmed(row) else []
        counts = [(what, sign) for what, number in counted(row).items() if number]
        for period in _periods(row["started"]):
            for what, change in counts:
                self.counts[period, process, name, row["leg"], what] += change
            for one in spread:
                self.spread[(period, process, name, *one)] += sign

    def add_all(self, others: Changes) -> None:
        """Add what others count for."""
        for mine, theirs in ((self.counts, others.counts), (self.spread, others.spread)):
            for key, number in theirs.items():
                mine[key] += number

    def write(self, connection: Connection) -> None:
        """Add to the counters, in one order only: two processes that do cannot wait for each other."""
        _add(connection, TALLY, tally_rows(self.counts))
        _add(connection, SPREAD, spread_rows(self.spread))


def tally_rows(counts: Counter[Change]) -> Iterator[Row]:
    rows: dict[Change, Row] = {}
    for (period, process, name, leg, what), number in sorted(counts.items()):
        if number:
            blank = {"period": period, "process": process, "sla": name, "leg": leg, **dict.fromkeys(COUNTS, 0)}
            row = rows.setdefault((period, process, name), blank)
            row[what] += number
    yield from rows.values()


def spread_rows(spread: Counter[Change]) -> Iterator[Row]:
    names = (*KEY, "what", "bucket")
    return (
        {**dict(zip(names, key, strict=True)), "number": number} for key, number in sorted(spread.items()) if number
    )


@lru_cache(maxsize=4096)
def _periods(started: datetime | None) -> tuple[str, ...]:
    if started is None:
        return ("",)
    day = started.astimezone(UTC).date().isoformat()
    return ("", day[:4], day[:7], day)


def _add(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    given = list(rows)
    adding = _adding_arrays(table) if connection.dialect.name == "postgresql" else _adding(table)
    for at in range(0, len(given), _AT_ONCE):
        adding.run(connection, given[at : at + _AT_ONCE])


@cache
def _adding(table: Table) -> Prepared:
    return Prepared(_onto(sqlite.insert(table), table), sqlite.dialect(), table.columns.keys(), many=True)


@cache
def _adding_arrays(table: Table) -> bulk.Arrays:
    columns = list(table.columns)
    return bulk.Arrays(_onto(bulk.inserting(table), table), columns)


def _onto(statement: Any, table: Table) -> Any:
    added = {
        column.name: column + statement.excluded[column.name]
        for column in table.columns
        if not column.primary_key and column.name != "leg"
    }
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=added)


# --- questions


@dataclass
class Group:
    """The clocks of one promise."""

    process: str
    sla: str
    leg: str = ""
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    spread: dict[str, dict[int, int]] = field(default_factory=dict)


def clocks(connection: Connection) -> int:
    """Return how many clocks there are in all."""
    return int(connection.execute(select(func.sum(TALLY.c.count)).where(TALLY.c.period == "")).scalar() or 0)


def day_of(moment: datetime) -> datetime:
    """Return the beginning of an instant's day in UTC: the counters know whole days only, and so do reports."""
    return datetime.combine(moment.astimezone(UTC).date(), time(), UTC)


def report(connection: Connection, process: str, since: datetime | None) -> list[Group]:
    """Return what the counters say of clocks started on the day (UTC) of an instant or later; no clock is read."""
    changes = Changes()
    _gather(connection, changes, process, [""] if since is None else _periods_from(connection, since))
    return _groups(changes)


def _periods_from(connection: Connection, since: datetime) -> list[str]:
    """Return the periods that together make up the day of an instant and all that follows."""
    first = since.astimezone(UTC).date()
    day = first.isoformat()
    last = connection.execute(select(func.max(TALLY.c.period))).scalar() or ""
    return [
        *(f"{day[:7]}-{n:02}" for n in range(first.day, 32)),
        *(f"{day[:4]}-{n:02}" for n in range(first.month + 1, 13)),
        *(f"{n:04}" for n in range(first.year + 1, int(last[:4] or 0) + 1)),
    ]


def _gather(connection: Connection, changes: Changes, process: str, periods: Sequence[str]) -> None:
    """Add up what the counters say of some periods; the database adds, rows are costly to read."""
    sums = [func.sum(TALLY.c[name]).label(name) for name in COUNTS]
    for row in _added(connection, TALLY, ("process", "sla", "leg"), sums, process, periods):
        for name in COUNTS:
            changes.counts["", row["process"], row["sla"], row["leg"], name] += int(row[name])
    total = [func.sum(SPREAD.c.number).label("number")]
    for row in _added(connection, SPREAD, ("process", "sla", "what", "bucket"), total, process, periods):
        changes.spread["", row["process"], row["sla"], row["what"], row["bucket"]] += int(row["number"])


def _added(
    connection: Connection, table: Table, by: Sequence[str], sums: Sequence[Any], process: str, periods: Sequence[str]
) -> Any:
    keys = [table.c[name] for name in by]
    query = select(*keys, *sums).where(table.c.period.in_(periods)).group_by(*keys)
    return connection.execute(query.where(table.c.process == process) if process else query).mappings()


def _groups(changes: Changes) -> list[Group]:
    found: dict[tuple[str, str], Group] = {}
    for (_, process, name, leg, what), number in sorted(changes.counts.items()):
        group = found.setdefault((process, name), Group(process, name, leg))
        group.counts[what] += number
    for (_, process, name, what, step), number in changes.spread.items():
        if (process, name) in found and number > 0:
            found[process, name].spread.setdefault(what, {})[step] = number
    return [group for _, group in sorted(found.items()) if group.counts["count"] > 0]


def share(spread: Mapping[int, int], part: float) -> float | None:
    """Return the smallest time that so large a part does not exceed."""
    wanted = math.ceil(sum(spread.values()) * part)
    seen = 0
    for step in sorted(spread):
        seen += spread[step]
        if seen >= wanted:
            return seconds_of(step)
    return None
