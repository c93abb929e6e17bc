"""A real Tryton with stock to ship and one customer with a credit limit, and the adapter's three ports on it."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from ltc.adapters.tryton import ADAPTER
from ltc.adapters.tryton.crm import TrytonCrm
from ltc.adapters.tryton.directory import TrytonDirectory
from ltc.adapters.tryton.erp import TrytonErp
from ltc.adapters.tryton.rpc import Rpc
from ltc.contract.bench import Bench, open_bench
from ltc.contract.building import Samples
from ltc.contract.rigs.tryton import TrytonRig
from ltc.model import documents as d
from ltc.model.money import Money
from ltc.ports import operations as op
from ltc.ports.adapters import Connection
from tests.support.systems import RealSystem

PLENTY, SCARCE = "1", "3"
CUSTOMER, LIMITED = "ALFKI", "ANTON"
PATIENCE = 30.0  # seconds; the machine that runs the tests is busy


def connection(system: RealSystem, **changes: Any) -> Connection:
    chosen = system.settings["erp"]
    how = {
        "url": chosen.url, "database": chosen.database, "user": chosen.user, "password": chosen.password,
        "timeout": PATIENCE, "settle_seconds": 0.0,
    }  # fmt: skip
    return Connection(**{**how, **changes})


async def stock(rpc: Rpc, product: str, pieces: int) -> None:
    """Count a product."""
    (place,) = await rpc.find("stock.location", [["code", "=", "STO"]], ["id"])
    (found,) = await rpc.find("product.product", [["code", "=", product]], ["id"])
    values = {"location": place["id"], "lines": [["create", [{"product": found["id"], "quantity": float(pieces)}]]]}
    count = await rpc.tell("model.stock.inventory.create", [values])
    await rpc.tell("model.stock.inventory.confirm", count)


@pytest.fixture(scope="session")
async def stocked(tryton: RealSystem) -> RealSystem:
    rpc = Rpc(connection(tryton))
    await stock(rpc, PLENTY, 1_000_000)
    (party,) = await rpc.find("party.party", [["code", "=", LIMITED]], ["id"])
    await rpc.tell("model.party.party.write", [party["id"]], {"credit_limit_amount": Decimal(100)})
    await rpc.aclose()
    return tryton


@pytest.fixture(scope="session")
async def bench(stocked: RealSystem) -> AsyncIterator[Bench]:
    customer = d.CustomerCard(id=CUSTOMER, name="Alfreds Futterkiste")
    samples = Samples(product=PLENTY, price=1800, customer=customer, stage="won", back="qualified")
    rig = TrytonRig(ADAPTER, dict.fromkeys(ADAPTER.ports, connection(stocked)), samples)
    async with open_bench(rig) as opened:
        yield opened


@dataclass
class World:
    """The adapter's ports on one Tryton."""

    erp: TrytonErp
    crm: TrytonCrm
    directory: TrytonDirectory

    async def confirmed(self, quantity: int = 3, product: str = PLENTY, customer: str = CUSTOMER) -> d.Order:
        asked = op.CreateOrder(customer=customer, lines=[line(quantity, product)])
        order: d.Order = await self.erp.create_order(asked, key())
        confirmed: d.Order = await self.erp.confirm_order(op.ConfirmOrder(order=order.id), key())
        return confirmed

    async def released(self, quantity: int = 3, product: str = PLENTY) -> d.Release:
        order = await self.confirmed(quantity, product)
        release: d.Release = await self.erp.release_delivery(op.OrderId(order=order.id), key())
        return release

    async def delivered(self, quantity: int = 3) -> d.Delivery:
        release = await self.released(quantity)
        delivery: d.Delivery = await self.erp.ship_delivery(op.ShipDelivery(delivery=release.id), key())
        return delivery

    async def invoiced(self, quantity: int = 3) -> d.Invoice:
        delivery = await self.delivered(quantity)
        invoice: d.Invoice = await self.erp.post_invoice(op.DeliveryId(delivery=delivery.id), key())
        return invoice

    async def pay(self, invoice: str, minor: int, one: str = "") -> d.Payment:
        request = op.RegisterPayment(invoice=invoice, amount=usd(minor), reference="BANK 7")
        payment: d.Payment = await self.erp.register_payment(request, one or key())
        return payment


@pytest.fixture(scope="session")
async def world(stocked: RealSystem) -> AsyncIterator[World]:
    to = connection(stocked)
    made = World(TrytonErp(to), TrytonCrm(to), TrytonDirectory(to))
    yield made
    for port in (made.erp, made.crm, made.directory):
        await port.aclose()


def key() -> str:
    return uuid.uuid4().hex[:20].upper()


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


def line(quantity: int = 3, product: str = PLENTY, price: int = 1800) -> d.Line:
    net = usd(quantity * price)
    return d.Line(id="1", product=product, quantity=quantity, unit_price=usd(price), net=net, tax=usd(0), gross=net)
