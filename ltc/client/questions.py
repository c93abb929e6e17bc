"""Questions about chains: answered from the records' views, with what only Temporal knows gathered beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from temporalio.client import Client
from temporalio.service import RPCError

from ltc.client.connection import reaching
from ltc.client.errors import EngineAwayError, NotFoundError
from ltc.client.facts import engine_facts
from ltc.client.healing import heal
from ltc.client.starting import AHEAD, Installation
from ltc.store.lookups import digest_shown, silent_starts, suspects, unheard
from ltc.store.store import Store
from ltc.store.stuck_facts import EngineFacts, Stuck, WorkingTime

QUIET = timedelta(seconds=10)  # real time; a chain heard of since moves
MOST_ASKED = 2_000
MOST_HEARD = 50  # chains without a trail read from their histories for one question; the sweep reads the others


class Questions:
    """What can be asked. ``store`` answers what its views hold."""

    def __init__(self, temporal: Client, store: Store, place: Installation, queues: Sequence[str]) -> None:
        self.temporal = temporal
        self.store = store
        self.place = place
        self.queues = queues

    def now(self) -> datetime:
        """Return the business time."""
        return self.place.business_time(datetime.now(UTC))

    async def stuck(self, chain: str = "", *, reason: str = "", leg: str = "", limit: int = 0) -> list[Stuck]:
        """Say which chains do not move (or why one does not), with what Temporal knows taken into account.

        Args:
            chain: only this one.
            reason: only answers with this reason.
            leg: only answers in this leg.
            limit: at most so many answers; 0: all.

        Raises:
            EngineAwayError: Temporal does not answer.
        """
        wall = datetime.now(UTC)
        asked = [chain] if chain else await self._worth_asking(wall)
        try:
            with reaching():
                facts = await engine_facts(self.temporal, asked, self.queues)
        except RPCError as error:
            raise EngineAwayError(f"Temporal does not answer: {error.message}; `ltc doctor` tells more") from error
        await self._hear(facts)
        only = {"reason": reason, "leg": leg}
        return await self.store.stuck(self.now(), wall, facts, chain, self.working_time(), limit=limit, **only)

    async def _hear(self, facts: EngineFacts) -> None:
        """Read the first words of chains that left none: they ride on a call that nobody has taken up yet."""
        named = list(dict.fromkeys(one.chain for one in facts.pending))
        for name in (await self.store.read(unheard, named))[:MOST_HEARD]:
            await heal(self.temporal, self.store, name)

    def working_time(self) -> WorkingTime | None:
        """Return how working time between two instants is counted (seconds); None without a calendar."""
        from ltc.definition import calendars, worktime

        if not self.place.calendar:
            return None
        now = self.now()
        window = calendars.window(self.place.calendar, (now - AHEAD).date(), (now + AHEAD).date(), self.place.calendars)
        return lambda since, until: worktime.consumed(since, until, "bh", window)

    async def _worth_asking(self, wall: datetime) -> list[str]:
        before = wall - QUIET
        known = await self.store.read(suspects, before, MOST_ASKED)
        silent = await self.store.read(silent_starts, before, MOST_ASKED)
        return [*known, *silent]

    async def shown(self, chain: str, task: str) -> str:
        """Return the digest of the figures that people see for a task.

        Raises:
            NotFoundError: no such task is on record.
        """
        digest = await self.store.read(digest_shown, chain, task)
        if digest is None:
            raise NotFoundError(f"no task {task!r} of {chain} is on record; `ltc task list --chain {chain}` shows them")
        return digest
