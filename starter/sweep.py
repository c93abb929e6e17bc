"""The sweep: compares the records with Temporal, again and again, and mends what fell between the two."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from temporalio.client import WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

from ltc.client import ChainClient, ClientError
from ltc.ports.errors import PortError
from ltc.store.lookups import chains_with_gaps, ended, quiet_chains, silent_starts

LOG = logging.getLogger("ltc.sweep")
AT_ONCE = 100  # chains looked at per sweep and kind of trouble
EVERY_RECORD = 20  # sweeps from one that begins to read the records themselves to the next
QUIET = timedelta(seconds=30)  # real time; a chain heard of since needs no look
CUT_SHORT = "WorkflowType = 'Chain' AND ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut', 'Canceled')"
WHY = "cut short from outside"
STATE_KEY = SearchAttributeKey.for_keyword("LtcState")  # what a chain at rest says of itself to Temporal


@dataclass
class Swept:
    """What one sweep did: chains by what was mended, and what could not be."""

    relaunched: list[str] = field(default_factory=list)
    healed: list[str] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)
    recalled: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.relaunched or self.healed or self.repaired or self.recalled or self.failed)


class Sweep:
    """One sweep after another. It only ever does what is harmless to do twice."""

    def __init__(self, client: ChainClient, answers_kept: timedelta | None = None) -> None:
        self._client = client
        self._answers_kept = answers_kept  # real time after a chain's end; None: for ever
        self._forgot: tuple[datetime, str] | None = None  # the closed chain whose answers were looked at last
        self._behind = ""  # the quiet chain looked at last: the next sweep goes on there
        self._count = 0
        self._looked = ""  # the last chain whose records were looked at in this round; empty between two rounds
        self._listed: list[str] = []  # chains that Temporal lists and the records do not know, still to be looked at
        self._page: bytes | None = None  # where Temporal's list goes on; None: a round through it has ended
        self._settled: set[str] = set()  # runs cut short that need nothing more
        # Quiet chains in the round before and in this one: when they were heard of, how long their history was then.
        self._seen: dict[str, tuple[datetime, int]] = {}
        self._round: dict[str, tuple[datetime, int]] = {}

    async def begin(self) -> None:
        """Look for lost records before any call is made: one that is tried again must find its intent.

        Only the first page of Temporal's list is looked at, the newest chains; the sweeps look at the others.
        """
        try:
            named, _ = await self._client.forgotten()
            swept = Swept()
            for chain in [one for one in named if await self._client.owns(one)]:
                await self._try(swept, swept.recalled, chain, self._client.heal(chain))
            if swept:
                LOG.warning("the records were lost: %d chains on record again", len(swept.recalled))
        except (PortError, ClientError, RPCError) as error:
            LOG.warning("whether records were lost is not known (%s); the sweep looks again", error)

    async def run(self, every: float) -> None:
        """Sweep until cancelled, every so many seconds."""
        while True:
            await asyncio.sleep(every)
            try:
                swept = await self.once()
                if swept:
                    LOG.info(
                        "relaunched %d, healed %d, repaired %d, on record again %d, failed %s",
                        len(swept.relaunched), len(swept.healed), len(swept.repaired), len(swept.recalled),
                        swept.failed,
                    )  # fmt: skip
            except (PortError, ClientError, RPCError) as error:
                LOG.warning("this sweep did not finish (%s); the next one goes on", error)
            except Exception:
                LOG.exception("this sweep failed; the next one begins anew")

    async def once(self, now: datetime | None = None) -> Swept:
        """Sweep once.

        Raises:
            StoreUnavailable: the records cannot be read.
            RPCError: Temporal does not answer.
        """
        now = now or datetime.now(UTC)
        before, swept = now - QUIET, Swept()
        if self._answers_kept is not None:
            gone = await self._client.store.forget_answers(now - self._answers_kept, self._forgot)
            self._forgot = gone.place
        for start in await self._client.store.unconfirmed_starts(AT_ONCE):
            await self._try(swept, swept.relaunched, start.chain, self._client.relaunch(start.chain))
        for chain in await self._forgotten():
            await self._try(swept, swept.recalled, chain, self._client.heal(chain))
        async for chain in self._cut_short():
            await self._try(swept, swept.repaired, chain, self._client.repair(chain, WHY))
        for chain in dict.fromkeys([*await self._holed(before), *await self._ahead(before)]):
            await self._try(swept, swept.healed, chain, self._client.heal(chain))
        return swept

    async def _forgotten(self) -> list[str]:
        """Return chains of ours that Temporal has and the records have not: a database was lost, or an older put back.

        A round through Temporal's list begins with the first sweep, and then now and again; a page a sweep.
        """
        if not self._listed and (self._page is not None or self._count % EVERY_RECORD == 0):
            after, self._page = self._page, None  # should it fail, the next round begins anew
            self._listed, self._page = await self._client.forgotten(after)
        named, self._listed = self._listed[:AT_ONCE], self._listed[AT_ONCE:]
        return [chain for chain in named if await self._client.owns(chain)]

    async def _try(self, swept: Swept, done: list[str], chain: str, work: Awaitable[object]) -> None:
        try:
            await work
            done.append(chain)
        except (ClientError, PortError, RPCError) as error:
            LOG.warning("%s: %s", chain, error)
            swept.failed.append(chain)

    async def _holed(self, before: datetime) -> list[str]:
        store = self._client.store
        holes = await store.read(chains_with_gaps, AT_ONCE)
        if self._count % EVERY_RECORD == 0 or self._looked:  # a round through the records, some chains a sweep
            looked = await store.look_through(self._looked)
            self._looked, holes = looked.last, [*looked.holes[:AT_ONCE], *holes]
            if looked.caught_up:
                LOG.info("the views of %d chains were behind their trails", looked.caught_up)
        self._count += 1
        return [*holes, *await store.read(silent_starts, before, AT_ONCE)]

    async def _ahead(self, before: datetime) -> list[str]:
        """Return quiet chains of which Temporal knows more than our views.

        It has closed them; or has scheduled a call that nobody took up: what rides on such a call is not stored yet; or
        something came to them whose answer nobody stored, as whoever asked was ended, or the database was away.
        """
        chains = await self._client.store.read(quiet_chains, before, self._behind, AT_ONCE)
        self._behind = chains[-1][0] if len(chains) == AT_ONCE else ""
        found = []
        for chain, heard, state in chains:
            try:
                described = await self._client.temporal.get_workflow_handle(chain).describe()
            except RPCError as error:
                if error.status != RPCStatusCode.NOT_FOUND:
                    raise
                LOG.warning("%s is open on record but unknown to Temporal", chain)
                continue
            if self._knows_more(described, heard, state):
                found.append(chain)
        if not self._behind:  # a round ends: what was not quiet in it is forgotten
            self._seen, self._round = self._round, {}
        return found

    def _knows_more(self, described: WorkflowExecutionDescription, heard: datetime, state: str) -> bool:
        """Tell whether Temporal knows more of a chain than was heard of it; ``state`` is the one on record."""
        waiting = [one.scheduled_time.ToDatetime(tzinfo=UTC) for one in described.raw_description.pending_activities]
        if described.status == WorkflowExecutionStatus.COMPLETED or any(at > heard for at in waiting):
            return True
        seen = self._seen.get(described.id)
        self._round[described.id] = (heard, described.history_length)
        if seen is None or seen[0] != heard:  # looked at for the first time since it was heard of: how far it is by now
            return described.typed_search_attributes.get(STATE_KEY, state) != state
        return seen[1] != described.history_length

    async def _cut_short(self) -> AsyncIterator[str]:
        """Give the chains whose newest run was terminated, cancelled or failed, and that are not ended on record."""
        async for found in self._client.temporal.list_workflows(CUT_SHORT, page_size=AT_ONCE):
            if found.run_id in self._settled:
                continue
            newest = await self._client.temporal.get_workflow_handle(found.id).describe()
            if newest.run_id != found.run_id or await self._client.store.read(ended, found.id):
                self._settled.add(found.run_id)
                continue
            yield found.id
