"""The SQLite file of a sandbox system: one connection, short transactions, an effects table nobody can rewrite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ltc.sandbox.upgrading import bring_up_to_date

_COMMON = """
CREATE TABLE IF NOT EXISTS effects (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at_virtual TEXT NOT NULL, at_real TEXT NOT NULL, operation TEXT NOT NULL,
  key TEXT NOT NULL, chain TEXT NOT NULL, attempt INTEGER NOT NULL, document_type TEXT NOT NULL,
  document_id TEXT NOT NULL, parent TEXT NOT NULL, amount_minor INTEGER NOT NULL, currency TEXT NOT NULL,
  quantity INTEGER NOT NULL, undo_of INTEGER);
CREATE INDEX IF NOT EXISTS effects_document ON effects (document_id, operation);
CREATE INDEX IF NOT EXISTS effects_undo ON effects (undo_of) WHERE undo_of IS NOT NULL;
CREATE INDEX IF NOT EXISTS effects_key ON effects (key) WHERE key <> '';
CREATE TRIGGER IF NOT EXISTS effects_no_update BEFORE UPDATE ON effects
  BEGIN SELECT RAISE(ABORT, 'the record of effects is append-only'); END;
CREATE TRIGGER IF NOT EXISTS effects_no_delete BEFORE DELETE ON effects
  BEGIN SELECT RAISE(ABORT, 'the record of effects is append-only'); END;
CREATE TABLE IF NOT EXISTS keys (
  key TEXT NOT NULL, operation TEXT NOT NULL, digest TEXT NOT NULL, answer TEXT NOT NULL,
  PRIMARY KEY (key, operation)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (prefix TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, name TEXT NOT NULL, fields TEXT NOT NULL,
  at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS held_events (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, fields TEXT NOT NULL, at TEXT NOT NULL, chain TEXT NOT NULL,
  release REAL NOT NULL);
CREATE TABLE IF NOT EXISTS fault_progress (rule TEXT PRIMARY KEY, seen INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fault_counts (
  operation TEXT NOT NULL, fault TEXT NOT NULL, reason TEXT NOT NULL, planned INTEGER NOT NULL,
  count INTEGER NOT NULL, PRIMARY KEY (operation, fault, reason, planned)) WITHOUT ROWID;
"""


class Database:
    """One connection to one file, used by one event loop. ``:memory:`` makes a database that ends with it.

    ``renewed`` names the tables of an older ltc that were brought to the present schema when it was opened.
    """

    def __init__(self, path: Path | str, schema: str) -> None:
        """Open or create the file.

        Raises:
            ValueError: the file cannot be opened, is not a database, or is of another version of ltc.
        """
        try:
            self._connection = sqlite3.connect(str(path), isolation_level=None, check_same_thread=False)
            self._connection.row_factory = sqlite3.Row
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
                self._connection.execute(f"PRAGMA {pragma}")
            self.renewed = bring_up_to_date(self._connection, _COMMON + schema)
            self._connection.execute("PRAGMA foreign_keys=ON")
            self._connection.executescript(_COMMON + schema)
        except sqlite3.Error as error:
            raise ValueError(f"database {path}: {error}; give a path where a database may be made") from None
        except ValueError as error:
            raise ValueError(f"database {path}: {error}") from None

    @contextmanager
    def write(self) -> Iterator[None]:
        """One transaction: committed at the end, rolled back when anything is raised."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def run(self, sql: str, *values: Any) -> int:
        """Run a statement; return the last row id."""
        return self._connection.execute(sql, values).lastrowid or 0

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """Return the first row, or None."""
        row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Return all rows."""
        return self._connection.execute(sql, values).fetchall()

    def value(self, sql: str, *values: Any) -> Any:
        """Return the first column of the first row, or None."""
        row = self._connection.execute(sql, values).fetchone()
        return row[0] if row else None

    def insert(self, table: str, **columns: Any) -> int:
        """Insert a row; return its row id."""
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        return self.run(f"INSERT INTO {table} ({names}) VALUES ({marks})", *columns.values())  # noqa: S608

    def next_id(self, prefix: str) -> str:
        """Return the next number of a series, as in SO1, SO2."""
        last = self.value(
            "INSERT INTO counters VALUES (?, 1) ON CONFLICT (prefix) DO UPDATE SET last = last + 1 RETURNING last",
            prefix,
        )
        return f"{prefix}{last}"

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
