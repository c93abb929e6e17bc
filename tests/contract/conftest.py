"""The systems under contract: every effect served as class A, as class C, and as C behind an index that lags."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ltc.ports.operations import EffectClass
from ltc.sandbox.server import ServerThread, create_app
from ltc.sandbox.settings import SandboxSettings
from tests.contract.world import EFFECTS, World, fault_matrix, master_data


def _serve(system: str, folder: Path, kind: EffectClass, lag: float) -> ServerThread:
    settings = SandboxSettings(
        system, folder / f"{system}.sqlite", faults=fault_matrix(), classes=dict.fromkeys(EFFECTS, kind), index_lag=lag
    )
    return ServerThread(create_app(settings)).start()


@pytest.fixture(scope="session", params=["A", "C", "C behind a lagging index"])
async def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Both systems and their adapters, in three kinds."""
    folder = tmp_path_factory.mktemp("systems")
    kind = EffectClass(request.param[0])
    lag = 3600.0 if "lag" in request.param else 0.0
    servers = [_serve(name, folder, kind, lag) for name in ("erp", "crm")]
    made = World(servers[0].url, servers[1].url, kind)
    made.lags = bool(lag)
    await made.post("/setup", master_data())
    yield made
    await made.aclose()
    for server in servers:
        server.stop()
