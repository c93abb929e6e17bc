"""Intents in memory, an ERP that answers as told, and a clock that is a number: what an effect meets on a bad day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ltc.model import documents as d
from ltc.model.money import Money
from ltc.ports.errors import OutcomeUnknown
from ltc.ports.operations import OrderId
from ltc.ports.store import DocumentRef, Intent, IntentMismatch, Route, StoreUnavailable

ZERO = Money(minor=0, currency="USD")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Records:
    """Intents and correlation in memory, with the rules that the port's documentation gives."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.rows: dict[str, dict[str, Any]] = {}
        self.routes_made: dict[DocumentRef, Route] = {}
        self.log: list[str] = []
        self.away = False
        self.slow_mark = 0.0

    def _intent(self, key: str) -> Intent:
        row = self.rows[key]
        at = None if row["sent"] is None else datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=row["sent"])
        return Intent(
            key=key, chain=row["chain"], operation=row["op"], body_digest=row["body"], state=row["state"],
            fence=row["fence"], sent_at=at, document=row["document"], result=row["result"],
        )  # fmt: skip

    async def plan(self, key: str, chain: str, operation: str, body_digest: str) -> Intent:
        if self.away:
            raise StoreUnavailable("the database is away")
        row = self.rows.setdefault(
            key,
            {"chain": chain, "op": operation, "body": body_digest, "state": "planned", "fence": 0, "sent": None,
             "document": None, "result": None},
        )  # fmt: skip
        if row["body"] != body_digest:
            raise IntentMismatch("other body")
        row["fence"] += 1
        self.log.append("plan")
        return self._intent(key)

    async def mark_sent(self, key: str, attempt: int, fence: int) -> bool:
        row = self.rows[key]
        self.clock.now += self.slow_mark
        if row["fence"] != fence or row["state"] not in ("planned", "absent"):
            return False
        row.update(state="sent", sent=self.clock.now)
        self.log.append("sent")
        return True

    async def confirm(self, key: str, document: DocumentRef | None, result: dict[str, Any] | None) -> None:
        self.rows[key].update(state="confirmed", document=document, result=result)
        self.log.append("confirmed")

    async def mark_absent(self, key: str, fence: int | None = None) -> bool:
        return self._mark(key, fence, "absent")

    async def mark_unknown(self, key: str, fence: int | None = None) -> bool:
        return self._mark(key, fence, "unknown")

    async def mark_human(self, key: str, note: str) -> bool:
        return self._mark(key, None, "human")

    def _mark(self, key: str, fence: int | None, state: str) -> bool:
        row = self.rows[key]
        if row["state"] == "confirmed" or (fence is not None and row["fence"] != fence):
            return False
        row["state"] = state
        self.log.append(state)
        return True

    async def elapsed_since_sent(self, key: str) -> timedelta | None:
        sent = self.rows[key]["sent"]
        return None if sent is None else timedelta(seconds=self.clock.now - sent)

    async def correlate(self, document: DocumentRef, route: Route) -> int:
        self.routes_made[document] = route
        return 0


class Erp:
    """Confirms orders. ``script`` says how each send goes; ``late`` holds what commits at a later time."""

    settle_seconds = 3.0

    def __init__(self, clock: Clock, script: list[Any]) -> None:
        self.clock = clock
        self.script = script
        self.done: list[tuple[str, float]] = []  # (key, when it commits)
        self.sent = 0
        self.probes = 0

    async def confirm_order(self, request: OrderId, key: str) -> d.Order:
        self.sent += 1
        step = self.script.pop(0) if self.script else "ok"
        if isinstance(step, Exception):
            raise step
        if step == "lost":
            self.done.append((key, self.clock.now))
            raise OutcomeUnknown("no answer")
        if step == "nothing":
            raise OutcomeUnknown("no answer")
        if isinstance(step, float):
            self.done.append((key, self.clock.now + step))
            raise OutcomeUnknown("no answer")
        self.done.append((key, self.clock.now))
        return self.order()

    async def probe(self, operation: str, key: str, request: OrderId) -> d.Order | None:
        self.probes += 1
        return self.order() if any(k == key and at <= self.clock.now for k, at in self.done) else None

    def order(self) -> d.Order:
        return d.Order(
            id="SO-1", customer="C1", lines=[], net=ZERO, tax=ZERO, gross=ZERO, status="confirmed", ordered=1
        )
