"""What Tryton's answers mean, and that its feed loses nothing, without a Tryton."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from ltc.adapters.tryton import ADAPTER
from ltc.adapters.tryton.feed import OVERLAP, Source, read_feed
from ltc.adapters.tryton.lines import unit_price
from ltc.adapters.tryton.rpc import AsksFirst, Record, Rpc, SaidNo
from ltc.adapters.tryton.sales import spread
from ltc.adapters.tryton.wire import decode, encode
from ltc.ports.adapters import Connection
from ltc.ports.errors import ContractBroken, Misconfigured, OutcomeUnknown, Unavailable
from ltc.ports.operations import OPERATIONS
from tests.contract.tryton.conftest import line, usd

PASSWORD = "s3cret-of-tryton"
Answer = Callable[[dict[str, Any]], httpx.Response]


@pytest.fixture
async def rpc() -> AsyncIterator[Rpc]:
    made = Rpc(Connection("http://tryton", user="ltc", password=SecretStr(PASSWORD), database="erp"))
    yield made
    await made.aclose()


def answers(rpc: Rpc, monkeypatch: pytest.MonkeyPatch, answer: Answer) -> list[str]:
    """Have a client hear what a function answers; returns the methods that it called."""
    called: list[str] = []

    async def send(method: str, path: str, **how: Any) -> httpx.Response:
        assert (method, path, set(how["json"])) == ("POST", "/erp/rpc/", {"id", "method", "params"})
        name = how["json"]["method"]
        called.append(name)
        if name == "common.db.login":
            return httpx.Response(200, json={"id": 1, "result": [7, "token", None]})
        if name.endswith("get_preferences"):
            return httpx.Response(200, json={"id": 1, "result": {"company": 1, "groups": [2], "locale": {}}})
        return answer(how["json"])

    monkeypatch.setattr(rpc._http, "send", send)
    return called


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, {"error": ["UserError", ["No.", "Because.", None]]}, SaidNo),
        (200, {"error": ["UserWarning", ["abc.credit_limit_amount", "Too much", ""]]}, AsksFirst),
        (200, {"error": ["ConcurrencyException", "modified"]}, Unavailable),
        (200, {"error": ["UserError", ["You are not allowed to access \"Sale\".", "", None]]}, Misconfigured),
        (200, {"error": ["duplicate key value violates", ""]}, ContractBroken),
        (200, {"neither": 1}, ContractBroken),
        (503, {}, Unavailable), (429, {}, Unavailable), (403, {}, Misconfigured), (404, {}, Misconfigured),
        (500, {}, OutcomeUnknown), (502, {}, OutcomeUnknown),
    ],
)  # fmt: skip
async def test_errors_are_told_apart(
    rpc: Rpc, monkeypatch: pytest.MonkeyPatch, status: int, body: Any, error: type[Exception]
) -> None:
    answers(rpc, monkeypatch, lambda _: httpx.Response(status, json=body))
    with pytest.raises(error) as said:
        await rpc.tell("model.sale.sale.confirm", [1])
    assert type(said.value) is error
    assert PASSWORD not in str(said.value)
    assert "token" not in str(said.value)


async def test_page_of_a_proxy_is_nonsense_with_evidence(rpc: Rpc, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(rpc, monkeypatch, lambda _: httpx.Response(200, text="<html>Sign in</html>"))
    with pytest.raises(ContractBroken) as nonsense:
        await rpc.tell("model.sale.sale.confirm", [1])
    assert "Sign in" in nonsense.value.evidence


async def test_session_that_ended_is_begun_anew_once(rpc: Rpc, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [httpx.Response(401), httpx.Response(200, json={"result": 5})]
    called = answers(rpc, monkeypatch, lambda _: left.pop(0))
    assert await rpc.tell("model.sale.sale.confirm", [1]) == 5
    assert called.count("common.db.login") == 2
    answers(rpc, monkeypatch, lambda _: httpx.Response(401))
    with pytest.raises(Misconfigured):
        await rpc.tell("model.sale.sale.confirm", [1])


async def test_call_carries_the_users_company_and_english(rpc: Rpc, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def answer(body: dict[str, Any]) -> httpx.Response:
        seen.append(body["params"])
        return httpx.Response(200, json={"result": None})

    answers(rpc, monkeypatch, answer)
    await rpc.tell("model.sale.sale.quote", [1], context={"ltc_key": "K"})
    assert seen == [[[1], {"company": 1, "groups": [2], "language": "en", "ltc_key": "K"}]]


def test_values_survive_the_wire() -> None:
    values = {"amount": Decimal("1.10"), "day": date(2026, 2, 3), "at": datetime(2026, 2, 3, 4, 5, 6, 7, tzinfo=UTC)}
    assert decode(json.loads(json.dumps(encode([values])))) == [values]


def test_settings_are_checked_at_once() -> None:
    with pytest.raises(Misconfigured, match="database"):
        ADAPTER.connect("erp", Connection("http://tryton", user="ltc", password=SecretStr(PASSWORD)))
    whole = {"url": "http://tryton", "user": "ltc", "password": SecretStr(PASSWORD), "database": "erp"}
    with pytest.raises(Misconfigured, match="no option colour"):
        ADAPTER.connect("erp", Connection(**whole, options={"colour": "red"}))  # type: ignore[arg-type]
    by_order = ADAPTER.connect("erp", Connection(**whole, options={"billing": "order"}))  # type: ignore[arg-type]
    assert by_order.effect_class("erp.post_order_invoice")
    with pytest.raises(Misconfigured, match="billing"):
        by_order.effect_class("erp.post_invoice")


def test_every_effect_that_tryton_offers_has_a_method_a_probe_and_a_class() -> None:
    offered = {
        name for name, operation in OPERATIONS.items()
        if operation.port in ADAPTER.ports and hasattr(ADAPTER.ports[operation.port], operation.method)
    }  # fmt: skip
    assert len(offered) >= 25
    for name in offered:
        operation, factory = OPERATIONS[name], ADAPTER.ports[OPERATIONS[name].port]
        assert not operation.effect or name in factory.classes  # type: ignore[attr-defined]
        assert not operation.effect or callable(getattr(factory, f"_probe_{operation.method}"))
    for factory in ADAPTER.ports.values():
        assert offered >= {name for name in factory.classes if name in OPERATIONS}  # type: ignore[attr-defined]


def test_tax_is_spread_to_the_last_cent() -> None:
    assert spread(100, [1, 1, 1]) == [34, 33, 33]
    assert spread(-7, [2, 5]) == [-2, -5]
    assert spread(5, [0, 0]) == [5, 0]
    assert spread(0, []) == []


def test_discount_is_in_the_price_of_a_piece() -> None:
    discounted = line(quantity=3, price=1999).model_copy(update={"discount": Decimal("0.15"), "net": usd(5097)})
    assert unit_price(discounted) == Decimal("16.9915")
    with pytest.raises(Misconfigured, match="no price with 4 decimals"):
        unit_price(line(quantity=1_000_000, price=1).model_copy(update={"net": usd(1_000_001), "unit_price": usd(1)}))


class Table:
    """Rows that are stamped when their transaction begins and seen when it commits."""

    def __init__(self) -> None:
        self.rows: list[Record] = []

    async def find(self, model: str, domain: list[Any], fields: Any, limit: int, order: Any) -> list[Record]:
        since = next((one[2] for one in domain if one[0] == "write_date"), None)
        found = [row for row in self.rows if since is None or row["write_date"] >= since]
        return sorted(found, key=lambda row: (row["write_date"], row["id"]))[:limit]


async def _tell(row: Record) -> list[tuple[str, dict[str, Any]]]:
    return [(str(row["id"]), {"order": "1", "delivery": str(row["id"])})]


async def _read_all(table: Table, cursor: str, limit: int = 2) -> tuple[list[str], str]:
    source = Source("shipped", "erp.goods_shipped", "stock.shipment.out", [], "write_date", ["write_date"], _tell)
    seen: list[str] = []
    while (page := await read_feed(table, cursor, limit, [source])).events:  # type: ignore[arg-type]
        seen += [event.id for event in page.events]
        cursor = page.next
    return seen, page.next


async def test_feed_finds_what_was_committed_late() -> None:
    table, noon = Table(), datetime(2026, 3, 2, 12, tzinfo=UTC)
    same = [{"id": number, "write_date": noon} for number in (1, 2, 3, 4, 5)]
    table.rows += same
    first, cursor = await _read_all(table, "")
    assert first == [f"shipped:{number}" for number in (1, 2, 3, 4, 5)]
    table.rows.append({"id": 6, "write_date": noon - OVERLAP + timedelta(seconds=1)})  # its transaction was open
    late, cursor = await _read_all(table, cursor)
    assert late == ["shipped:6"]
    table.rows.append({"id": 7, "write_date": noon + OVERLAP})
    assert (await _read_all(table, cursor))[0] == ["shipped:7"]
    assert (await _read_all(table, ""))[0] == [f"shipped:{number}" for number in (6, 1, 2, 3, 4, 5, 7)]


async def test_cursor_that_is_none_is_said_so() -> None:
    with pytest.raises(ContractBroken, match="cursor"):
        await read_feed(Table(), "nonsense", 5, [])  # type: ignore[arg-type]
