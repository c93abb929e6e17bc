"""A bench on a pair of sandbox systems: every effect class A, class C, and C behind an index that lags."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from ltc.adapters.sandbox import ADAPTER
from ltc.contract.bench import Bench, open_bench
from ltc.contract.building import Samples
from ltc.contract.rigs.sandbox import SandboxRig, all_of_class
from ltc.ports.adapters import Connection
from ltc.ports.operations import EffectClass
from ltc.sandbox.server import ServerThread, create_app
from ltc.sandbox.settings import SandboxSettings
from tests.contract.world import master_data

TOKEN = "t0ken-of-the-sandbox-under-contract"


@contextmanager
def sandbox_rig(folder: Path, kind: EffectClass, lag: float = 0.0) -> Iterator[SandboxRig]:
    """Run both systems and return their rig."""
    servers = {}
    for name in ("erp", "crm"):
        settings = SandboxSettings(
            name, folder / f"{name}.sqlite", classes=all_of_class(kind), index_lag=lag, token=SecretStr(TOKEN)
        )
        servers[name] = ServerThread(create_app(settings)).start()
    headers = {"authorization": f"Bearer {TOKEN}"}
    httpx.post(f"{servers['erp'].url}/setup", json=master_data(), headers=headers).raise_for_status()
    where = {"crm": servers["crm"].url, "erp": servers["erp"].url, "customer": servers["erp"].url}
    yield SandboxRig(
        ADAPTER,
        {
            port: Connection(
                url, token=SecretStr(TOKEN), timeout=5.0, settle_seconds=0.0, classes=all_of_class(kind)
            )
            for port, url in where.items()
        },
        Samples(made="DESK", bought="TOP", prompt="C4"),
    )  # fmt: skip
    for server in servers.values():
        server.stop()


@pytest.fixture(scope="session", params=["A", "C", "C behind a lagging index"])
async def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    lag = 3600.0 if "lag" in request.param else 0.0
    with sandbox_rig(tmp_path_factory.mktemp("suite"), EffectClass(request.param[0]), lag) as rig:
        async with open_bench(rig) as opened:
            yield opened
