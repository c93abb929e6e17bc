"""Statements made ready once: SQLAlchemy writes the SQL and converts the values, the driver runs it.

Every entry of every chain passes through a handful of writes. Executing them through SQLAlchemy costs ten times
what SQLite needs; made ready once, it costs as much again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Table, delete, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import ClauseElement, bindparam
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from ltc.store.columns import ENCODER, Instant, Json

_Convert = Callable[[Any], Any]


def _converter(kind: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    """Return how a value is converted on its way in; instants and JSON directly, as their types would."""
    if isinstance(kind, Instant) and dialect.name == "sqlite":
        return lambda moment: moment and moment.astimezone(UTC).isoformat(" ", "microseconds")[:26]
    if isinstance(kind, Json):
        return lambda value: None if value is None else ENCODER.encode(value)
    return kind.dialect_impl(dialect).bind_processor(dialect)


class Prepared:
    """A write for one dialect. Parameters are mappings by column name; positional drivers get tuples."""

    def __init__(self, statement: ClauseElement, dialect: Dialect, names: Sequence[str]) -> None:
        compiled = cast(SQLCompiler, statement.compile(dialect=dialect, column_keys=list(names)))
        self._sql = str(compiled)
        self._positional = dialect.positional
        order = compiled.positiontup or list(compiled.binds)
        self._slots: list[tuple[str, str, _Convert | None]] = [
            (name, bind.key.removesuffix("_"), _converter(bind.type, dialect))
            for name in order
            for bind in [compiled.binds[name]]
        ]

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Carry the write out for each row."""
        if not rows:
            return
        make = self._positions if self._positional else self._names
        cursor = connection.connection.cursor()  # inside the transaction that SQLAlchemy began on this connection
        try:
            if len(rows) == 1:
                cursor.execute(self._sql, make(rows[0]))
            else:
                cursor.executemany(self._sql, [make(row) for row in rows])  # type: ignore[arg-type]
        finally:
            cursor.close()

    def _positions(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple([convert(row[key]) if convert else row[key] for _, key, convert in self._slots])

    def _names(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {name: convert(row[key]) if convert else row[key] for name, key, convert in self._slots}


class _Known:
    """A dialect as a cache key: two engines of one kind share what was prepared."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and other.dialect.name == self.dialect.name

    def __hash__(self) -> int:
        return hash(self.dialect.name)


def insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; all have all columns."""
    _insert(_Known(connection.dialect), table).run(connection, rows)


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or replace those whose key is there; all have all columns."""
    _upsert(_Known(connection.dialect), table).run(connection, rows)


def delete_keys(connection: Connection, table: Table, keys: Sequence[Mapping[str, Any]]) -> None:
    """Delete rows by their whole key."""
    _delete(_Known(connection.dialect), table).run(connection, keys)


def update_keys(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Update some columns of rows found by their whole key."""
    _update(_Known(connection.dialect), table, columns).run(connection, rows)


@cache
def _update(known: _Known, table: Table, columns: tuple[str, ...]) -> Prepared:
    parts = [column == bindparam(f"{column.name}_", type_=column.type) for column in table.primary_key.columns]
    return Prepared(update(table).where(*parts), known.dialect, columns)


@cache
def _insert(known: _Known, table: Table) -> Prepared:
    return Prepared(insert(table), known.dialect, table.columns.keys())


@cache
def _upsert(known: _Known, table: Table) -> Prepared:
    statement = (postgresql.insert if known.dialect.name == "postgresql" else sqlite.insert)(table)
    keys = list(table.primary_key.columns)
    others = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    replacing = statement.on_conflict_do_update(index_elements=keys, set_=others)
    return Prepared(replacing, known.dialect, table.columns.keys())


@cache
def _delete(known: _Known, table: Table) -> Prepared:
    parts = [column == bindparam(f"{column.name}_", type_=column.type) for column in table.primary_key.columns]
    return Prepared(delete(table).where(*parts), known.dialect, [])
