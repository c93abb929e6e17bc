"""A fake Odoo per session for the suite, and one per test with its three ports for what only Odoo does."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr

from ltc.adapters.odoo import ADAPTER
from ltc.adapters.odoo.crm import OdooCrm
from ltc.adapters.odoo.directory import OdooDirectory
from ltc.adapters.odoo.erp import OdooErp
from ltc.contract.bench import Bench, open_bench
from ltc.contract.rigs.odoo import OdooRig
from ltc.model import documents as d
from ltc.model.money import Money
from ltc.ports import operations as op
from ltc.ports.adapters import Connection
from tests.fakes.odoo.server import FakeOdoo

KEY = "s3cret-api-key-of-the-fake"
OPTIONS = {"write_off_account": "658000"}


def connection(url: str, **changes: Any) -> Connection:
    how = {"token": SecretStr(KEY), "timeout": 5.0, "settle_seconds": 0.0, "database": "odoo", "options": OPTIONS}
    return Connection(url, **{**how, **changes})


@pytest.fixture(scope="session")
async def bench() -> AsyncIterator[Bench]:
    fake = FakeOdoo(KEY)
    server = fake.serve()
    rig = OdooRig(ADAPTER, dict.fromkeys(ADAPTER.ports, connection(server.url)))
    async with open_bench(rig) as opened:
        yield opened
    server.stop()


@dataclass
class World:
    """A fake of its own, and the adapter's ports on it."""

    fake: FakeOdoo
    url: str
    erp: OdooErp
    crm: OdooCrm
    directory: OdooDirectory

    async def draft(self, *lines: d.Line, customer: str = "1") -> d.Order:
        return await self.erp.create_order(op.CreateOrder(customer=customer, lines=list(lines) or [line()]), key())

    async def confirmed(self, *lines: d.Line) -> d.Order:
        return await self.erp.confirm_order(op.ConfirmOrder(order=(await self.draft(*lines)).id), key())

    async def released(self, *lines: d.Line) -> d.Release:
        return await self.erp.release_delivery(op.OrderId(order=(await self.confirmed(*lines)).id), key())

    async def delivered(self, *lines: d.Line) -> d.Delivery:
        return await self.erp.ship_delivery(op.ShipDelivery(delivery=(await self.released(*lines)).id), key())

    async def invoiced(self, *lines: d.Line) -> d.Invoice:
        return await self.erp.post_invoice(op.DeliveryId(delivery=(await self.delivered(*lines)).id), key())

    async def lead(self, number: str) -> d.Lead:
        card = d.CustomerCard(id="CRM1", name="Buyer")
        asked = op.CreateLead(external_id=number, title=f"Deal {number}", customer=card, currency="USD", lines=[line()])
        return await self.crm.create_lead(asked, key())

    async def opportunity(self, number: str) -> d.Opportunity:
        return await self.crm.convert_lead(op.LeadId(lead=(await self.lead(number)).id), key())


@pytest.fixture
async def odoo() -> AsyncIterator[World]:
    fake = FakeOdoo(KEY)
    server = fake.serve()
    ports = {name: ADAPTER.connect(name, connection(server.url)) for name in ADAPTER.ports}
    yield World(fake, server.url, ports["erp"], ports["crm"], ports["customer"])
    for port in ports.values():
        await port.aclose()
    server.stop()


_numbers = iter(range(1, 10**9))


def key() -> str:
    return f"key{next(_numbers):012d}"


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


def line(quantity: int = 3, price: int = 1000, product: str = "P1") -> d.Line:
    net = usd(quantity * price)
    return d.Line(
        id="1", product=product, quantity=quantity, unit_price=usd(price), net=net, tax=usd(0), gross=net
    )  # fmt: skip
