"""The store: records, views and questions behind one async face."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import NamedTuple

from ltc.store import dump, queries, reports, tally_anew, walking
from ltc.store.dump import Difference
from ltc.store.queries import Filters, Record
from ltc.store.records_store import RecordStore
from ltc.store.stuck_facts import EngineFacts, Stuck, WorkingTime
from ltc.store.versions_store import VersionStore
from ltc.store.walking import Stretch


class LookedThrough(NamedTuple):
    """What a look at some chains found: trails with holes, how many views were behind, and where to go on."""

    holes: list[str]
    caught_up: int
    last: str  # empty: these were the last


class Store(RecordStore, VersionStore):
    """Records, the views that are folds of them, and the questions asked of both. Made by ``await Store.open(url)``."""

    # --- views

    async def refold(self, chain: str = "") -> int:
        """Replace the views of one chain, or of all, by a fold of the trail; returns how many chains.

        Chains go one by one, each in a transaction of its own: what is appended meanwhile is not held up.
        """
        wrong = not chain or bool(await self.read(dump.compare, [chain]))  # then the counters may be wrong, too
        count = 0
        named = [chain] if chain else await self.read(walking.names)
        while named:
            for one in named:
                await self.write(self._views.refold, one)
            count += len(named)
            named = [] if chain else await self.read(walking.names, named[-1])
        if wrong and await self.read(tally_anew.differs):
            await self.write(tally_anew.rebuild)
        return count

    async def catch_up(self, limit: int = 1000) -> int:
        """Fold what a process that died has appended and not folded; returns how many chains were behind.

        Views may be a moment behind anyway, while their process lives: then this does its work for it.
        """
        count = 0
        async for here in self._stretches():
            count += await self._catch_up(here, limit - count)
        return count

    async def _catch_up(self, here: Stretch, limit: int) -> int:
        behind = await self.read(walking.behind, here, limit) if limit > 0 else []
        if behind:
            await self.write_healable(self._views.catch_up, behind)
        return len(behind)

    async def _stretches(self) -> AsyncIterator[Stretch]:
        """Give all chains with a trail, a stretch at a time, each in a read of its own."""
        here = await self.read_records(walking.stretch)
        yield here
        while here.last:
            here = await self.read_records(walking.stretch, here.last)
            yield here

    async def look_through(self, after: str = "", limit: int = 1000) -> LookedThrough:
        """Look at the next chains behind one: fold what was left behind, and say where entries are missing."""
        here = await self.read_records(walking.stretch, after)
        caught_up = await self._catch_up(here, limit)
        return LookedThrough(await self.read_records(walking.holes, here), caught_up, here.last)

    async def drop_views(self) -> None:
        """Drop the views: they are empty then, and fold anew from the trail with ``refold``."""
        await self.write(self._views.drop)

    async def verify(self, chain: str = "", most: int = 1000) -> list[Difference]:
        """Compare the live views with a fresh fold of the records, row by row; some chains in each read."""
        if chain:
            return await self.read(dump.compare, [chain], most)
        found: list[Difference] = []
        named = await self.read(walking.names)
        while named and len(found) < most:
            found += await self.read(dump.compare, named, most - len(found))
            named = await self.read(walking.names, named[-1])
        return found or (await self.read(dump.beside_rows))[:most]  # they follow from rows: those must be right first

    async def dump(self, chain: str = "") -> list[str]:
        """Return the canonical dump of the live views: equal if and only if the views are."""
        return await self.read(lambda connection: list(dump.dump(connection, chain)))

    async def holes(self, limit: int = 100) -> list[str]:
        """Return chains whose trail lacks entries, as the records themselves say."""
        found: list[str] = []
        async for here in self._stretches():
            found += await self.read_records(walking.holes, here)
            if len(found) >= limit:
                break
        return found[:limit]

    async def count_chains(self) -> int:
        """Return how many chains have a trail."""
        return await self.read_records(walking.count)

    # --- questions

    async def chains(self, filters: Filters, limit: int = 50, offset: int = 0, after: str = "") -> list[Record]:
        """List chains, newest first, from behind the chain ``after``."""
        return await self.read(queries.chains, filters, limit, offset, after)

    async def chain(self, chain: str) -> Record | None:
        """Return one chain with all its rows, by table."""
        return await self.read(queries.chain, chain)

    async def timeline(
        self, chain: str, after: int = -1, before: int | None = None, superseded: bool = False
    ) -> list[Record]:
        """Return the trail of a chain, in order."""
        return await self.read(queries.timeline, chain, after, before, superseded)

    async def tasks(self, to: str = "", chain: str = "", state: str = "open", limit: int = 50) -> list[Record]:
        """List approvals, oldest first."""
        return await self.read(queries.tasks, to, chain, state, limit)

    async def task(self, ref: str) -> Record | None:
        """Return an approval by ``chain/task``, with its decisions."""
        return await self.read(queries.task, ref)

    async def sla_report(self, process: str = "", since: datetime | None = None) -> list[Record]:
        """Say per promised time how it was kept."""
        return await self.read(reports.sla_report, process, since)

    async def slas_in_danger(self, process: str = "", limit: int = 100) -> list[Record]:
        """List running clocks that have warned or are breached."""
        return await self.read(reports.slas_in_danger, process, limit)

    async def stuck(
        self,
        now: datetime,
        wall: datetime,
        engine: EngineFacts | None = None,
        chain: str = "",
        working: WorkingTime | None = None,
        *,
        reason: str = "",
        leg: str = "",
        limit: int = 0,
    ) -> list[Stuck]:
        """Say which chains do not move, and why; see ``ltc.store.reports.stuck``."""
        facts, only = engine or EngineFacts(), {"reason": reason, "leg": leg}
        return await self.read(reports.stuck, now, wall, facts, chain, working, limit=limit, **only)
