"""Writes every leg's outcome into the CRM, beside the chains: never in their way, in order per deal, each once.

Trail → outcomes beyond the mark, those due together in one note → (the note leaves: on record) → ``crm.log_progress`` →
mark. A note's key is made of the chain and its entries, and the adapter finds a note again by its key: a process that
died between the note and the mark costs a look, not a second note. While the CRM is away the marks stay; when it is
back they are caught up at a bounded rate. One deal's trouble has that deal wait, no other.
"""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from ltc.model.ids import digest
from ltc.ports.errors import BusinessRefusal, Misconfigured, PortError, StillInFlight, Unavailable
from ltc.ports.requests import LogProgress
from ltc.ports.systems import System
from ltc.store import Store, writebacks
from ltc.store.reading import Line
from ltc.store.writebacks import Mark
from starter.writeback_text import content, progress_of

LOG = logging.getLogger("ltc.writeback")
OPERATION = "crm.log_progress"
LEASE = timedelta(minutes=5)  # longer than any call: whoever has a chain in hand longer has died
AT_ONCE = 4  # deals written side by side
BATCH = 100  # chains per look
MOST_LINES = 10  # outcomes in one note
THOROUGH = 30  # looks between two that also take up chains that came and went in between
MOST_WAIT = 30.0  # seconds between two tries while the CRM is away
MOST_PATIENCE = 3600.0  # seconds between two tries of a deal that the CRM will not have


class Notes(Protocol):
    """A CRM that takes notes."""

    settle_seconds: float

    async def log_progress(self, request: LogProgress, key: str) -> Any:
        """Write a note."""
        ...

    async def probe(self, operation: str, key: str, request: Any) -> Any:
        """Tell whether a note is there."""
        ...


def takes_notes(system: System | None) -> bool:
    """Tell whether a CRM's adapter offers to write notes."""
    if not callable(getattr(system, "log_progress", None)):
        return False
    try:
        assert system is not None
        system.effect_class(OPERATION)
    except Misconfigured:
        return False
    return True


@dataclass(frozen=True)
class Batch:
    """Outcomes that one note tells; ``request`` None: they are nothing to sales. ``last`` is the last one's number."""

    last: int
    contents: list[Any]
    request: LogProgress | None


def _batches(entries: list[Line], mark: Mark) -> Iterator[Batch]:
    """Put outcomes that are due together into one note; a note that left before is made of the same ones again."""
    left = int(mark.sending.partition(":")[0] or -1)
    parts = [[entry for entry in entries if entry.seq <= left], [entry for entry in entries if entry.seq > left]]
    for part in parts:
        for first in range(0, len(part), MOST_LINES):
            yield _batch(part[first : first + MOST_LINES], mark.opportunity)


def _batch(entries: list[Line], opportunity: str) -> Batch:
    told = [(entry, said) for entry in entries if (said := progress_of(entry, opportunity)) is not None]
    if not told:
        return Batch(entries[-1].seq, [], None)
    text = "\n".join(said.text for _, said in told)
    return Batch(entries[-1].seq, [content(entry) for entry, _ in told], told[-1][1].model_copy(update={"text": text}))


