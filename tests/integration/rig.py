"""A whole installation in one process: Temporal, the sandbox systems, the records, a worker, the client."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from activities.trail import LastEntries
from ltc.bootstrap import Parts, client_of, open_parts
from ltc.client import ChainClient
from ltc.client.connection import connect
from ltc.ports.store import InboxEvent
from ltc.running import call_worker, chain_worker, run_until
from ltc.sandbox.server import ServerThread, create_app
from ltc.sandbox.settings import SandboxSettings
from ltc.settings import Settings, load
from ltc.store.migrate import upgrade
from starter.doors import event_loops
from tests.support.chains import opportunity

T = TypeVar("T")
PEOPLE = {
    "people": [
        {"id": "nancy", "name": "Nancy", "roles": ["sales"], "manager": "andrew"},
        {"id": "andrew", "name": "Andrew", "roles": ["sales_manager", "director"]},
        {"id": "fred", "name": "Fred", "roles": ["finance", "credit"]},
        {"id": "faye", "name": "Faye", "roles": ["finance", "credit", "sales"]},
        {"id": "frank", "name": "Frank", "roles": ["finance"]},
        {"id": "olga", "name": "Olga", "roles": ["operator", "logistics"]},
    ]
}
CUSTOMERS = {
    "customers": [{"id": "C-VINET", "name": "Vins", "crm_id": "VINET", "currency": "USD"}],
    "products": [{"id": "11", "name": "Queso", "stock": 1000}],
}


@dataclass
class Rig:
    """An installation that runs. ``crm`` and ``erp`` speak to the sandbox systems as their people do."""

    parts: Parts
    client: ChainClient
    crm: httpx.AsyncClient
    erp: httpx.AsyncClient

    def deal(self, net: int = 50_000, number: str = "") -> dict[str, Any]:
        """Return the fields of a start event for a deal that nobody else has."""
        number = number or uuid.uuid4().hex[:10]
        deal = opportunity(net, id=f"OP-{number}", number=number)
        return {"opportunity_id": deal["id"], "opportunity": deal}

    async def enter(self, deal: dict[str, Any]) -> None:
        """Have sales enter a deal in the CRM."""
        body = {"opportunities": [{"opportunity": deal["opportunity"]}]}
        (await self.crm.post("/opportunities", json=body)).raise_for_status()

    async def begin(self, net: int = 50_000) -> tuple[str, dict[str, Any]]:
        """Enter a deal and start its chain."""
        deal = self.deal(net)
        await self.enter(deal)
        started = await self.client.start("lead_to_cash", deal, source="test")
        return started.chain, deal

    async def order_of(self, chain: str) -> dict[str, Any]:
        """Wait until the chain's order is released to the warehouse, and return it."""
        try:
            return await until(lambda: self._released(chain))
        except TimeoutError:
            raise AssertionError(await self._state(chain)) from None

    async def ended(self, chain: str) -> dict[str, Any]:
        """Wait for a chain's result, and until the records tell of its end, which they do a moment later."""
        result: dict[str, Any] = await self.client.temporal.get_workflow_handle(chain).result()
        await self.ended_view(chain)
        return result

    async def ended_view(self, chain: str) -> dict[str, Any]:
        """Wait until the records tell of a chain's end, and return how they show it."""

        async def ask() -> dict[str, Any] | None:
            view = await self.client.store.chain(chain)
            return view if view and view["state"] == "ended" else None

        return await until(ask)

    async def _state(self, chain: str) -> str:
        """Say where a chain stands, for a test that waited in vain."""
        handle = self.client.temporal.get_workflow_handle(chain)
        pending = (await handle.describe()).raw_description.pending_activities
        calls = [f"{one.activity_id} attempt {one.attempt}: {one.last_failure.message}" for one in pending]
        where = await self.client.where(chain)
        return f"{chain} is {where.status} in {where.leg}, holds {where.holds}, tokens {where.tokens}, calls {calls}"

    async def _released(self, chain: str) -> dict[str, Any] | None:
        for intent in await self.parts.store.intents_of(chain):
            if intent.operation == "erp.release_delivery" and intent.state == "confirmed" and intent.result:
                return {"id": intent.result["order"]}
        return None


async def until(ask: Callable[[], Awaitable[T | None]], seconds: float = 60.0) -> T:
    """Ask again and again until the answer is something."""
    async with asyncio.timeout(seconds):
        while True:
            answer = await ask()
            if answer:
                return answer
            await asyncio.sleep(0.05)


async def task_of(rig: Rig, chain: str, level: str = "manager") -> str:
    """Wait for an open task of a chain and return its full name."""

    async def ask() -> str | None:
        found = await rig.client.store.tasks("", chain, "open")
        return next((row["ref"] for row in found if row["level"] == level), None)

    return await until(ask)


async def event(rig: Rig, source: str, name: str) -> InboxEvent | None:
    """Find an event in the inbox."""
    for state in ("new", "routed", "unmatched", "late"):
        for found in await rig.parts.store.inbox(state, 1000):  # type: ignore[arg-type]
            if (found.source, found.id) == (source, name):
                return found
    return None


async def in_state(rig: Rig, source: str, name: str, state: str) -> InboxEvent:
    """Wait until an event of the inbox is in a state."""

    async def ask() -> InboxEvent | None:
        found = await event(rig, source, name)
        return found if found and found.state == state else None

    return await until(ask)


def settings_for(folder: Path, address: str, **more: Any) -> Settings:
    """Return settings of an installation in a folder of its own."""
    people = folder / "people.json"
    people.write_text(json.dumps(PEOPLE))
    upgrade(f"sqlite:///{folder / 'ltc.db'}")
    values = {
        "installation": f"t{uuid.uuid4().hex[:8]}", "state": folder, "people_file": people,
        "temporal_address": address, "poll_events": 0.05, "settle": 0.5, "http_timeout": 1.0, **more,
    }  # fmt: skip
    return load(**values)


@asynccontextmanager
async def installation(folder: Path, address: str, faults: tuple[Any, ...] = (), **more: Any) -> AsyncIterator[Rig]:
    """Run an installation for the length of a block."""
    crm = ServerThread(create_app(SandboxSettings("crm", faults=faults))).start()
    erp = ServerThread(create_app(SandboxSettings("erp", faults=faults))).start()
    settings = settings_for(folder, address, crm_url=crm.url, erp_url=erp.url, **more)
    stop = asyncio.Event()
    try:
        async with (
            open_parts(settings) as parts,
            httpx.AsyncClient(base_url=crm.url) as to_crm,
            httpx.AsyncClient(base_url=erp.url) as to_erp,
        ):
            (await to_erp.post("/setup", json=CUSTOMERS)).raise_for_status()
            temporal = await connect(settings)
            client = await client_of(parts, temporal)
            last = LastEntries(parts.store)
            workers = [chain_worker(temporal, settings, last)]
            workers += [call_worker(temporal, settings, q, made, parts) for q, made in parts.activities(client).items()]
            running = asyncio.create_task(
                run_until(stop, workers, [last.until_stored(), *await event_loops(parts, client)])
            )
            try:
                yield Rig(parts, client, to_crm, to_erp)
            finally:
                stop.set()
                await running
    finally:
        crm.stop()
        erp.stop()
