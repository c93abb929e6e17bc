"""The tables of views: folds of the trail, droppable at any time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    Table,
    Text,
    inspect,
    text,
)

from ltc.store.columns import Instant, Json
from ltc.store.records import METADATA
from ltc.store.rows import VIEWS, Cell

_TYPES: dict[Cell, Any] = {
    "text": Text, "int": Integer, "float": Float, "bool": Boolean, "instant": Instant, "json": Json,
}  # fmt: skip
# Amounts in minor units outgrow 32 bits, and so do versions: many systems count them in microseconds since 1970.
_WIDE = ("net", "version")

# Partial indexes: table, name, columns, condition. Conditions hold no parameters, so that both databases can prove
# them. Open chains are few, their rows change all the time and are found by small indexes; those of ended chains are
# written once, by an index for each way to ask, and for each pair of process, outcome and leg: many chains may match
# either and none both. Further columns let a filter be answered without the row.
HELD = "state IN ('held', 'compensating')"
RESTING = "state = 'resting'"
DANGER = "ended IS NULL AND state = 'running' AND (warned IS NOT NULL OR breached IS NOT NULL)"
_PARTIAL: dict[str, tuple[tuple[str, str, str], ...]] = {
    "chains": (
        ("ix_chains_open", "started chain ended state process leg customer", "ended IS NULL"),
        ("ix_chains_due", "next_deadline chain ended", "ended IS NULL"),
        ("ix_chains_standing", "chain next_deadline ended", "ended IS NULL"),
        ("ix_chains_quiet", "last_wall chain ended", "ended IS NULL"),
        ("ix_chains_held", "chain state ended", HELD),
        ("ix_chains_closed", "started chain ended", "ended IS NOT NULL"),
        ("ix_chains_closed_process", "process started chain ended outcome leg", "ended IS NOT NULL"),
        ("ix_chains_closed_outcome", "outcome started chain ended process leg", "ended IS NOT NULL"),
        ("ix_chains_closed_leg", "leg started chain ended process outcome", "ended IS NOT NULL"),
        ("ix_chains_closed_customer", "customer started chain ended process outcome leg", "ended IS NOT NULL"),
        ("ix_chains_closed_process_outcome", "process outcome started chain ended leg", "ended IS NOT NULL"),
        ("ix_chains_closed_process_leg", "process leg started chain ended outcome", "ended IS NOT NULL"),
        ("ix_chains_closed_outcome_leg", "outcome leg started chain ended process", "ended IS NOT NULL"),
        ("ix_chains_aged", "ended chain process", "ended IS NOT NULL"),
        ("ix_chains_nameless", "chain", "started IS NULL"),
    ),
    "slas": (
        ("ix_slas_open", "deadline chain ended sla state warned breached", "ended IS NULL"),
        ("ix_slas_standing", "chain deadline ended state", "ended IS NULL"),
        ("ix_slas_danger", "deadline chain sla item round", DANGER),
        ("ix_slas_without", "started chain sla", "state = 'not_started'"),
    ),
    "holds": (("ix_holds_open", "chain reason", "released IS NULL"),),
    "tasks": (("ix_tasks_open", "chain closed", "closed IS NULL"),),
    "waits": (("ix_waits_resting", "chain", RESTING),),
}
_INDEXES: dict[str, tuple[tuple[str, ...], ...]] = {
    "chains": (("number",), ("gap",)),
    "steps": (("state",),),
    "tasks": (("state", "opened"), ("task",)),
    "documents": (("document",),),
}


def _column(name: str, kind: Cell, key: bool = False) -> Column[Any]:
    nullable = not key and kind in ("instant", "json")
    return Column(name, BigInteger if name in _WIDE else _TYPES[kind], primary_key=key, nullable=nullable)


def _partial(name: str, columns: str, condition: str) -> Index:
    return Index(name, *columns.split(), sqlite_where=text(condition), postgresql_where=text(condition))


def _table(name: str) -> Table:
    """Make a table. On SQLite its rows lie in the order of their key: all rows of a chain side by side."""
    spec = VIEWS[name]
    return Table(
        name,
        METADATA,
        Column("chain", Text, primary_key=True),
        *(_column(column, kind, key=True) for column, kind in spec.key.items()),
        *(_column(column, kind) for column, kind in spec.columns.items()),
        *(Index(None, *columns) for columns in _INDEXES.get(name, ())),
        *(_partial(*one) for one in _PARTIAL.get(name, ())),
        sqlite_with_rowid=False,
    )


VIEW_TABLES: dict[str, Table] = {name: _table(name) for name in VIEWS}


def indexes() -> Iterator[Index]:
    """Give the indexes of views, table by table."""
    for table in VIEW_TABLES.values():
        yield from sorted(table.indexes, key=lambda index: str(index.name))


def missing_indexes(connection: Connection) -> list[Index]:
    """Return the indexes that are not there: a refold over empty views makes them last, and may have been cut short."""
    looked = inspect(connection)
    there = {one["name"] for name in VIEW_TABLES for one in looked.get_indexes(name)}
    return [index for index in indexes() if index.name not in there]
