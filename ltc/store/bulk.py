"""Many rows in one statement on PostgreSQL: COPY for rows that are new, arrays for those to be replaced or deleted.

A row of its own costs the driver and the server some thirty microseconds; in a COPY or an array it costs a tenth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    Table,
    Text,
    bindparam,
    cast,
    column,
    delete,
    func,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import psycopg as psycopg_dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.selectable import TableValuedAlias

from ltc.store.columns import Instant, Json, encode

ENOUGH = 4  # rows from which on it is worth it
_Cell = Callable[[Any], str]
_DIALECT = psycopg_dialect.dialect()  # type: ignore[no-untyped-call]


@lru_cache(maxsize=4096)
def _instant(moment: datetime | None) -> str:
    """Write an instant; the entries of a step share theirs."""
    return "NULL" if moment is None else f'"{moment.isoformat()}"'


def _text(value: str | None) -> str:
    if value is None:
        return "NULL"
    if "\\" in value or '"' in value:
        value = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{value}"'


def _json(value: Any) -> str:
    return _text(encode(value))


def _number(value: Any) -> str:
    return "NULL" if value is None else repr(value)


def _flag(value: bool | None) -> str:
    return "NULL" if value is None else "t" if value else "f"


class _Writers(NamedTuple):
    """How cells are written, by the type of their column. Arrays are of views, which have no binary column."""

    instant: _Cell
    json: _Cell
    flag: _Cell
    number: _Cell
    text: _Cell
    binary: _Cell

    def of(self, one: Column[Any]) -> _Cell:
        """Return how a cell of a column is written."""
        kind = one.type
        if isinstance(kind, Instant):
            return self.instant
        if isinstance(kind, Json):
            return self.json
        if isinstance(kind, LargeBinary):
            return self.binary
        if isinstance(kind, Boolean):
            return self.flag
        return self.number if isinstance(kind, Integer | BigInteger | Float) else self.text


_ELEMENTS = _Writers(_instant, _json, _flag, _number, _text, _text)  # of an array


class Arrays:
    """A statement over rows that are given as one array for each column."""

    def __init__(self, statement: ClauseElement, columns: Sequence[Column[Any]]) -> None:
        self._sql = str(statement.compile(dialect=_DIALECT))
        self._cells = [(column.name, _ELEMENTS.of(column)) for column in columns]

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Carry the statement out for all rows at once."""
        given = {name: "{" + ",".join([cell(row[name]) for row in rows]) + "}" for name, cell in self._cells}
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self._sql, given)
        finally:
            cursor.close()


def _given(columns: Sequence[Column[Any]]) -> TableValuedAlias:
    """Return the rows that arrays of cells make: texts for the driver, read as arrays by the server."""
    arrays = [cast(bindparam(one.name, type_=Text), postgresql.ARRAY(one.type)) for one in columns]
    named = [column(one.name, one.type) for one in columns]
    return func.unnest(*arrays).table_valued(*named, name="given").render_derived()


def replacing(table: Table) -> Arrays:
    """Make the statement that inserts rows, or replaces those whose key is there."""
    statement = inserting(table)
    others = {one.name: statement.excluded[one.name] for one in table.columns if not one.primary_key}
    keys = list(table.primary_key.columns)
    return Arrays(statement.on_conflict_do_update(index_elements=keys, set_=others), list(table.columns))


def inserting(table: Table) -> postgresql.Insert:
    """Return the insertion of rows that are given as arrays, for a statement of ``Arrays`` to say more."""
    given = _given(list(table.columns))
    names = [one.name for one in table.columns]
    return postgresql.insert(table).from_select(names, select(*[given.c[name] for name in names]))


def deleting(table: Table) -> Arrays:
    """Make the statement that deletes rows by their whole key."""
    keys = list(table.primary_key.columns)
    given = _given(keys)
    return Arrays(delete(table).where(*[one == given.c[one.name] for one in keys]), keys)


def copy(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that are not there; all have all columns.

    The text is written here (PostgreSQL's documentation of COPY, "Text Format"): the driver would look at each cell's
    type anew.

    Raises:
        IntegrityError: of the driver: a row is there.
    """
    sql, cells = _copying(table)
    lines = ["\t".join([cell(row[name]) for name, cell in cells]) for row in rows]
    cursor: Any = connection.connection.cursor()
    try:
        with cursor.copy(sql) as going:
            going.write("\n".join([*lines, ""]))
    finally:
        cursor.close()


@cache
def _copying(table: Table) -> tuple[str, list[tuple[str, _Cell]]]:
    names = [one.name for one in table.columns]
    return f"COPY {table.name} ({', '.join(names)}) FROM STDIN", [(one.name, _FIELDS.of(one)) for one in table.columns]


_NULL = "\\N"
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copied_text(value: str | None) -> str:
    if value is None:
        return _NULL
    plain = "\\" not in value and "\t" not in value and "\n" not in value and "\r" not in value
    return value if plain else value.translate(_ESCAPED)


def _copied_json(value: Any) -> str:
    return _copied_text(encode(value))


@lru_cache(maxsize=4096)
def _copied_instant(moment: datetime | None) -> str:
    return _NULL if moment is None else moment.isoformat()


def _copied_bytes(value: bytes | None) -> str:
    return _NULL if value is None else f"\\\\x{value.hex()}"


def _copied_number(value: Any) -> str:
    return _NULL if value is None else repr(value)


def _copied_flag(value: bool | None) -> str:
    return _NULL if value is None else "t" if value else "f"


# Of a line of COPY.
_FIELDS = _Writers(_copied_instant, _copied_json, _copied_flag, _copied_number, _copied_text, _copied_bytes)
