"""How a base rig brings orders, milestones, production and purchase orders into the state that an operation needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from ltc.contract.bench import Bench, CannotPrepare
from ltc.contract.building import ABSENT, Builder, Maker
from ltc.model.terms import BillingTerms, Instalment, MilestoneTerm
from ltc.ports import operations as op
from ltc.ports import requests_billing as bill
from ltc.ports import requests_supply as ask

TERMS = BillingTerms(
    basis="order",
    instalments=[Instalment(name="first", share=Decimal(40)), Instalment(name="second", share=Decimal(60))],
    milestones=[MilestoneTerm(name="plan", share=Decimal(40)), MilestoneTerm(name="build", share=Decimal(60))],
)


async def _agreed(rig: Builder, bench: Bench) -> Any:
    order = await rig.draft(bench)
    await rig.must(bench, "erp.agree_terms", bill.AgreeTerms(order=order.id, terms=TERMS))
    return await rig.must(bench, "erp.confirm_order", op.ConfirmOrder(order=order.id))


async def _terms(rig: Builder, bench: Bench) -> BaseModel:
    return bill.AgreeTerms(order=(await rig.draft(bench)).id, terms=TERMS)


async def _partly_shipped(rig: Builder, bench: Bench) -> BaseModel:
    release = await rig.released(bench)
    line = rig.line()
    part = op.ShipDelivery.model_validate(
        {"delivery": release.id, "lines": [{"line": line.id, "product": line.product, "quantity": 1}]}
    )
    await rig.must(bench, "erp.ship_delivery", part)
    return op.OrderId(order=release.order)


async def _down_payment(rig: Builder, bench: Bench) -> BaseModel:
    return bill.PostDownPayment(order=(await rig.confirmed(bench)).id, share=Decimal(30))


async def _instalment(rig: Builder, bench: Bench) -> BaseModel:
    return bill.PostInstalment(order=(await _agreed(rig, bench)).id, instalment="first")


async def _confirmed(rig: Builder, bench: Bench) -> BaseModel:
    return op.OrderId(order=(await rig.confirmed(bench)).id)


async def _acceptance(rig: Builder, bench: Bench) -> BaseModel:
    return bill.AcceptMilestone(order=(await _agreed(rig, bench)).id, milestone="plan", accepted_by="ann")


async def _milestone(rig: Builder, bench: Bench) -> BaseModel:
    made = await rig.must(bench, "erp.accept_milestone", await _acceptance(rig, bench))
    return bill.MilestoneId(milestone=made.id)


async def _made_order(rig: Builder, bench: Bench) -> str:
    """Return a fresh confirmed order of a product that is made to order."""
    if not rig.samples.made or not rig.samples.bought:
        raise CannotPrepare("needs products that are made and bought to order among the samples")
    bought = rig.line(product=rig.samples.bought).model_copy(update={"id": "2"})
    request = op.CreateOrder(customer=await rig.customer(bench), lines=[rig.line(product=rig.samples.made), bought])
    order = await rig.must(bench, "erp.create_order", request)
    await rig.must(bench, "erp.confirm_order", op.ConfirmOrder(order=order.id))
    return str(order.id)


async def _supply(rig: Builder, bench: Bench) -> BaseModel:
    return op.OrderId(order=await _made_order(rig, bench))


async def _planned(rig: Builder, bench: Bench) -> Any:
    return await rig.must(bench, "erp.plan_supply", await _supply(rig, bench))


async def _kept(rig: Builder, bench: Bench) -> BaseModel:
    return ask.SupplyId(supply=(await _planned(rig, bench)).id)


async def _make(rig: Builder, bench: Bench) -> BaseModel:
    plan = await _planned(rig, bench)
    return ask.MakeOrBuy(order=plan.order, product=plan.make[-1].product, quantity=plan.make[-1].quantity)


async def _buy(rig: Builder, bench: Bench) -> BaseModel:
    plan = await _planned(rig, bench)
    return ask.MakeOrBuy(order=plan.order, product=plan.buy[0].product, quantity=plan.buy[0].quantity)


async def _production(rig: Builder, bench: Bench) -> BaseModel:
    made = await rig.must(bench, "erp.create_production", await _make(rig, bench))
    return ask.ProductionId(production=made.id)


async def _released(rig: Builder, bench: Bench) -> BaseModel:
    request = await _production(rig, bench)
    await rig.must(bench, "erp.release_production", request)
    return request


async def _purchase(rig: Builder, bench: Bench) -> BaseModel:
    made = await rig.must(bench, "erp.create_purchase", await _buy(rig, bench))
    return ask.PurchaseId(purchase=made.id)


READY: Mapping[str, Maker] = {
    "erp.agree_terms": _terms,
    "erp.close_short": _partly_shipped,
    "erp.post_down_payment": _down_payment,
    "erp.post_instalment": _instalment,
    "erp.post_final_invoice": _confirmed,
    "erp.accept_milestone": _acceptance,
    "erp.withdraw_acceptance": _milestone,
    "erp.post_milestone_invoice": _milestone,
    "erp.plan_supply": _supply,
    "erp.free_supply": _kept,
    "erp.create_production": _make,
    "erp.release_production": _production,
    "erp.recall_production": _released,
    "erp.cancel_production": _production,
    "erp.watch_production": _production,
    "erp.create_purchase": _buy,
    "erp.confirm_purchase": _purchase,
    "erp.cancel_purchase": _purchase,
    "erp.watch_purchase": _purchase,
}
ABSENT_FIELDS: Mapping[str, Any] = {
    "terms": TERMS, "share": Decimal(30), "instalment": "first", "milestone": ABSENT, "accepted_by": "ann",
    "supply": ABSENT, "production": ABSENT, "purchase": ABSENT, "product": ABSENT, "quantity": 1,
}  # fmt: skip
UNDO: Mapping[str, Callable[[Any], BaseModel]] = {
    "erp.withdraw_acceptance": lambda result: bill.MilestoneId(milestone=result.id),
    "erp.free_supply": lambda result: ask.SupplyId(supply=result.id),
    "erp.recall_production": lambda result: ask.ProductionId(production=result.id),
    "erp.cancel_production": lambda result: ask.ProductionId(production=result.id),
    "erp.cancel_purchase": lambda result: ask.PurchaseId(purchase=result.id),
}
