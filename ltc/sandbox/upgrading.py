"""Brings the SQLite file of a sandbox system, made by an earlier ltc, to the tables that this one works with.

A table that differs is made anew and its rows are copied, as https://www.sqlite.org/lang_altertable.html (section 7)
says; indexes and triggers are made afterwards, by the schema itself.
"""

from __future__ import annotations

import re
import sqlite3

_HEAD = re.compile(r'^CREATE TABLE\s+"?(?P<name>\w+)"?', re.IGNORECASE)
_SUFFIX = "__new"


def bring_up_to_date(connection: sqlite3.Connection, schema: str) -> list[str]:
    """Bring the tables that the file has to the schema, in one transaction; return the names of those that differed.

    Call it before foreign keys are switched on: rows are moved table by table.

    Raises:
        ValueError: a newer ltc made the file, or rows lack what has no default; nothing is changed.
        sqlite3.Error: the file cannot be written.
    """
    there, wanted = _tables(connection), _wanted(schema)
    changed = [name for name in wanted if name in there and _plain(there[name]) != _plain(wanted[name])]
    if not changed:
        return []
    connection.execute("BEGIN IMMEDIATE")
    try:
        for name in changed:
            _make_anew(connection, name, wanted[name])
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return changed


def _wanted(schema: str) -> dict[str, str]:
    empty = sqlite3.connect(":memory:")
    try:
        empty.executescript(schema)
        return _tables(empty)
    finally:
        empty.close()


def _tables(connection: sqlite3.Connection) -> dict[str, str]:
    found = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return {str(name): str(sql) for name, sql in found}


def _plain(sql: str) -> str:
    """Return a statement as it would be whoever wrote it: the name without quotes, one space between words."""
    return " ".join(_HEAD.sub(r"CREATE TABLE \g<name>", sql).split())


def _make_anew(connection: sqlite3.Connection, name: str, sql: str) -> None:
    connection.execute(_HEAD.sub(f"CREATE TABLE {name}{_SUFFIX}", sql))
    before, after = _columns(connection, name), _columns(connection, f"{name}{_SUFFIX}")
    unknown = [column for column in before if column not in after]
    if unknown:
        raise ValueError(f"a newer ltc made it: its table {name} has {', '.join(unknown)}; run that version")
    filled = connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()  # noqa: S608 - a name of our own schema
    lacking = [column for column, needed in after.items() if needed and column not in before]
    if filled and lacking:
        raise ValueError(
            f"an older ltc made it, and nothing says what {', '.join(lacking)} of its {name} would be; "
            "run that version, or move the file away to begin anew"
        )
    shared = ", ".join(f'"{column}"' for column in before)
    connection.execute(f"INSERT INTO {name}{_SUFFIX} ({shared}) SELECT {shared} FROM {name}")  # noqa: S608
    connection.execute(f"DROP TABLE {name}")
    connection.execute(f"ALTER TABLE {name}{_SUFFIX} RENAME TO {name}")


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, bool]:
    """Return the columns of a table, each with whether a row must name it."""
    rows = connection.execute(f"PRAGMA table_info({table})").fetchall()
    return {row[1]: bool(row[3]) and row[4] is None for row in rows}
