"""What guards both sandbox systems: faults by plan, keys, the append-only record, the command line."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from ltc.adapters.sandbox.base import DEFAULT_CLASSES as ADAPTER_CLASSES
from ltc.cli.exits import BadUsageError
from ltc.cli.sandbox_cmd import app as cli
from ltc.model.clock import VirtualClock
from ltc.ports.operations import OPERATIONS, REFUSALS, EffectClass
from ltc.sandbox.clock import Clock, read_clock
from ltc.sandbox.faults import FaultRule, read_plan
from ltc.sandbox.server import create_app
from ltc.sandbox.settings import DEFAULT_CLASSES, SandboxSettings, parse_class
from tests.support.sandbox_api import START, Api, Shop, line

DRAFT = {"customer": "C1", "lines": [line("1", "P1", 1, 10)]}


def rule(**fields: Any) -> FaultRule:
    return FaultRule.model_validate({"operation": "erp.create_order", "fault": "refuse", "reason": "planned", **fields})


async def _reasons(shop: Shop, times: int) -> list[str]:
    said = [await shop.post("/orders", DRAFT) for _ in range(times)]
    return [one if isinstance(one, str) else "ok" for one in said]


async def test_fault_meets_the_nth_request_and_so_many_more() -> None:
    shop = await Shop(faults=(rule(nth=2, times=2),)).opened()
    assert await _reasons(shop, 5) == ["ok", "planned", "planned", "ok", "ok"]


@pytest.mark.parametrize(
    ("match", "meets"),
    [
        ({"chain": "p:OPP1"}, True), ({"opportunity": "OPP1"}, True), ({"customer": "C1"}, True),
        ({"chain": "p:OPP1", "customer": "C1"}, True), ({"chain": "p:OPP2"}, False),
        ({"chain": "p:OPP1", "customer": "C2"}, False),
    ],
)  # fmt: skip
async def test_fault_matches_all_it_names(match: dict[str, str], meets: bool) -> None:
    shop = await Shop(faults=(rule(match=match),)).opened()
    shop.headers = {"x-ltc-chain": "p:OPP1"}
    assert await _reasons(shop, 1) == ["planned" if meets else "ok"]


@pytest.mark.parametrize("match", [{"order": "SO1"}, {"chain": "p:OPP1"}, {"opportunity": "OPP1"}, {"customer": "C1"}])
async def test_later_documents_know_the_order_and_chain_they_come_from(match: dict[str, str]) -> None:
    """The warehouse and the bank know nothing of chains; the system knows whose document it is."""
    names = ("erp.cancel_delivery", "erp.post_invoice", "erp.get_invoice", "warehouse.ship")
    shop = await Shop(faults=tuple(rule(operation=name, match=match) for name in names)).opened()
    shop.headers = {"x-ltc-chain": "p:OPP1"}
    order, release = await shop.released()
    shop.headers = {}
    assert await shop.post(f"/releases/{release}/cancel") == "planned"
    assert await shop.ship(order) == "planned"
    delivery = (await shop.ship(order))["delivery"]["id"]
    assert await shop.bill(delivery) == "planned"
    invoice = (await shop.bill(delivery))["id"]
    assert await shop.get(f"/invoices/{invoice}") == "planned"
    other = await shop.draft()
    assert other == "SO2"


async def test_counts_tell_planned_faults_from_the_systems_own_refusals() -> None:
    shop = await Shop(faults=(rule(times=2), rule(operation="erp.get_order", fault="5xx_before", reason=""))).opened()
    await _reasons(shop, 3)
    await shop.post("/orders", {**DRAFT, "customer": "C9"})
    await shop.get("/orders/SO1")
    assert await shop.items("/faults/counts") == [
        {"operation": "erp.create_order", "fault": "refuse", "reason": "planned", "planned": True, "count": 2},
        {
            "operation": "erp.create_order",
            "fault": "refuse",
            "reason": "unknown_customer",
            "planned": False,
            "count": 1,
        },
        {"operation": "erp.get_order", "fault": "5xx_before", "reason": "", "planned": True, "count": 1},
    ]


async def test_a_restarted_system_goes_on_where_the_plan_was(tmp_path: Path) -> None:
    plan = (rule(nth=2),)
    shop = await Shop(database=tmp_path / "erp.sqlite", faults=plan).opened()
    assert await _reasons(shop, 1) == ["ok"]
    again = Shop(database=tmp_path / "erp.sqlite", faults=plan)
    assert await _reasons(again, 2) == ["planned", "ok"]


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("{", "line 1: not JSON"),
        ("{}", "list"),
        ('[{"operation": "erp.create_order", "fault": "explode"}]', "rule 0.fault"),
        ('[{"operation": "erp.create_order", "fault": "refuse"}]', "refuse needs a reason"),
        ('[{"operation": "erp.create_order", "fault": "slow"}]', "slow needs seconds"),
        ('[{"operation": "erp.create_order", "fault": "timeout", "seconds": 1}]', "timeout takes no seconds"),
        ('[{"operation": "erp.create_order", "fault": "late_commit"}]', "either seconds or barrier"),
        ('[{"operation": "erp.create_order", "fault": "timeout", "barrier": "x"}]', "only late_commit takes a barrier"),
        ('[{"operation": "erp.create_order", "fault": "timeout", "reason": "x"}]', "only refuse takes reason"),
        ('[{"operation": "erp.create_order", "fault": "timeout", "match": {"colour": "red"}}]', "colour"),
        ('[{"operation": "erp.create_order", "fault": "timeout", "when": 3}]', "when"),
    ],
)
def test_plan_file_that_is_wrong_is_refused_with_its_rule(tmp_path: Path, plan: str, message: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(plan)
    with pytest.raises(ValueError, match=message) as wrong:
        read_plan(path)
    assert str(path) in str(wrong.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"operation": "erp.create_ordr"}, "no such operation or event"),
        ({"operation": "erp.goods_shipped"}, "refuse is a fault of operations"),
        ({"fault": "lost_event", "reason": ""}, "lost_event is a fault of events"),
        ({"operation": "erp.get_order", "fault": "late_commit", "reason": "", "seconds": 1}, "this one only reads"),
    ],
)
def test_plan_that_cannot_be_is_refused_at_start(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        create_app(SandboxSettings("erp", faults=(rule(**fields),)))


async def test_slow_answers_late_and_takes_effect() -> None:
    shop = await Shop(faults=(rule(fault="slow", reason="", seconds=0.01),)).opened()
    assert await _reasons(shop, 1) == ["ok"]


async def test_record_of_effects_cannot_be_rewritten(tmp_path: Path) -> None:
    shop = await Shop(database=tmp_path / "erp.sqlite").opened()
    await shop.draft()
    outside = sqlite3.connect(tmp_path / "erp.sqlite")
    for sql in ("UPDATE effects SET amount_minor = 0", "DELETE FROM effects"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            outside.execute(sql)
    outside.close()


async def test_effect_row_says_who_when_and_what() -> None:
    shop = await Shop().opened()
    shop.headers = {"idempotency-key": "K1", "x-ltc-chain": "p:OPP1", "x-ltc-attempt": "3"}
    await shop.post("/orders", DRAFT)
    row = (await shop.items("/effects"))[-1]
    assert {name: row[name] for name in ("key", "chain", "attempt", "document_id", "amount_minor", "currency")} == {
        "key": "K1", "chain": "p:OPP1", "attempt": 3, "document_id": "SO1", "amount_minor": 10, "currency": "USD",
    }  # fmt: skip
    assert row["at_virtual"] == START.isoformat()


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"customer": 7}', b"\xff", b'{"customer": "C1", "lines": [], "colour": 1}', b"null"]
)
async def test_malformed_requests_are_no_refusals(body: bytes) -> None:
    shop = await Shop().opened()
    said = await shop.raw("POST", "/orders", body)
    assert said.status_code == 400
    assert set(said.json()) == {"detail"}
    assert [row for row in await shop.items("/effects") if row["operation"] != "erp.setup"] == []


async def test_address_and_body_must_name_the_same_document() -> None:
    shop = await Shop().opened()
    order = await shop.draft()
    said = await shop.post(f"/orders/{order}/confirm", {"order": "SO7"})
    assert said.startswith("400 order is 'SO1' in the address and 'SO7' in the body")


async def test_documents_carry_virtual_time() -> None:
    clock = VirtualClock(anchor_virtual=START.replace(hour=0), anchor_real=START, work_rate=3600, idle_rate=3600)
    shop = Shop()
    shop.app = create_app(SandboxSettings("erp", clock=clock), Clock(clock, lambda: shop.now))
    shop.now = START.replace(second=10)
    about = await _about(shop)
    assert about == START.replace(hour=10).isoformat()


async def _about(shop: Shop) -> str:
    import httpx

    async with httpx.AsyncClient(transport=httpx.ASGITransport(shop.app), base_url="http://sandbox") as client:
        return str((await client.get("/about")).json()["now"])


@pytest.mark.parametrize("system", ["erp", "crm"])
async def test_every_operation_has_a_page(system: str) -> None:
    page = await Api(system).get("/openapi.json")
    operations = {
        entry["summary"]: entry for path in page["paths"].values() for entry in path.values() if "." in entry["summary"]
    }
    served = {
        name for name in OPERATIONS if name.startswith(system) or (system == "erp" and name.startswith("customer"))
    }
    assert served <= set(operations)
    for name, entry in operations.items():
        assert len(entry["description"]) > 20, name
        reference = entry["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        assert reference.rsplit("/", 1)[1] in page["components"]["schemas"]
    for name, reasons in REFUSALS.items():
        for reason in reasons if name in served else ():
            assert reason in operations[name]["description"], (name, reason)


async def test_a_document_that_is_not_there_is_said_not_to_be_there() -> None:
    """Whichever part of the ERP shows it: no page of one document fails on an unknown number."""
    page = await Api("erp").get("/openapi.json")
    kinds = ("dunnings", "payments", "releases", "returns", "credit-notes", "milestones", "productions", "purchases",
             "supply-plans", "covers", "consignments", "contracts")  # fmt: skip
    for kind in kinds:
        assert any(path.startswith(f"/{kind}/{{") and "get" in of for path, of in page["paths"].items()), kind
        assert await Api("erp").get(f"/{kind}/NONE") == "not_found", kind


def test_adapter_and_sandbox_agree_on_the_classes() -> None:
    assert dict(ADAPTER_CLASSES) == dict(DEFAULT_CLASSES)


async def test_token_is_wanted_before_anything_else() -> None:
    shop = Shop(token=SecretStr("let me in"))
    assert await shop.post("/orders", DRAFT) == "401 a valid bearer token is needed"
    shop.headers = {"authorization": "Bearer let me in"}
    assert await shop.post("/orders", DRAFT) == "unknown_customer"


@pytest.mark.parametrize(
    "text", ["erp.create_order", "erp.create_order=B", "erp.get_order=A", "crm.set_stage=A", "x=C"]
)
def test_effect_class_that_cannot_be(text: str) -> None:
    with pytest.raises(ValueError, match="effect class"):
        parse_class(text, "erp")
    assert parse_class("erp.create_order=A", "erp") == ("erp.create_order", EffectClass.A)


@pytest.mark.parametrize("text", ["{}", "/nowhere/clock.json", '{"anchor_virtual": 1}'])
def test_clock_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="clock"):
        read_clock(text)
    assert read_clock("  ") is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--faults", "/nowhere/plan.json"], "fault plan /nowhere/plan.json: No such file"),
        (["--clock", "noon"], "clock: noon: No such file"),
        (["--db", "/nowhere/erp.sqlite"], "database /nowhere/erp.sqlite"),
        (["--effect-class", "crm.set_stage=A"], "the erp has no effect 'crm.set_stage'"),
        (["--data", "/nowhere/data.json"], "master data /nowhere/data.json: No such file"),
        (["--host", "192.0.2.1"], "192.0.2.1:0"),
    ],
)
def test_command_line_that_is_wrong(tmp_path: Path, options: list[str], message: str) -> None:
    result = CliRunner().invoke(cli, ["erp", "--port", "0", "--db", str(tmp_path / "e.sqlite"), *options])
    assert isinstance(result.exception, BadUsageError)
    assert message in str(result.exception)


@pytest.mark.parametrize("data", ["{", "[]", '{"customers": 1}', '{"products": [{"id": "P"}]}'])
def test_master_data_that_is_wrong(tmp_path: Path, data: str) -> None:
    path = tmp_path / "data.json"
    path.write_text(data)
    with pytest.raises(ValueError, match="master data"):
        create_app(SandboxSettings("erp", data=path))
    path.write_text(json.dumps({"rates": [{"source": "EUR", "target": "USD", "rate": "1.1"}]}))
    create_app(SandboxSettings("erp", data=path))
