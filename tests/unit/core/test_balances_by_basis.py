"""The balance by basis: what may be billed of orders, deliveries and milestones, and what settles an invoice."""

from typing import Any

import pytest

from ltc.core import balances
from ltc.core.state import State
from ltc.definition.compile import load
from tests.support.chains import ROOT


def usd(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "USD"}


def order(**more: Any) -> dict[str, Any]:
    return {"id": "SO1", "version": 1, "gross": usd(1000), "ordered": 100, "shipped": 100, "cancelled": 0, **more}


def invoice(number: str = "INV1", gross: int = 1000, **more: Any) -> dict[str, Any]:
    nothing = {name: usd(0) for name in ("paid", "credited", "written_off", "open")}
    return {"id": number, "version": 1, "gross": usd(gross), **nothing, "paid": usd(gross), **more}


def milestone(number: str, minor: int) -> dict[str, Any]:
    return {"id": number, "version": 1, "name": number, "amount": usd(minor), "accepted_at": "2026-03-02T00:00:00Z"}


def found(basis: str, *documents: dict[str, Any], through: bool = True, over: str = "0%") -> list[str]:
    text = (ROOT / "tests/unit/keys/deal.yaml").read_text(encoding="utf-8")
    plan = load(text.replace("{basis: delivery}", f"{{basis: {basis}, tolerance: {{over: {over}}}}}"))
    state = State("chain", "here", "", {}, results={str(index): one for index, one in enumerate(documents)})
    return [said for _, said, _, _ in balances.broken(plan, state, through=through)]


@pytest.mark.parametrize(
    ("basis", "documents", "said"),
    [
        ("order", [order(), invoice()], []),
        ("order", [order(), invoice(gross=300), invoice("INV2", 700)], []),
        ("order", [order(), invoice(gross=300), invoice("INV2", 701)], ["billed <= ordered (USD)"]),
        ("milestone", [order(), milestone("a", 400), milestone("b", 600), invoice(gross=400), invoice("INV2", 600)], []),
        ("milestone", [order(), milestone("a", 400), invoice(gross=401)], ["billed = accepted milestones (USD)"]),
        ("milestone", [order(), milestone("a", 400)], ["billed = accepted milestones (USD)"]),
        ("milestone", [order(), invoice(gross=1)], ["billed = accepted milestones (USD)"]),
        ("order", [invoice(paid=usd(980), discounted=usd(20))], []),
        ("order", [invoice(paid=usd(980), discounted=usd(19))],
         ["billed = paid + credited + discounted + written off + open (INV1)"]),
        ("order", [invoice(paid=usd(980), discounted={"minor": 20, "currency": "EUR"})],
         ["billed = paid + credited + discounted + written off + open (INV1)"]),
        ("order", [invoice(exchange={"carried": usd(90), "received": usd(95), "difference": usd(5)})], []),
        ("order", [invoice(exchange={"carried": usd(90), "received": usd(95), "difference": usd(4)})],
         ["received = carried + exchange difference (INV1)"]),
    ],
)  # fmt: skip
def test_the_equations_of_a_basis(basis: str, documents: list[dict[str, Any]], said: list[str]) -> None:
    assert found(basis, *documents) == said


def test_a_dunning_fee_is_no_price_of_what_was_ordered_and_balances_by_itself() -> None:
    fee = invoice("INV2", 50, kind="dunning_fee", part="DN-1")
    assert found("order", order(), invoice(), fee) == []
    assert found("order", order(), invoice(gross=990), {**fee, "kind": ""}) == ["billed <= ordered (USD)"]
    assert found("order", order(), invoice(), {**fee, "paid": usd(40)}) == [
        "billed = paid + credited + written off + open (INV2)"
    ]


def test_a_line_that_lacks_something_is_not_made_up_for_by_another() -> None:
    lines = [{"line": "1", "ordered": 50, "shipped": 52, "cancelled": 0}, {"line": "2", "ordered": 50, "shipped": 48,
                                                                           "cancelled": 0}]  # fmt: skip
    assert found("order", order(by_line=lines), over="5%") == ["ordered = delivered + cancelled (SO1 line 2)"]
    lines[1]["cancelled"] = 2
    assert found("order", order(by_line=lines, cancelled=2), over="5%") == []


def test_on_the_way_a_milestone_may_not_be_billed_yet_but_never_too_much() -> None:
    assert found("milestone", milestone("a", 400), through=False) == []
    assert found("milestone", milestone("a", 400), invoice(gross=401), through=False) == [
        "billed = accepted milestones (USD)"]  # fmt: skip


def test_what_was_delivered_beyond_the_order_within_the_tolerance_may_be_billed() -> None:
    more = order(shipped=104)
    assert found("order", more, invoice(gross=1040), over="5%") == []
    assert found("order", more, invoice(gross=1051), over="5%") == ["billed <= ordered (USD)"]
    assert found("order", order(), invoice(gross=1001), over="5%") == ["billed <= ordered (USD)"]
