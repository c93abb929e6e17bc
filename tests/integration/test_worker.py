"""A deal from lead to cash on real parts: Temporal, two systems, records, worker, client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ltc import devserver
from tests.integration.rig import Rig, installation, until


@pytest.fixture(scope="module")
async def rig(dev_server: devserver.DevServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    async with installation(Path(tmp_path_factory.mktemp("state")), dev_server.address) as running:
        yield running


async def test_a_small_deal_runs_from_lead_to_cash(rig: Rig) -> None:
    chain, _ = await rig.begin(net=50_000)
    order = await rig.order_of(chain)
    shipped = (await rig.erp.post("/warehouse/ship", json={"order": order["id"]})).json()

    async def invoiced() -> dict[str, object] | None:
        page = (await rig.erp.get("/invoices", params={"delivery": shipped["delivery"]["id"]})).json()
        return page["items"][0] if page["items"] else None

    invoice = await until(invoiced)
    paid = await rig.erp.post(
        "/bank/payments", json={"allocations": [{"invoice": invoice["id"], "minor": invoice["open"]["minor"]}]}
    )
    paid.raise_for_status()
    result = await rig.client.temporal.get_workflow_handle(chain).result()
    assert result["outcome"] == "completed"
    assert await rig.parts.store.missing(chain) == []
