"""A fake K3Cloud with base data, and both ports on it; every test gets an empty account."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from ltc.adapters.kingdee import ADAPTER
from ltc.adapters.kingdee.directory import KingdeeDirectory
from ltc.adapters.kingdee.erp import KingdeeErp
from ltc.model import documents as d
from ltc.model.money import Money
from ltc.ports import operations as op
from ltc.ports.adapters import Connection
from ltc.ports.operations import OPERATIONS
from ltc.sandbox.server import ServerThread
from tests.fakes.kingdee.k3cloud import K3Cloud
from tests.fakes.kingdee.server import Server

_numbers = itertools.count(1)


def key() -> str:
    """Return a fresh effect key."""
    return f"KEY{next(_numbers):05}"


def cny(minor: int) -> Money:
    return Money(minor=minor, currency="CNY")


def line(number: str = "1", product: str = "P1", quantity: int = 3, price: int = 1000, tax: int = 0) -> d.Line:
    net = quantity * price
    return d.Line(
        id=number, product=product, quantity=quantity, unit_price=cny(price), net=cny(net),
        tax=cny(net * tax // 100), gross=cny(net + net * tax // 100),
    )  # fmt: skip


def seeded() -> K3Cloud:
    """Return an account with customers, products, stock and a rate."""
    system = K3Cloud()
    for number in ("C1", "C2"):
        system.seed("BD_Customer", number, FName=f"Buyer {number}", FTRADINGCURRID={"FNumber": "PRE001"})
    system.seed("BD_Customer", "C3", FName="Blocked", FTRADINGCURRID={"FNumber": "PRE001"}).void = True
    system.credit["C2"] = Decimal(20)
    for product, stock in (("P1", 1_000_000), ("P2", 4)):
        system.seed("BD_MATERIAL", product, FName=product)
        system.stock[product] = Decimal(stock)
    system.seed("BD_MATERIAL", "P3", FName="Gone").void = True
    rate = {"FCyForID.FCODE": "USD", "FCyToID.FCODE": "CNY", "FExchangeRate": Decimal("7.1")}
    system.seed("BD_Rate", "R1", **rate, FBegDate="2000-01-01T00:00:00", FEndDate="2099-12-31T00:00:00")
    return system


@dataclass
class World:
    """The fake and the ports on it."""

    server: Server
    connection: Connection
    erp: KingdeeErp
    customer: KingdeeDirectory
    opened: list[Any] = field(default_factory=list)

    @property
    def system(self) -> K3Cloud:
        return self.server.system

    def another(self, **changes: Any) -> KingdeeErp:
        """Return another port with other settings."""
        made = KingdeeErp(replace(self.connection, **changes))
        self.opened.append(made)
        return made

    async def call(self, operation: str, request: BaseModel, one: str) -> Any:
        port: Any = self.customer if operation.startswith("customer.") else self.erp
        return await getattr(port, OPERATIONS[operation].method)(request, one)

    async def probe(self, operation: str, one: str, request: BaseModel) -> Any:
        port: Any = self.customer if operation.startswith("customer.") else self.erp
        return await port.probe(operation, one, request)

    def took(self, service: str, form: str = "", number: str = "") -> int:
        """Return how often a service took effect."""
        return sum(
            effect.service == service and form in ("", effect.form) and number in ("", effect.number)
            for effect in self.system.effects
        )

    async def draft(self, *lines: d.Line, customer: str = "C1") -> d.Order:
        return await self.erp.create_order(op.CreateOrder(customer=customer, lines=list(lines) or [line()]), key())

    async def confirmed(self, *lines: d.Line) -> d.Order:
        order = await self.draft(*lines)
        return await self.erp.confirm_order(op.ConfirmOrder(order=order.id), key())

    async def released(self, *lines: d.Line) -> d.Release:
        return await self.erp.release_delivery(op.OrderId(order=(await self.confirmed(*lines)).id), key())

    async def delivered(self, *lines: d.Line) -> d.Delivery:
        return await self.erp.ship_delivery(op.ShipDelivery(delivery=(await self.released(*lines)).id), key())

    async def invoiced(self, *lines: d.Line) -> d.Invoice:
        return await self.erp.post_invoice(op.DeliveryId(delivery=(await self.delivered(*lines)).id), key())

    async def paid(self) -> d.Payment:
        invoice = await self.invoiced()
        return await self.erp.register_payment(op.RegisterPayment(invoice=invoice.id, amount=invoice.open), key())

    async def ready(self, operation: str) -> BaseModel:
        """Return a request with everything it needs in place."""
        made: dict[str, Any] = {
            "customer.ensure": self._card, "erp.create_order": self._order, "erp.update_order": self._update,
            "erp.cancel_order": lambda: self._of("order", self.draft),
            "erp.confirm_order": lambda: self._of("order", self.draft, op.ConfirmOrder),
            "erp.unconfirm_order": lambda: self._of("order", self.confirmed),
            "erp.release_delivery": lambda: self._of("order", self.confirmed),
            "erp.cancel_delivery": lambda: self._of("delivery", self.released, op.DeliveryId),
            "erp.ship_delivery": lambda: self._of("delivery", self.released, op.ShipDelivery),
            "erp.post_invoice": lambda: self._of("delivery", self.delivered, op.DeliveryId),
            "erp.credit_note": lambda: self._of("invoice", self.invoiced, op.InvoiceId),
            "erp.receive_return": self._shipped, "erp.register_payment": self._payment,
            "erp.reverse_payment": self._bounce,
        }  # fmt: skip
        request: BaseModel = await made[operation]()
        return request

    async def _of(self, name: str, make: Any, request: type[BaseModel] = op.OrderId) -> BaseModel:
        return request.model_validate({name: (await make()).id})

    async def _card(self) -> BaseModel:
        return op.EnsureCustomer(customer=d.CustomerCard(id=key(), name="New Ltd", city="Foshan"), currency="CNY")

    async def _order(self) -> BaseModel:
        return op.CreateOrder(customer="C1", lines=[line(tax=13)])

    async def _update(self) -> BaseModel:
        return op.UpdateOrder(order=(await self.draft()).id, lines=[line(quantity=5)])

    async def _shipped(self) -> BaseModel:
        return op.OrderId(order=(await self.delivered()).order)

    async def _payment(self) -> BaseModel:
        return op.RegisterPayment(invoice=(await self.invoiced()).id, amount=cny(1000), reference="BANK1")

    async def _bounce(self) -> BaseModel:
        payment = await self.paid()
        return op.PaymentId(invoice=payment.invoice, payment=payment.id)


@pytest.fixture(scope="session")
async def served() -> AsyncIterator[World]:
    """The server and both ports, for all tests: reading the mapping takes longer than most of them."""
    server = Server()
    thread = ServerThread(server).start()
    connection = Connection(
        url=thread.url, user=server.user, database=server.database, token=SecretStr(server.secret), timeout=5.0,
        settle_seconds=0.0, options={"app_id": server.app_id, "stock": "CK001"},
    )  # fmt: skip
    erp, customer = (ADAPTER.connect(port, connection) for port in ("erp", "customer"))
    assert isinstance(erp, KingdeeErp)
    assert isinstance(customer, KingdeeDirectory)
    yield World(server, connection, erp, customer)
    await erp.aclose()
    await customer.aclose()
    thread.stop()


@pytest.fixture
async def world(served: World) -> AsyncIterator[World]:
    """An empty account, served with signed requests."""
    server = served.server
    server.system, server.signed, server.logins = seeded(), True, 0
    for old in (server.troubles, server.calls, server.waiting, server.sessions):
        old.clear()
    yield served
    while served.opened:
        await served.opened.pop().aclose()
