"""Brings documents into a state with an adapter's own operations: what a rig, and the states it needs, are made of."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from ltc.contract.bench import Bench, CannotPrepare
from ltc.model import documents as d
from ltc.model.money import Money
from ltc.ports import operations as op
from ltc.ports.adapters import Adapter, Connection

ABSENT = "999999999"  # an id that no system has


@dataclass(frozen=True)
class Samples:
    """What the suite trades with: it must be in the system already, except what the adapter can make itself.

    ``price`` is of one piece, in minor units, without tax. ``erp_customer`` is used where the adapter can neither
    ensure nor resolve customers; ``opportunity`` where it cannot make one from a lead. ``stage`` is one that
    ``crm.set_stage`` may set on such an opportunity, ``back`` one to return to.
    ``made`` is a product made to order, of parts that are in stock; ``bought`` one that is not. ``prompt`` is an ERP
    customer whose invoices are due at once.
    """

    product: str = "P1"
    price: int = 1000
    currency: str = "USD"
    customer: d.CustomerCard = field(default_factory=lambda: d.CustomerCard(id="CRM1", name="Buyer"))
    erp_customer: str = ""
    opportunity: str = ""
    stage: str = "ordered"
    back: str = "qualified"
    made: str = ""
    bought: str = ""
    prompt: str = ""


class Builder:
    """Builds states by calling the operations that lead there.

    Args:
        adapter: the adapter under contract.
        connections: the systems' true addresses, by port.
        samples: what to trade with.
        name: for messages; the adapter's name if not said.
    """

    def __init__(
        self, adapter: Adapter, connections: Mapping[str, Connection], samples: Samples | None = None, name: str = ""
    ) -> None:
        self.adapter = adapter
        self.connections = connections
        self.samples = samples or Samples()
        self.name = name or adapter.name

    # --- documents in a state; each is fresh

    async def must(self, bench: Bench, operation: str, request: BaseModel) -> Any:
        """Carry an operation out on the way to a state."""
        if not bench.carries(operation):
            raise CannotPrepare(f"needs {operation}, which {self.name} does not carry out")
        return await bench.call(operation, request)

    async def customer(self, bench: Bench) -> str:
        """Return the ERP's id of the sample customer."""
        if "customer" not in bench.memory:
            bench.memory["customer"] = await self._customer(bench)
        return str(bench.memory["customer"])

    async def _customer(self, bench: Bench) -> str:
        card = self.samples.customer
        if self.samples.erp_customer:
            return self.samples.erp_customer
        if bench.carries("customer.ensure"):
            request = op.EnsureCustomer(customer=card, currency=self.samples.currency)
            return str((await bench.call("customer.ensure", request)).erp_id)
        asked = op.ResolveCustomer(customer=d.CustomerRef(id=card.id, name=card.name))
        return str((await self.must(bench, "customer.resolve", asked)).erp_id)

    async def opportunity(self, bench: Bench) -> str:
        """Return the id of a fresh opportunity (or of the sample, where none can be made)."""
        if self.samples.opportunity:
            return self.samples.opportunity
        found = await self.must(bench, "crm.convert_lead", op.LeadId(lead=await self.lead(bench)))
        return str(found.id)

    async def lead(self, bench: Bench) -> str:
        """Return the id of a fresh lead."""
        return str((await self.must(bench, "crm.create_lead", self.new_lead())).id)

    async def qualified(self, bench: Bench) -> str:
        """Return the id of a qualified opportunity."""
        opportunity = await self.opportunity(bench)
        await self.must(bench, "crm.qualify_lead", op.OpportunityId(opportunity=opportunity))
        return opportunity

    async def draft(self, bench: Bench) -> Any:
        """Return a fresh draft order."""
        request = op.CreateOrder(customer=await self.customer(bench), lines=[self.line()])
        return await self.must(bench, "erp.create_order", request)

    async def confirmed(self, bench: Bench) -> Any:
        """Return a fresh confirmed order."""
        order = await self.draft(bench)
        return await self.must(bench, "erp.confirm_order", op.ConfirmOrder(order=order.id))

    async def released(self, bench: Bench) -> Any:
        """Return a fresh release."""
        order = await self.confirmed(bench)
        return await self.must(bench, "erp.release_delivery", op.OrderId(order=order.id))

    async def delivered(self, bench: Bench) -> Any:
        """Return a fresh delivery that left."""
        release = await self.released(bench)
        return await self.must(bench, "erp.ship_delivery", op.ShipDelivery(delivery=release.id))

    async def invoiced(self, bench: Bench) -> Any:
        """Return a fresh invoice: of a delivery, or where that cannot be billed, of an order."""
        if bench.carries("erp.post_invoice"):
            delivery = await self.delivered(bench)
            return await self.must(bench, "erp.post_invoice", op.DeliveryId(delivery=delivery.id))
        order = await self.confirmed(bench)
        return await self.must(bench, "erp.post_order_invoice", op.OrderId(order=order.id))

    async def paid(self, bench: Bench) -> Any:
        """Return a payment of a fresh invoice in full."""
        invoice = await self.invoiced(bench)
        request = op.RegisterPayment(invoice=invoice.id, amount=invoice.open, reference=bench.key()[:12])
        return await self.must(bench, "erp.register_payment", request)

    async def take_in(self, bench: Bench, goods_return: str) -> None:
        """Let announced goods arrive: the warehouse's doing, which no operation of the ports leads to."""
        raise CannotPrepare(f"this rig does not know how goods come back in {self.name}")

    # --- values

    def money(self, minor: int) -> Money:
        """Return money in the samples' currency."""
        return Money(minor=minor, currency=self.samples.currency)

    def line(self, quantity: int = 3, product: str = "") -> d.Line:
        """Return an order line of the sample product, without tax."""
        net = self.money(quantity * self.samples.price)
        return d.Line(
            id="1", product=product or self.samples.product, quantity=quantity,
            unit_price=self.money(self.samples.price), net=net, tax=self.money(0), gross=net,
        )  # fmt: skip

    def new_lead(self) -> op.CreateLead:
        """Return a lead that nobody has seen."""
        number = uuid.uuid4().hex[:12].upper()
        return op.CreateLead(
            external_id=f"CONTRACT-{number}", title=f"Contract suite {number}", customer=self.samples.customer,
            currency=self.samples.currency, lines=[self.line()], source="contract",
        )  # fmt: skip


Maker = Callable[[Builder, Bench], Awaitable[BaseModel]]
