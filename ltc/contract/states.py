"""How a base rig brings documents into the state that an operation needs, and into states that refuse it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import BaseModel

from ltc.contract import states_after, states_supply
from ltc.contract.bench import Bench, Refused
from ltc.contract.building import ABSENT, Builder, Maker
from ltc.model import documents as d
from ltc.ports import operations as op


async def _opportunity(rig: Builder, bench: Bench) -> BaseModel:
    return op.OpportunityId(opportunity=await rig.opportunity(bench))


async def _reopen(rig: Builder, bench: Bench) -> BaseModel:
    return op.OpportunityId(opportunity=await rig.qualified(bench))


async def _stage(rig: Builder, bench: Bench) -> BaseModel:
    opportunity = await (rig.qualified(bench) if bench.carries("crm.qualify_lead") else rig.opportunity(bench))
    return op.SetStage(opportunity=opportunity, stage=rig.samples.stage)


async def _new_lead(rig: Builder, bench: Bench) -> BaseModel:
    return rig.new_lead()


async def _lead(rig: Builder, bench: Bench) -> BaseModel:
    return op.LeadId(lead=await rig.lead(bench))


async def _progress(rig: Builder, bench: Bench) -> BaseModel:
    return op.LogProgress(
        opportunity=await rig.opportunity(bench), leg="shipment", outcome="done", document="D1", text="shipment: done"
    )


async def _resolve(rig: Builder, bench: Bench) -> BaseModel:
    card = rig.samples.customer
    return op.ResolveCustomer(customer=d.CustomerRef(id=card.id, name=card.name))


async def _ensure(rig: Builder, bench: Bench) -> BaseModel:
    card = rig.samples.customer.model_copy(update={"id": f"C{bench.key()[:9]}", "name": "Contract Suite Ltd"})
    return op.EnsureCustomer(customer=card, currency=rig.samples.currency)


async def _rate(rig: Builder, bench: Bench) -> BaseModel:
    return op.Currencies(source=rig.samples.currency, target=rig.samples.currency)


async def _order(rig: Builder, bench: Bench) -> BaseModel:
    return op.CreateOrder(customer=await rig.customer(bench), lines=[rig.line()])


async def _new_lines(rig: Builder, bench: Bench) -> BaseModel:
    return op.UpdateOrder(order=(await rig.draft(bench)).id, lines=[rig.line(quantity=5)])


async def _draft(rig: Builder, bench: Bench) -> BaseModel:
    return op.OrderId(order=(await rig.draft(bench)).id)


async def _confirm(rig: Builder, bench: Bench) -> BaseModel:
    return op.ConfirmOrder(order=(await rig.draft(bench)).id)


async def _confirmed(rig: Builder, bench: Bench) -> BaseModel:
    return op.OrderId(order=(await rig.confirmed(bench)).id)


async def _release(rig: Builder, bench: Bench) -> BaseModel:
    return op.DeliveryId(delivery=(await rig.released(bench)).id)


async def _ship(rig: Builder, bench: Bench) -> BaseModel:
    return op.ShipDelivery(delivery=(await rig.released(bench)).id)


async def _shipped_order(rig: Builder, bench: Bench) -> BaseModel:
    return op.OrderId(order=(await rig.delivered(bench)).order)


async def _delivery(rig: Builder, bench: Bench) -> BaseModel:
    return op.DeliveryId(delivery=(await rig.delivered(bench)).id)


async def _invoice(rig: Builder, bench: Bench) -> BaseModel:
    return op.InvoiceId(invoice=(await rig.invoiced(bench)).id)


async def _payment(rig: Builder, bench: Bench) -> BaseModel:
    invoice = await rig.invoiced(bench)
    return op.RegisterPayment(invoice=invoice.id, amount=rig.money(invoice.open.minor // 3), reference="BANK1")


async def _paid(rig: Builder, bench: Bench) -> BaseModel:
    payment = await rig.paid(bench)
    return op.PaymentId(invoice=payment.invoice, payment=payment.id)


READY: Mapping[str, Maker] = {
    "crm.get_opportunity": _opportunity,
    "crm.qualify_lead": _opportunity,
    "crm.reopen_lead": _reopen,
    "crm.set_stage": _stage,
    "crm.create_lead": _new_lead,
    "crm.convert_lead": _lead,
    "crm.log_progress": _progress,
    "customer.resolve": _resolve,
    "customer.ensure": _ensure,
    "erp.exchange_rate": _rate,
    "erp.create_order": _order,
    "erp.update_order": _new_lines,
    "erp.cancel_order": _draft,
    "erp.get_order": _draft,
    "erp.confirm_order": _confirm,
    "erp.unconfirm_order": _confirmed,
    "erp.release_delivery": _confirmed,
    "erp.cancel_delivery": _release,
    "erp.ship_delivery": _ship,
    "erp.watch_shipments": _shipped_order,
    "erp.receive_return": _shipped_order,
    "erp.post_invoice": _delivery,
    "erp.post_order_invoice": _confirmed,
    "erp.get_invoice": _invoice,
    "erp.credit_note": _invoice,
    "erp.watch_payments": _invoice,
    "erp.register_payment": _payment,
    "erp.reverse_payment": _paid,
    "erp.write_off": _invoice,
    **states_supply.READY,
    **states_after.READY,
}


def missing_request(rig: Builder, operation: str) -> BaseModel:
    """Return an operation's request with ids that no system has."""
    fields: dict[str, Any] = {
        "order": ABSENT, "delivery": ABSENT, "invoice": ABSENT, "payment": ABSENT, "opportunity": ABSENT,
        "lead": ABSENT, "stage": rig.samples.stage, "leg": "shipment", "outcome": "done", "text": "shipment: done",
        "amount": None if operation == "erp.post_down_payment" else rig.money(1),
        "source": "XXX", "target": "XTS", "currency": rig.samples.currency,
        "customer": d.CustomerRef(id=ABSENT, name="Nobody") if operation == "customer.resolve" else ABSENT,
        **states_supply.ABSENT_FIELDS, **states_after.ABSENT_FIELDS,
    }  # fmt: skip
    takes = op.OPERATIONS[operation].takes
    lines = states_after.absent_lines(rig, operation)
    if lines is not None:
        fields["lines"] = lines
    return takes.model_validate({name: fields[name] for name in takes.model_fields if name in fields})


