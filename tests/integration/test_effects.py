"""Effects under faults, over real HTTP: whatever is lost on the way, each takes place once and the chain goes on."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ltc import devserver
from ltc.ports.store import DocumentRef
from ltc.sandbox.faults import FaultRule
from tests.integration.rig import Rig, installation

LATE = 0.3  # seconds; far below the settle time of this rig, for a busy machine
FAULTS = [
    (operation, fault)
    for operation in ("crm.qualify_lead", "erp.create_order", "erp.confirm_order", "erp.release_delivery")
    for fault in ("busy", "5xx_before", "5xx_after", "lost_reply", "late_commit", "timeout")
]


def chain_of(number: int) -> str:
    return f"lead_to_cash:F{number}"


def rule(number: int, operation: str, fault: str) -> FaultRule:
    seconds = {"late_commit": LATE}.get(fault, 0.0)
    return FaultRule(operation=operation, fault=fault, match={"chain": chain_of(number)}, seconds=seconds)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
async def rig(dev_server: devserver.DevServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    faults = tuple(rule(number, *one) for number, one in enumerate(FAULTS))
    folder = Path(tmp_path_factory.mktemp("state"))
    async with installation(folder, dev_server.address, faults=faults, settle=2.0) as running:
        yield running


async def test_every_fault_leaves_one_effect(rig: Rig) -> None:
    async def one(number: int) -> None:
        deal = rig.deal(number=f"F{number}")
        await rig.enter(deal)
        started = await rig.client.start("lead_to_cash", deal, source="test")
        assert started.chain == chain_of(number)
        await rig.order_of(started.chain)

    await asyncio.gather(*(one(number) for number in range(len(FAULTS))))
    for system, name in ((rig.crm, "crm"), (rig.erp, "erp")):
        counts = (await system.get("/faults/counts")).json()
        served = {(row["operation"], row["fault"]) for row in counts["items"] if row["planned"]}
        assert served == {one for one in FAULTS if one[0].startswith(name)}
    effects = [row for row in await _effects(rig) if row["operation"] in {one[0] for one in FAULTS}]
    by_key = Counter((row["operation"], row["key"] or row["reference"]) for row in effects)
    assert set(by_key.values()) == {1}
    assert len(by_key) == 4 * len(FAULTS)


async def _effects(rig: Rig) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for system in (rig.crm, rig.erp):
        rows += (await system.get("/effects", params={"limit": "1000"})).json()["items"]
    return rows


async def test_every_effect_had_an_intent_and_its_document_finds_its_chain(rig: Rig) -> None:
    chain, _ = await rig.begin()
    order = await rig.order_of(chain)
    intents = await rig.parts.store.intents_of(chain)
    assert [(one.operation, one.state) for one in intents] == [
        ("crm.qualify_lead", "confirmed"),
        ("erp.create_order", "confirmed"),
        ("erp.confirm_order", "confirmed"),
        ("erp.release_delivery", "confirmed"),
    ]
    routes = await rig.parts.store.routes(DocumentRef(system="erp", type="order", id=order["id"]))
    assert {route.chain for route in routes} == {chain}
