"""From order to money on a real Tryton, and the way back from every station; the other ways with ``make test-full``."""

import asyncio
from typing import Any

import pytest

from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal
from ltc.ports.operations import EffectClass
from tests.contract.tryton.conftest import CUSTOMER, LIMITED, SCARCE, World, key, line, stock, usd


def also(value: object) -> Any:
    """What another value shows already: with ``make test-full``."""
    return pytest.param(value, marks=pytest.mark.full)


async def test_confirmed_order_is_closed_by_both_exceptions_and_cancelled(world: World) -> None:
    order = op.OrderId(order=(await world.confirmed()).id)
    closed = await world.erp.unconfirm_order(order, key())
    assert (closed.status, closed.cancelled) == ("cancelled", closed.ordered)
    assert (await world.erp.cancel_order(order, key())).status == "cancelled"
    with pytest.raises(BusinessRefusal, match="cannot be confirmed"):
        await world.erp.confirm_order(op.ConfirmOrder(order=order.order), key())
    (sale,) = await world.erp.rpc.find("sale.sale", [["id", "=", int(order.order)]], ["state", "shipment_state"])
    assert (sale["state"], sale["shipment_state"]) == ("done", "none")  # it hangs in processing without the wizards


@pytest.mark.parametrize("state", [also("waiting"), "assigned", "picked", also("packed")])
async def test_release_is_taken_back_in_each_state_and_given_again(world: World, state: str) -> None:
    release = await world.released()
    shipment = int(release.id)
    for button in {"waiting": ("wait",), "assigned": (), "picked": ("pick",), "packed": ("pick", "pack")}[state]:
        await world.erp.rpc.press("stock.shipment.out", button, [shipment])
    back = await world.erp.cancel_delivery(op.DeliveryId(delivery=release.id), key())
    assert back.status == "cancelled"
    again = await world.erp.release_delivery(op.OrderId(order=release.order), key())
    assert (again.status, again.id == release.id) == ("released", state in ("waiting", "assigned"))
    shipped = await world.erp.ship_delivery(op.ShipDelivery(delivery=again.id), key())
    assert sum(one.quantity for one in shipped.lines) == 3
    with pytest.raises(BusinessRefusal) as late:
        await world.erp.cancel_delivery(op.DeliveryId(delivery=again.id), key())
    assert late.value.reason == "already_shipped"


@pytest.mark.full
async def test_part_is_shipped_and_the_rest_follows_under_the_same_release(world: World) -> None:
    release = await world.released(7)
    (ordered,) = (await world.erp.get_order(op.OrderId(order=release.order))).lines
    two = [d.DeliveryLine(line=ordered.id, product=ordered.product, quantity=2)]
    first = await world.erp.ship_delivery(op.ShipDelivery(delivery=release.id, lines=two), key())
    nine = [d.DeliveryLine(line=ordered.id, product=ordered.product, quantity=9)]
    with pytest.raises(BusinessRefusal) as beyond:
        await world.erp.ship_delivery(op.ShipDelivery(delivery=release.id, lines=nine), key())
    assert beyond.value.reason == "more_than_ordered"
    rest = await world.erp.ship_delivery(op.ShipDelivery(delivery=release.id), key())
    assert [one.lines[0].quantity for one in (first, rest)] == [2, 5]
    status = await world.erp.watch_shipments(op.OrderId(order=release.order))
    assert (status.order.status, status.order.shipped) == ("shipped", 7)
    bills = [await world.erp.post_invoice(op.DeliveryId(delivery=one.id), key()) for one in (first, rest)]
    assert [bill.net for bill in bills] == [usd(2 * 1800), usd(5 * 1800)]


@pytest.mark.full
async def test_short_stock_ships_what_is_there_then_refuses(world: World) -> None:
    await stock(world.erp.rpc, SCARCE, 4)
    release = await world.released(7, SCARCE)
    assert release.status == "partly_released"
    shipped = await world.erp.ship_delivery(op.ShipDelivery(delivery=release.id), key())
    assert shipped.lines[0].quantity == 4
    with pytest.raises(BusinessRefusal) as short:
        await world.erp.ship_delivery(op.ShipDelivery(delivery=release.id), key())
    assert short.value.reason == "out_of_stock"
    await stock(world.erp.rpc, SCARCE, 3)
    assert (await world.erp.ship_delivery(op.ShipDelivery(delivery=release.id), key())).lines[0].quantity == 3


