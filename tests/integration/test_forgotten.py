"""A database that was lost, or an older one put back: what Temporal still has is put on record again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from ltc import devserver
from ltc.bootstrap import client_of, open_parts
from ltc.cli import checks, checks_records
from ltc.cli.desk import Desk
from ltc.cli.exits import NotFoundError as MissingError
from ltc.client import ChainClient, RefusedError
from ltc.client.connection import connect
from ltc.client.recalling import SOURCE
from ltc.ports.store import DocumentRef, Route, StartRequest
from ltc.store.migrate import upgrade
from starter.sweep import Sweep
from tests.integration.rig import Rig, installation, until
from tests.support.chains import simulate


@pytest.fixture(scope="module")
async def rig(dev_server: devserver.DevServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    async with installation(Path(tmp_path_factory.mktemp("state")), dev_server.address) as running:
        yield running


@pytest.fixture
def anew(rig: Rig, tmp_path: Path) -> Callable[..., Any]:
    """The same installation with an empty database."""

    @asynccontextmanager
    async def opened(**more: Any) -> AsyncIterator[ChainClient]:
        url = f"sqlite:///{tmp_path / 'new.db'}"
        upgrade(url)
        settings = rig.parts.settings.model_copy(update={"database": SecretStr(url), **more})
        async with open_parts(settings) as parts:
            yield await client_of(parts, rig.client.temporal)

    return opened


async def started_of(client: ChainClient, chain: str) -> StartRequest:
    start = await client.store.start_of(chain)
    assert start is not None
    return start


async def test_the_sweep_of_an_empty_database_finds_what_was_started_by_command(
    rig: Rig, anew: Callable[..., Any]
) -> None:
    chain, deal = await rig.begin()
    order = await rig.order_of(chain)
    async with anew() as client:
        sweep = Sweep(client)

        async def found() -> bool:  # Temporal's list of chains lags behind
            sweep._count = 0
            return chain in (await sweep.once()).recalled

        await until(found)
        before, after = await started_of(rig.client, chain), await started_of(client, chain)
        assert after.input == before.input
        assert (after.plan, after.key, after.process) == (before.plan, before.key, before.process)
        assert after.source == SOURCE
        assert await client.store.unconfirmed_starts() == []
        assert await client.store.missing(chain) == []
        assert await client.store.verify(chain) == []
        for document in (
            DocumentRef(system="erp", type="order", id=order["id"]),
            DocumentRef(system="crm", type="opportunity", id=deal["opportunity_id"]),
        ):
            assert await client.store.routes(document) == await rig.client.store.routes(document) != []
        kept = {one.key: one for one in await rig.parts.store.intents_of(chain)}
        again = await client.store.intents_of(chain)
        assert {one.key: (one.state, one.operation, one.document) for one in again} == {
            key: (one.state, one.operation, one.document) for key, one in kept.items()
        }
        planned = await client.store.plan(again[0].key, chain, again[0].operation, "the body as it is sent now")
        assert planned.state == "confirmed"
        sweep._count = 0
        assert chain not in (await sweep.once()).recalled
        started = await client.start("lead_to_cash", deal)
        assert (started.existed, started.same_input) == (True, True)


async def test_a_worker_looks_for_lost_records_before_it_calls(rig: Rig, anew: Callable[..., Any]) -> None:
    chain, _ = await rig.begin()
    await rig.order_of(chain)
    async with anew() as client:

        async def known() -> bool:
            await Sweep(client).begin()
            return await client.store.start_of(chain) is not None

        await until(known)
        assert await client.store.intents_of(chain) != []
    async with anew(temporal_address="127.0.0.1:1") as client:
        client.temporal = await connect(client._settings, lazy=True)
        await Sweep(client).begin()  # nothing is known; the sweep looks again


async def test_who_was_interrupted_goes_on_and_a_child_finds_its_parent(rig: Rig, anew: Callable[..., Any]) -> None:
    chain, _ = await rig.begin()
    await rig.order_of(chain)
    start = await started_of(rig.client, chain)
    async with anew() as client:
        await client.store.record_start(start.model_copy(update={"source": SOURCE}))  # and then it was killed
        assert chain in (await Sweep(client).once()).relaunched
        assert await client.store.missing(chain) == []
        assert await client.store.unconfirmed_starts() == []
        child = DocumentRef(system="chain", type="child", id=chain)
        await client.store.correlate(child, Route(chain="services:1"))
        await client.store.known_again("services:1", SOURCE)
        assert (await started_of(client, chain)).source == "chain:services:1"


async def test_healing_by_hand_tells_what_was_put_on_record_again(rig: Rig, anew: Callable[..., Any]) -> None:
    chain, _ = await rig.begin()
    await rig.order_of(chain)
    async with anew() as client:
        desk = Desk()
        desk.client, desk.parts = client, rig.parts
        with pytest.raises(MissingError, match=f"`ltc views heal --chain {chain}` puts it there again"):
            await desk.timeline(chain, -1, None)
        with pytest.raises(MissingError, match="there is no chain 'lead_to_cash:nobody'"):
            await desk.timeline("lead_to_cash:nobody", -1, None)

        async def healed() -> Any:
            return next((row for row in await desk.heal("", 10_000) if row["chain"] == chain), None)

        row = await until(healed)
        assert (row["ok"], row["forgotten"], row["result"]) == (True, True, "on record again")
        assert row["inserted"] > 10
        (row,) = await desk.heal(chain, 1)
        assert (row["forgotten"], row["inserted"], row["result"]) == (False, 0, "whole")


async def test_the_doctor_says_which_of_the_two_was_lost(rig: Rig, anew: Callable[..., Any], tmp_path: Path) -> None:
    chain, _ = await rig.begin()
    await rig.order_of(chain)
    async with anew() as client:
        url = SecretStr(client.store.url)
        settings = rig.parts.settings.model_copy(update={"database": url})

        async def told(state: str, **more: Any) -> Any:
            found = await checks.carry_out("records", checks_records.records, settings.model_copy(update=more))
            return [one.message for one in found if one.state == state]

        async def warned() -> Any:
            return await told("warn")

        (said,) = await until(warned)
        assert "of the chains that Temporal has are not on record" in said
        assert await told("ok", installation="another") == ["Temporal and the database know of the same chains"]
        await client.store.append("lead_to_cash:GHOST", "r1", simulate().trail[:5])

        async def failed() -> Any:  # views follow the trail
            return await told("fail")

        assert await until(failed) == ["Temporal does not know 1 chain on record as open, such as lead_to_cash:GHOST"]


async def test_a_chain_of_another_installation_is_left_alone(rig: Rig, anew: Callable[..., Any]) -> None:
    chain, _ = await rig.begin()
    await rig.order_of(chain)
    async with anew(installation="another") as client:
        assert await client.owns(chain) is False
        with pytest.raises(RefusedError, match="belongs to the installation"):
            await client.heal(chain)
        assert await client.store.start_of(chain) is None
    assert await rig.client.owns("lead_to_cash:nobody") is False
