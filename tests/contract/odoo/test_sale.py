"""A sale through Odoo, its ways back, and what is refused: what only Odoo does, beside the suite."""

import asyncio
from typing import Any

import pytest

from ltc.adapters.odoo import ADAPTER
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, ContractBroken, Misconfigured, OutcomeUnknown
from tests.contract.odoo.conftest import World, connection, key, line, usd
from tests.fakes.odoo.accounting import create_invoices


async def test_short_stock_ships_twice_and_each_delivery_is_billed_alone(odoo: World) -> None:
    release = await odoo.released(line(2), line(6, 500, "P2"))
    first = await odoo.erp.ship_delivery(op.ShipDelivery(delivery=release.id), key())
    assert [(one.product, one.quantity) for one in first.lines] == [("P1", 2), ("P2", 4)]
    with pytest.raises(BusinessRefusal) as short:
        await odoo.erp.ship_delivery(op.ShipDelivery(delivery=release.id), key())
    assert short.value.reason == "out_of_stock"
    half = await odoo.erp.get_order(op.OrderId(order=release.order))
    assert [(one.line, one.ordered, one.shipped, one.cancelled) for one in half.by_line] == [
        (half.lines[0].id, 2, 2, 0), (half.lines[1].id, 6, 4, 0),
    ]  # fmt: skip
    odoo.fake.within(lambda env: env.write("product.product", env.get("product.product", 2), stock=10.0))
    second = await odoo.erp.ship_delivery(op.ShipDelivery(delivery=release.id), key())
    assert [(one.product, one.quantity) for one in second.lines] == [("P2", 2)]
    status = await odoo.erp.watch_shipments(op.OrderId(order=release.order))
    assert (status.order.status, status.order.shipped, len(status.deliveries)) == ("shipped", 8, 2)
    assert sum(one.net.minor for one in status.deliveries) == status.order.net.minor
    bills = await asyncio.gather(
        *(odoo.erp.post_invoice(op.DeliveryId(delivery=one.id), key()) for one in (first, second))
    )
    assert {bill.delivery: bill.net for bill in bills} == {first.id: first.net, second.id: second.net}


async def test_given_lines_leave_and_the_rest_stays_released(odoo: World) -> None:
    release = await odoo.released(line(5), line(2, 100, "P4"))
    order = await odoo.erp.get_order(op.OrderId(order=release.order))
    part = d.DeliveryLine(line=order.lines[0].id, product="P1", quantity=2)
    sent = await odoo.erp.ship_delivery(op.ShipDelivery(delivery=release.id, lines=[part]), key())
    assert [(one.product, one.quantity) for one in sent.lines] == [("P1", 2)]
    rest = await odoo.erp.ship_delivery(op.ShipDelivery(delivery=release.id), key())
    assert sorted((one.product, one.quantity) for one in rest.lines) == [("P1", 3), ("P4", 2)]
    assert (order.tax, order.gross) == (usd(20), usd(5220))


async def test_cancelled_order_says_so_of_each_line(odoo: World) -> None:
    order = await odoo.draft(line(5), line(2, 100, "P4"))
    gone = await odoo.erp.cancel_order(op.OrderId(order=order.id), key())
    assert [(one.ordered, one.shipped, one.cancelled) for one in gone.by_line] == [(5, 0, 5), (2, 0, 2)]


async def test_payments_in_part_over_bounced_and_again(odoo: World) -> None:
    invoice = await odoo.invoiced()
    part = await odoo.erp.register_payment(
        op.RegisterPayment(invoice=invoice.id, amount=usd(1000), reference="BANK-7"), key()
    )
    assert odoo.fake.store.table("account.payment")[int(part.id)]["memo"].startswith("BANK-7 [")
    over = await odoo.erp.register_payment(op.RegisterPayment(invoice=invoice.id, amount=usd(5000)), key())
    assert over.amount == usd(2000)  # what this invoice took of it; the rest is the customer's credit
    assert (await odoo.erp.get_invoice(op.InvoiceId(invoice=invoice.id))).settled
    bounce = op.PaymentId(invoice=invoice.id, payment=part.id)
    one = key()
    assert (await odoo.erp.reverse_payment(bounce, one)).id == part.id
    assert await odoo.erp.probe("erp.reverse_payment", one, bounce) is not None
    assert await odoo.erp.probe("erp.reverse_payment", key(), bounce) is None
    status = await odoo.erp.watch_payments(op.InvoiceId(invoice=invoice.id))
    assert (status.invoice.open, [one.id for one in status.payments]) == (usd(1000), [over.id])
    await odoo.erp.register_payment(op.RegisterPayment(invoice=invoice.id, amount=usd(1000)), key())
    assert (await odoo.erp.get_invoice(op.InvoiceId(invoice=invoice.id))).open == usd(0)


