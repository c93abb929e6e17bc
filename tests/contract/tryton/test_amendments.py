"""Orders that are amended on a real Tryton: as drafts, released, shipped in part, billed; and what takes it back."""

from typing import Any

import pytest

from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, Misconfigured
from tests.contract.tryton.conftest import CUSTOMER, LIMITED, PLENTY, World, key, line, usd

OTHER = "2"  # Northwind has 17 of it


def short(order: d.Order) -> list[tuple[str, int, int]]:
    return [(one.product, one.quantity, one.net.minor) for one in order.lines]


async def amend(world: World, order: str, *lines: d.Line, one: str = "") -> d.Order:
    amended: d.Order = await world.erp.amend_order(op.AmendOrder(order=order, lines=list(lines)), one or key())
    return amended


async def refused(world: World, order: str, *lines: d.Line) -> str:
    one = key()
    with pytest.raises(BusinessRefusal) as no:
        await amend(world, order, *lines, one=one)
    assert await world.erp.probe("erp.amend_order", one, op.AmendOrder(order=order, lines=list(lines))) is None
    return no.value.reason


async def test_a_released_order_gets_other_lines_and_them_back_and_stays_released(world: World) -> None:
    release = await world.released()
    one, lines = key(), [line(5), line(2, OTHER, 1900)]
    amended = await amend(world, release.order, *lines, one=one)
    assert (amended.status, amended.ordered, amended.net) == ("confirmed", 7, usd(5 * 1800 + 2 * 1900))
    assert short(amended) == [(PLENTY, 5, 9000), (OTHER, 2, 3800)]
    again = await amend(world, release.order, *lines, one=one)
    assert short(again) == short(amended)
    (amendments,) = await world.erp.rpc.find("sale.sale", [["id", "=", int(release.order)]], ["amendments"])
    assert len(amendments["amendments"]) == 1
    shipment = await world.erp.shipment(release.id)  # Tryton made it anew: the release leads to the new one
    assert (shipment["state"], str(shipment["id"]) == release.id) == ("assigned", False)
    back = key()
    former = await world.erp.revert_amendment(op.OrderId(order=release.order), back)
    assert (short(former), former.ordered) == ([(PLENTY, 3, 5400)], 3)
    assert await world.erp.probe("erp.revert_amendment", back, op.OrderId(order=release.order)) is not None
    with pytest.raises(BusinessRefusal) as nothing:
        await world.erp.revert_amendment(op.OrderId(order=release.order), key())
    assert nothing.value.reason == "nothing_amended"
    assert (await world.erp.cancel_delivery(op.DeliveryId(delivery=release.id), key())).status == "cancelled"
    assert (await world.erp.unconfirm_order(op.OrderId(order=release.order), key())).status == "cancelled"


async def test_what_is_out_stays_and_each_delivery_is_billed_as_it_left(world: World) -> None:
    release = await world.released(7)
    (ordered,) = (await world.erp.get_order(op.OrderId(order=release.order))).lines
    two = [d.DeliveryLine(line=ordered.id, product=PLENTY, quantity=2)]
    first = await world.erp.ship_delivery(op.ShipDelivery(delivery=release.id, lines=two), key())
    assert await refused(world, release.order, line(1)) == "below_shipped"
    assert await refused(world, release.order, line(5, PLENTY, 1700)) == "already_shipped"
    amended = await amend(world, release.order, line(4), line(1, OTHER, 1900))
    assert [(one.ordered, one.shipped, one.cancelled) for one in amended.by_line] == [(4, 2, 0), (1, 0, 0)]
    rest = await world.erp.ship_delivery(op.ShipDelivery(delivery=release.id), key())
    assert [(one.product, one.quantity) for one in rest.lines] == [(PLENTY, 2), (OTHER, 1)]
    status = await world.erp.watch_shipments(op.OrderId(order=release.order))
    assert (status.order.status, status.order.shipped, len(status.deliveries)) == ("shipped", 5, 2)
    assert await refused(world, release.order, line(9)) == "already_shipped"
    bills = [await world.erp.post_invoice(op.DeliveryId(delivery=one.id), key()) for one in (first, rest)]
    assert [bill.net for bill in bills] == [usd(2 * 1800), usd(2 * 1800 + 1900)]


async def test_a_draft_gets_other_lines_and_them_back(world: World) -> None:
    order = await world.erp.create_order(op.CreateOrder(customer=CUSTOMER, lines=[line(3)]), key())
    await world.erp.rpc.press("sale.sale", "quote", [int(order.id)])
    amended = await amend(world, order.id, line(3, PLENTY, 1700), line(1, OTHER, 1900))
    assert (amended.status, short(amended)) == ("draft", [(PLENTY, 3, 5100), (OTHER, 1, 1900)])
    amended = await amend(world, order.id, line(1, OTHER, 1900))
    assert short(amended) == [(OTHER, 1, 1900)]
    one = op.OrderId(order=order.id)
    assert short(await world.erp.revert_amendment(one, key())) == [(OTHER, 1, 1900), (PLENTY, 3, 5100)]
    assert short(await world.erp.revert_amendment(one, key())) == [(PLENTY, 3, 5400)]
    assert (await world.erp.confirm_order(op.ConfirmOrder(order=order.id), key())).status == "confirmed"
    assert await refused(world, order.id, line(3), line(1, "nothing-of-the-kind")) == "unknown_product"
    await world.erp.unconfirm_order(one, key())
    assert await refused(world, order.id, line(4)) == "not_open"


async def test_an_order_that_gets_dearer_meets_the_credit_limit(world: World) -> None:
    order = await world.confirmed(2, customer=LIMITED)
    assert await refused(world, order.id, line(20)) == "credit_limit"
    assert (await amend(world, order.id, line(1))).ordered == 1
    await world.erp.unconfirm_order(op.OrderId(order=order.id), key())


async def test_what_is_packed_stays_too(world: World) -> None:
    release = await world.released(4)
    for button in ("pick", "pack"):
        await world.erp.rpc.press("stock.shipment.out", button, [int(release.id)])
    assert await refused(world, release.order, line(3)) == "below_shipped"
    assert [(one.ordered, one.shipped) for one in (await amend(world, release.order, line(6))).by_line] == [(6, 0)]
    await world.erp.rpc.press("stock.shipment.out", "do", [int(release.id)])
    rest = await world.erp.ship_delivery(op.ShipDelivery(delivery=release.id), key())
    assert rest.lines[0].quantity == 2


async def test_without_the_add_on_no_lines_are_added_without_the_module_nothing_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await world.confirmed()
    monkeypatch.setattr(world.erp, "_actions", frozenset({"line", "taxes"}))
    assert await refused(world, order.id, line(3), line(1, OTHER)) == "new_line"
    assert (await amend(world, order.id, line(2))).ordered == 2

    async def no_module(model: str, *given: Any, **more: Any) -> Any:
        return [] if model == "ir.model.field" else await found(model, *given, **more)

    found = world.erp.rpc.find
    monkeypatch.setattr(world.erp, "_actions", None)
    monkeypatch.setattr(world.erp.rpc, "find", no_module)
    with pytest.raises(Misconfigured, match="sale_amendment is not activated"):
        await amend(world, order.id, line(4))
