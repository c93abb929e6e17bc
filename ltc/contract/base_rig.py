"""A rig that builds every state with the adapter's own operations; override what a system does otherwise."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from ltc.contract.bench import Bench
from ltc.contract.rig import CannotPrepare, Refused, Seen
from ltc.model import documents as d
from ltc.model.money import Money
from ltc.ports import operations as op
from ltc.ports.adapters import Adapter, Connection
from ltc.ports.errors import Misconfigured, Unavailable

ABSENT = "999999999"  # an id that no system has
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


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


class BaseRig:
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

    # --- what most systems have in common

    async def prepare(self, bench: Bench) -> None:
        """Make a first contact that shows whether the suite can run at all; find or make the customer."""
        for port in self.connections:
            await self._greet(bench, port)
        if "erp" in self.connections:
            with contextlib.suppress(CannotPrepare):  # the cases that need a customer will say so
                await self.customer(bench)

    async def _greet(self, bench: Bench, port: str) -> None:
        """Read what is not there: a system that is away, or lets nobody in, would fail every case in the same words."""
        known = op.OPERATIONS.items()
        read = next((name for name, one in known if one.port == port and not one.effect and bench.carries(name)), "")
        if not read:
            return
        asked = len(bench.proxies[port].seen)
        try:
            await bench.call(read, await self.missing(bench, read))
        except (Misconfigured, Unavailable):
            if len(bench.proxies[port].seen) > asked:  # otherwise it is not written yet: the cases lead on
                raise
        except Exception:  # noqa: BLE001 - it answers; what is wrong with its answers is for the cases to say
            return

    def writes(self, seen: Seen) -> bool:
        """Tell by the method; systems that are asked by POST override this."""
        return seen.method not in _READS

    def cannot(self, case: str, subject: str) -> str:
        """Nothing is excluded."""
        return ""

    def secrets(self) -> tuple[str, ...]:
        """Return the connections' tokens and passwords."""
        found = (secret.get_secret_value() for one in self.connections.values() for secret in (one.token, one.password))
        return tuple(sorted({secret for secret in found if secret}))

    async def count(self, bench: Bench, operation: str, key: str, request: BaseModel) -> int | None:
        """This rig cannot look past the adapter."""
        return None

    async def ready(self, bench: Bench, operation: str) -> BaseModel:
        """Return a request with everything it needs in place."""
        from ltc.contract.states import READY

        return await READY[operation](self, bench)

    async def undo(self, bench: Bench, operation: str, request: BaseModel, result: Any) -> BaseModel:
        """Return the request of the inverse, from what the operation gave."""
        inverse = op.OPERATIONS[operation].inverse
        made: dict[str, Callable[[], BaseModel]] = {
            "crm.reopen_lead": lambda: request,
            "crm.set_stage": lambda: op.SetStage(opportunity=result.id, stage=self.samples.back),
            "erp.cancel_order": lambda: op.OrderId(order=result.id),
            "erp.unconfirm_order": lambda: op.OrderId(order=result.id),
            "erp.cancel_delivery": lambda: op.DeliveryId(delivery=result.id),
            "erp.receive_return": lambda: op.OrderId(order=result.order),
            "erp.credit_note": lambda: op.InvoiceId(invoice=result.id),
            "erp.reverse_payment": lambda: op.PaymentId(invoice=result.invoice, payment=result.id),
        }
        from ltc.contract import states_after, states_supply

        further = {**states_supply.UNDO, **states_after.UNDO}
        return further[inverse](result) if inverse in further else made[inverse]()

    async def missing(self, bench: Bench, operation: str) -> BaseModel:
        """Return the operation's request with ids that no system has."""
        from ltc.contract.states import missing_request

        return missing_request(self, operation)

    async def refused(self, bench: Bench, operation: str) -> Refused | None:
        """Return what any system refuses: a second bill for a delivery, a product that is none."""
        from ltc.contract.states import REFUSED

        make = REFUSED.get(operation)
        return await make(self, bench) if make else None

    async def cause(self, bench: Bench, event: str) -> str:
        """Make the system report an event, by the operation that leads to it."""
        if event == "erp.goods_shipped":
            return str((await self.delivered(bench)).order)
        if event == "erp.payment_allocated":
            invoice = await self.invoiced(bench)
            await self.must(bench, "erp.register_payment", op.RegisterPayment(invoice=invoice.id, amount=self.money(1)))
            return str(invoice.id)
        raise CannotPrepare(f"this rig does not know how {event} comes about in {self.name}")

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


Maker = Callable[[BaseRig, Bench], Awaitable[BaseModel]]
