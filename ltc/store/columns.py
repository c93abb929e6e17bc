"""Column types and SQL that read the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Table,
    Text,
    bindparam,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

# One encoder for all: making one takes longer than using it. Writes what ``ltc.model.ids.canonical`` writes.
ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


_SCALARS = frozenset({str, int, float, bool, type(None)})
_TEXTS = frozenset({str})


class Encoded(str):
    """A JSON value that has been written already."""

    __slots__ = ()


def encode(value: Any) -> str | None:
    """Write a value as a column of JSON holds it."""
    if value is None or type(value) is Encoded:
        return value
    return ENCODER.encode(value)


def is_json(value: Any) -> bool:
    """Tell whether a value reads back from its JSON as it is: no tuples, dates, or keys that are no texts."""
    kind = type(value)
    if kind is dict:
        if not _TEXTS.issuperset(map(type, value)):
            return False
        value = value.values()
    elif kind is not list:
        return kind in _SCALARS
    return _SCALARS.issuperset(map(type, value)) or all(type(one) in _SCALARS or is_json(one) for one in value)


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept in UTC to the microsecond."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A JSON value in its canonical text: the same bytes on every database, so that digests and dumps agree."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class db_now(FunctionElement[datetime]):  # noqa: N801 - reads as an SQL function
    """The database's clock at the moment of the statement (not of the transaction)."""

    type = Instant()
    inherit_cache = True


@compiles(db_now, "postgresql")
def _now_postgresql(_element: db_now, _compiler: SQLCompiler, **_: Any) -> str:
    return "clock_timestamp()"


@compiles(db_now, "sqlite")
def _now_sqlite(_element: db_now, _compiler: SQLCompiler, **_: Any) -> str:
    return "strftime('%Y-%m-%d %H:%M:%f000', 'now')"  # as SQLAlchemy writes a DateTime


class beside(FunctionElement[Any]):  # noqa: N801 - reads as an SQL function
    """A column that a condition asks about but that no index is chosen by: SQLite has no statistics."""

    inherit_cache = True


@compiles(beside, "postgresql")
def _beside_postgresql(element: beside, compiler: SQLCompiler, **given: Any) -> str:
    return compiler.process(element.clauses, **given)


@compiles(beside, "sqlite")
def _beside_sqlite(element: beside, compiler: SQLCompiler, **given: Any) -> str:
    return f"+{compiler.process(element.clauses, **given)}"  # a unary plus keeps a term from an index


class Names(TypeDecorator[Sequence[str]]):
    """Many names as one parameter: a statement reads the same however many there are."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(postgresql.ARRAY(Text()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return ENCODER.encode(list(value))


class among(FunctionElement[Any]):  # noqa: N801 - reads as an SQL function
    """Tell whether a column is one of the names in a parameter of type ``Names``.

    It has no type: SQLite would compare a truth value with 1, and then find no index for it.
    """

    inherit_cache = True


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: SQLCompiler, **given: Any) -> str:
    one, names = [compiler.process(clause, **given) for clause in element.clauses]
    return f"{one} = ANY ({names})"


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: SQLCompiler, **given: Any) -> str:
    one, names = element.clauses
    return compiler.process(one.in_(select(literal_column("value")).select_from(func.json_each(names))), **given)


def lock_chain(connection: Connection, chain: str) -> None:
    """Let one transaction at a time touch a chain's trail. SQLite has one writer anyway."""
    lock_chains(connection, [chain])


def lock_chains(connection: Connection, chains: Sequence[str]) -> None:
    """Let one transaction at a time touch the trails of some chains.

    They are locked in one order only, so that two transactions that do cannot wait for each other.
    """
    if chains and connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"chains": chains})


_LOCK = text(
    "select pg_advisory_xact_lock(key) from"
    " (select hashtextextended(name, 0) as key from unnest(:chains) as given(name) order by 1) as keys"
).bindparams(bindparam("chains", type_=Names))


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless its key is there. Returns whether it was inserted. SQL expressions count as values."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(dict(row)).on_conflict_do_nothing()
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1
