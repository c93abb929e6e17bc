"""What demonstrations on the sandbox stand on: settings with free ports, and the open doors of what runs."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from ltc import devserver
from ltc import settings as settings_module
from ltc.bootstrap import open_client
from ltc.client.chain_client import ChainClient
from ltc.model.clock import VirtualClock
from ltc.settings import Settings
from starter.example import PEOPLE
from starter.installation import ROOT

HTTP_TIMEOUT, SETTLE = 2.0, 1.5  # real seconds; a late commit lands within the settle time


def settings_for(installation: str, state: Path, clock: VirtualClock, **more: Any) -> Settings:
    """Return the settings of a run on a virtual clock, everything on free ports; the environment may name Temporal.

    Raises:
        SettingsError: the environment, or ``more``, holds a wrong setting.
    """
    given = os.environ.get(devserver.ADDRESS_VARIABLE)
    temporal, crm, erp = (devserver.free_port() for _ in range(3))
    values: dict[str, Any] = {
        "installation": installation, "state": state.resolve(), "database": "", "clock": clock.model_dump_json(),
        "temporal_address": given or f"127.0.0.1:{temporal}", "crm_url": f"http://127.0.0.1:{crm}",
        "erp_url": f"http://127.0.0.1:{erp}", "http_timeout": HTTP_TIMEOUT, "settle": SETTLE,
        "process_defs": ROOT / "process_defs", "people_file": PEOPLE, "poll_events": 0.2, "sweep_every": 10.0,
        "log_level": "WARNING",
    }  # fmt: skip
    return settings_module.load(**{**values, **more})


@asynccontextmanager
async def doors(values: Settings) -> AsyncIterator[tuple[ChainClient, httpx.AsyncClient, httpx.AsyncClient]]:
    """Open the client of chains, the CRM and the ERP of what runs under these settings; they close together."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(open_client(values))
        crm, erp = [
            await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=30.0))
            for url in (values.crm_url, values.erp_url)
        ]
        yield client, crm, erp
