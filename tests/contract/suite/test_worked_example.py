"""The adapter written out on docs/adapters.md passes the suite, and its page names every case."""

import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from ltc.cli.output import dumps
from ltc.contract.base_rig import BaseRig, Samples
from ltc.contract.bench import open_bench
from ltc.contract.cases import CASES, run
from ltc.ports.adapters import Adapter, Connection
from ltc.sandbox.server import ServerThread, create_app
from ltc.sandbox.settings import SandboxSettings
from tests.contract.world import master_data

PAGE = (Path(__file__).parents[3] / "docs" / "adapters.md").read_text(encoding="utf-8")


@pytest.fixture
def written() -> Iterator[types.ModuleType]:
    (source,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    module = types.ModuleType("ltc_acme_of_the_page")
    sys.modules[module.__name__] = module
    exec(compile(source, "docs/adapters.md", "exec"), vars(module))
    yield module
    del sys.modules[module.__name__]


async def test_the_worked_example_passes(written: types.ModuleType, tmp_path: Path) -> None:
    data = tmp_path / "data.json"
    data.write_text(dumps(master_data()))
    server = ServerThread(create_app(SandboxSettings("erp", tmp_path / "erp.sqlite", data=data))).start()
    adapter = Adapter("acme", "Acme", {"erp": written.AcmeErp}, "the sandbox")
    rig = BaseRig(adapter, {"erp": Connection(server.url, settle_seconds=0.0)}, Samples(erp_customer="C1"))
    async with open_bench(rig) as bench:
        outcomes = [outcome async for outcome in run(bench)]
    server.stop()
    assert [one for one in outcomes if one.status == "failed"] == []
    proved = {(one.case, one.subject) for one in outcomes if one.status == "ok"}
    for case in ("takes-place", "twice-is-once", "lost-reply", "late-commit", "nonsense", "busy", "not-found"):
        assert {(case, "erp.create_order"), (case, "erp.cancel_order")} <= proved
    assert {("inverse", "erp.create_order"), ("reads", "erp.get_order"), ("away", "erp")} <= proved


def test_the_page_names_every_case() -> None:
    for case in CASES:
        assert f"| `{case.id}` | {case.sentence} |" in PAGE