async def test_every_way_back(odoo: World) -> None:
    release = await odoo.released()
    order = op.OrderId(order=release.order)
    with pytest.raises(BusinessRefusal, match="with the warehouse"):
        await odoo.erp.unconfirm_order(order, key())
    assert (await odoo.erp.cancel_delivery(op.DeliveryId(delivery=release.id), key())).status == "cancelled"
    assert (await odoo.erp.release_delivery(order, key())).status == "open"
    await odoo.erp.cancel_delivery(op.DeliveryId(delivery=release.id), key())
    assert (await odoo.erp.unconfirm_order(order, key())).status == "draft"
    await odoo.erp.confirm_order(op.ConfirmOrder(order=order.order), key())
    sent = await odoo.erp.ship_delivery(
        op.ShipDelivery(delivery=(await odoo.erp.release_delivery(order, key())).id), key()
    )
    invoice = await odoo.erp.post_invoice(op.DeliveryId(delivery=sent.id), key())
    with pytest.raises(BusinessRefusal) as shipped:
        await odoo.erp.cancel_order(order, key())
    assert shipped.value.reason == "already_shipped"
    back = await odoo.erp.receive_return(order, key())
    assert (back.delivery, back.quantity) == (sent.id, 3)
    with pytest.raises(BusinessRefusal) as billed:
        await odoo.erp.cancel_order(order, key())
    assert billed.value.reason == "invoiced"
    note = await odoo.erp.credit_note(op.InvoiceId(invoice=invoice.id), key())
    after = await odoo.erp.get_invoice(op.InvoiceId(invoice=invoice.id))
    assert (note.amount, after.credited, after.open, after.settled) == (invoice.gross, invoice.gross, usd(0), True)
    assert (await odoo.erp.cancel_order(order, key())).status == "cancelled"


async def test_write_off_is_no_payment(odoo: World) -> None:
    invoice = await odoo.invoiced()
    given_up = await odoo.erp.write_off(op.InvoiceId(invoice=invoice.id), key())
    assert (given_up.written_off, given_up.paid, given_up.open) == (usd(3000), usd(0), usd(0))
    assert (await odoo.erp.watch_payments(op.InvoiceId(invoice=invoice.id))).payments == []
    assert [one.name for one in (await odoo.erp.events("")).events] == ["erp.goods_shipped"]


async def test_order_invoice_bills_what_the_wizard_left_without_a_key(odoo: World) -> None:
    order = await odoo.confirmed(line(product="P5"))
    odoo.fake.within(lambda env: _bill(env, int(order.id)))  # an earlier attempt's draft, its answer lost
    invoice = await odoo.erp.post_order_invoice(op.OrderId(order=order.id), key())
    assert (invoice.gross, len(odoo.fake.store.table("account.move"))) == (usd(3000), 1)
    with pytest.raises(BusinessRefusal) as twice:
        await odoo.erp.post_order_invoice(op.OrderId(order=order.id), key())
    assert twice.value.reason == "already_invoiced"
    undelivered = await odoo.confirmed()
    with pytest.raises(BusinessRefusal, match="No items are available") as early:
        await odoo.erp.post_order_invoice(op.OrderId(order=undelivered.id), key())
    assert early.value.reason == "not_deliverable"


def _bill(env: Any, order: int) -> None:
    create_invoices(env, [{"sale_order_ids": [order]}])


@pytest.mark.parametrize(
    ("customer", "lines", "reason"),
    [
        ("999", [line()], "unknown_customer"),
        ("3", [line()], "blocked_customer"),
        ("1", [line(product="NONE")], "unknown_product"),
        ("1", [], "no_lines"),
    ],
)
async def test_orders_refused(odoo: World, customer: str, lines: list[d.Line], reason: str) -> None:
    before = len(odoo.fake.effects)
    with pytest.raises(BusinessRefusal) as no:
        await odoo.erp.create_order(op.CreateOrder(customer=customer, lines=lines), key())
    assert (no.value.reason, len(odoo.fake.effects)) == (reason, before)


async def test_credit_warning_asks_for_an_approval(odoo: World) -> None:
    order = await odoo.draft(line(price=3000), customer="2")
    with pytest.raises(BusinessRefusal, match="credit limit") as no:
        await odoo.erp.confirm_order(op.ConfirmOrder(order=order.id), key())
    assert no.value.reason == "credit_limit"
    lifted = op.ConfirmOrder(order=order.id, override="credit_limit")
    assert (await odoo.erp.confirm_order(lifted, key())).status == "confirmed"


