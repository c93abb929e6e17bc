"""What docs/adapters.md writes out works: its adapter passes the suite, its mapping maps, every case is named."""

import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ltc.cli.output import dumps
from ltc.contract.base_rig import BaseRig
from ltc.contract.bench import open_bench
from ltc.contract.building import Samples
from ltc.contract.cases import CASES, run
from ltc.mapping import parse_mapping
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.adapters import Adapter, Connection
from ltc.sandbox.server import ServerThread, create_app
from ltc.sandbox.settings import SandboxSettings
from tests.contract.world import master_data

PAGE = (Path(__file__).parents[3] / "docs" / "adapters.md").read_text(encoding="utf-8")

BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
ANOTHER_SHAPE = """
mapping: 1
system: acme
tables: {states: {Q: draft}}
entities:
  order:
    by_code: [ordered]
    read:
      - {target: id, source: docNo, transform: text, required: true}
      - {target: customer, source: party.no, transform: text, required: true}
      - {target: reference, source: ext, transform: text}
      - {target: status, source: state, transform: enum, table: states}
      - {target: net, source: total, transform: money, currency: cur.iso}
      - {target: tax, source: vat, transform: money, currency: cur.iso, default: 0}
      - {target: gross, source: total, transform: money, currency: cur.iso}
      - target: lines
        source: rows[*]
        fields:
          - {target: id, source: pos, transform: text, required: true}
          - {target: product, source: sku, transform: text, required: true}
          - {target: quantity, source: qty, transform: integer}
          - {target: unit_price, source: unit, transform: money, currency: /cur.iso}
          - {target: net, source: sum, transform: money, currency: /cur.iso}
          - {target: tax, source: vat, transform: money, currency: /cur.iso, default: 0}
          - {target: gross, source: sum, transform: money, currency: /cur.iso}
  create_order:
    write:
      - {target: party, source: customer, transform: text, required: true}
      - target: rows
        source: lines[*]
        fields:
          - {target: sku, source: product, transform: text, required: true}
          - {target: qty, source: quantity, transform: integer}
          - {target: unit, source: unit_price, transform: money, currency: '/lines[0].net.currency', as: text}
"""


@pytest.fixture
def written() -> Iterator[types.ModuleType]:
    source = BLOCKS[1]
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


async def test_the_example_of_another_shape_maps_both_ways() -> None:
    space: dict[str, Any] = {"op": op, "d": d, "Any": Any}
    exec(compile(BLOCKS[0], "docs/adapters.md", "exec"), space)
    sent: list[Any] = []

    class Port:
        _mapping = parse_mapping(ANOTHER_SHAPE, "acme.yaml")
        _order = space["_order"]

        async def _call(self, call: str, body: Any) -> Any:
            sent.append((call, body))
            (row,) = body["rows"]
            rows = [{"pos": 10, "sku": row["sku"], "qty": row["qty"], "unit": row["unit"], "sum": "30.00"}]
            return {"docNo": 7, "party": {"no": "C1"}, "state": "Q", "rows": rows, "total": "30.00",
                    "cur": {"iso": "USD"}, "ext": body["ext"]}  # fmt: skip

    rig = BaseRig(Adapter("acme", "Acme", {}, ""), {})
    request = op.CreateOrder(customer="C1", lines=[rig.line()])
    order = await space["create_order"](Port(), request, "key1")
    row = {"sku": "P1", "qty": 3, "unit": "10.00"}
    assert sent == [("SalesDoc.put", {"party": "C1", "rows": [row], "ext": "key1"})]
    assert (order.id, order.status, order.ordered, order.reference) == ("7", "draft", 3, "key1")
