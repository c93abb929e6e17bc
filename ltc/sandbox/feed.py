"""The event feed of a sandbox system: ordered, resumable by a cursor, and faulty where the plan says so."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ltc.sandbox.clock import Clock
from ltc.sandbox.database import Database
from ltc.sandbox.faults import FaultPlan

_HOLD_SECONDS = 5.0  # an out-of-order event whose chain emits nothing more comes after this


class Feed:
    """Events as rows; the cursor is the row number of the last one read."""

    def __init__(self, database: Database, faults: FaultPlan, clock: Clock) -> None:
        self._database = database
        self._faults = faults
        self._clock = clock
        self._held = bool(database.value("SELECT 1 FROM held_events LIMIT 1"))
        self._news = asyncio.Event()
        self._fresh = False

    def emit(self, name: str, fields: Mapping[str, Any], facts: Mapping[str, str], at: datetime) -> None:
        """Add an event to the feed, inside the caller's transaction. ``facts`` are what faults match on."""
        row = (self._database.next_id("EV"), name, json.dumps(fields, ensure_ascii=False), at.isoformat())
        rule = self._faults.take(name, facts) if self._faults.concerns(name) else None
        if rule and rule.fault == "out_of_order_event":
            release = self._clock.real().timestamp() + (rule.seconds or _HOLD_SECONDS)
            self._database.run(
                "INSERT INTO held_events VALUES (?, ?, ?, ?, ?, ?)", *row, facts.get("chain", ""), release
            )
            self._held = True
            return
        copies = 0 if rule and rule.fault == "lost_event" else 2 if rule else 1
        for _ in range(copies):
            self._add(row)
        if self._held and facts.get("chain"):
            self._let_go("chain = ?", facts["chain"])

    def wake(self) -> None:
        """Tell those who wait for events that there are some; called after each commit."""
        if self._fresh:
            self._fresh = False
            self._news.set()
            self._news = asyncio.Event()

    async def page(self, after: int, limit: int, wait: float) -> dict[str, Any]:
        """Return events after the cursor; with none there, wait up to ``wait`` real seconds for one."""
        found = self._read(after, limit)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                while not found and wait > 0:
                    await self._news.wait()
                    found = self._read(after, limit)
        last = found[-1]["seq"] if found else after
        for event in found:
            del event["seq"]
        return {"events": found, "next": str(last)}

    def _read(self, after: int, limit: int) -> list[dict[str, Any]]:
        if self._held:
            with self._database.write():
                self._let_go("release <= ?", self._clock.real().timestamp())
            self._held = bool(self._database.value("SELECT 1 FROM held_events LIMIT 1"))
        rows = self._database.rows("SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?", after, limit)
        return [{**dict(row), "fields": json.loads(row["fields"])} for row in rows]

    def _let_go(self, condition: str, value: Any) -> None:
        held = self._database.rows(f"SELECT * FROM held_events WHERE {condition} ORDER BY at", value)  # noqa: S608
        for row in held:
            self._add((row["id"], row["name"], row["fields"], row["at"]))
            self._database.run("DELETE FROM held_events WHERE id = ?", row["id"])

    def _add(self, row: tuple[str, str, str, str]) -> None:
        self._fresh = True
        self._database.run("INSERT INTO events (id, name, fields, at) VALUES (?, ?, ?, ?)", *row)
