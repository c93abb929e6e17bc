"""From order to cash through K3Cloud's forms, and every inverse; what is refused, and with which reason."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest
from pydantic import BaseModel

from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, Misconfigured
from tests.contract.kingdee.conftest import World, cny, key, line


async def test_order_to_cash(world: World) -> None:
    order = await world.draft(line(tax=13), line("2", "P2", 2, 500))
    assert (order.status, order.net, order.tax, order.gross) == ("draft", cny(4000), cny(390), cny(4390))
    order = await world.erp.confirm_order(op.ConfirmOrder(order=order.id), key())
    assert (order.status, order.ordered) == ("confirmed", 5)
    release = await world.erp.release_delivery(op.OrderId(order=order.id), key())
    assert (release.order, release.status) == (order.id, "released")
    delivery = await world.erp.ship_delivery(op.ShipDelivery(delivery=release.id), key())
    assert [(one.line, one.product, one.quantity) for one in delivery.lines] == [("1", "P1", 3), ("2", "P2", 2)]
    assert delivery.gross == cny(4390)
    shipments = await world.erp.watch_shipments(op.OrderId(order=order.id))
    assert (shipments.order.status, shipments.order.shipped, shipments.deliveries) == ("shipped", 5, [delivery])
    invoice = await world.erp.post_invoice(op.DeliveryId(delivery=delivery.id), key())
    assert (invoice.order, invoice.delivery, invoice.gross, invoice.open) == (
        order.id, delivery.id, cny(4390), cny(4390)
    )  # fmt: skip
    first = await world.erp.register_payment(op.RegisterPayment(invoice=invoice.id, amount=cny(1390)), key())
    assert first.amount == cny(1390)
    await world.erp.register_payment(op.RegisterPayment(invoice=invoice.id, amount=cny(3000)), key())
    status = await world.erp.watch_payments(op.InvoiceId(invoice=invoice.id))
    assert (status.invoice.settled, status.invoice.open, len(status.payments)) == (True, cny(0), 2)
    with pytest.raises(BusinessRefusal) as refused:
        await world.erp.register_payment(op.RegisterPayment(invoice=invoice.id, amount=cny(1)), key())
    assert refused.value.reason == "already_settled"


async def test_part_shipments(world: World) -> None:
    release = await world.released(line(quantity=3), line("2", "P2", 6))
    ship = op.ShipDelivery(delivery=release.id, lines=[d.DeliveryLine(line="1", product="P1", quantity=1)])
    first = await world.erp.ship_delivery(ship, key())
    assert [(one.line, one.quantity) for one in first.lines] == [("1", 1)]
    second = await world.erp.ship_delivery(op.ShipDelivery(delivery=release.id), key())  # P2: four in stock of six
    assert [(one.line, one.quantity) for one in second.lines] == [("1", 2), ("2", 4)]
    with pytest.raises(BusinessRefusal) as refused:
        await world.erp.ship_delivery(op.ShipDelivery(delivery=release.id), key())
    assert refused.value.reason == "out_of_stock"
    too_much = [d.DeliveryLine(line="2", product="P2", quantity=3)]
    with pytest.raises(BusinessRefusal) as refused:
        await world.erp.ship_delivery(op.ShipDelivery(delivery=release.id, lines=too_much), key())
    assert refused.value.reason == "more_than_ordered"
    order = await world.erp.get_order(op.OrderId(order=release.order))
    assert (order.ordered, order.shipped, order.status) == (9, 7, "confirmed")
    assert [(one.line, one.ordered, one.shipped, one.cancelled) for one in order.by_line] == [
        ("1", 3, 3, 0), ("2", 6, 4, 0),
    ]  # fmt: skip
    (issue, _) = world.system.all("SAL_OUTSTOCK")
    issue.lists["fentity"][0]["fsoentryid"] = 0  # entered by hand, of no line of the order
    assert (await world.erp.get_order(op.OrderId(order=release.order))).by_line == []


async def test_void_order_has_all_of_each_line_cancelled(world: World) -> None:
    order = await world.draft(line(quantity=3), line("2", "P2", 1))
    void = await world.erp.cancel_order(op.OrderId(order=order.id), key())
    assert [(one.line, one.shipped, one.cancelled) for one in void.by_line] == [("1", 0, 3), ("2", 0, 1)]


async def test_short_stock_at_the_audit_leaves_nothing(world: World) -> None:
    """The goods go between looking and issuing: the issue that was saved is deleted, and later it goes through."""
    release, one = await world.released(line(product="P2", quantity=2)), key()
    ship = op.ShipDelivery(delivery=release.id, lines=[d.DeliveryLine(line="1", product="P2", quantity=2)])
    world.system.stock["P2"] = Decimal(1)
    with pytest.raises(BusinessRefusal) as refused:
        await world.erp.ship_delivery(ship, one)
    assert refused.value.reason == "out_of_stock"
    assert world.system.all("SAL_OUTSTOCK") == []
    assert await world.probe("erp.ship_delivery", one, ship) is None
    world.system.stock["P2"] = Decimal(2)
    assert (await world.erp.ship_delivery(ship, one)).lines[0].quantity == 2
    assert world.took("Save", "SAL_OUTSTOCK") == 2  # the first was deleted


async def test_over_payment_becomes_an_advance(world: World) -> None:
    invoice = await world.invoiced()
    payment = await world.erp.register_payment(op.RegisterPayment(invoice=invoice.id, amount=cny(5000)), key())
    assert payment.amount == cny(3000)
    status = await world.erp.watch_payments(op.InvoiceId(invoice=invoice.id))
    assert (status.invoice.open, status.invoice.settled) == (cny(0), True)
    (receipt,) = world.system.all("AR_RECEIVEBILL")
    assert [(row["fpurposeid.fnumber"], row["frecamountfor_e"]) for row in receipt.lists["freceivebillentry"]] == [
        ("SFKYT01_SYS", "30"), ("SFKYT02_SYS", "20"),
    ]  # fmt: skip


async def test_credit_limit_and_its_lifting(world: World) -> None:
    order = await world.draft(customer="C2")
    with pytest.raises(BusinessRefusal) as refused:
        await world.erp.confirm_order(op.ConfirmOrder(order=order.id), key())
    assert refused.value.reason == "credit_limit"
    assert (await world.erp.get_order(op.OrderId(order=order.id))).status == "draft"
    lifted = await world.erp.confirm_order(op.ConfirmOrder(order=order.id, override="credit_limit"), key())
    assert lifted.status == "confirmed"


async def test_inverses_newest_first(world: World) -> None:
    payment = await world.paid()
    invoice = await world.erp.get_invoice(op.InvoiceId(invoice=payment.invoice))
    bounced = await world.erp.reverse_payment(op.PaymentId(invoice=invoice.id, payment=payment.id), key())
    assert bounced.amount == payment.amount
    assert (await world.erp.get_invoice(op.InvoiceId(invoice=invoice.id))).open == invoice.gross
    note = await world.erp.credit_note(op.InvoiceId(invoice=invoice.id), key())
    assert (note.invoice, note.amount) == (invoice.id, invoice.gross)
    credited = await world.erp.get_invoice(op.InvoiceId(invoice=invoice.id))
    assert (credited.credited, credited.open, credited.settled) == (invoice.gross, cny(0), True)
    back = await world.erp.receive_return(op.OrderId(order=invoice.order), key())
    assert (back.delivery, back.quantity) == (invoice.delivery, 3)
    assert world.system.stock["P1"] == 1_000_000
    order = await world.erp.get_order(op.OrderId(order=invoice.order))
    assert (order.shipped, order.returned) == (3, 3)
    with pytest.raises(BusinessRefusal) as refused:
        await world.erp.receive_return(op.OrderId(order=invoice.order), key())
    assert refused.value.reason == "nothing_shipped"


async def test_undoing_an_order_before_goods_are_out(world: World) -> None:
    release = await world.released()
    order = op.OrderId(order=release.order)
    with pytest.raises(BusinessRefusal) as refused:
        await world.erp.unconfirm_order(order, key())
    assert refused.value.reason == "released"
    with pytest.raises(BusinessRefusal) as refused:
        await world.erp.cancel_order(order, key())
    assert refused.value.reason == "still_confirmed"
    assert (await world.erp.cancel_delivery(op.DeliveryId(delivery=release.id), key())).status == "cancelled"
    assert (await world.erp.unconfirm_order(order, key())).status == "draft"
    cancelled = await world.erp.cancel_order(order, key())
    assert (cancelled.status, cancelled.cancelled) == ("cancelled", 3)
    again = await world.confirmed()
    assert (await world.erp.release_delivery(op.OrderId(order=again.id), key())).status == "released"


async def test_a_cancelled_release_can_be_released_anew(world: World) -> None:
    release = await world.released()
    await world.erp.cancel_delivery(op.DeliveryId(delivery=release.id), key())
    anew = await world.erp.release_delivery(op.OrderId(order=release.order), key())
    assert anew.id != release.id


Case = Callable[[World], Awaitable[tuple[str, BaseModel]]]
REFUSED: dict[str, Case] = {}


def refused_as(reason: str) -> Callable[[Case], None]:
    def keep(make: Case) -> None:
        REFUSED[reason] = make

    return keep


def _ordering(reason: str, customer: str = "C1", product: str = "P1") -> None:
    async def make(world: World) -> tuple[str, BaseModel]:
        return "erp.create_order", op.CreateOrder(customer=customer, lines=[line(product=product)])

    REFUSED[reason] = make


_ordering("unknown_customer", customer="C9")
_ordering("blocked_customer", customer="C3")
_ordering("unknown_product", product="P9")
_ordering("discontinued", product="P3")


@refused_as("not_draft")
async def _(world: World) -> tuple[str, BaseModel]:
    return "erp.update_order", op.UpdateOrder(order=(await world.confirmed()).id, lines=[line()])


@refused_as("cancelled")
async def _(world: World) -> tuple[str, BaseModel]:
    gone = await world.draft()
    await world.erp.cancel_order(op.OrderId(order=gone.id), key())
    return "erp.confirm_order", op.ConfirmOrder(order=gone.id)


@refused_as("bad_override")
async def _(world: World) -> tuple[str, BaseModel]:
    return "erp.confirm_order", op.ConfirmOrder(order=(await world.draft()).id, override="out_of_stock")


@refused_as("not_confirmed")
async def _(world: World) -> tuple[str, BaseModel]:
    return "erp.release_delivery", op.OrderId(order=(await world.draft()).id)


@refused_as("already_released")
async def _(world: World) -> tuple[str, BaseModel]:
    return "erp.release_delivery", op.OrderId(order=(await world.released()).order)


@refused_as("not_released")
async def _(world: World) -> tuple[str, BaseModel]:
    release = await world.released()
    await world.erp.cancel_delivery(op.DeliveryId(delivery=release.id), key())
    return "erp.ship_delivery", op.ShipDelivery(delivery=release.id)


@refused_as("already_shipped")
async def _(world: World) -> tuple[str, BaseModel]:
    return "erp.cancel_order", op.OrderId(order=(await world.delivered()).order)


@refused_as("invoiced")
async def _(world: World) -> tuple[str, BaseModel]:
    return "erp.cancel_order", op.OrderId(order=(await world.invoiced()).order)


@refused_as("already_invoiced")
async def _(world: World) -> tuple[str, BaseModel]:
    return "erp.post_invoice", op.DeliveryId(delivery=(await world.invoiced()).delivery)


@refused_as("already_credited")
async def _(world: World) -> tuple[str, BaseModel]:
    invoice = await world.invoiced()
    await world.erp.credit_note(op.InvoiceId(invoice=invoice.id), key())
    return "erp.credit_note", op.InvoiceId(invoice=invoice.id)


@refused_as("returned")
async def _(world: World) -> tuple[str, BaseModel]:
    delivery = await world.delivered()
    await world.erp.receive_return(op.OrderId(order=delivery.order), key())
    return "erp.post_invoice", op.DeliveryId(delivery=delivery.id)


@pytest.mark.parametrize("case", sorted(REFUSED))
async def test_refusals_say_why_and_change_nothing(world: World, case: str) -> None:
    operation, request = await REFUSED[case](world)
    before = len(world.system.effects)
    with pytest.raises(BusinessRefusal) as refused:
        await world.call(operation, request, key())
    assert refused.value.reason == case
    assert len(world.system.effects) == before


async def test_a_release_with_goods_out_stays(world: World) -> None:
    delivery = await world.delivered()
    (notice,) = world.system.all("SAL_DELIVERYNOTICE")
    with pytest.raises(BusinessRefusal) as refused:
        await world.erp.cancel_delivery(op.DeliveryId(delivery=notice.number), key())
    assert (refused.value.reason, notice.status) == ("already_shipped", "C")
    assert delivery.order


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("erp.get_order", op.OrderId(order="NO")), ("erp.update_order", op.UpdateOrder(order="NO", lines=[line()])),
        ("erp.cancel_order", op.OrderId(order="NO")), ("erp.confirm_order", op.ConfirmOrder(order="NO")),
        ("erp.unconfirm_order", op.OrderId(order="NO")), ("erp.release_delivery", op.OrderId(order="NO")),
        ("erp.cancel_delivery", op.DeliveryId(delivery="NO")), ("erp.ship_delivery", op.ShipDelivery(delivery="NO")),
        ("erp.watch_shipments", op.OrderId(order="NO")), ("erp.receive_return", op.OrderId(order="NO")),
        ("erp.post_invoice", op.DeliveryId(delivery="NO")), ("erp.get_invoice", op.InvoiceId(invoice="NO")),
        ("erp.credit_note", op.InvoiceId(invoice="NO")), ("erp.watch_payments", op.InvoiceId(invoice="NO")),
        ("erp.register_payment", op.RegisterPayment(invoice="NO", amount=cny(1))),
        ("erp.reverse_payment", op.PaymentId(invoice="NO", payment="NO' or '1' = '1")),
        ("erp.exchange_rate", op.Currencies(source="EUR", target="JPY")),
    ],
)  # fmt: skip
async def test_what_is_not_there_is_not_found(world: World, operation: str, request_: op.OrderId) -> None:
    method = getattr(world.erp, operation.removeprefix("erp."))
    with pytest.raises(BusinessRefusal) as refused:
        await (method(request_, key()) if operation in world.erp.classes else method(request_))
    assert refused.value.reason == "not_found"
    if operation in world.erp.classes:
        assert await world.probe(operation, key(), request_) is None


async def test_the_number_is_the_key(world: World) -> None:
    order = await world.erp.create_order(op.CreateOrder(customer="C1", lines=[line()]), "ABCDEFGHIJKLMNOPQRST")
    assert order.id == "LTCABCDEFGHIJKLMNOPQRST"
    odd = await world.erp.create_order(op.CreateOrder(customer="C1", lines=[line()]), "key 100% ключ'")
    assert odd.id.startswith("LTC")
    assert odd.id.isalnum()
    assert len(odd.id) <= 30
    with pytest.raises(BusinessRefusal) as refused:
        await world.erp.create_order(op.CreateOrder(customer="C1", lines=[line(quantity=9)]), "ABCDEFGHIJKLMNOPQRST")
    assert refused.value.reason == "key_reused"


def test_what_it_does_not_do_it_says(world: World) -> None:
    for operation in ("erp.write_off", "erp.post_order_invoice"):
        with pytest.raises(Misconfigured, match="does not carry out"):
            world.erp.effect_class(operation)
        assert not hasattr(world.erp, operation.removeprefix("erp."))


async def test_a_payment_under_a_key_of_a_larger_one(world: World) -> None:
    invoice, one = await world.invoiced(), key()
    await world.erp.register_payment(op.RegisterPayment(invoice=invoice.id, amount=cny(1000)), one)
    with pytest.raises(BusinessRefusal) as refused:
        await world.erp.register_payment(op.RegisterPayment(invoice=invoice.id, amount=cny(500)), one)
    assert refused.value.reason == "key_reused"
