"""What activities, doors and the healer need of the records: the trail, intents, starts, the inbox, correlation.

Unavailable
└── StoreUnavailable   the database is away or locked: nothing was written, try again
StoreError
├── IntentMismatch     the same effect key with another body: two different effects would share one key
└── SchemaOutdated     the database has another schema than this program: ``ltc db upgrade``
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from pydantic import Field

from ltc.model.base import Value
from ltc.model.trail import Entry
from ltc.ports.errors import PortError, Unavailable

IntentState = Literal["planned", "sent", "confirmed", "absent", "unknown", "human"]
InboxState = Literal["new", "routed", "unmatched", "late"]


class StoreUnavailable(Unavailable):
    """The database is away, locked or broken. What was asked may be asked again: every operation is idempotent."""


class StoreError(PortError):
    """The records refuse what was asked; asking again cannot help."""


class IntentMismatch(StoreError):
    """An effect key was planned before with another operation or body."""


class SchemaOutdated(StoreError):
    """The database's schema is not the one this program needs."""


class DocumentRef(Value):
    """A document by the system that holds it, its type there and its id there."""

    system: str
    type: str
    id: str


class Intent(Value):
    """An effect that is to take place, and how far it came.

    ``fence`` rises with every ``plan``: only the holder of the newest may send. ``sent_at`` is by the database's
    clock.
    """

    key: str
    chain: str
    operation: str
    body_digest: str
    state: IntentState
    attempt: int = 0
    fence: int = 0
    sent_at: datetime | None = None
    document: DocumentRef | None = None
    result: dict[str, Any] | None = None
    note: str = ""


class Appended(Value):
    """What an append did: rows new in the trail, alarms raised, and whether the chain's trail has a hole."""

    inserted: int = 0
    alarms: int = 0
    gap: bool = False


class StartRequest(Value):
    """What starts a chain. ``chain`` is the workflow id; the business key is unique per installation and process."""

    chain: str
    installation: str
    process: str
    key: str
    plan_digest: str
    definition: str = ""
    plan: dict[str, Any] = Field(default_factory=dict)
    input: dict[str, Any] = Field(default_factory=dict)
    source: str
    actor: str = ""


class Started(Value):
    """The start on record: ``created`` false when the business key was seen before.

    ``same_input`` tells whether the recorded input is the one now offered; ``confirmed`` whether the workflow is
    known to have started.
    """

    chain: str
    created: bool
    same_input: bool
    confirmed: bool
    plan_digest: str
    at: datetime


class InboxEvent(Value):
    """An event as it came in. ``document`` is what it is about; it finds the chain."""

    source: str
    id: str
    name: str
    fields: dict[str, Any]
    document: DocumentRef | None = None
    state: InboxState = "new"
    chain: str = ""
    received: datetime | None = None


class Route(Value):
    """Where the events of a document go."""

    chain: str
    leg: str = ""
    item: str = ""


class Answered(Value):
    """What a system answered to a read: which activity of which chain, when (real time), to which arguments."""

    chain: str
    activity: str
    operation: str
    asked: datetime
    at: datetime
    args: str  # digest
    result: dict[str, Any]


class AnswerStore(Protocol):
    """What systems answered to reads: so that a chain can be gone through again under another definition."""

    async def keep_answer(self, answer: Answered) -> None:
        """Keep an answer; the first of an activity stays."""
        ...


class IntentStore(Protocol):
    """The effect protocol of class C (and D): intent, settle, probe, mark sent under a fence, send.

    Every method raises ``StoreUnavailable`` when the database is away and has committed when it returns.
    """

    async def plan(self, key: str, chain: str, operation: str, body_digest: str) -> Intent:
        """Insert the intent or get the one there, and take a new fence: earlier holders may no longer send.

        Raises:
            IntentMismatch: the key was planned with another operation, or with another body that is not proved absent.
        """
        ...

    async def intent(self, key: str) -> Intent | None:
        """Return the intent of an effect key."""
        ...

    async def mark_sent(self, key: str, attempt: int, fence: int) -> bool:
        """Say that the request leaves now. False: somebody planned later, or it is not known to be unsent; do not send.

        Allowed from ``planned`` and ``absent`` only; after ``sent`` or ``unknown`` a probe comes first.
        """
        ...

    async def confirm(self, key: str, document: DocumentRef | None, result: dict[str, Any] | None) -> None:
        """Record that the effect took place. Final; another document under a confirmed key raises an alarm."""
        ...

    async def mark_absent(self, key: str, fence: int | None = None) -> bool:
        """Record that the effect proved not to have taken place. With a fence, only while that one is the newest."""
        ...

    async def mark_unknown(self, key: str, fence: int | None = None) -> bool:
        """Record that the outcome is not known. With a fence, only while that one is the newest."""
        ...

    async def mark_human(self, key: str, note: str) -> bool:
        """Record that a person must find out (class D)."""
        ...

    async def elapsed_since_sent(self, key: str) -> timedelta | None:
        """Return the time since the request left, by the database's clock; None if it never did."""
        ...


