"""Connections: one engine that writes and one that reads, on SQLite or PostgreSQL; driver errors made ours."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from ltc.ports.store import SchemaOutdated, StoreError, StoreUnavailable

BUSY_SECONDS = 10.0  # how long a write waits for another process's write
# Of the connection that writes, on SQLite. With the two megabytes and thousand pages that it has by itself, a
# transaction of some hundred chains writes pages out before it commits, and pages written again and again are copied
# from the log into the file each time.
WRITER_CACHE = 64 * 1024  # kibibytes of pages in memory, as they come to be used
CHECKPOINT = 8_000  # pages in the log before they are copied: 32 MB
_SQLITE = {"timeout": BUSY_SECONDS, "check_same_thread": False, "cached_statements": 512}
_AWAY = ("OperationalError", "InterfaceError", "InternalError", "DatabaseError")  # as every driver calls them
# What SQLite says of a file, and what helps.
_REMEDIES = {
    "is locked": "another program holds it, a backup perhaps: do this again when that has ended",
    "malformed": "it is damaged: put a backup of it back, or move it away and run `ltc up`, then `ltc views heal`",
    "not a database": "it is damaged: put a backup of it back, or move it away and run `ltc up`, then `ltc views heal`",
    "is full": "the disk is full: make room, then do this again",
    "readonly": "it cannot be written: give it to the user that runs ltc",
}
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "sqlite": "sqlite"}


def parse_url(url: str) -> URL:
    """Read a database address: ``sqlite:///path`` or ``postgresql://user:password@host/name``.

    Raises:
        StoreError: it is neither.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    backend = parsed.drivername.split("+")[0] if parsed is not None else ""
    if parsed is None or backend not in _DRIVERS:
        raise StoreError("the database address is neither sqlite:///path nor postgresql://user@host/name; correct it")
    if backend == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise StoreError("an SQLite database needs a file (sqlite:///path): in memory each connection has its own")
    return parsed.set(drivername=_DRIVERS[backend])


def make_engine(url: str, *, writes: bool, size: int = 1) -> Engine:
    """Make the engine that writes (one connection) or the one that reads (``size`` connections)."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, pool_size=size, max_overflow=0, connect_args=_SQLITE)
        _dress_sqlite(engine, writes)
        return engine
    # Reads see one instant: a report that compares tables must not see half of another's transaction.
    level = "READ COMMITTED" if writes else "REPEATABLE READ"
    return create_engine(
        parsed,
        pool_size=size,
        max_overflow=0,
        pool_pre_ping=True,
        isolation_level=level,
        connect_args={"connect_timeout": 5, "options": "-c timezone=UTC"},
    )


def _dress_sqlite(engine: Engine, writes: bool) -> None:
    """WAL, foreign keys, a busy timeout; transactions begin as we say, not as the driver guesses."""

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        if writes:
            connection.execute(f"PRAGMA cache_size=-{WRITER_CACHE}")
            connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT}")
        else:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        _at_once(connection, "BEGIN IMMEDIATE" if writes else "BEGIN")


def set_lasting(connection: Connection, lasting: bool) -> None:
    """Say before a transaction begins whether a power cut may cost it; a killed process loses nothing either way.

    Only SQLite knows the difference: in WAL mode a commit under NORMAL does not wait for the disk. PostgreSQL commits
    as the server is set up.
    """
    if connection.dialect.name != "sqlite":
        return
    level = "FULL" if lasting else "NORMAL"
    if connection.info.get("synchronous", "FULL") != level:
        _at_once(connection, f"PRAGMA synchronous={level}")
        connection.info["synchronous"] = level


def keep_pages(connection: Connection, kibibytes: int) -> None:
    """Let a connection keep so much of the database in memory; PostgreSQL's server does as it is set up."""
    if connection.dialect.name == "sqlite":
        _at_once(connection, f"PRAGMA cache_size=-{kibibytes}")


def reach_disk(connection: Connection) -> None:
    """Have everything committed so far survive a power cut."""
    if connection.dialect.name == "sqlite":
        _at_once(connection, "PRAGMA wal_checkpoint(PASSIVE)")


def _at_once(connection: Connection, sql: str) -> None:
    """Run a statement on the driver's own cursor: SQLAlchemy would begin a transaction for it."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(sql)
    finally:
        cursor.close()


def _driver_error(error: Exception) -> BaseException | None:
    """Return the driver's own error: wrapped by SQLAlchemy, or bare where a statement was made ready by ourselves."""
    if isinstance(error, DBAPIError):
        return error.orig
    return error if isinstance(error, sqlite3.Error) or type(error).__module__.startswith("psycopg") else None


def _missing_table(cause: BaseException) -> bool:
    said = str(cause)
    if isinstance(cause, sqlite3.Error) and ("no such table" in said or "has no column" in said):
        return True
    return getattr(cause, "sqlstate", None) in ("42P01", "42703") or "no such column" in said


def conflicted(error: Exception) -> bool:
    """Tell whether the database gave up a transaction for the sake of another: running it again will do."""
    return getattr(_driver_error(error), "sqlstate", None) in ("40001", "40P01")


def _remedy(said: str) -> str:
    """Return what to do about a database that cannot be used, by what its driver says."""
    return next((remedy for sign, remedy in _REMEDIES.items() if sign in said), "see that it runs and can be written")


def translate(error: Exception, url: str) -> Exception:
    """Turn a driver's error into ours; others stay as they are. No password gets into the text."""
    cause = _driver_error(error)
    if cause is None and not isinstance(error, SQLAlchemyError):
        return error
    where = parse_url(url).render_as_string(hide_password=True)
    said = (str(cause or error).splitlines() or ["no reason given"])[0]
    if cause is not None and _missing_table(cause):
        return SchemaOutdated(f"the database {where} lacks tables this program needs; run 'ltc db upgrade'")
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if cause is None or lost or type(cause).__name__ in _AWAY or type(cause).__mro__[1].__name__ in _AWAY:
        return StoreUnavailable(f"the database {where} cannot be used ({said}); {_remedy(said)}")
    return StoreError(f"the database {where} refused: {said}")