@dataclass
class Writeback:
    """The loop. ``rate``: notes per second at most, over all deals."""

    store: Store
    crm: Notes
    installation: str
    rate: float = 10.0
    thorough_every: int = THOROUGH
    owner: str = field(default_factory=lambda: uuid.uuid4().hex)
    _since: datetime | None = None
    _looks: int = 0
    _slot: float = 0.0
    _away: bool = False
    _said: bool = False  # that it is away: once, until something got there again

    async def run(self, every: float) -> None:
        """Write until cancelled; look every so many seconds, less often while the CRM is away."""
        wait = every
        while True:
            try:
                written = await self.once()
                wait = min(max(wait, every) * 2, MOST_WAIT) if self._away else every
                if written and not self._away:
                    continue
            except PortError as error:
                wait = min(max(wait, every) * 2, MOST_WAIT)
                LOG.warning("outcomes cannot be written back (%s); next try in %.0f s", error, wait)
            except Exception:
                LOG.exception("writing outcomes back failed; the next look begins anew")
            await asyncio.sleep(wait * (random.uniform(0.8, 1.2) if self._away else 1.0))  # noqa: S311 - jitter

    async def once(self) -> int:
        """Look once and write what is due; returns how many notes got there.

        Raises:
            StoreUnavailable: the records cannot be read or written.
        """
        if self._since is None:
            self._since = await self.store.write(writebacks.begin)
        thorough = self._looks % self.thorough_every == 0
        self._looks += 1
        unmarked = await self.store.read(writebacks.unmarked, self._since, thorough, BATCH)
        if unmarked:
            await self.store.write(writebacks.register, unmarked)
        chains = await self.store.read(writebacks.due, self.owner, BATCH)
        was_away, self._away = self._away, False
        room = asyncio.Semaphore(1 if was_away else AT_ONCE)  # one asks first whether the CRM is back

        async def one(chain: str) -> int:
            async with room:
                return 0 if self._away else await self._chain(chain)

        return sum(await asyncio.gather(*map(one, chains)))

    async def _chain(self, chain: str) -> int:
        """Write what is due of one chain, in order; returns how many notes got there."""
        mark = await self.store.write(writebacks.claim, chain, self.owner, LEASE)
        if mark is None:
            return 0
        written = 0
        entries = await self.store.read(writebacks.beyond, chain, mark.seq, mark.last)
        for batch in _batches(await self._untold(mark, entries), mark):
            if batch.request is not None:
                if not await self._note(mark, batch):
                    return written
                written += 1
            if not await self.store.write(writebacks.arrived, chain, self.owner, mark.run, batch.last):
                return written
        last = entries[-1].seq if entries else mark.seq
        await self.store.write(writebacks.arrived, chain, self.owner, mark.run, last, mark.ended)
        await self.store.write(writebacks.let_go, chain, self.owner)
        return written

    async def _untold(self, mark: Mark, entries: list[Line]) -> list[Line]:
        """Leave out what a newer run says again as the superseded one did: the CRM was told."""
        if mark.reached <= mark.seq:
            return entries
        before = await self.store.read(writebacks.beyond, mark.chain, mark.seq, mark.reached, superseded=True)
        told = [content(entry) for entry in before]
        return [entry for entry in entries if content(entry) not in told]

    async def _note(self, mark: Mark, batch: Batch) -> bool:
        """Write one note, unless it is there; False: not now."""
        assert batch.request is not None
        key = digest(["writeback", self.installation, mark.chain, *batch.contents])
        sending = f"{batch.last}:{key}"
        asked = False
        try:
            if mark.sending == sending and await self._there(mark, key, batch.request):
                return True
            await self._turn()
            if not await self.store.write(writebacks.leaving, mark.chain, self.owner, sending, LEASE):
                return False
            asked = True
            await self.crm.log_progress(batch.request, key)
            self._said = False
        except PortError as error:
            # These say that the note is not there, if it was the note that we asked for.
            not_sent = asked and isinstance(error, Unavailable | BusinessRefusal | Misconfigured)
            await self._failed(mark, error, not_sent)
            return False
        return True

    async def _there(self, mark: Mark, key: str, request: LogProgress) -> bool:
        """Tell whether a note that left before got there; it may take as long as the CRM takes to settle."""
        gone = mark.since_sent.total_seconds() if mark.since_sent is not None else self.crm.settle_seconds
        if gone < self.crm.settle_seconds:
            raise StillInFlight("a note that left before may still get there", self.crm.settle_seconds - gone)
        return await self.crm.probe(OPERATION, key, request) is not None

    async def _turn(self) -> None:
        """Wait for the next slot of the rate: a CRM that is back must not be run over."""
        clock = asyncio.get_running_loop().time
        self._slot = max(self._slot + 1 / self.rate, clock())
        await asyncio.sleep(max(0.0, self._slot - clock() - 1 / self.rate))

    async def _failed(self, mark: Mark, error: PortError, not_sent: bool) -> None:
        if isinstance(error, StillInFlight):
            wait = error.remaining
        elif isinstance(error, Unavailable):
            wait = error.retry_after or 0.0
            if not self._said:
                LOG.warning("the CRM is away: outcomes wait (%s)", error)
            self._away = self._said = True
        else:
            wait = min(2.0 ** min(mark.tries, 20), MOST_PATIENCE)
            LOG.warning("%s: an outcome is not in the CRM yet (%s); next try in %.0f s", mark.chain, error, wait)
        args = (str(error), timedelta(seconds=wait), not_sent)
        await self.store.write(writebacks.failed, mark.chain, self.owner, *args)
