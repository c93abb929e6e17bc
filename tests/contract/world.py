"""A pair of running systems, their adapters, and the ways to bring documents into any state."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from typing import Any, cast

import httpx
from pydantic import BaseModel

from ltc.adapters.sandbox.crm import SandboxCrm
from ltc.adapters.sandbox.directory import SandboxDirectory
from ltc.adapters.sandbox.erp import SandboxErp
from ltc.contract import states_after, states_supply
from ltc.contract.base_rig import BaseRig
from ltc.contract.building import Samples
from ltc.contract.states import missing_request
from ltc.model import documents as d
from ltc.model.money import Money
from ltc.ports import operations as op
from ltc.ports.context import CURRENT_CHAIN
from ltc.ports.operations import OPERATIONS, EffectClass
from ltc.sandbox.faults import FaultRule

SERVED = sorted(name for name, operation in OPERATIONS.items() if operation.port != "chain")  # chains are the engine's
EFFECTS = [name for name in SERVED if OPERATIONS[name].effect]
MAKES_DOCUMENT = (
    "erp.accept_milestone", "erp.accept_return", "erp.consign_order", "erp.create_contract", "erp.create_dunning",
    "erp.create_order", "erp.create_production", "erp.create_purchase", "erp.credit_and_refund",
    "erp.credit_cancelled", "erp.credit_note", "erp.credit_part", "erp.credit_return", "erp.insure_credit",
    "erp.plan_supply", "erp.post_down_payment", "erp.post_dunning_fee", "erp.post_final_invoice", "erp.post_instalment",
    "erp.post_invoice",
    "erp.post_milestone_invoice", "erp.post_order_invoice", "erp.receive_return", "erp.refund",
    "erp.register_payment", "erp.release_delivery", "erp.release_picks", "erp.ship_delivery",
)  # fmt: skip
_numbers = itertools.count(1)


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


def line(quantity: int = 3, price: int = 1000, product: str = "P1", number: str = "1") -> d.Line:
    net = quantity * price
    return d.Line(
        id=number, product=product, quantity=quantity, unit_price=usd(price), net=usd(net), tax=usd(0), gross=usd(net)
    )


def opportunity(number: str) -> d.Opportunity:
    return d.Opportunity(
        id=number, number=f"N{number}", customer=d.CustomerRef(id="CRM1", name="Buyer"), owner="ann", currency="USD",
        lines=[line()], net=usd(3000), tax=usd(0), gross=usd(3000),
    )  # fmt: skip


def master_data() -> dict[str, Any]:
    return {
        "customers": [
            {"id": "C1", "name": "Buyer", "crm_id": "CRM1", "currency": "USD", "terms_days": 30},
            {"id": "C2", "name": "Small", "crm_id": "CRM2", "currency": "USD", "credit_limit": 5000},
            {"id": "C3", "name": "Blocked", "crm_id": "CRM3", "currency": "USD", "blocked": True},
            {"id": "C4", "name": "Prompt", "crm_id": "CRM4", "currency": "USD", "terms_days": 0},
        ],
        "products": [
            {"id": "P1", "name": "Plenty", "stock": 1_000_000},
            {"id": "P2", "name": "Scarce", "stock": 4},
            {"id": "P3", "name": "Gone", "stock": 9, "discontinued": True},
            {"id": "P4", "name": "No back-orders", "stock": 1, "backorder": False},
            {"id": "DESK", "name": "Made to order"},
            {"id": "TOP", "name": "Bought to order"},
        ],
        "parts_lists": [{"product": "DESK", "parts": [{"product": "P1", "quantity": 1}]}],
        "rates": [{"source": "EUR", "target": "USD", "rate": "1.08"}],
    }


FAULTS = ("refuse", "busy", "5xx_before", "5xx_after", "lost_reply", "late_commit", "timeout")


def fault_matrix() -> tuple[FaultRule, ...]:
    """Every fault on every effect; a chain named after both meets it, once."""
    extra: dict[str, dict[str, Any]] = {"refuse": {"reason": "planned"}, "busy": {"seconds": 7}}
    race = FaultRule(
        operation="erp.create_order", fault="late_commit", match={"chain": "retry:erp.create_order"}, barrier="race"
    )
    matrix = (
        FaultRule(
            operation=name, fault=fault, match={"chain": f"{fault}:{name}"},
            **({"barrier": name} if fault == "late_commit" else extra.get(fault, {})),
        )
        for name in EFFECTS
        for fault in FAULTS
    )  # fmt: skip
    return (race, *matrix)


class World:
    """Two systems and three adapters."""

    def __init__(self, erp_url: str, crm_url: str, kind: EffectClass, token: str = "", timeout: float = 5.0) -> None:
        classes = dict.fromkeys(EFFECTS, kind)
        self.kind = kind
        self.lags = False  # whether the index behind searches by reference lags
        self.erp = SandboxErp(erp_url, token=token, timeout=timeout, classes=classes)
        self.crm = SandboxCrm(crm_url, token=token, timeout=timeout, classes=classes)
        self.directory = SandboxDirectory(erp_url, token=token, timeout=timeout, classes=classes)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self.at_erp = httpx.AsyncClient(base_url=erp_url, headers=headers)
        self.at_crm = httpx.AsyncClient(base_url=crm_url, headers=headers)

    async def aclose(self) -> None:
        for one in (self.erp, self.crm, self.directory, self.at_erp, self.at_crm):
            await one.aclose()

    def port(self, operation: str) -> Any:
        return {"erp": self.erp, "crm": self.crm, "customer": self.directory}[OPERATIONS[operation].port]

    def http(self, operation: str) -> httpx.AsyncClient:
        return self.at_crm if OPERATIONS[operation].port == "crm" else self.at_erp

    async def call(self, operation: str, request: BaseModel, key: str = "") -> Any:
        method = getattr(self.port(operation), OPERATIONS[operation].method)
        return await (method(request, key) if OPERATIONS[operation].effect else method(request))

    async def probe(self, operation: str, key: str, request: BaseModel) -> BaseModel | None:
        found: BaseModel | None = await self.port(operation).probe(operation, key, request)
        return found

    async def effects(self, operation: str, key: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.http(operation).get("/effects", params={"limit": 5000})).json()[
            "items"
        ]
        return [item for item in items if item["key"] == key and item["operation"] == operation]

    async def post(self, path: str, body: Any) -> Any:
        response = await self.at_erp.post(path, json=body)
        assert response.status_code == 200, response.text
        return response.json()

    # documents in a state

    async def opportunity(self) -> str:
        number = f"OPP{next(_numbers)}"
        body = {"opportunities": [{"opportunity": opportunity(number).model_dump(mode="json")}]}
        assert (await self.at_crm.post("/opportunities", json=body)).status_code == 200
        return number

    async def qualified(self) -> str:
        number = await self.opportunity()
        await self.crm.qualify_lead(op.OpportunityId(opportunity=number), key())
        return number

    async def draft(self, *lines: d.Line, customer: str = "C1") -> d.Order:
        return await self.erp.create_order(op.CreateOrder(customer=customer, lines=list(lines) or [line()]), key())

    async def confirmed(self, *lines: d.Line) -> d.Order:
        order = await self.draft(*lines)
        return await self.erp.confirm_order(op.ConfirmOrder(order=order.id), key())

    async def released(self, *lines: d.Line) -> d.Release:
        return await self.erp.release_delivery(op.OrderId(order=(await self.confirmed(*lines)).id), key())

    async def delivered(self, *lines: d.Line) -> d.Delivery:
        release = await self.released(*lines)
        shipped = await self.post("/warehouse/ship", {"order": release.order})
        return d.Delivery.model_validate(shipped["delivery"])

    async def invoiced(self) -> d.Invoice:
        return await self.erp.post_invoice(op.DeliveryId(delivery=(await self.delivered()).id), key())

    async def lead(self) -> d.Lead:
        return await self.crm.create_lead(new_lead(), key())

    async def paid(self) -> d.Payment:
        invoice = await self.invoiced()
        return await self.erp.register_payment(op.RegisterPayment(invoice=invoice.id, amount=invoice.open), key())

    async def ready(self, operation: str) -> BaseModel:
        """Return a request that this operation takes, with everything it needs in place."""
        return await _READY[operation](self)

    def missing(self, operation: str) -> BaseModel:
        """Return a request about documents that are not there."""
        return missing_request(cast("BaseRig", _Rig(self)), operation)


def new_lead() -> op.CreateLead:
    number = f"EXT{next(_numbers)}"
    card = d.CustomerCard(id="CRM1", name="Buyer")
    return op.CreateLead(external_id=number, title="Wanted", customer=card, currency="USD", lines=[line()])


def key() -> str:
    """Return a fresh effect key."""
    return f"KEY{next(_numbers)}"


@contextmanager
def chain(name: str) -> Any:
    """Call on behalf of a chain."""
    token = CURRENT_CHAIN.set(name)
    try:
        yield
    finally:
        CURRENT_CHAIN.reset(token)


_READY: dict[str, Callable[[World], Awaitable[BaseModel]]] = {}


def _ready(operation: str) -> Callable[[Callable[[World], Awaitable[BaseModel]]], None]:
    def keep(make: Callable[[World], Awaitable[BaseModel]]) -> None:
        _READY[operation] = make

    return keep


@_ready("crm.qualify_lead")
async def _(world: World) -> BaseModel:
    return op.OpportunityId(opportunity=await world.opportunity())


@_ready("crm.reopen_lead")
async def _(world: World) -> BaseModel:
    return op.OpportunityId(opportunity=await world.qualified())


@_ready("crm.set_stage")
async def _(world: World) -> BaseModel:
    return op.SetStage(opportunity=await world.qualified(), stage="ordered")


@_ready("erp.create_order")
async def _(world: World) -> BaseModel:
    return op.CreateOrder(customer="C1", lines=[line()])


@_ready("erp.update_order")
async def _(world: World) -> BaseModel:
    return op.UpdateOrder(order=(await world.draft()).id, lines=[line(quantity=5)])


@_ready("erp.cancel_order")
async def _(world: World) -> BaseModel:
    return op.OrderId(order=(await world.draft()).id)


@_ready("erp.confirm_order")
async def _(world: World) -> BaseModel:
    return op.ConfirmOrder(order=(await world.draft()).id)


@_ready("erp.unconfirm_order")
async def _(world: World) -> BaseModel:
    return op.OrderId(order=(await world.confirmed()).id)


@_ready("erp.release_delivery")
async def _(world: World) -> BaseModel:
    return op.OrderId(order=(await world.confirmed()).id)


@_ready("erp.cancel_delivery")
async def _(world: World) -> BaseModel:
    return op.DeliveryId(delivery=(await world.released()).id)


@_ready("erp.receive_return")
async def _(world: World) -> BaseModel:
    return op.OrderId(order=(await world.delivered()).order)


@_ready("erp.post_invoice")
async def _(world: World) -> BaseModel:
    return op.DeliveryId(delivery=(await world.delivered()).id)


@_ready("erp.post_order_invoice")
async def _(world: World) -> BaseModel:
    return op.OrderId(order=(await world.confirmed()).id)


@_ready("erp.credit_note")
async def _(world: World) -> BaseModel:
    return op.InvoiceId(invoice=(await world.invoiced()).id)


@_ready("erp.write_off")
async def _(world: World) -> BaseModel:
    return op.InvoiceId(invoice=(await world.invoiced()).id)


@_ready("erp.ship_delivery")
async def _(world: World) -> BaseModel:
    return op.ShipDelivery(delivery=(await world.released()).id)


@_ready("erp.register_payment")
async def _(world: World) -> BaseModel:
    return op.RegisterPayment(invoice=(await world.invoiced()).id, amount=usd(1000), reference="BANK7")


@_ready("erp.reverse_payment")
async def _(world: World) -> BaseModel:
    payment = await world.paid()
    return op.PaymentId(invoice=payment.invoice, payment=payment.id)


@_ready("customer.ensure")
async def _(world: World) -> BaseModel:
    return op.EnsureCustomer(customer=d.CustomerCard(id=f"CRM-{key()}", name="New"), currency="USD")


@_ready("crm.create_lead")
async def _(world: World) -> BaseModel:
    return new_lead()


@_ready("crm.convert_lead")
async def _(world: World) -> BaseModel:
    return op.LeadId(lead=(await world.lead()).id)


@_ready("crm.log_progress")
async def _(world: World) -> BaseModel:
    number = await world.opportunity()
    return op.LogProgress(opportunity=number, leg="shipment", outcome="done", document="DN1", text="shipment: done")


class _Rig:
    """A world as a base rig's states see it."""

    samples = Samples(made="DESK", bought="TOP", prompt="C4")

    def __init__(self, world: World) -> None:
        self.world = world

    async def must(self, _: Any, operation: str, request: BaseModel) -> Any:
        return await self.world.call(operation, request, key())

    async def customer(self, _: Any) -> str:
        return "C1"

    async def draft(self, _: Any) -> d.Order:
        return await self.world.draft()

    async def confirmed(self, _: Any) -> d.Order:
        return await self.world.confirmed()

    async def released(self, _: Any) -> d.Release:
        return await self.world.released()

    async def delivered(self, _: Any) -> d.Delivery:
        return await self.world.delivered()

    async def invoiced(self, _: Any) -> d.Invoice:
        return await self.world.invoiced()

    async def paid(self, _: Any) -> d.Payment:
        return await self.world.paid()

    async def take_in(self, _: Any, goods_return: str) -> None:
        await self.world.post("/warehouse/take-in", {"goods_return": goods_return})

    @staticmethod
    def money(minor: int) -> Money:
        return usd(minor)

    @staticmethod
    def line(quantity: int = 3, product: str = "P1") -> d.Line:
        return line(quantity=quantity, product=product)


def _by_rig(make: Any) -> Callable[[World], Awaitable[BaseModel]]:
    async def ready(world: World) -> BaseModel:
        made: BaseModel = await make(_Rig(world), None)
        return made

    return ready


_READY.update({name: _by_rig(make) for name, make in {**states_supply.READY, **states_after.READY}.items()})
