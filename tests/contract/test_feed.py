"""The feed of events: complete, in order, resumable at any cursor, and faulty only as planned."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ltc.ports import operations as op
from ltc.ports.operations import EVENTS, EffectClass
from ltc.ports.systems import FeedEvent
from ltc.sandbox.clock import Clock
from ltc.sandbox.faults import FaultRule
from ltc.sandbox.server import ServerThread, create_app
from ltc.sandbox.settings import SandboxSettings
from tests.contract.world import World, key, line, master_data, opportunity


class Hands:
    """A real clock that tests turn."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def _rules() -> tuple[FaultRule, ...]:
    def rule(fault: str, chain: str, **more: float) -> FaultRule:
        return FaultRule(operation="erp.payment_allocated", fault=fault, match={"chain": chain}, **more)

    return (
        rule("duplicate_event", "p:twice"), rule("lost_event", "p:lost", nth=2), rule("out_of_order_event", "p:swap"),
        rule("out_of_order_event", "p:late", seconds=60),
    )  # fmt: skip


@pytest.fixture
async def feeding(tmp_path: Path) -> AsyncIterator[tuple[World, Hands]]:
    hands = Hands()
    clock = Clock(now=hands)
    erp = ServerThread(create_app(SandboxSettings("erp", tmp_path / "erp.sqlite", faults=_rules()), clock)).start()
    crm = ServerThread(create_app(SandboxSettings("crm", tmp_path / "crm.sqlite"), clock)).start()
    made = World(erp.url, crm.url, EffectClass.A)
    await made.post("/setup", master_data())
    yield made, hands
    await made.aclose()
    erp.stop()
    crm.stop()


async def _paid(world: World, chain_id: str, times: int) -> list[str]:
    """Bill a chain and pay in parts; return the payments."""
    from tests.contract.world import chain

    with chain(chain_id):
        invoice = await world.invoiced()
    body = {"allocations": [{"invoice": invoice.id, "minor": 10}]}
    return [(await world.post("/bank/payments", body))["payments"][0]["id"] for _ in range(times)]


async def _payments(world: World) -> list[str]:
    events = (await world.erp.events("", 1000)).events
    return [event.fields["payment"] for event in events if event.name == "erp.payment_allocated"]


async def test_feed_is_complete_ordered_and_resumable(feeding: tuple[World, Hands]) -> None:
    world, hands = feeding
    deliveries = []
    for _ in range(7):
        hands.now += timedelta(hours=1)
        deliveries.append((await world.delivered()).id)
    whole = await world.erp.events("", 1000)
    assert [event.fields["delivery"] for event in whole.events] == deliveries
    assert [event.at for event in whole.events] == sorted(event.at for event in whole.events)
    assert len({event.id for event in whole.events}) == 7
    for size in (1, 2, 3, 100):
        cursor, seen = "", list[FeedEvent]()
        while (page := await world.erp.events(cursor, size)).events:
            seen += page.events
            cursor = page.next
        assert seen == whole.events
        assert page.next == cursor
    assert (await world.erp.events(whole.next, 10)).events == []


async def test_events_have_the_fields_their_types_say(feeding: tuple[World, Hands]) -> None:
    world, _ = feeding
    await _paid(world, "p:1", 1)
    body = {"opportunities": [{"opportunity": opportunity("OPP9").model_dump(mode="json"), "announce": True}]}
    assert (await world.at_crm.post("/opportunities", json=body)).status_code == 200
    assert (await world.at_crm.post("/opportunities/OPP9/cancel", json={"reason": "too late"})).status_code == 200
    events = (await world.erp.events("")).events + (await world.crm.events("")).events
    told = {"crm.opportunity_won", "crm.order_cancelled", "erp.goods_shipped", "erp.payment_allocated"}
    assert {event.name for event in events} == told  # the others: the suite brings each of them about
    for event in events:
        assert EVENTS[event.name].fields.model_validate(event.fields)
        assert event.at.tzinfo is not None


async def test_an_event_that_waits_for_its_reader_wakes_it(feeding: tuple[World, Hands]) -> None:
    world, _ = feeding
    reading = asyncio.create_task(world.erp.events("", 10, wait=20))
    delivery = await world.delivered()
    assert [event.fields["delivery"] for event in (await reading).events] == [delivery.id]


async def test_duplicate_lost_and_swapped_events(feeding: tuple[World, Hands]) -> None:
    world, hands = feeding
    (once,) = await _paid(world, "p:twice", 1)
    assert await _payments(world) == [once, once]
    pages = (await world.erp.events("", 1000)).events
    assert pages[-1].id == pages[-2].id
    first, _, third = await _paid(world, "p:lost", 3)
    assert await _payments(world) == [once, once, first, third]
    early, later = await _paid(world, "p:swap", 2)
    assert (await _payments(world))[4:] == [later, early]
    (held,) = await _paid(world, "p:late", 1)
    assert held not in await _payments(world)
    hands.now += timedelta(seconds=61)
    assert (await _payments(world))[-1] == held
    counts = (await world.at_erp.get("/faults/counts")).json()["items"]
    assert {row["fault"]: row["count"] for row in counts} == {
        "duplicate_event": 1, "lost_event": 1, "out_of_order_event": 2}  # fmt: skip


async def test_refused_change_reports_no_event(feeding: tuple[World, Hands]) -> None:
    world, _ = feeding
    release = await world.released(line(quantity=2, product="P2"))
    two = {"allocations": [{"invoice": "INV1", "minor": 10}, {"invoice": "INV0", "minor": 10}]}
    invoice = await world.invoiced()
    assert invoice.id == "INV1"
    before = (await world.erp.events("", 1000)).next
    assert (await world.at_erp.post("/bank/payments", json=two)).status_code == 404
    assert (await world.erp.events(before)).events == []
    assert (await world.erp.get_invoice(op.InvoiceId(invoice="INV1"))).paid.minor == 0
    assert release.status == "open"
    assert key() != key()
