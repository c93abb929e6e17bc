"""Billing by terms in the sandbox ERP: down-payments, instalments, milestones, tolerance, cash discount, the books."""

from typing import Any

import pytest

from tests.support.sandbox_api import Shop, line

THREE = [{"name": "first", "share": "33.33"}, {"name": "second", "share": "33.33"}, {"name": "rest", "share": "33.34"}]


def usd(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "USD"}


async def ordered(terms: dict[str, Any] | None = None, net: int = 1000, quantity: int = 100, **setup: Any) -> Shop:
    shop = await Shop().opened(**setup)
    body = {"customer": "C1", "lines": [line("1", "P1", quantity, net, tax=net // 10)]}
    assert (await shop.post("/orders", body))["id"] == "SO1"
    if terms is not None:
        assert (await shop.post("/orders/SO1/terms", {"terms": terms}))["version"] == 2
    await shop.post("/orders/SO1/confirm")
    return shop


@pytest.mark.parametrize(
    "terms",
    [
        {"instalments": THREE[:2]},
        {"instalments": [THREE[0], {**THREE[0], "share": "66.67"}]},
        {"milestones": [{"name": "a", "share": "99"}]},
        {"milestones": [{"name": "a", "amount": usd(5)}, {"name": "b", "share": "100"}]},
        {"milestones": [{"name": "a", "amount": usd(1099)}]},
        {"milestones": [{"name": "a", "amount": {"minor": 1100, "currency": "EUR"}}]},
    ],
)
async def test_terms_that_cannot_come_to_the_order_are_refused(terms: dict[str, Any]) -> None:
    shop = await ordered()
    assert await shop.post("/orders/SO1/terms", {"terms": terms}) == "bad_terms"


async def test_terms_are_agreed_before_anything_leaves_or_is_billed() -> None:
    shop = await ordered({"instalments": THREE})
    assert (await shop.post("/orders/SO1/instalments/first"))["kind"] == "instalment"
    assert await shop.post("/orders/SO1/terms", {"terms": {}}) == "already_invoiced"
    await shop.post("/invoices/INV1/credit")
    assert isinstance(await shop.post("/orders/SO1/terms", {"terms": {}}), dict)
    await shop.post("/orders/SO1/release")
    assert await shop.post("/orders/SO1/terms", {"terms": {}}) == "already_released"


async def test_instalments_are_shares_half_even_and_the_last_one_gets_the_rest() -> None:
    shop = await ordered({"instalments": THREE}, net=1000)
    bills = [await shop.post(f"/orders/SO1/instalments/{name}") for name in ("rest", "first", "second")]
    assert [(one["part"], one["net"]["minor"], one["gross"]["minor"]) for one in bills] == [
        ("rest", 333, 367), ("first", 333, 367), ("second", 334, 366)]  # fmt: skip
    assert await shop.post("/orders/SO1/instalments/first") == "already_invoiced"
    assert await shop.post("/orders/SO1/instalments/fourth") == "unknown_instalment"
    assert await shop.post("/orders/SO1/final-invoice") == "nothing_left"


async def test_an_instalment_that_was_credited_may_be_billed_again() -> None:
    shop = await ordered({"instalments": THREE})
    await shop.post("/orders/SO1/instalments/first")
    await shop.post("/invoices/INV1/credit")
    assert (await shop.post("/orders/SO1/instalments/first"))["id"] == "INV2"


async def test_a_down_payment_is_deducted_from_the_final_invoice() -> None:
    shop = await ordered()
    first = await shop.post("/orders/SO1/down-payments", {"share": "30"})
    assert (first["kind"], first["gross"], first["net"]) == ("down_payment", usd(330), usd(300))
    assert (await shop.post("/orders/SO1/down-payments", {"amount": usd(70)}))["gross"] == usd(70)
    final = await shop.post("/orders/SO1/final-invoice")
    assert (final["kind"], final["gross"], final["deducted"]) == ("final", usd(700), usd(400))
    assert await shop.post("/orders/SO1/final-invoice") == "already_invoiced"


async def test_down_payments_that_are_refused() -> None:
    shop = await ordered()
    assert await shop.post("/orders/SO1/down-payments", {}) == "bad_amount"
    assert await shop.post("/orders/SO1/down-payments", {"share": "30", "amount": usd(7)}) == "bad_amount"
    assert await shop.post("/orders/SO1/down-payments", {"amount": usd(0)}) == "bad_amount"
    assert await shop.post("/orders/SO1/down-payments", {"amount": usd(1101)}) == "more_than_ordered"
    assert await shop.post("/orders/SO1/down-payments", {"amount": {"minor": 7, "currency": "EUR"}}) == (
        "currency_mismatch")  # fmt: skip
    await shop.post("/orders/SO1/unconfirm")
    assert await shop.post("/orders/SO1/down-payments", {"share": "30"}) == "not_confirmed"


async def test_only_accepted_milestones_are_billed_and_each_once() -> None:
    terms = [{"name": "plan", "share": "33.33"}, {"name": "build", "share": "66.67", "accepted_by": "ann"}]
    shop = await ordered({"basis": "milestone", "milestones": terms})
    by = {"accepted_by": "bob"}
    plan = await shop.post("/orders/SO1/milestones/plan", by)
    assert (plan["amount"], plan["accepted_by"], plan["invoice"]) == (usd(367), "bob", "")
    assert await shop.post("/orders/SO1/milestones/plan", by) == "already_accepted"
    assert await shop.post("/orders/SO1/milestones/build", by) == "not_yours"
    assert await shop.post("/orders/SO1/milestones/party", by) == "unknown_milestone"
    assert (await shop.post("/milestones/MS1/withdraw"))["amount"] == usd(0)
    assert await shop.post("/milestones/MS1/invoice") == "not_accepted"
    assert await shop.post("/milestones/MS1/withdraw") == "already_withdrawn"
    assert (await shop.post("/orders/SO1/milestones/plan", by))["id"] == "MS2"
    assert (await shop.post("/milestones/MS2/invoice"))["gross"] == usd(367)
    assert await shop.post("/milestones/MS2/invoice") == "already_invoiced"
    assert await shop.post("/milestones/MS2/withdraw") == "invoiced"
    assert (await shop.get("/milestones/MS2"))["invoice"] == "INV1"
    rest = await shop.post("/orders/SO1/milestones/build", {"accepted_by": "ann"})
    assert rest["amount"] == usd(733)


@pytest.mark.parametrize(
    ("pieces", "came", "cancelled", "status"),
    [(97, 97, 0, "open"), (98, 98, 2, "shipped"), (105, 105, 0, "shipped")],
)
async def test_a_little_less_is_all_and_a_little_more_is_taken(
    pieces: int, came: int, cancelled: int, status: str
) -> None:
    shop = await ordered({"tolerance": {"over": "5", "under": "2"}})
    await shop.post("/orders/SO1/release")
    await shop.post("/warehouse/ship", {"order": "SO1", "lines": [{"line": "1", "quantity": pieces}]})
    order = await shop.get("/orders/SO1")
    assert (order["shipped"], order["cancelled"]) == (came, cancelled)
    assert (await shop.get("/releases/RL1"))["status"] == status


async def test_more_than_the_tolerance_is_refused_and_without_one_anything_more() -> None:
    shop = await ordered({"tolerance": {"over": "5", "under": "2"}})
    await shop.post("/orders/SO1/release")
    ship = {"order": "SO1", "lines": [{"line": "1", "quantity": 106}]}
    assert await shop.post("/warehouse/ship", ship) == "more_than_ordered"
    plain = await ordered()
    await plain.post("/orders/SO1/release")
    ship["lines"][0]["quantity"] = 101  # type: ignore[index]
    assert await plain.post("/warehouse/ship", ship) == "more_than_ordered"


async def test_an_order_says_how_far_each_line_is() -> None:
    shop = await Shop().opened()
    body = {"customer": "C1", "lines": [line("1", "P1", 100, 1000), line("2", "P1", 10, 100)]}
    await shop.post("/orders", body)
    await shop.post("/orders/SO1/terms", {"terms": {"tolerance": {"over": "5"}}})
    await shop.post("/orders/SO1/confirm")
    await shop.post("/orders/SO1/release")
    out = {"order": "SO1", "lines": [{"line": "1", "quantity": 102}, {"line": "2", "quantity": 8}]}
    assert (await shop.post("/warehouse/ship", out))["remaining"] == 2
    order = await shop.get("/orders/SO1")
    assert [(one["line"], one["ordered"], one["shipped"]) for one in order["by_line"]] == [
        ("1", 100, 102),
        ("2", 10, 8),
    ]
    assert order["shipped"] == order["ordered"], "in all, as much went as was ordered"
    assert order["status"] == "partly_shipped"
    assert (await shop.get("/releases/RL1"))["status"] == "open"
    await shop.post("/warehouse/ship", {"order": "SO1", "lines": [{"line": "2", "quantity": 2}]})
    assert (await shop.get("/orders/SO1"))["status"] == "shipped"


async def test_the_final_invoice_bills_what_went() -> None:
    shop = await ordered({"tolerance": {"over": "5", "under": "2"}})
    await shop.post("/orders/SO1/down-payments", {"share": "30"})
    await shop.post("/orders/SO1/release")
    await shop.post("/warehouse/ship", {"order": "SO1", "lines": [{"line": "1", "quantity": 98}]})
    assert (await shop.post("/orders/SO1/final-invoice"))["gross"] == usd(1078 - 330)


async def test_the_rest_of_an_order_is_given_up() -> None:
    shop = await ordered()
    await shop.post("/orders/SO1/release")
    assert await shop.post("/orders/SO1/close-short") == "nothing_shipped"
    await shop.post("/warehouse/ship", {"order": "SO1", "lines": [{"line": "1", "quantity": 40}]})
    assert (await shop.post("/orders/SO1/close-short"))["cancelled"] == 60
    assert await shop.post("/orders/SO1/close-short") == "nothing_open"


DISCOUNT = {"cash_discount": {"rate": "2", "days": 10}}


@pytest.mark.parametrize(
    ("days", "pays", "discounted", "left"),
    [(9, 1078, 22, 0), (10, 1078, 22, 0), (11, 1078, 0, 22), (9, 1077, 0, 23), (9, 1090, 10, 0), (9, 1100, 0, 0)],
)
async def test_who_pays_in_time_may_deduct_the_discount(days: int, pays: int, discounted: int, left: int) -> None:
    shop = await ordered(DISCOUNT)
    bill = await shop.post("/orders/SO1/invoice")
    assert (bill["discount"], bill["discount_until"][:10]) == (usd(22), "2026-03-12")
    shop.later(days=days)
    await shop.post("/bank/payments", {"allocations": [{"invoice": "INV1", "minor": pays}]})
    bill = await shop.get("/invoices/INV1")
    assert (bill["discounted"], bill["open"], bill["settled"]) == (usd(discounted), usd(left), left <= 0)


async def test_a_payment_that_bounces_takes_the_discount_with_it() -> None:
    shop = await ordered(DISCOUNT)
    await shop.post("/orders/SO1/invoice")
    await shop.post("/bank/payments", {"allocations": [{"invoice": "INV1", "minor": 1078}]})
    await shop.post("/payments/PAY1/reverse", {"invoice": "INV1"})
    bill = await shop.get("/invoices/INV1")
    assert (bill["paid"], bill["discounted"], bill["open"]) == (usd(0), usd(0), usd(1100))
    undone = [one for one in await shop.items("/effects") if one["document_type"] == "CashDiscount"]
    assert [one["undo_of"] is not None for one in undone] == [False, True]


async def test_one_transfer_pays_several_invoices_in_the_order_it_names_them() -> None:
    shop = await ordered({"instalments": THREE, **DISCOUNT}, net=1000)
    for name in ("first", "second", "rest"):
        await shop.post(f"/orders/SO1/instalments/{name}")
    made = await shop.post("/bank/transfers", {"minor": 1100 - 21, "invoices": ["INV1", "INV2", "INV3"]})
    assert [one["amount"]["minor"] for one in made["payments"]] == [360, 360, 359]
    bills = [await shop.get(f"/invoices/INV{number}") for number in (1, 2, 3)]
    assert [(one["open"]["minor"], one["discounted"]["minor"]) for one in bills] == [(0, 7), (0, 7), (0, 7)]
    assert await shop.post("/bank/transfers", {"minor": 1, "invoices": ["INV1", "INV1"]}) == "same_twice"


async def test_what_a_transfer_has_left_is_an_over_payment_of_the_last() -> None:
    shop = await ordered({"instalments": THREE}, net=1000)
    for name in ("first", "second"):
        await shop.post(f"/orders/SO1/instalments/{name}")
    await shop.post("/bank/transfers", {"minor": 367 + 367 + 5, "invoices": ["INV2", "INV1"]})
    assert [(await shop.get(f"/invoices/INV{number}"))["open"]["minor"] for number in (1, 2)] == [-5, 0]


async def test_no_more_is_written_off_than_was_approved() -> None:
    shop = await ordered()
    await shop.post("/orders/SO1/invoice")
    most = {"most": usd(1099), "reason": "small"}
    assert await shop.post("/invoices/INV1/write-off", most) == "more_than_allowed"
    assert (await shop.post("/invoices/INV1/write-off", {"most": usd(1100)}))["written_off"] == usd(1100)


async def test_exchange_differences_are_booked_apart() -> None:
    rates = [{"source": "USD", "target": "CNY", "rate": "7.10"}]
    shop = await ordered(base="CNY", rates=rates)
    await shop.post("/orders/SO1/invoice")
    await shop.post("/bank/payments", {"allocations": [{"invoice": "INV1", "minor": 100}]})
    await shop.post("/setup", {"rates": [{**rates[0], "rate": "7.25"}]})
    await shop.post("/bank/payments", {"allocations": [{"invoice": "INV1", "minor": 1000}]})
    bill = await shop.get("/invoices/INV1")
    gained = {"minor": 150, "currency": "CNY"}
    assert (bill["open"], bill["exchange"]["rate"], bill["exchange"]["difference"]) == (usd(0), "7.10", gained)
    await shop.post("/payments/PAY2/reverse", {"invoice": "INV1"})
    assert (await shop.get("/invoices/INV1"))["exchange"]["difference"]["minor"] == 0
    assert (await (await ordered()).post("/orders/SO1/invoice"))["exchange"] is None
