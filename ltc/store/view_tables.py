"""The tables of views: folds of the trail, droppable at any time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, Table, Text

from ltc.store.columns import Instant, Json
from ltc.store.records import METADATA
from ltc.store.rows import VIEWS, Cell

_TYPES: dict[Cell, Any] = {
    "text": Text, "int": Integer, "float": Float, "bool": Boolean, "instant": Instant, "json": Json,
}  # fmt: skip
_WIDE = ("net",)  # amounts in minor units outgrow 32 bits
_INDEXES: dict[str, tuple[tuple[str, ...], ...]] = {
    "chains": (("state", "started"), ("leg",), ("next_deadline",), ("number",), ("customer",), ("gap",)),
    "steps": (("state",),),
    "tasks": (("state", "opened"),),
    "slas": (("state", "deadline"), ("sla",)),
    "holds": (("released",),),
    "documents": (("document",),),
    "effects": (("status",),),
}


def _column(name: str, kind: Cell, key: bool = False) -> Column[Any]:
    nullable = not key and kind in ("instant", "json")
    return Column(name, BigInteger if name in _WIDE else _TYPES[kind], primary_key=key, nullable=nullable)


def _table(name: str) -> Table:
    spec = VIEWS[name]
    return Table(
        name,
        METADATA,
        Column("chain", Text, primary_key=True),
        *(_column(column, kind, key=True) for column, kind in spec.key.items()),
        *(_column(column, kind) for column, kind in spec.columns.items()),
        *(Index(None, *columns) for columns in _INDEXES.get(name, ())),
    )


VIEW_TABLES: dict[str, Table] = {name: _table(name) for name in VIEWS}
