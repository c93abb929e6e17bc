"""Statements made ready once: SQLAlchemy writes the SQL, the driver runs it, values are converted as its types would.

Every entry of every chain passes through a handful of statements. Executing them through SQLAlchemy costs ten times
what SQLite needs; made ready once, it costs as much again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Float, Select, Table, delete, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql import ClauseElement, bindparam
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from ltc.store import bulk
from ltc.store.columns import Instant, Json, encode

_Convert = Callable[[Any], Any]
_PARAMETERS = 900  # of one statement; older builds of SQLite take 999


def _converter(kind: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    """Return how a value is converted on its way in; instants and JSON directly, as their types would."""
    if isinstance(kind, Instant) and dialect.name == "sqlite":
        return _sqlite_instant
    if isinstance(kind, Json):
        return encode
    return kind.dialect_impl(dialect).bind_processor(dialect)


@lru_cache(maxsize=4096)
def _sqlite_instant(moment: datetime | None) -> str | None:
    """Write an instant; the entries of a step share theirs."""
    return None if moment is None else moment.astimezone(UTC).isoformat(" ", "microseconds")[:26]


@lru_cache(maxsize=16_384)
def _sqlite_read(said: str | None) -> datetime | None:
    """Read an instant as ``_sqlite_instant`` writes it."""
    return None if said is None else datetime.fromisoformat(said).replace(tzinfo=UTC)


def _in_utc(moment: datetime | None) -> datetime | None:
    """Read an instant as a driver gives it that knows zones."""
    return None if moment is None else moment.astimezone(UTC)


class Prepared:
    """A write for one dialect. Parameters are mappings by column name; positional drivers get tuples.

    SQLite inserts several rows with one statement: the driver lets other threads run at each, and getting the
    interpreter back costs more than a row.
    """

    def __init__(self, statement: ClauseElement, dialect: Dialect, names: Sequence[str], many: bool = False) -> None:
        compiled = cast(SQLCompiler, statement.compile(dialect=dialect, column_keys=list(names)))
        self._sql = str(compiled)
        self._many = many and dialect.name == "sqlite"
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
            elif self._many:
                self._at_once(cursor, rows)
            else:
                cursor.executemany(self._sql, [make(row) for row in rows])  # type: ignore[arg-type]
        finally:
            cursor.close()

    def _at_once(self, cursor: DBAPICursor, rows: Sequence[Mapping[str, Any]]) -> None:
        most = max(1, _PARAMETERS // len(self._slots))
        one = f"({', '.join('?' * len(self._slots))})"
        for start in range(0, len(rows), most):
            some = rows[start : start + most]
            sql = self._sql.replace(one, ", ".join([one] * len(some)), 1)
            cursor.execute(sql, [cell for row in some for cell in self._positions(row)])

    def _positions(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple([convert(row[key]) if convert else row[key] for _, key, convert in self._slots])

    def _names(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {name: convert(row[key]) if convert else row[key] for name, key, convert in self._slots}


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    """Return how a value is converted on its way out; instants directly, as their type would."""
    if isinstance(kind, Instant):
        return _sqlite_read if dialect.name == "sqlite" else _in_utc
    if isinstance(kind, Float):
        return None  # both drivers give numbers
    return kind.dialect_impl(dialect).result_processor(dialect, None)


class _Query:
    """A read for one dialect, on the connection of a transaction."""

    def __init__(self, statement: Select[Any], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        self._order = compiled.positiontup if dialect.positional else None
        self._said = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        self._given = [
            (name, bind.type.dialect_impl(dialect).bind_processor(dialect))
            for name, bind in compiled.binds.items()
            if bind.required
        ]
        self._columns = [(column.name, _reader(column.type, dialect)) for column in statement.selected_columns]

    def run(self, connection: Connection, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the rows as mappings by column name."""
        return [
            {name: read(cell) if read else cell for (name, read), cell in zip(self._columns, row, strict=True)}
            for row in self._cells(connection, values)
        ]

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
        """Return the rows as tuples."""
        readers = [(at, read) for at, (_, read) in enumerate(self._columns) if read]
        for row in self._cells(connection, values):
            cells = list(row)
            for at, read in readers:
                cells[at] = read(cells[at])
            yield tuple(cells)

    def said(self, values: Mapping[str, Any]) -> tuple[str, Any]:
        """Return the statement and its parameters as the driver takes them."""
        given = dict(self._said)
        for name, convert in self._given:
            given[name] = convert(values[name]) if convert else values[name]
        return self._sql, given if self._order is None else tuple([given[name] for name in self._order])

    def _cells(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        cursor = connection.connection.cursor()
        try:
            cursor.execute(*self.said(values))
            return cursor.fetchall()
        finally:
            cursor.close()


class _Known:
    """A dialect as a cache key: two engines of one kind share what was prepared."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and other.dialect.name == self.dialect.name

    def __hash__(self) -> int:
        return hash(self.dialect.name)


def whole_rows(connection: Connection) -> bool:
    """Tell whether rows are better replaced as a whole, many at once, than changed one by one."""
    return connection.dialect.name == "postgresql"


def _arrays(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> bool:
    return len(rows) >= bulk.ENOUGH and connection.dialect.name == "postgresql"


_replacing = cache(bulk.replacing)
_deleting = cache(bulk.deleting)


def insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; all have all columns."""
    if _arrays(connection, rows):
        bulk.copy(connection, table, rows)
    else:
        _insert(_Known(connection.dialect), table).run(connection, rows)


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or replace those whose key is there; all have all columns, no two the same key."""
    if _arrays(connection, rows):
        _replacing(table).run(connection, rows)
    elif rows:
        _upsert(_Known(connection.dialect), table).run(connection, rows)


def delete_keys(connection: Connection, table: Table, keys: Sequence[Mapping[str, Any]]) -> None:
    """Delete rows by their whole key."""
    if _arrays(connection, keys):
        _deleting(table).run(connection, keys)
    elif keys:
        _delete(_Known(connection.dialect), table).run(connection, keys)


def update_keys(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Update some columns of rows found by their whole key."""
    if rows:
        _update(_Known(connection.dialect), table, columns).run(connection, rows)


def fetch(
    connection: Connection, statement: Callable[[], Select[Any]], values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Read the rows of the statement that a function gives, always the same one, as mappings by column name."""
    return _query(_Known(connection.dialect), statement).run(connection, values)


def fetch_rows(
    connection: Connection, statement: Callable[[], Select[Any]], values: Mapping[str, Any]
) -> Iterator[tuple[Any, ...]]:
    """Read the rows of the statement that a function gives, always the same one, as tuples."""
    return _query(_Known(connection.dialect), statement).rows(connection, values)


@cache
def _query(known: _Known, statement: Callable[[], Select[Any]]) -> _Query:
    return _Query(statement(), known.dialect)


@lru_cache(maxsize=512)
def _update(known: _Known, table: Table, columns: tuple[str, ...]) -> Prepared:
    parts = [column == bindparam(f"{column.name}_", type_=column.type) for column in table.primary_key.columns]
    return Prepared(update(table).where(*parts), known.dialect, columns)


@cache
def _insert(known: _Known, table: Table) -> Prepared:
    return Prepared(insert(table), known.dialect, table.columns.keys(), many=True)


@cache
def _upsert(known: _Known, table: Table) -> Prepared:
    statement = (postgresql.insert if known.dialect.name == "postgresql" else sqlite.insert)(table)
    keys = list(table.primary_key.columns)
    others = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    replacing = statement.on_conflict_do_update(index_elements=keys, set_=others)
    return Prepared(replacing, known.dialect, table.columns.keys(), many=True)


@cache
def _delete(known: _Known, table: Table) -> Prepared:
    parts = [column == bindparam(f"{column.name}_", type_=column.type) for column in table.primary_key.columns]
    return Prepared(delete(table).where(*parts), known.dialect, [])
