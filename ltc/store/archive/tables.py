"""The tables of archives: what was archived, in which files, and where each chain is; never dropped."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Connection, Index, Integer, Table, Text, select

from ltc.store.columns import Instant, Json
from ltc.store.records import METADATA

ARCHIVES = Table(
    "archives",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("folder", Text, nullable=False),
    Column("format", Text, nullable=False),  # jsonl | parquet
    Column("state", Text, nullable=False),  # running | done
    Column("before", Instant, nullable=False),  # chains that ended before this, business time
    Column("process", Text, nullable=False),  # empty: of every process
    Column("actor", Text, nullable=False),
    Column("at", Instant, nullable=False),
)
PARTS = Table(
    "archive_parts",
    METADATA,
    Column("archive", Text, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("file", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("state", Text, nullable=False),  # written | done
    Column("chains", Json, nullable=False),  # the digest of each chain's lines
    Column("rows", Json, nullable=False),  # how many of each table
    Column("first_ended", Instant, nullable=False),
    Column("last_ended", Instant, nullable=False),
)
ARCHIVED = Table(
    "archived",
    METADATA,
    Column("chain", Text, primary_key=True),
    Column("archive", Text, nullable=False),
    Column("part", Integer, nullable=False),
    Column("process", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("started", Instant),
    Column("ended", Instant, nullable=False),
    Column("digest", Text, nullable=False),
    Index(None, "archive", "part"),
    Index(None, "number"),
)


def place_of(connection: Connection, chain: str) -> dict[str, Any] | None:
    """Return where an archived chain is: its head, the archive, its folder and the file."""
    query = (
        select(ARCHIVED, ARCHIVES.c.folder, ARCHIVES.c.at.label("archived"), PARTS.c.file)
        .join(ARCHIVES, ARCHIVES.c.id == ARCHIVED.c.archive)
        .join(PARTS, (PARTS.c.archive == ARCHIVED.c.archive) & (PARTS.c.part == ARCHIVED.c.part))
        .where(ARCHIVED.c.chain == chain)
    )
    row = connection.execute(query).mappings().first()
    return dict(row) if row else None
