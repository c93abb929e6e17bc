"""The change feed by polling: complete, ordered, resumable, and late commits lose nothing."""

import json

import pytest

from ltc.ports import operations as op
from ltc.ports.errors import ContractBroken, Misconfigured
from ltc.ports.systems import FeedEvent
from tests.contract.kingdee.conftest import World, cny, key, line


async def drain(world: World, after: str = "", limit: int = 100) -> tuple[list[FeedEvent], str]:
    """Read pages until one is empty."""
    events: list[FeedEvent] = []
    while True:
        page = await world.erp.events(after, limit)
        events += page.events
        after = page.next
        if not page.events:
            return events, after


async def test_shipments_and_payments_in_order(world: World) -> None:
    invoice = await world.invoiced(line(), line("2"))
    for _ in range(2):
        await world.erp.register_payment(op.RegisterPayment(invoice=invoice.id, amount=cny(1000)), key())
    second = await world.delivered()
    events, _ = await drain(world)
    assert [event.name for event in events] == [
        "erp.goods_shipped", "erp.payment_allocated", "erp.payment_allocated", "erp.goods_shipped",
    ]  # fmt: skip
    assert events[0].fields == {"order": invoice.order, "delivery": invoice.delivery}
    assert events[1].fields["invoice"] == invoice.id
    assert events[3].fields == {"order": second.order, "delivery": second.id}
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert events[3].at == second.shipped_at


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_resuming_gives_each_event_once_and_with_the_same_id(world: World, limit: int) -> None:
    for _ in range(4):
        await world.delivered()
    whole, cursor = await drain(world)
    assert len({event.id for event in whole}) == 4
    assert (await drain(world, limit=limit))[0] == whole
    assert (await drain(world, cursor))[0] == []
    await world.delivered()
    assert len((await drain(world, cursor))[0]) == 1


@pytest.mark.parametrize("limit", [1, 2])
async def test_many_at_one_moment(world: World, limit: int) -> None:
    for _ in range(5):
        await world.delivered()
    for bill in world.system.all("SAL_OUTSTOCK"):
        bill.approved = "2026-03-02T10:00:00.000"
    events, _ = await drain(world, limit=limit)
    assert len({event.id for event in events}) == len(events) == 5


async def test_a_late_commit_behind_the_watermark_is_not_lost(world: World) -> None:
    for _ in range(2):
        await world.delivered()
    late, early = world.system.all("SAL_OUTSTOCK")
    early.approved, late.approved, late.status = "2026-03-02T10:01:00.000", "2026-03-02T10:00:05.000", "B"
    events, cursor = await drain(world)
    assert [event.fields["delivery"] for event in events] == [early.number]
    late.status = "C"  # its transaction commits only now, with the date it was given before
    events, cursor = await drain(world, cursor)
    assert [event.fields["delivery"] for event in events] == [late.number]
    assert (await drain(world, cursor))[0] == []


async def test_the_cursor_does_not_grow_with_the_past(world: World) -> None:
    for number in range(6):
        await world.delivered()
        world.system.all("SAL_OUTSTOCK")[-1].approved = f"2026-03-02T1{number}:00:00.000"
    _, cursor = await drain(world)
    assert len(json.loads(cursor)["SAL_OUTSTOCK"][1]) == 1


async def test_audited_again_is_told_again(world: World) -> None:
    await world.delivered()
    (first,), cursor = await drain(world)
    (bill,) = world.system.all("SAL_OUTSTOCK")
    for service in ("UnAudit", "Submit", "Audit"):
        world.system.do(service, "SAL_OUTSTOCK", {"Numbers": [bill.number]})
    (again,), _ = await drain(world, cursor)
    assert again.fields == first.fields
    assert again.id != first.id


async def test_many_rows_come_page_by_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ltc.adapters.kingdee.client.PAGE", 2)
    orders = [await world.draft(line(), line("2"), line("3")) for _ in range(2)]
    assert [len((await world.erp.get_order(op.OrderId(order=one.id))).lines) for one in orders] == [3, 3]
    for _ in range(3):
        await world.delivered()
    assert len((await drain(world))[0]) == 3


@pytest.mark.parametrize("cursor", ["nonsense", "[1]", '{"SAL_OUTSTOCK": 3}'])
async def test_a_cursor_that_is_none(world: World, cursor: str) -> None:
    with pytest.raises(ContractBroken, match="cursor"):
        await world.erp.events(cursor)


async def test_a_feed_that_is_refused_is_a_matter_of_settings(world: World) -> None:
    world.server.trouble("ExecuteBillQuery", "msgcode", form="SAL_OUTSTOCK", code=11)
    with pytest.raises(Misconfigured, match="feed"):
        await world.erp.events("")


async def test_the_directory_tells_nothing(world: World) -> None:
    page = await world.customer.events("x")
    assert (page.events, page.next) == ([], "x")
