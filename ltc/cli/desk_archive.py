"""What commands about archives ask of an installation."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from ltc.bootstrap import Parts
from ltc.cli.desk_tasks import DOOR
from ltc.cli.exits import NotFoundError
from ltc.cli.output import plain
from ltc.client.chain_client import ChainClient
from ltc.store.archive import choosing, files, restoring, running, tables
from ltc.store.archive.choosing import Wanted
from ltc.store.engines import translate

Record = dict[str, Any]
T = TypeVar("T")


class ArchiveDesk:
    """Archives of closed chains. Only operators archive and restore."""

    client: ChainClient
    parts: Parts

    def aged(self, days: int) -> datetime:
        """Return the business time so many days ago."""
        return self.client.now() - timedelta(days=days)

    async def archive_plan(self, before: datetime | int, process: str) -> Record:
        """Say which chains would be archived; ``before`` an instant, or how many days ago."""
        wanted = self._wanted(before, process)
        found = plain(await self.client.store.read(choosing.plan, wanted))
        return {"before": plain(wanted.before), "process": process, **found}

    def _wanted(self, before: datetime | int, process: str) -> Wanted:
        return Wanted(self.aged(before) if isinstance(before, int) else before, process)

    async def archive_run(
        self, before: datetime | int, process: str, to: str, form: str, actor: str, reason: str
    ) -> Record:
        """Archive chains; returns what was done."""
        await self.client.require_operator(actor)
        files.require(form)
        identity = f"{self.client.now():%Y%m%d}-{uuid.uuid4().hex[:6]}"
        folder = self._folder(to or str(self.parts.settings.state / "archive" / identity))
        wanted = self._wanted(before, process)
        done = await self._off(lambda url: running.begin(url, identity, folder, wanted, actor, form))
        return await self._noted("archive", actor, reason, done._asdict())

    @staticmethod
    def _folder(named: str) -> Path:
        return Path(named).resolve()

    async def archive_resume(self, identity: str, actor: str, reason: str) -> Record:
        """Go on with an archive that was cut short."""
        await self.client.require_operator(actor)
        done = await self._off(lambda url: running.resume(url, identity))
        return await self._noted("archive", actor, reason, done._asdict())

    async def archive_restore(
        self, identity: str, folder: str, chains: Sequence[str], actor: str, reason: str
    ) -> Record:
        """Put chains back: some, or all of an archive (by its id, or by its folder)."""
        await self.client.require_operator(actor)
        if not identity and not folder:
            first = await self.archive_place(chains[0])
            if first is None:
                raise NotFoundError(f"{chains[0]} is in no archive; `ltc chain show` tells whether it is known at all")
            identity = first["archive"]
        if identity:
            folder = str((await self.client.store.read(restoring.archive_of, identity))["folder"])
        done = await self._off(lambda url: restoring.restore(url, Path(folder), chains))
        return await self._noted("restore", actor, reason, {"folder": folder, **done._asdict()})

    async def archives(self) -> list[Record]:
        """Return the archives, newest first."""
        return [plain(row) for row in await self.client.store.read(restoring.archives)]

    async def archive_verify(self, identity: str) -> list[str]:
        """Return what is wrong with an archive."""
        return await self.client.store.read(restoring.verify, identity)

    async def archive_place(self, chain: str) -> Record | None:
        """Return where an archived chain is."""
        found = await self.client.store.read(tables.place_of, chain)
        return plain(found) if found else None

    async def _off(self, work: Callable[[str], T]) -> T:
        """Do work on connections of its own, off the event loop."""
        url = self.client.store.url
        try:
            return await asyncio.to_thread(work, url)
        except SQLAlchemyError as error:
            raise translate(error, url) from error

    async def _noted(self, action: str, actor: str, reason: str, done: Record) -> Record:
        await self.client.store.audit(actor, action, "", DOOR, reason, "done", done)
        return done
