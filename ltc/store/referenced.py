"""Which attached files the records speak of: their digests, wherever one may stand, in the tables and in archives."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, Text, func, select, type_coerce

from ltc.ports.store import StoreError
from ltc.store.archive import files, lines
from ltc.store.archive.tables import ARCHIVED, ARCHIVES, PARTS
from ltc.store.records import AUDIT, INBOX, INTENTS, STARTS, TRAIL
from ltc.store.records_versions import ANSWERS
from ltc.store.view_tables import VIEW_TABLES

_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_WRITTEN: tuple[tuple[Table, str], ...] = ((TRAIL, "data"), (INTENTS, "result"), (INBOX, "fields"), (AUDIT, "detail"))
_PACKED: tuple[tuple[Table, str], ...] = ((STARTS, "input"), (ANSWERS, "result"))
_AT_ONCE = 1000


def digests(connection: Connection) -> set[str]:
    """Return every digest that the records hold; what is no file's may be among them.

    The tables are read first, archives after them: a chain that is archived meanwhile is met in one of both.

    Raises:
        StoreError: a trail has a hole, or an archive cannot be read, so that nobody knows what they speak of.
    """
    holes = connection.execute(
        select(func.count()).select_from(VIEW_TABLES["chains"]).where(VIEW_TABLES["chains"].c.gap.is_(True))
    ).scalar_one()
    if holes:
        raise StoreError(f"the trails of {holes} chains have holes: what they refer to is not known; `ltc views heal`")
    found: set[str] = set()
    for text in chain(_tables(connection), _archives(connection)):
        found.update(_DIGEST.findall(text))
    return found


def _tables(connection: Connection) -> Iterator[str]:
    for table, name in _WRITTEN:
        column = type_coerce(table.c[name], Text)
        query = select(column).where(column.like("%sha256%"))
        yield from connection.execute(query.execution_options(yield_per=_AT_ONCE)).scalars()
    for table, name in _PACKED:
        for packed in connection.execute(select(table.c[name]).execution_options(yield_per=_AT_ONCE)).scalars():
            yield zlib.decompress(packed).decode()


def _archives(connection: Connection) -> Iterator[str]:
    query = select(ARCHIVES.c.folder, PARTS.c.file, PARTS.c.archive, PARTS.c.part)
    for row in connection.execute(query.join(PARTS, PARTS.c.archive == ARCHIVES.c.id)).all():
        path = Path(row.folder) / row.file
        held = select(ARCHIVED.c.chain).where(ARCHIVED.c.archive == row.archive, ARCHIVED.c.part == row.part)
        if not path.exists() and connection.execute(held.limit(1)).first() is None:
            continue  # all of it was put back, and the folder is gone
        for _, given in files.read_part(path):
            for name, cells in lines.read(given):
                yield from (_text(name, column, cell) for column, cell in cells.items())


def _text(table: str, column: str, cell: Any) -> str:
    packed = any((one.name, name) == (table, column) for one, name in _PACKED)
    return zlib.decompress(base64.b64decode(cell)).decode() if packed and cell else str(cell)
