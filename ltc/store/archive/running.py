"""Archiving: chains are written to a part, the part is checked, then they are deleted, a few in each transaction.

At every moment a chain is in the tables, or in a file that was read back and found whole, or in both. Whatever kills
the process, ``resume`` goes on: parts that are noted are done with, others are written again.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from ltc.ports.store import StoreError
from ltc.store import migrate, views
from ltc.store.archive import choosing, files, lines
from ltc.store.archive.choosing import Wanted
from ltc.store.archive.tables import ARCHIVED, ARCHIVES, PARTS
from ltc.store.columns import db_now, lock_chain
from ltc.store.engines import make_engine
from ltc.store.rows import ChainView

PART = 500  # chains in one file
FEW = 20  # chains deleted in one transaction


class Archived(NamedTuple):
    """What an archiving did. ``left``: chains that changed while they were written, and stay."""

    archive: str
    folder: str
    chains: int
    left: int


def begin(url: str, identity: str, folder: Path, wanted: Wanted, actor: str, form: str = "jsonl") -> Archived:
    """Archive chains into a folder of their own.

    Raises:
        StoreError: the format cannot be written here, the folder is in use, or an archive is not finished.
    """
    files.require(form)
    if (folder / files.MANIFEST).exists() or (folder.exists() and any(folder.iterdir())):
        raise StoreError(f"{folder} is not empty; name another folder for a new archive")
    engine = make_engine(url, writes=True)
    try:
        with engine.begin() as connection:
            open_one = connection.execute(select(ARCHIVES.c.id).where(ARCHIVES.c.state == "running")).scalar()
            if open_one:
                raise StoreError(f"archive {open_one} is not finished; run `ltc archive run --resume {open_one}` first")
            row = {"id": identity, "folder": str(folder), "format": form, "state": "running", "actor": actor}
            connection.execute(
                insert(ARCHIVES).values(**row, before=wanted.before, process=wanted.process, at=db_now())
            )
    finally:
        engine.dispose()
    return resume(url, identity)


def resume(url: str, identity: str) -> Archived:
    """Go on with an archive until it is finished.

    Raises:
        StoreError: there is none of that name.
        ArchiveDamaged: a part that was written is not what it was; its chains are still in the tables.
    """
    engine = make_engine(url, writes=True)
    try:
        with engine.begin() as connection:
            head = connection.execute(select(ARCHIVES).where(ARCHIVES.c.id == identity)).mappings().first()
        if head is None:
            raise StoreError(f"there is no archive {identity!r}; `ltc archive list` shows those there are")
        run = _Run(engine, dict(head))
        run.finish_written()
        while head["state"] == "running" and run.next_part():
            pass
        run.close()
        return Archived(identity, head["folder"], run.count(), run.left)
    finally:
        engine.dispose()


class _Run:
    """One archiving under way."""

    def __init__(self, engine: Engine, head: dict[str, Any]) -> None:
        self._engine = engine
        self._head = head
        self._folder = Path(head["folder"])
        self._after: tuple[datetime, str] | None = None
        self.left = 0

    def finish_written(self) -> None:
        """Check and delete what was written when the process ended."""
        query = select(PARTS).where(PARTS.c.archive == self._head["id"], PARTS.c.state == "written")
        with self._engine.begin() as connection:
            parts = [dict(row) for row in connection.execute(query.order_by(PARTS.c.part)).mappings()]
        for part in parts:
            self._delete(part)

    def next_part(self) -> bool:
        """Write, check and delete the next chains; False: there are no more."""
        wanted = Wanted(self._head["before"], self._head["process"])
        with self._engine.begin() as connection:
            chosen = choosing.eligible(connection, wanted, self._after, PART)
            if not chosen:
                return False
            texts = lines.of_chains(connection, [row.chain for row in chosen])
            last = select(func.max(PARTS.c.part)).where(PARTS.c.archive == self._head["id"])
            number = (connection.execute(last).scalar() or 0) + 1
        self._after = (chosen[-1].ended, chosen[-1].chain)
        name = files.part_name(number, self._head["format"])
        part = {
            "archive": self._head["id"], "part": number, "file": name, "state": "written",
            "sha256": files.write_part(self._folder / name, texts, self._head["format"]),
            "chains": {chain: lines.digest(given) for chain, given in texts.items()}, "rows": _counted(texts),
            "first_ended": chosen[0].ended, "last_ended": chosen[-1].ended,
        }  # fmt: skip
        with self._engine.begin() as connection:
            connection.execute(insert(PARTS).values(**part))
        self._write_manifest()
        self._delete(part)
        return True

    def _delete(self, part: dict[str, Any]) -> None:
        """Take the chains of a part out of the tables, once the part was read back and found whole."""
        wrong = files.wrong(self._folder, [part])
        if wrong:
            raise files.ArchiveDamaged(f"{wrong[0]}; nothing of it was deleted")
        names = sorted(part["chains"])
        for at in range(0, len(names), FEW):
            with self._engine.begin() as connection:
                for name in names[at : at + FEW]:
                    self.left += not self._take_out(connection, name, part)
        with self._engine.begin() as connection:
            mine = (PARTS.c.archive == part["archive"]) & (PARTS.c.part == part["part"])
            connection.execute(update(PARTS).where(mine).values(state="done"))

    def _take_out(self, connection: Connection, name: str, part: dict[str, Any]) -> bool:
        """Delete a chain that is still what was written; False: it is not, and stays."""
        lock_chain(connection, name)
        if connection.execute(select(ARCHIVED.c.chain).where(ARCHIVED.c.chain == name)).first() is not None:
            return True
        view = views.load(connection, name)
        same = lines.digest(lines.of_chains(connection, [name])[name]) == part["chains"][name]
        if not same or view.head["ended"] is None or choosing.why_kept(connection, name):
            return False
        head = {one: view.head[one] for one in ("process", "number", "customer", "outcome", "started", "ended")}
        row = {"chain": name, "archive": part["archive"], "part": part["part"], "digest": part["chains"][name]}
        connection.execute(insert(ARCHIVED).values(**row, **head))
        lines.remove(connection, name)
        views.forget(connection, name)
        views.count(connection, [(view, ChainView(name))])
        return True

    def close(self) -> None:
        """Say that the archive is whole."""
        with self._engine.begin() as connection:
            connection.execute(update(ARCHIVES).where(ARCHIVES.c.id == self._head["id"]).values(state="done"))
        self._write_manifest()

    def count(self) -> int:
        """Return how many chains the archive holds."""
        query = select(func.count()).select_from(ARCHIVED).where(ARCHIVED.c.archive == self._head["id"])
        with self._engine.begin() as connection:
            return int(connection.execute(query).scalar_one())

    def _write_manifest(self) -> None:
        with self._engine.begin() as connection:
            files.write_manifest(self._folder, manifest(connection, self._head["id"]))


def _counted(texts: dict[str, list[str]]) -> dict[str, int]:
    counts = dict.fromkeys(lines.TABLES, 0)
    for given in texts.values():
        for table, _ in lines.read(given):
            counts[table] += 1
    return counts


def manifest(connection: Connection, identity: str) -> dict[str, Any]:
    """Return what an archive holds: criteria, schema, parts with their digests, counts and time range."""
    head = connection.execute(select(ARCHIVES).where(ARCHIVES.c.id == identity)).mappings().one()
    query = select(PARTS).where(PARTS.c.archive == identity).order_by(PARTS.c.part)
    parts = [{**row, "first_ended": row["first_ended"].isoformat(), "last_ended": row["last_ended"].isoformat()}
             for row in connection.execute(query).mappings()]  # fmt: skip
    return {
        "archive": identity, "format": head["format"], "state": head["state"], "schema": migrate.head(),
        "before": head["before"].isoformat(), "process": head["process"], "actor": head["actor"],
        "at": head["at"].isoformat(), "chains": sum(len(part["chains"]) for part in parts),
        "rows": {name: sum(part["rows"][name] for part in parts) for name in lines.TABLES} if parts else {},
        "first_ended": min((part["first_ended"] for part in parts), default=""),
        "last_ended": max((part["last_ended"] for part in parts), default=""), "parts": parts,
    }  # fmt: skip


def forget(connection: Connection, name: str) -> None:
    """Note that a chain is no longer only in its archive."""
    connection.execute(delete(ARCHIVED).where(ARCHIVED.c.chain == name))