class TrailStore(Protocol):
    """The trail: append and find what is missing."""

    async def append(self, chain: str, run: str, entries: Sequence[Entry], started: datetime | None = None) -> Appended:
        """Insert entries, idempotent by (chain, run, seq); views follow within a quarter of a second (ADR 14).

        Runs of one chain are ordered by ``started`` (when the run began, as Temporal tells it), or else by when
        they were first seen. A newer run supersedes earlier rows from its first sequence on. The same key with other
        content raises an alarm, never an exception.
        """
        ...

    async def missing(self, chain: str) -> list[tuple[int, int]]:
        """Return the holes of a chain's trail as inclusive ranges of sequence numbers."""
        ...


class StartStore(Protocol):
    """Starts: one row per business key, committed before the workflow starts."""

    async def record_start(self, request: StartRequest) -> Started:
        """Insert the start, or find the one recorded under the same business key."""
        ...

    async def confirm_start(self, chain: str) -> None:
        """Record that Temporal has accepted the workflow."""
        ...

    async def start_of(self, chain: str) -> StartRequest | None:
        """Return what started a chain, with its plan and its input."""
        ...

    async def unconfirmed_starts(self, limit: int = 100) -> list[StartRequest]:
        """Return starts recorded but never confirmed: whoever recorded them may have died."""
        ...


class InboxStore(Protocol):
    """The inbox and the index document → chain."""

    async def receive(self, event: InboxEvent) -> bool:
        """Insert an event, unique by (source, id). False: it was there. Committed before the sender is answered."""
        ...

    async def inbox(self, state: InboxState = "new", limit: int = 100) -> list[InboxEvent]:
        """Return events in one state, oldest first."""
        ...

    async def mark_event(self, source: str, event: str, state: InboxState, chain: str = "", why: str = "") -> None:
        """Record what became of an event. ``late`` also puts it in the late-event queue."""
        ...

    async def cursor(self, source: str) -> str:
        """Return how far a source's feed of events has been read; empty at its beginning."""
        ...

    async def move_cursor(self, source: str, cursor: str) -> None:
        """Record how far a feed has been read, after its events are in the inbox."""
        ...

    async def correlate(self, document: DocumentRef, route: Route) -> int:
        """Register a document's chain; unmatched events about it become ``new`` again. Returns how many."""
        ...

    async def routes(self, document: DocumentRef) -> list[Route]:
        """Return where events about a document go; empty when nobody registered it."""
        ...


class WebhookStore(Protocol):
    """What the door for webhooks needs of the records."""

    async def receive(self, event: InboxEvent) -> bool:
        """Insert an event, unique by (source, id). False: it was there. Committed before the sender is answered."""
        ...

    async def received(self, source: str, event: str) -> InboxEvent | None:
        """Return an event of a source, by its id."""
        ...

    async def ended_chains(self, document: DocumentRef) -> list[str]:
        """Return the chains of a document when every one of them has ended; none while one is open."""
        ...


class AuditStore(Protocol):
    """The record of what clients did."""

    async def audit(
        self, actor: str, action: str, chain: str, door: str, reason: str, outcome: str, detail: dict[str, Any]
    ) -> None:
        """Record an action of a client: who, what, on which chain, by which door, why, and how it was answered."""
        ...


class Records(IntentStore, TrailStore, StartStore, InboxStore, AuditStore, AnswerStore, Protocol):
    """All of it: what ``ltc.store.Store`` offers to the parts that write."""

    async def read_back_intents(self, chain: str) -> int:
        """Put lost intents on record again from what the chain's trail tells of its effects; return how many."""
        ...