async def test_discontinued_goods_are_not_confirmed(odoo: World) -> None:
    order = await odoo.draft(line(product="P3"))
    with pytest.raises(BusinessRefusal) as no:
        await odoo.erp.confirm_order(op.ConfirmOrder(order=order.id), key())
    assert no.value.reason == "discontinued"


async def test_an_order_in_a_currency_without_a_price_list_is_held(odoo: World) -> None:
    yuan = line().model_copy(
        update={
            name: d.Money(minor=3000, currency="CNY") if name != "unit_price" else d.Money(minor=1000, currency="CNY")
            for name in ("unit_price", "net", "gross")
        }
    )
    yuan = yuan.model_copy(update={"tax": d.Money(minor=0, currency="CNY")})
    with pytest.raises(ContractBroken, match="is in USD, not CNY"):
        await odoo.erp.create_order(op.CreateOrder(customer="1", lines=[yuan]), key())


async def test_rates_are_crossed(odoo: World) -> None:
    rate = await odoo.erp.exchange_rate(op.Currencies(source="EUR", target="CNY"))
    assert rate.rate == 9


async def test_late_commit_is_absent_until_it_lands(odoo: World) -> None:
    request, one = op.CreateOrder(customer="1", lines=[line()]), key()
    hold = odoo.fake.hold("sale.order", "create")
    hasty = ADAPTER.connect("erp", connection(odoo.url, timeout=0.3))
    with pytest.raises(OutcomeUnknown, match="no answer"):
        await hasty.create_order(request, one)  # type: ignore[attr-defined]
    await hasty.aclose()
    assert await odoo.erp.probe("erp.create_order", one, request) is None
    hold.release()
    assert await odoo.erp.probe("erp.create_order", one, request) is not None
    await odoo.erp.create_order(request, one)
    with pytest.raises(ContractBroken, match="2 times under one key"):
        await odoo.erp.probe("erp.create_order", one, request)


async def test_leads_become_customers_deals_and_notes(odoo: World) -> None:
    lead = await odoo.lead("X1")
    with pytest.raises(BusinessRefusal) as twice:
        await odoo.lead("X1")
    assert twice.value.reason == "duplicate_lead"
    deal = await odoo.crm.convert_lead(op.LeadId(lead=lead.id), key())
    assert (deal.customer.id, deal.net, deal.lines[0].product) == ("CRM1", usd(3000), "P1")
    noted = op.LogProgress(opportunity=deal.id, leg="shipment", outcome="done", document="D1", text="<b>sent</b>")
    await odoo.crm.log_progress(noted, key())
    (message,) = odoo.fake.store.table("mail.message").values()
    assert message["body"] == "<p>&lt;b&gt;sent&lt;/b&gt;</p>"
    odoo.fake.within(lambda env: env.write("crm.lead", env.get("crm.lead", int(deal.id)), active=False))
    with pytest.raises(BusinessRefusal) as lost:
        await odoo.crm.qualify_lead(op.OpportunityId(opportunity=deal.id), key())
    assert lost.value.reason == "not_qualified"
    assert (await odoo.crm.reopen_lead(op.OpportunityId(opportunity=deal.id), key())).stage == "new"


async def test_a_stage_that_the_mapping_lacks_is_a_setting(odoo: World) -> None:
    deal = await odoo.opportunity("X1")
    with pytest.raises(Misconfigured, match="stage"):
        await odoo.crm.set_stage(op.SetStage(opportunity=deal.id, stage="frobnicated"), key())


async def test_customers_are_imported_once(odoo: World) -> None:
    card = d.CustomerCard(id="K/1 ü", name="Neu GmbH", country="DE", phone="+4930123456", email="a@b.test")
    asked = op.EnsureCustomer(customer=card, currency="EUR")
    made = await asyncio.gather(*(odoo.directory.ensure(asked, key()) for _ in range(4)))
    assert len({one.erp_id for one in made}) == 1
    assert made[0].currency == "EUR"
    row = odoo.fake.store.table("res.partner")[int(made[0].erp_id)]
    assert (row["ref"], row["country_id"], row["phone"]) == ("K/1 ü", 2, "+4930123456")
    found = await odoo.directory.resolve(op.ResolveCustomer(customer=d.CustomerRef(id="K/1 ü", name="Neu")))
    assert found == made[0]