async def _unknown_product(rig: Builder, bench: Bench) -> Refused:
    request = op.CreateOrder(customer=await rig.customer(bench), lines=[rig.line(product=ABSENT)])
    return Refused(request, ("unknown_product",))


async def _billed_before(rig: Builder, bench: Bench) -> Refused:
    delivery = await rig.delivered(bench)
    request = op.DeliveryId(delivery=delivery.id)
    await rig.must(bench, "erp.post_invoice", request)
    return Refused(request, ("already_invoiced",))


async def _still_draft(rig: Builder, bench: Bench) -> Refused:
    return Refused(op.OrderId(order=(await rig.draft(bench)).id), ("not_confirmed",))


async def _out_already(rig: Builder, bench: Bench) -> Refused:
    return Refused(op.OrderId(order=(await rig.delivered(bench)).order), ("already_shipped", "invoiced"))


async def _reversed_before(rig: Builder, bench: Bench) -> Refused:
    payment = await rig.paid(bench)
    request = op.PaymentId(invoice=payment.invoice, payment=payment.id)
    await rig.must(bench, "erp.reverse_payment", request)
    return Refused(request, ("already_reversed",))


async def _all_out(rig: Builder, bench: Bench) -> Refused:
    order = (await rig.delivered(bench)).order
    return Refused(op.AmendOrder(order=order, lines=[rig.line(5)]), ("already_shipped",))


async def _never_amended(rig: Builder, bench: Bench) -> Refused:
    return Refused(op.OrderId(order=(await rig.confirmed(bench)).id), ("nothing_amended",))


async def _converted_before(rig: Builder, bench: Bench) -> Refused:
    request = op.LeadId(lead=await rig.lead(bench))
    await rig.must(bench, "crm.convert_lead", request)
    return Refused(request, ("already_converted",))


async def _known_lead(rig: Builder, bench: Bench) -> Refused:
    request = rig.new_lead()
    await rig.must(bench, "crm.create_lead", request)
    return Refused(request, ("duplicate_lead",))


REFUSED: Mapping[str, Callable[[Builder, Bench], Awaitable[Refused]]] = {
    "erp.create_order": _unknown_product,
    "erp.post_invoice": _billed_before,
    "erp.release_delivery": _still_draft,
    "erp.cancel_order": _out_already,
    "erp.reverse_payment": _reversed_before,
    "erp.amend_order": _all_out,
    "erp.revert_amendment": _never_amended,
    "crm.convert_lead": _converted_before,
    "crm.create_lead": _known_lead,
}
