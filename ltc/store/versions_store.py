"""Versions, bulk actions and answers behind an async face."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ltc.ports.store import Answered
from ltc.store import versions
from ltc.store.connection import Connected
from ltc.store.versions import Forgotten

Record = dict[str, Any]


class VersionStore(Connected):
    """What the records know of versions of definitions and of actions on many chains."""

    async def keep_plan(self, plan: Record, definition: str) -> bool:
        """Put a compiled definition on record under its digest; False: it was there."""
        return await self.write(versions.keep_plan, plan, definition)

    async def plans(self, process: str = "") -> list[Record]:
        """Return the definitions on record, newest first, with how many chains run each."""
        return await self.read(versions.plans, process)

    async def find_plans(self, process: str, digest: str) -> list[Record]:
        """Return the definitions on record whose digest begins so."""
        return await self.read(versions.find_plans, process, digest)

    async def running_on(self, process: str, plan: str = "", leg: str = "", held: str = "") -> list[str]:
        """Return the chains of a process that have not ended, oldest first: all, or those held for a reason."""
        return await self.read(versions.running_on, process, plan, leg, held)

    async def holding(self, process: str, leg: str = "", step: str = "", held: str = "") -> list[str]:
        """Return the open chains of a process that hold something there, for that reason, oldest first."""
        return await self.read(versions.holding, process, leg, step, held)

    async def started_since(self, process: str, since: datetime | None) -> list[Record]:
        """Return the starts of chains, oldest first."""
        return await self.read(versions.started_since, process, since)

    async def open_deadlines(self) -> list[Record]:
        """Return every open deadline of promises, with the plan of its chain."""
        return await self.read(versions.open_deadlines)

    async def open_bulk(
        self, identity: str, action: str, actor: str, reason: str, detail: Record, chains: list[str]
    ) -> None:
        """Put a bulk action on record with its frozen set of chains."""
        await self.write(versions.open_bulk, identity, action, actor, reason, detail, chains)

    async def item_done(self, bulk: str, chain: str, state: str, message: str) -> None:
        """Record how it went with one chain."""
        await self.write(versions.item_done, bulk, chain, state, message)

    async def bulks(self, limit: int = 50) -> list[Record]:
        """Return bulk actions, newest first."""
        return await self.read(versions.bulks, limit)

    async def bulk(self, identity: str) -> Record | None:
        """Return a bulk action with its items."""
        return await self.read(versions.bulk, identity)

    async def keep_answer(self, answer: Answered) -> None:
        """Keep what a system answered to a read; the first of an activity stays."""
        await self.write_healable(versions.keep_answer, answer.model_dump())

    async def answers_of(self, chain: str) -> list[Record]:
        """Return what systems answered to a chain's reads, oldest first."""
        return await self.read(versions.answers_of, chain)

    async def forget_answers(self, before: datetime, place: tuple[datetime, str] | None = None) -> Forgotten:
        """Delete what systems answered to reads of chains long closed; see ``ltc.store.versions``."""
        return await self.write(versions.forget_answers, before, place)

    async def events_of(self, chain: str) -> dict[str, Record]:
        """Return the fields of the events routed to a chain, by the ids that the chain knows them by."""
        return await self.read(versions.events_of, chain)
