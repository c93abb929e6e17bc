"""Nobody works: told at once, with the queue that nobody polls. On a server of its own, where nobody ever has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from activities.trail import LastEntries
from ltc import code_version, devserver
from ltc.bootstrap import client_of, open_parts
from ltc.cli import checks, checks_engine
from ltc.client.connection import connect
from ltc.running import chain_worker, run_until
from tests.integration.rig import settings_for, until
from tests.support.chains import opportunity


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async with devserver.running() as server:
        yield server.address


async def test_work_that_nobody_takes_is_told(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(tmp_path, address)
    stop = asyncio.Event()
    async with open_parts(settings) as parts:
        temporal = await connect(settings)
        client = await client_of(parts, temporal)
        deal = opportunity()
        chain = (await client.start("lead_to_cash", {"opportunity_id": deal["id"], "opportunity": deal})).chain
        assert [(one.reason, one.detail) for one in await client.stuck(chain)] == [
            ("no_worker", "nobody works on queue ltc-chains")
        ]
        running = asyncio.create_task(run_until(stop, [chain_worker(temporal, settings, LastEntries(parts.store))], []))

        async def under_way() -> bool:
            return any(one.step == "qualify_lead" for one in await client.stuck(chain))

        await until(under_way)
        assert [(one.reason, one.detail) for one in await client.stuck(chain)] == [
            ("no_worker", "nobody works on queue ltc-crm")
        ]
        (idle,) = await checks.carry_out("workers", checks_engine.workers, settings)
        assert (idle.state, "ltc-crm" in idle.message, "ltc-chains" in idle.message) == ("fail", True, False)
        monkeypatch.setattr(code_version, "code", lambda: "newer")
        (_, other) = await checks.carry_out("workers", checks_engine.workers, settings)
        assert other.state == "warn"
        assert other.message.endswith("; here it is newer")
        stop.set()
        await running
