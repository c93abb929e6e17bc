"""Intents in memory: what the effect protocol needs of the records while the suite drives it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ltc.ports.store import Answered, DocumentRef, InboxEvent, InboxState, Intent, IntentMismatch, IntentState, Route


@dataclass
class _Row:
    intent: Intent
    sent: float | None = None


class MemoryRecords:
    """Intents and correlation by the rules of ``ltc.ports.store``; gone with the process."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._rows: dict[str, _Row] = {}
        self._routes: dict[DocumentRef, list[Route]] = {}

    async def plan(self, key: str, chain: str, operation: str, body_digest: str) -> Intent:
        """Insert the intent or get the one there, and take a new fence."""
        new = Intent(key=key, chain=chain, operation=operation, body_digest=body_digest, state="planned")
        row = self._rows.setdefault(key, _Row(new))
        if (row.intent.operation, row.intent.body_digest) != (operation, body_digest):
            raise IntentMismatch(f"the key {key} was planned with another operation or body")
        return self._change(key, fence=row.intent.fence + 1)

    async def intent(self, key: str) -> Intent | None:
        """Return the intent of an effect key."""
        row = self._rows.get(key)
        return row.intent if row else None

    async def mark_sent(self, key: str, attempt: int, fence: int) -> bool:
        """Say that the request leaves now; False when somebody planned later or it may be out already."""
        row = self._rows[key]
        if row.intent.fence != fence or row.intent.state not in ("planned", "absent"):
            return False
        row.sent = self._monotonic()
        self._change(key, state="sent", attempt=attempt, sent_at=datetime.now(UTC))
        return True

    async def confirm(self, key: str, document: DocumentRef | None, result: dict[str, Any] | None) -> None:
        """Record that the effect took place."""
        self._change(key, state="confirmed", document=document, result=result)

    async def mark_absent(self, key: str, fence: int | None = None) -> bool:
        """Record that the effect proved absent."""
        return self._mark(key, fence, "absent")

    async def mark_unknown(self, key: str, fence: int | None = None) -> bool:
        """Record that the outcome is not known."""
        return self._mark(key, fence, "unknown")

    async def mark_human(self, key: str, note: str) -> bool:
        """Record that a person must find out."""
        self._change(key, state="human", note=note)
        return True

    async def keep_answer(self, answer: Answered) -> None:
        """The suite goes through nothing again: answers are let go."""

    async def elapsed_since_sent(self, key: str) -> timedelta | None:
        """Return the time since the request left."""
        sent = self._rows[key].sent
        return None if sent is None else timedelta(seconds=self._monotonic() - sent)

    async def receive(self, event: InboxEvent) -> bool:
        """The suite reads feeds itself: nothing comes in here."""
        raise NotImplementedError("the suite keeps no inbox")

    async def inbox(self, state: InboxState = "new", limit: int = 100) -> list[InboxEvent]:
        """Return nothing: the suite keeps no inbox."""
        return []

    async def mark_event(self, source: str, event: str, state: InboxState, chain: str = "", why: str = "") -> None:
        """The suite keeps no inbox."""
        raise NotImplementedError("the suite keeps no inbox")

    async def cursor(self, source: str) -> str:
        """Return the beginning: the suite keeps its cursors itself."""
        return ""

    async def move_cursor(self, source: str, cursor: str) -> None:
        """The suite keeps its cursors itself."""
        raise NotImplementedError("the suite keeps its cursors itself")

    async def correlate(self, document: DocumentRef, route: Route) -> int:
        """Register a document's chain."""
        self._routes.setdefault(document, []).append(route)
        return 0

    async def routes(self, document: DocumentRef) -> list[Route]:
        """Return where events about a document go."""
        return list(self._routes.get(document, ()))

    def _mark(self, key: str, fence: int | None, state: IntentState) -> bool:
        intent = self._rows[key].intent
        if (fence is not None and intent.fence != fence) or intent.state == "confirmed":
            return False
        self._change(key, state=state)
        return True

    def _change(self, key: str, **what: Any) -> Intent:
        row = self._rows[key]
        row.intent = row.intent.model_copy(update=what)
        return row.intent