async def test_goods_come_back_and_need_no_bill(world: World) -> None:
    delivery = await world.delivered()
    back = await world.erp.receive_return(op.OrderId(order=delivery.order), key())
    assert (back.delivery, back.quantity) == (delivery.id, 3)
    assert (await world.erp.get_order(op.OrderId(order=delivery.order))).returned == 3
    with pytest.raises(BusinessRefusal) as nothing:
        await world.erp.post_invoice(op.DeliveryId(delivery=delivery.id), key())
    assert nothing.value.reason == "returned"
    with pytest.raises(BusinessRefusal) as twice:
        await world.erp.receive_return(op.OrderId(order=delivery.order), key())
    assert twice.value.reason == "nothing_shipped"


async def test_bounced_payment_is_undone_and_the_invoice_paid_again_over_what_is_open(world: World) -> None:
    invoice = await world.invoiced()
    part = await world.pay(invoice.id, 2000)
    rest = await world.pay(invoice.id, invoice.gross.minor - 2000)
    assert (await world.erp.get_invoice(op.InvoiceId(invoice=invoice.id))).settled
    with pytest.raises(BusinessRefusal) as settled:
        await world.pay(invoice.id, 1)
    assert settled.value.reason == "already_settled"
    await world.erp.reverse_payment(op.PaymentId(invoice=invoice.id, payment=rest.id), key())
    again = await world.erp.watch_payments(op.InvoiceId(invoice=invoice.id))
    assert (again.invoice.open, [one.id for one in again.payments]) == (rest.amount, [part.id])
    over = await world.pay(invoice.id, rest.amount.minor + 500)
    assert over.amount == usd(rest.amount.minor + 500)
    assert (await world.erp.get_invoice(op.InvoiceId(invoice=invoice.id))).open == usd(-500)


@pytest.mark.parametrize("paid", [also(0), 500, also(5400)])
async def test_invoice_is_credited_open_partly_paid_and_paid(world: World, paid: int) -> None:
    invoice = await world.invoiced()
    if paid:
        await world.pay(invoice.id, paid)
    note = await world.erp.credit_note(op.InvoiceId(invoice=invoice.id), key())
    assert note.amount == invoice.gross
    after = await world.erp.get_invoice(op.InvoiceId(invoice=invoice.id))
    assert (after.credited, after.open) == (invoice.gross, usd(-paid))
    with pytest.raises(BusinessRefusal) as twice:
        await world.erp.credit_note(op.InvoiceId(invoice=invoice.id), key())
    assert twice.value.reason == "already_credited"


@pytest.mark.full
async def test_rest_is_written_off(world: World) -> None:
    invoice = await world.invoiced()
    await world.pay(invoice.id, 400)
    after = await world.erp.write_off(op.InvoiceId(invoice=invoice.id), key())
    assert (after.paid, after.written_off, after.open, after.settled) == (usd(400), usd(5000), usd(0), True)


async def test_credit_limit_is_a_refusal_that_an_approval_lifts(world: World) -> None:
    asked = op.CreateOrder(customer=LIMITED, lines=[line(20)])
    order = await world.erp.create_order(asked, key())
    with pytest.raises(BusinessRefusal) as limit:
        await world.erp.confirm_order(op.ConfirmOrder(order=order.id), key())
    assert limit.value.reason == "credit_limit"
    lifted = await world.erp.confirm_order(op.ConfirmOrder(order=order.id, override="credit_limit"), key())
    assert lifted.status == "confirmed"
    await world.erp.unconfirm_order(op.OrderId(order=order.id), key())


async def test_four_at_once_with_the_add_on_are_one(world: World) -> None:
    await world.erp.check()
    assert world.erp.effect_class("erp.create_order") is EffectClass.B
    one, asked = key(), op.CreateOrder(customer=CUSTOMER, lines=[line()])
    orders = await asyncio.gather(*(world.erp.create_order(asked, one) for _ in range(4)))
    assert len({order.id for order in orders}) == 1


@pytest.mark.full
async def test_four_payments_at_once_with_the_add_on_are_one(world: World) -> None:
    invoice, one = await world.invoiced(), key()
    await asyncio.gather(*(world.pay(invoice.id, 100, one) for _ in range(4)), return_exceptions=True)
    assert (await world.pay(invoice.id, 100, one)).amount == usd(100)
    assert (await world.erp.get_invoice(op.InvoiceId(invoice=invoice.id))).paid == usd(100)


async def test_customer_is_ensured_once_by_four_at_once(world: World) -> None:
    card = d.CustomerCard(id=f"N{key()}", name="New", country="DE", city="Berlin", email="new@customer.example")
    asked = op.EnsureCustomer(customer=card, currency="USD")
    found = await asyncio.gather(*(world.directory.ensure(asked, key()) for _ in range(4)))
    assert len({customer.erp_id for customer in found}) == 1
    assert (await world.directory.resolve(op.ResolveCustomer(customer=card))).crm_id == card.id
