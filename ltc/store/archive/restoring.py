"""Putting archived chains back as they were, and the questions about archives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, func, select

from ltc.ports.store import StoreError
from ltc.store import trail, views
from ltc.store.archive import files, lines
from ltc.store.archive.running import forget
from ltc.store.archive.tables import ARCHIVED, ARCHIVES, PARTS
from ltc.store.columns import lock_chain
from ltc.store.engines import make_engine
from ltc.store.records import TRAIL
from ltc.store.rows import ChainView

Record = dict[str, Any]


class Restored(NamedTuple):
    """What a restore did. ``there``: chains that were in the tables already, left as they are."""

    chains: int
    rows: int
    there: int


def restore(url: str, folder: Path, names: Sequence[str] = ()) -> Restored:
    """Put the chains of an archive back, all or some; every file that is read is checked first.

    Raises:
        ArchiveDamaged: a file is missing or was altered; nothing of it is put back.
        StoreError: a chain is not in this archive.
    """
    manifest = files.read_manifest(folder)
    parts = [part for part in manifest["parts"] if not names or any(name in part["chains"] for name in names)]
    unknown = [name for name in names if not any(name in part["chains"] for part in parts)]
    if unknown:
        raise StoreError(f"{unknown[0]} is not in the archive {folder}; `ltc archive list --chain` says where it is")
    engine = make_engine(url, writes=True)
    done = Restored(0, 0, 0)
    try:
        for part in parts:
            wrong = files.wrong(folder, [part])
            if wrong:
                raise files.ArchiveDamaged(f"{wrong[0]}; nothing of it was put back")
            for name, given in files.read_part(folder / part["file"]):
                if not names or name in names:
                    rows = _put_back(engine, name, given, part["archive"])
                    done = Restored(done.chains + bool(rows), done.rows + rows, done.there + (not rows))
    finally:
        engine.dispose()
    return done


def _put_back(engine: Engine, name: str, given: list[str], archive: str) -> int:
    """Put one chain back; 0: it was there, or is in another archive by now."""
    with engine.begin() as connection:
        lock_chain(connection, name)
        elsewhere = connection.execute(select(ARCHIVED.c.archive).where(ARCHIVED.c.chain == name)).scalar()
        there = connection.execute(select(TRAIL.c.chain).where(TRAIL.c.chain == name).limit(1)).first()
        if there is not None or (elsewhere or archive) != archive:
            return 0
        rows = lines.put_back(connection, given)
        forget(connection, name)
        view = views.advance(ChainView(name), trail.entries(connection, name))
        views.save(connection, [(ChainView(name), view)])
        views.count(connection, [(ChainView(name), view)])
    return rows


def verify(connection: Connection, identity: str) -> list[str]:
    """Return what is wrong with an archive: its files, its manifest, and chains that are in no part.

    Raises:
        StoreError: there is no such archive.
    """
    head = archive_of(connection, identity)
    folder = Path(head["folder"])
    parts = [dict(row) for row in connection.execute(select(PARTS).where(PARTS.c.archive == identity)).mappings()]
    found = files.wrong(folder, parts)
    try:
        told = {part["file"]: part["sha256"] for part in files.read_manifest(folder)["parts"]}
        if told != {part["file"]: part["sha256"] for part in parts}:
            found.append("the manifest names other parts than the database")
    except files.ArchiveDamaged as error:
        found.append(str(error))
    known = {(part["part"], chain): digest for part in parts for chain, digest in part["chains"].items()}
    rows = connection.execute(select(ARCHIVED).where(ARCHIVED.c.archive == identity).order_by(ARCHIVED.c.chain))
    lost = [row.chain for row in rows if known.get((row.part, row.chain)) != row.digest]
    return [*found, *(f"{chain} is in no part of the archive" for chain in lost)]


def archive_of(connection: Connection, identity: str) -> Record:
    """Return an archive.

    Raises:
        StoreError: there is none of that name.
    """
    head = connection.execute(select(ARCHIVES).where(ARCHIVES.c.id == identity)).mappings().first()
    if head is None:
        raise StoreError(f"there is no archive {identity!r}; `ltc archive list` shows those there are")
    return dict(head)


def archives(connection: Connection) -> list[Record]:
    """Return the archives, newest first, each with how many chains are in it and how many were put back."""
    counts = select(ARCHIVED.c.archive, func.count().label("n")).group_by(ARCHIVED.c.archive)
    held: dict[str, int] = {row.archive: row.n for row in connection.execute(counts)}
    rows = connection.execute(select(ARCHIVES).order_by(ARCHIVES.c.at.desc(), ARCHIVES.c.id)).mappings()
    return [{**row, "chains": held.get(row["id"], 0)} for row in rows]
