"""The door for events: feeds are polled into the inbox, and what is in the inbox finds its chain.

Feed → inbox row, unique by (source, event id), committed → cursor moved → document → chain → signal → marked routed.
Events of one document keep their order; every event is delivered at least once, and chains drop what they know.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from pydantic import ValidationError
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from ltc.client.errors import BadInputError, ClientError, NotFoundError
from ltc.client.start_values import subject_of
from ltc.model.base import first_fault
from ltc.model.messages import Event
from ltc.ports.errors import PortError
from ltc.ports.operations import Registry
from ltc.ports.store import InboxEvent, InboxStore
from ltc.ports.systems import EventPage, FeedEvent

LOG = logging.getLogger("ltc.events")
PAGE = 200
LONG_POLL = 0.8  # seconds that a system may wait for an event; short, so that it can stop in good order meanwhile
MOST_WAIT = 30.0  # seconds between two tries while a system is away
AT_ONCE = 16  # documents whose events are delivered side by side


class Feed(Protocol):
    """A system that reports events."""

    async def events(self, after: str, limit: int = 100, wait: float = 0.0) -> EventPage:
        """Return events after a cursor; with none there, it may wait for one."""
        ...


class Starts(Protocol):
    """Starts chains from events."""

    async def start(self, process: str, fields: dict[str, Any], *, source: str, actor: str = "") -> Any:
        """Start a chain, or find it."""
        ...


class Letters(InboxStore, Protocol):
    """The inbox, and where the chains are that have left the tables."""

    async def archived_at(self, chain: str) -> str:
        """Return the file that holds an archived chain; empty when it is in no archive."""
        ...

    async def heard_event(self, chain: str, identity: str) -> bool:
        """Tell whether a chain has heard of an event, by the id it had there."""
        ...


class Inlet:
    """Brings one feed into the inbox."""

    def __init__(self, source: str, feed: Feed, records: InboxStore, registry: Registry) -> None:
        self._source = source
        self._feed = feed
        self._records = records
        self._registry = registry

    async def pull(self, wait: float = 0.0) -> int:
        """Take one page in, waiting for one where the system can; returns how many events it held.

        Raises:
            PortError: the system or the records are away; nothing is lost, the cursor has not moved.
        """
        after = await self._records.cursor(self._source)
        page = await self._feed.events(after, PAGE, wait)
        if page.events:
            await asyncio.gather(*(self._records.receive(self._row(event)) for event in page.events))
        if page.next != after:
            await self._records.move_cursor(self._source, page.next)
        return len(page.events)

    def _row(self, event: FeedEvent) -> InboxEvent:
        kind = self._registry.events.get(event.name)
        document = subject_of(kind, event.fields) if kind else None
        return InboxEvent(source=self._source, id=event.id, name=event.name, fields=event.fields, document=document)

    async def run(self, every: float, arrived: asyncio.Event) -> None:
        """Pull until cancelled, at most every so many seconds when there is nothing; back off while it is away."""
        clock = asyncio.get_running_loop().time
        trouble = every
        while True:
            began = clock()
            try:
                count = await self.pull(LONG_POLL)
                trouble = every
                if count:
                    arrived.set()
                    continue
                await asyncio.sleep(max(0.0, every - (clock() - began)))
            except PortError as error:
                trouble = min(trouble * 2, MOST_WAIT)
                LOG.warning("events of %s cannot be read (%s); next try in %.0f s", self._source, error, trouble)
                await asyncio.sleep(trouble)


@dataclass(frozen=True)
class StartRules:
    """Which events begin chains: the process by event name, and every event that some definition starts on."""

    processes: Mapping[str, str]
    starting: Collection[str]


class Router:
    """Delivers what is in the inbox."""

    def __init__(self, client: Client, records: Letters, registry: Registry, starts: Starts, rules: StartRules) -> None:
        self._client = client
        self._records = records
        self._registry = registry
        self._starts = starts
        self._rules = rules

    async def run(self, every: float, arrived: asyncio.Event) -> None:
        """Deliver until cancelled: whenever something arrived, and every so many seconds."""
        while True:
            arrived.clear()
            try:
                if await self.deliver() >= PAGE:
                    continue
            except PortError as error:
                LOG.warning("the inbox cannot be read now (%s)", error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(arrived.wait(), every)

    async def deliver(self) -> int:
        """Deliver new events, oldest first; returns how many went on. What fails stays new and is tried again.

        Raises:
            StoreUnavailable: the inbox cannot be read.
        """
        lines: dict[Any, list[InboxEvent]] = {}
        for event in await self._records.inbox("new", PAGE):
            about = event.document
            lines.setdefault((about.system, about.type, about.id) if about else event.id, []).append(event)
        gate = asyncio.Semaphore(AT_ONCE)
        return sum(await asyncio.gather(*(self._line(gate, events) for events in lines.values())))

    async def _line(self, gate: asyncio.Semaphore, events: list[InboxEvent]) -> int:
        """Deliver the events of one document in order; stop at the first that cannot be delivered now."""
        async with gate:
            for done, event in enumerate(events):
                try:
                    await self._one(event)
                except (RPCError, PortError, ClientError) as error:
                    if isinstance(error, RPCError) and error.status == RPCStatusCode.INVALID_ARGUMENT:
                        await self._set_aside(event, f"Temporal does not take it: {error.message[:200]}")
                        continue
                    LOG.warning("event %s of %s stays in the inbox (%s)", event.id, event.source, type(error).__name__)
                    return done
                except Exception as error:
                    LOG.exception("event %s of %s cannot be delivered", event.id, event.source)
                    await self._set_aside(event, f"unexpected {type(error).__name__}; the worker's log has the place")
            return len(events)

    async def _one(self, event: InboxEvent) -> None:
        kind = self._registry.events.get(event.name)
        if kind is None:
            await self._set_aside(event, f"no operation of this version knows the event {event.name!r}")
            return
        try:
            kind.fields.model_validate(event.fields)
        except ValidationError as error:
            place, msg = first_fault(error)
            await self._set_aside(event, f"malformed: {place}: {msg}")
            return
        if event.name in self._rules.processes:
            await self._start(event)
        elif event.document is None:
            await self._set_aside(event, f"it names no document in the field {kind.subject!r}")
        else:
            await self._signal(event)

    async def _start(self, event: InboxEvent) -> None:
        process = self._rules.processes[event.name]
        try:
            started = await self._starts.start(process, event.fields, source=f"event:{event.source}")
        except (BadInputError, NotFoundError) as error:
            await self._set_aside(event, f"no chain started: {error}")
            return
        await self._records.mark_event(event.source, event.id, "routed", started.chain)

    async def _signal(self, event: InboxEvent) -> None:
        assert event.document is not None
        chains = list(dict.fromkeys(route.chain for route in await self._records.routes(event.document)))
        if not chains:
            await self._records.mark_event(event.source, event.id, "unmatched")
            return
        if event.name in self._rules.starting:  # the chain was started by another door: it has all of this already
            await self._records.mark_event(event.source, event.id, "routed", chains[0])
            return
        reached = [chain for chain in chains if await self._reaches(chain, event)]
        if not reached:  # a feed is read anew after the inbox was lost: what a chain heard before it ended is not late
            reached = [chain for chain in chains if await self._records.heard_event(chain, _identity(event))]
        if not reached and event.source == "chain":  # a parent that has ended looked by itself, or needs it no more
            reached = chains
        if reached:
            await self._records.mark_event(event.source, event.id, "routed", reached[0])
        else:
            why = "the chain has ended"
            file = await self._records.archived_at(chains[0])
            if file:
                why = f"the chain has ended and is archived in {file}; `ltc archive restore {chains[0]}` brings it back"
            await self._records.mark_event(event.source, event.id, "late", chains[0], why)

    async def _reaches(self, chain: str, event: InboxEvent) -> bool:
        at = event.received or datetime.now(UTC)
        kind = self._registry.events[event.name]
        message = Event(
            id=_identity(event), name=event.name, fields=event.fields, at=at, hints=kind.hints,
            news=kind.news,
        )  # fmt: skip
        try:
            await self._client.get_workflow_handle(chain).signal("event", message)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return False
            raise
        return True

    async def _set_aside(self, event: InboxEvent, why: str) -> None:
        """Give an event that no chain can take to its owner."""
        LOG.warning("event %s of %s set aside: %s", event.id, event.source, why)
        await self._records.mark_event(event.source, event.id, "late", "", why)


def _identity(event: InboxEvent) -> str:
    """Return the id by which chains know an event: those of two sources may be the same."""
    return f"{event.source}:{event.id}"
