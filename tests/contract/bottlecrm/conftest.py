"""A fake BottleCRM per session for the suite, one per test for what only BottleCRM does, and a real one (``full``)."""

import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from ltc.adapters.bottlecrm import ADAPTER
from ltc.adapters.bottlecrm.crm import BottleCrm
from ltc.contract.bench import Bench, open_bench
from ltc.contract.building import Samples
from ltc.contract.rigs.bottlecrm import BottleCrmRig
from ltc.model import documents as d
from ltc.ports.adapters import Connection
from tests.fakes.bottlecrm.server import FakeBottleCrm
from tests.support.systems import RealSystem

TOKEN, KEY = "bcrm_pat_of-the-fake", "s3cret-key-of-the-webhook"


def connection(url: str, intake: str, **changes: Any) -> Connection:
    options = {"intake": intake, "lead_address": "tagged"}
    how = {"token": SecretStr(TOKEN), "password": SecretStr(KEY), "timeout": 5.0, "settle_seconds": 0.0}
    return Connection(url, **{**how, "options": options, **changes})


@pytest.fixture(scope="session")
async def bench() -> AsyncIterator[Bench]:
    fake = FakeBottleCrm(TOKEN, str(uuid.uuid4()), KEY)
    server = fake.serve()
    card = d.CustomerCard(id="C1", name="Buyer", email="buyer@x.example")
    rig = BottleCrmRig(ADAPTER, {"crm": connection(server.url, fake.intake)}, Samples(customer=card))
    async with open_bench(rig) as opened:
        yield opened
    server.stop()


@pytest.fixture(scope="session")
async def real_bench(bottlecrm: RealSystem) -> AsyncIterator[Bench]:
    """A bench over a BottleCRM that really runs."""
    chosen = bottlecrm.settings["crm"]
    secrets = {"token": chosen.token, "password": chosen.password}
    reached = connection(bottlecrm.url, str(chosen.options["intake"]), timeout=20.0, settle_seconds=0.3, **secrets)
    card = d.CustomerCard(id="VINET", name="Vins et alcools Chevalier", email="vinet@northwind.example", country="FR")
    rig = BottleCrmRig(ADAPTER, {"crm": reached}, Samples(product="11", price=1400, customer=card))
    async with open_bench(rig) as opened:
        yield opened


@pytest.fixture
def fake() -> FakeBottleCrm:
    return FakeBottleCrm(TOKEN, str(uuid.uuid4()), KEY)


@pytest.fixture
def url(fake: FakeBottleCrm) -> Iterator[str]:
    server = fake.serve()
    yield server.url
    server.stop()


@pytest.fixture
async def crm(fake: FakeBottleCrm, url: str) -> AsyncIterator[BottleCrm]:
    made = BottleCrm(connection(url, fake.intake))
    yield made
    await made.aclose()
