"""The records of a chain as lines of JSON, and back: every cell as the database holds it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, LargeBinary, Table, Text, delete, insert, select, type_coerce, update

from ltc.model.ids import canonical
from ltc.store.columns import Encoded, Instant, Json, insert_new
from ltc.store.doors import deflate
from ltc.store.records import ALARMS, AUDIT, CORRELATION, INBOX, INTENTS, LATE_EVENTS, RUNS, STARTS, TRAIL, WRITEBACKS
from ltc.store.records_versions import ANSWERS

# What a chain has on record. Its start stays where it is, without the input: a closed deal never starts twice. So do
# the names of its documents: what is still reported about them belongs to a chain that ended, and is not nobody's.
TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        STARTS, RUNS, TRAIL, INTENTS, CORRELATION, INBOX, LATE_EVENTS, ALARMS, AUDIT, WRITEBACKS, ANSWERS,
    )
}  # fmt: skip
_STAY = (STARTS, CORRELATION)
_AT_ONCE = 200
_EMPTY = deflate({})
Cells = dict[str, Any]


def of_chains(connection: Connection, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the lines of some chains: by table, then by key."""
    found: dict[str, list[str]] = {name: [] for name in sorted(names)}
    for at in range(0, len(names), _AT_ONCE):
        some = names[at : at + _AT_ONCE]
        for name, table in TABLES.items():
            columns = [type_coerce(one, Text) if isinstance(one.type, Json) else one for one in table.columns]
            labels = [one.name for one in table.columns]
            query = select(*columns).where(table.c.chain.in_(some)).order_by(*table.primary_key.columns)
            for row in connection.execute(query):
                cells = {label: _out(cell) for label, cell in zip(labels, row, strict=True)}
                found[cells["chain"]].append(canonical({"table": name, "row": cells}).decode())
    return found


def _out(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return cell.isoformat()
    return base64.b64encode(cell).decode() if isinstance(cell, bytes) else cell


def _in(column: Column[Any], cell: Any) -> Any:
    if cell is None:
        return None
    if isinstance(column.type, Instant):
        return datetime.fromisoformat(cell)
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(cell)
    return Encoded(cell) if isinstance(column.type, Json) else cell


def read(lines: Iterable[str]) -> Iterator[tuple[str, Cells]]:
    """Return table and cells of each line.

    Raises:
        ValueError: a line is none of an archive.
    """
    for line in lines:
        given = json.loads(line)
        if not isinstance(given, dict) or given.get("table") not in TABLES or "chain" not in given.get("row", {}):
            raise ValueError(f"no line of an archive: {line[:80]}")
        yield given["table"], given["row"]


def digest(lines: Iterable[str]) -> str:
    """Return the digest of a chain's lines."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def remove(connection: Connection, name: str) -> None:
    """Delete a chain's records; its documents stay known as its own, and of its start only the input goes."""
    for table in TABLES.values():
        if table not in _STAY:
            connection.execute(delete(table).where(table.c.chain == name))
    connection.execute(update(STARTS).where(STARTS.c.chain == name).values(input=_EMPTY))


def put_back(connection: Connection, lines: Iterable[str]) -> int:
    """Insert a chain's records as they were; returns how many rows."""
    count = 0
    for name, cells in read(lines):
        table = TABLES[name]
        row = {one.name: _in(one, cells[one.name]) for one in table.columns if one.name in cells}
        count += 1
        if table is STARTS:
            if not insert_new(connection, STARTS, row):
                connection.execute(update(STARTS).where(STARTS.c.chain == row["chain"]).values(input=row["input"]))
        elif table is AUDIT and not insert_new(connection, AUDIT, row):
            row.pop("id")  # SQLite has given its number to another row meanwhile
            connection.execute(insert(AUDIT).values(**row))
        elif table is not AUDIT:
            insert_new(connection, table, row)
    return count
