"""Temporal's data is lost: a chain begins again from its start, and no document is made twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.service import RPCError

from ltc import devserver
from ltc.cli.desk import Desk
from ltc.client import NotFoundError, RefusedError
from tests.integration.rig import Rig, installation, task_of, until


@pytest.fixture(scope="module")
async def rig(dev_server: devserver.DevServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    async with installation(Path(tmp_path_factory.mktemp("state")), dev_server.address) as running:
        yield running


async def lose(rig: Rig, chain: str) -> None:
    """Make Temporal forget a chain, as when its data is lost."""
    temporal = rig.client.temporal
    await temporal.workflow_service.delete_workflow_execution(
        DeleteWorkflowExecutionRequest(
            namespace=temporal.namespace, workflow_execution=WorkflowExecution(workflow_id=chain)
        )
    )

    async def gone() -> bool:
        try:
            await temporal.get_workflow_handle(chain).describe()
        except RPCError:
            return True
        return False

    await until(gone)


async def orders(rig: Rig) -> list[str]:
    found = (await rig.erp.get("/orders")).json()
    return sorted(one["id"] for one in found["items"])


async def test_a_chain_that_was_lost_begins_again_and_makes_nothing_twice(rig: Rig) -> None:
    chain, _ = await rig.begin(net=200_000)
    assert (await rig.client.decide(await task_of(rig, chain), "approve", "andrew")).status == "accepted"
    order = await rig.order_of(chain)
    before = await orders(rig)
    intents = {one.key: one.state for one in await rig.parts.store.intents_of(chain)}
    with pytest.raises(RefusedError, match="only a chain that Temporal has lost begins again"):
        await rig.client.begin_again(chain, "olga", "test")
    await lose(rig, chain)
    assert [one.detail for one in await rig.client.stuck(chain)] == ["Temporal does not know this chain"]
    with pytest.raises(RefusedError, match="may not intervene"):
        await rig.client.begin_again(chain, "nancy", "test")
    desk = Desk()
    desk.client, desk.parts = rig.client, rig.parts
    assert (await desk.lost(chain))["chain"] == chain
    assert (await desk.begin_again(chain, "olga", "Temporal was lost"))["chain"] == chain

    async def asked() -> Any:
        where = await rig.client.where(chain)
        return where.tokens.get("approval", "").startswith("deciding")

    await until(asked)
    assert (await rig.client.decide(await task_of(rig, chain), "approve", "andrew")).status == "accepted"

    async def waiting() -> bool:
        return (await rig.client.where(chain)).leg == "shipment"

    await until(waiting)
    assert await orders(rig) == before
    assert order["id"] in before
    assert {one.key: one.state for one in await rig.parts.store.intents_of(chain)} == intents
    assert await rig.client.store.missing(chain) == []

    async def told() -> bool:
        return await rig.client.store.verify(chain) == []

    await until(told)
    assert [row["action"] for row in await rig.parts.store.audited(chain)][-2:] == ["relaunch", "approve"]
    await rig.client.intervene(chain, "cancel", "olga", "end of the test")
    result = await rig.ended(chain)
    assert result["outcome"] == "cancelled"
    assert (await rig.erp.get(f"/orders/{order['id']}")).json()["status"] == "cancelled"


async def test_what_was_undone_or_is_not_on_record_does_not_begin_again(rig: Rig) -> None:
    chain, _ = await rig.begin()
    await rig.order_of(chain)
    await rig.client.intervene(chain, "cancel", "olga", "test")
    await rig.ended(chain)
    with pytest.raises(RefusedError, match="has ended: cancelled"):
        await rig.client.begin_again(chain, "olga", "test")
    with pytest.raises(NotFoundError, match="no start of"):
        await rig.client.begin_again("lead_to_cash:nobody", "olga", "test")


async def test_many_that_were_lost_begin_again_as_one_action(rig: Rig) -> None:
    chains = [(await rig.begin())[0] for _ in range(2)]
    for chain in chains:
        await rig.order_of(chain)
    before = await orders(rig)
    await lose(rig, chains[0])
    desk = Desk()
    desk.client, desk.parts = rig.client, rig.parts
    first, second = await desk.foresee("relaunch", chains, {})
    assert (first["status"], second["status"]) == ("safe", "blocked")
    assert "only a chain that Temporal has lost" in second["reasons"][0]
    bulk = await desk.act_on("relaunch", chains, "olga", "Temporal was lost", {})  # type: ignore[arg-type]
    assert [row["state"] for row in await desk.go_through(bulk, "olga", 0)] == ["done", "refused"]

    async def waiting() -> bool:
        return (await rig.client.where(chains[0])).leg == "shipment"

    await until(waiting)
    assert await orders(rig) == before
