"""How a base rig brings orders, claims, covers and contracts into the state that what comes after the sale needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from ltc.contract.bench import Bench, CannotPrepare
from ltc.contract.building import ABSENT, Builder, Maker
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports import requests_trade as trade


async def _amend(rig: Builder, bench: Bench) -> BaseModel:
    return op.AmendOrder(order=(await rig.confirmed(bench)).id, lines=[rig.line(5)])


async def _cancel_lines(rig: Builder, bench: Bench) -> BaseModel:
    return op.CancelLines(order=(await rig.confirmed(bench)).id, lines=[rig.line().id])


async def _amended(rig: Builder, bench: Bench) -> BaseModel:
    request = await _amend(rig, bench)
    await rig.must(bench, "erp.amend_order", request)
    return op.OrderId(order=str(getattr(request, "order", "")))


async def _accept(rig: Builder, bench: Bench) -> BaseModel:
    return op.AcceptReturn(order=(await rig.delivered(bench)).order)


async def _accepted(rig: Builder, bench: Bench) -> BaseModel:
    made = await rig.must(bench, "erp.accept_return", await _accept(rig, bench))
    return op.ReturnId(goods_return=made.id)


async def _sent(rig: Builder, bench: Bench) -> BaseModel:
    return op.OrderId(order=(await rig.delivered(bench)).order)


async def _order_invoice(rig: Builder, bench: Bench) -> Any:
    order = await rig.confirmed(bench)
    return order, await rig.must(bench, "erp.post_order_invoice", op.OrderId(order=order.id))


async def _credit_return(rig: Builder, bench: Bench) -> BaseModel:
    delivery = await rig.delivered(bench)
    invoice = await rig.must(bench, "erp.post_invoice", op.DeliveryId(delivery=delivery.id))
    made = await rig.must(bench, "erp.accept_return", op.AcceptReturn(order=delivery.order))
    await rig.take_in(bench, made.id)
    return op.CreditReturn(invoice=invoice.id, goods_return=made.id)


async def _invoice(rig: Builder, bench: Bench) -> BaseModel:
    return op.InvoiceId(invoice=(await rig.invoiced(bench)).id)


async def _credit_part(rig: Builder, bench: Bench) -> BaseModel:
    return op.CreditPart(invoice=(await rig.invoiced(bench)).id, amount=rig.money(rig.samples.price))


async def _credit_cancelled(rig: Builder, bench: Bench) -> BaseModel:
    order, invoice = await _order_invoice(rig, bench)
    await rig.must(bench, "erp.cancel_lines", op.CancelLines(order=order.id, lines=[rig.line().id]))
    return op.InvoiceId(invoice=invoice.id)


async def _credit_note(rig: Builder, bench: Bench) -> BaseModel:
    made = await rig.must(bench, "erp.credit_part", await _credit_part(rig, bench))
    return op.CreditNoteId(credit_note=made.id)


async def _refund(rig: Builder, bench: Bench) -> BaseModel:
    """A paid invoice, credited by one piece."""
    payment = await rig.paid(bench)
    part = op.CreditPart(invoice=payment.invoice, amount=rig.money(rig.samples.price))
    await rig.must(bench, "erp.credit_part", part)
    return op.RefundPayment(invoice=payment.invoice)


async def _confirmed(rig: Builder, bench: Bench) -> BaseModel:
    return op.OrderId(order=(await rig.confirmed(bench)).id)


async def _picks(rig: Builder, bench: Bench) -> BaseModel:
    order = op.OrderId(order=(await rig.confirmed(bench)).id)
    part = (await rig.must(bench, "erp.plan_picks", order)).parts[0]
    return op.ReleasePicks(order=order.order, warehouse=part.warehouse, lines=part.lines)


async def _dunning(rig: Builder, bench: Bench) -> BaseModel:
    """An invoice that is due at once: the suite cannot wait for a date."""
    if not rig.samples.prompt:
        raise CannotPrepare("needs a customer whose invoices are due at once among the samples")
    order = await rig.must(bench, "erp.create_order", op.CreateOrder(customer=rig.samples.prompt, lines=[rig.line()]))
    await rig.must(bench, "erp.confirm_order", op.ConfirmOrder(order=order.id))
    invoice = await rig.must(bench, "erp.post_order_invoice", op.OrderId(order=order.id))
    return op.CreateDunning(invoice=invoice.id, level=1)


async def _dunned(rig: Builder, bench: Bench) -> BaseModel:
    made = await rig.must(bench, "erp.create_dunning", await _dunning(rig, bench))
    return op.DunningId(dunning=made.id)


async def _fee(rig: Builder, bench: Bench) -> BaseModel:
    asked = (await _dunning(rig, bench)).model_copy(update={"fee": rig.money(rig.samples.price)})
    return op.DunningId(dunning=(await rig.must(bench, "erp.create_dunning", asked)).id)


async def _insure(rig: Builder, bench: Bench) -> BaseModel:
    return trade.InsureCredit(order=(await rig.draft(bench)).id)


async def _covered(rig: Builder, bench: Bench) -> BaseModel:
    made = await rig.must(bench, "erp.insure_credit", await _insure(rig, bench))
    return trade.CoverId(cover=made.id)


async def _consigned(rig: Builder, bench: Bench) -> BaseModel:
    made = await rig.must(bench, "erp.consign_order", await _confirmed(rig, bench))
    return trade.ConsignmentId(consignment=made.id)


async def _contract(rig: Builder, bench: Bench) -> BaseModel:
    return trade.CreateContract(customer=await rig.customer(bench), lines=[rig.line()])


async def _contracted(rig: Builder, bench: Bench) -> BaseModel:
    made = await rig.must(bench, "erp.create_contract", await _contract(rig, bench))
    return trade.ContractId(contract=made.id)


async def _repriced(rig: Builder, bench: Bench) -> BaseModel:
    made = await rig.must(bench, "erp.create_contract", await _contract(rig, bench))
    return trade.RepriceContract(contract=made.id, percent=110)


READY: Mapping[str, Maker] = {
    "erp.amend_order": _amend,
    "erp.cancel_lines": _cancel_lines,
    "erp.revert_amendment": _amended,
    "erp.accept_return": _accept,
    "erp.cancel_return": _accepted,
    "erp.watch_returns": _sent,
    "erp.credit_return": _credit_return,
    "erp.credit_and_refund": _invoice,
    "erp.credit_part": _credit_part,
    "erp.credit_cancelled": _credit_cancelled,
    "erp.cancel_credit": _credit_note,
    "erp.refund": _refund,
    "erp.plan_picks": _confirmed,
    "erp.release_picks": _picks,
    "erp.create_dunning": _dunning,
    "erp.cancel_dunning": _dunned,
    "erp.post_dunning_fee": _fee,
    "erp.insure_credit": _insure,
    "erp.release_cover": _covered,
    "erp.consign_order": _confirmed,
    "erp.recall_consignment": _consigned,
    "erp.create_contract": _contract,
    "erp.cancel_contract": _contracted,
    "erp.reprice_contract": _repriced,
    "erp.watch_contract": _contracted,
}
ABSENT_FIELDS: Mapping[str, Any] = {
    "dunning": ABSENT, "level": 1, "cover": ABSENT, "consignment": ABSENT, "contract": ABSENT,
    "percent": 110, "goods_return": ABSENT, "credit_note": ABSENT, "warehouse": ABSENT,
}  # fmt: skip
UNDO: Mapping[str, Callable[[Any], BaseModel]] = {
    "erp.revert_amendment": lambda result: op.OrderId(order=result.id),
    "erp.cancel_return": lambda result: op.ReturnId(goods_return=result.id),
    "erp.cancel_credit": lambda result: op.CreditNoteId(credit_note=result.id),
    "erp.cancel_dunning": lambda result: op.DunningId(dunning=result.id),
    "erp.release_cover": lambda result: trade.CoverId(cover=result.id),
    "erp.recall_consignment": lambda result: trade.ConsignmentId(consignment=result.id),
    "erp.cancel_contract": lambda result: trade.ContractId(contract=result.id),
}


def absent_lines(rig: Builder, operation: str) -> list[Any] | None:
    """Return the lines of a request about a document that does not exist; None where it takes none."""
    line = rig.line()
    if operation in ("erp.create_order", "erp.update_order", "erp.amend_order", "erp.create_contract"):
        return [line]
    if operation == "erp.cancel_lines":
        return [line.id]
    if operation == "erp.release_picks":
        return [d.DeliveryLine(line=line.id, product=line.product, quantity=1)]
    return None
