"""The records behind an async face; satisfies ``ltc.ports.store.Records``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from ltc.model.trail import Entry
from ltc.ports.health import SystemHealth
from ltc.ports.store import Appended, DocumentRef, InboxEvent, InboxState, Intent, Route, Started, StartRequest
from ltc.store import appending, doors, intents, trail
from ltc.store.appending_many import Offer, append_many
from ltc.store.connection import Connected
from ltc.store.health import record as record_health
from ltc.store.health import troubled


class RecordStore(Connected):
    """What the records hold and how it is written."""

    # --- the trail

    async def append(self, chain: str, run: str, entries: Sequence[Entry], started: datetime | None = None) -> Appended:
        """Append to the trail; see ``ltc.ports.store.TrailStore``."""
        return await self.write_together(self._append, Offer.of(chain, run, entries, started), chain)

    def _append(self, connection: Connection, offers: Sequence[Offer]) -> list[Appended]:
        return append_many(connection, self._views, offers)

    async def missing(self, chain: str) -> list[tuple[int, int]]:
        """Return the holes of a chain's trail."""
        return await self.read_records(trail.missing, chain)

    async def alarms(self, chain: str = "") -> list[dict[str, Any]]:
        """Return alarms that nobody has closed, of one chain or of all, oldest first."""
        return await self.read_records(appending.alarms, chain)

    async def close_alarm(self, identity: str) -> bool:
        """Record that an alarm has been dealt with."""
        return await self.write(appending.close_alarm, identity)

    # --- intents

    async def plan(self, key: str, chain: str, operation: str, body_digest: str) -> Intent:
        """Insert or get an intent and take a new fence; see ``ltc.ports.store.IntentStore``."""
        return await self.write(intents.plan, key, chain, operation, body_digest)

    async def intent(self, key: str) -> Intent | None:
        """Return the intent of an effect key."""
        return await self.read_records(intents.get, key)

    async def intents_of(self, chain: str) -> list[Intent]:
        """Return a chain's intents in the order they were planned."""
        return await self.read_records(intents.of_chain, chain)

    async def read_back_intents(self, chain: str) -> int:
        """Put lost intents on record again from what the chain's trail tells of its effects; return how many."""
        lost = await self.read(intents.lost, chain)
        return await self.write(intents.put_back, lost) if lost else 0

    async def mark_sent(self, key: str, attempt: int, fence: int) -> bool:
        """Say that the request leaves now; False: do not send."""
        return await self.write(intents.mark_sent, key, attempt, fence)

    async def confirm(self, key: str, document: DocumentRef | None, result: dict[str, Any] | None) -> None:
        """Record that the effect took place."""
        await self.write(intents.confirm, key, document, result)

    async def mark_absent(self, key: str, fence: int | None = None) -> bool:
        """Record that the effect proved not to have taken place."""
        return await self.write(intents.settle, key, "absent", fence)

    async def mark_unknown(self, key: str, fence: int | None = None) -> bool:
        """Record that the outcome is not known."""
        return await self.write(intents.settle, key, "unknown", fence)

    async def mark_human(self, key: str, note: str) -> bool:
        """Record that a person must find out."""
        return await self.write(intents.settle, key, "human", None, note)

    async def elapsed_since_sent(self, key: str) -> timedelta | None:
        """Return the time since the request left, by the database's clock."""
        return await self.read_records(intents.elapsed_since_sent, key)

    # --- the doors

    async def record_start(self, request: StartRequest) -> Started:
        """Insert a start, or find the one under the same business key."""
        return await self.write(doors.record_start, request)

    async def confirm_start(self, chain: str) -> None:
        """Record that Temporal has accepted the workflow."""
        await self.write(doors.confirm_start, chain)

    async def known_again(self, chain: str, source: str) -> None:
        """Record that a chain whose start was read back from Temporal is whole again."""
        await self.write(doors.known_again, chain, source)

    async def unconfirmed_starts(self, limit: int = 100) -> list[StartRequest]:
        """Return starts recorded but never confirmed."""
        return await self.read_records(doors.unconfirmed_starts, limit)

    async def start_of(self, chain: str) -> StartRequest | None:
        """Return what started a chain, with its plan and its input."""
        return await self.read_records(doors.start_of, chain)

    async def receive(self, event: InboxEvent) -> bool:
        """Insert an event; False: it was there."""
        return await self.write(doors.receive, event)

    async def received(self, source: str, event: str) -> InboxEvent | None:
        """Return an event of a source, by its id."""
        return await self.read_records(doors.received, source, event)

    async def ended_chains(self, document: DocumentRef) -> list[str]:
        """Return the chains of a document when every one of them has ended."""
        return await self.read(doors.ended_chains, document)

    async def heard_event(self, chain: str, identity: str) -> bool:
        """Tell whether a chain has heard of an event, by the id it had there."""
        return await self.read_records(doors.heard_event, chain, identity)

    async def archived_at(self, chain: str) -> str:
        """Return the file that holds an archived chain; empty when it is in no archive."""
        return await self.read_records(doors.archived_at, chain)

    async def inbox(self, state: InboxState = "new", limit: int = 100) -> list[InboxEvent]:
        """Return events in one state, oldest first."""
        return await self.read_records(doors.inbox, state, limit)

    async def mark_event(self, source: str, event: str, state: InboxState, chain: str = "", why: str = "") -> None:
        """Record what became of an event."""
        await self.write(doors.mark_event, source, event, state, chain, why)

    async def deliver_again(self, chain: str) -> int:
        """Make the events that were delivered to a chain new again; return how many there are."""
        return await self.write(doors.deliver_again, chain)

    async def cursor(self, source: str) -> str:
        """Return how far a source's feed of events has been read."""
        return await self.read_records(doors.cursor, source)

    async def move_cursor(self, source: str, cursor: str) -> None:
        """Record how far a source's feed of events has been read."""
        await self.write(doors.move_cursor, source, cursor)

    async def late_events(self) -> list[dict[str, Any]]:
        """Return late events that nobody has dealt with yet."""
        return await self.read_records(doors.late_events)

    async def close_late_event(self, source: str, event: str, actor: str) -> bool:
        """Record that a person has dealt with a late event."""
        return await self.write(doors.close_late_event, source, event, actor)

    async def correlate(self, document: DocumentRef, route: Route) -> int:
        """Register a document's chain; returns how many unmatched events became new again."""
        return await self.write(doors.correlate, document, route)

    async def routes(self, document: DocumentRef) -> list[Route]:
        """Return where events about a document go."""
        return await self.read_records(doors.routes, document)

    async def audit(
        self, actor: str, action: str, chain: str, door: str, reason: str, outcome: str, detail: dict[str, Any]
    ) -> None:
        """Record an action of a client."""
        await self.write(doors.audit, actor, action, chain, door, reason, outcome, detail)

    async def audited(self, chain: str) -> list[dict[str, Any]]:
        """Return the actions of clients on a chain."""
        return await self.read_records(doors.audited, chain)

    async def record_health(self, health: SystemHealth) -> None:
        """Replace a worker's view of how a system is doing."""
        await self.write_healable(record_health, health)

    async def troubled_systems(self, system: str = "") -> list[SystemHealth]:
        """Return the systems that do not do well, as the workers see them."""
        return await self.read_records(troubled, system)

    async def map_customer(self, system: str, external: str, customer: str) -> str:
        """Say which customer a system's id means; returns the one on record."""
        return await self.write(doors.map_customer, system, external, customer)

    async def customer_of(self, system: str, external: str) -> str | None:
        """Return the customer that a system's id means."""
        return await self.read_records(doors.customer_of, system, external)
