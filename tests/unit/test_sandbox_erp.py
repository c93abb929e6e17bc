"""The sandbox ERP's state machines: what they do, and what they refuse."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ltc.model.money import MOST_MINOR
from tests.support.sandbox_api import Shop, line


async def test_a_deal_from_draft_to_paid() -> None:
    shop = await Shop().opened()
    order, release = await shop.released(line("1", "P1", 3, 1000, tax=100))
    assert (await shop.order(order))["status"] == "released"
    shipped = await shop.ship(order)
    assert shipped["remaining"] == 0
    assert (await shop.order(order))["status"] == "shipped"
    shop.later(days=1)
    invoice = await shop.bill(shipped["delivery"]["id"])
    assert (invoice["net"]["minor"], invoice["tax"]["minor"], invoice["gross"]["minor"]) == (1000, 100, 1100)
    assert invoice["due_date"] == "2026-03-17T09:00:00Z"
    await shop.pay(invoice["id"], 1100)
    paid = await shop.get(f"/invoices/{invoice['id']}/payments")
    assert (paid["invoice"]["settled"], paid["invoice"]["open"]["minor"]) == (True, 0)
    done = [(row["operation"], row["document_id"], row["quantity"]) for row in await shop.items("/effects")]
    assert done[2:] == [
        ("erp.setup", "P3", 9), ("erp.setup", "P4", 1), ("erp.create_order", order, 3), ("erp.confirm_order", order, 3),
        ("erp.release_delivery", release, 0), ("warehouse.ship", "DN1", 3), ("erp.post_invoice", "INV1", 0),
        ("bank.pay", "PAY1", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"customer": "C9", "lines": [line("1", "P1", 1, 10)]}, "unknown_customer"),
        ({"customer": "C3", "lines": [line("1", "P1", 1, 10)]}, "blocked_customer"),
        ({"customer": "C1", "lines": [line("1", "P9", 1, 10)]}, "unknown_product"),
        ({"customer": "C1", "lines": [line("1", "P1", 1, 10, currency="EUR")]}, "currency_mismatch"),
        ({"customer": "C1", "lines": []}, "no_lines"),
        ({"customer": "C1", "lines": [line("1", "P1", 1, 10), line("1", "P1", 1, 10)]}, "no_lines"),
        ({"customer": "C1", "lines": [line("1", "P1", 1, -10)]}, "bad_amounts"),
        ({"customer": "C1", "lines": [line("1", "P1", 1, 10, tax=-10)]}, "bad_amounts"),
        ({"customer": "C1", "lines": [line("1", "P1", 1, MOST_MINOR), line("2", "P1", 1, 1)]}, "bad_amounts"),
        ({"customer": "C1", "lines": [line("1", "P1", 10**12, 10**12), line("2", "P1", 1, 1)]}, "bad_amounts"),
        ({"customer": "C1", "lines": [{**line("1", "P1", 1, 10), "unit_price": {"minor": 10, "currency": "EUR"}}]},
         "currency_mismatch"),
        ({"customer": "C1", "lines": [{**line("1", "P1", 1, 10), "gross": {"minor": 9, "currency": "USD"}}]},
         "bad_amounts"),
    ],
)  # fmt: skip
async def test_orders_that_are_refused(body: object, reason: str) -> None:
    shop = await Shop().opened()
    assert await shop.post("/orders", body) == reason
    assert await shop.items("/orders") == []


@pytest.mark.parametrize(
    "wrong", [{"quantity": 2**63}, {"net": {"minor": 2**63, "currency": "USD"}}, {"id": ""}, {"id": "x" * 65}]
)
async def test_what_no_order_can_hold_is_answered_and_breaks_nothing(wrong: dict[str, Any]) -> None:
    shop = await Shop().opened()
    body = {"customer": "C1", "lines": [{**line("1", "P1", 1, 10), **wrong}]}
    assert str(await shop.post("/orders", body)).startswith("400 lines.0")
    assert (await shop.post("/orders", {"customer": "C1", "lines": [line("行\u202e[1].b~#/", "P1", 1, 10)]}))["id"]


async def test_only_drafts_change() -> None:
    shop = await Shop().opened()
    order = await shop.draft()
    changed = await shop.put(f"/orders/{order}", {"lines": [line("1", "P1", 7, 700), line("2", "P2", 1, 50)]})
    assert (changed["ordered"], changed["gross"]["minor"], changed["version"]) == (8, 750, 2)
    await shop.post(f"/orders/{order}/confirm")
    assert await shop.put(f"/orders/{order}", {"lines": [line("1", "P1", 7, 700)]}) == "not_draft"
    assert await shop.post(f"/orders/{order}/confirm") == "already_confirmed"


async def test_credit_limit_counts_open_invoices_and_unbilled_orders() -> None:
    shop = await Shop().opened()
    first = await shop.confirmed(line("1", "P1", 1, 6000), customer="C2")
    second = await shop.draft(line("1", "P1", 1, 4001), customer="C2")
    assert await shop.post(f"/orders/{second}/confirm") == "credit_limit"
    assert (await shop.order(second))["status"] == "draft"
    await shop.post(f"/orders/{first}/release")
    delivery = (await shop.ship(first))["delivery"]["id"]
    assert await shop.post(f"/orders/{second}/confirm") == "credit_limit"
    invoice = (await shop.bill(delivery))["id"]
    assert await shop.post(f"/orders/{second}/confirm") == "credit_limit"
    assert await shop.post(f"/orders/{second}/confirm", {"override": "anything"}) == "bad_override"
    await shop.pay(invoice, 1)
    assert (await shop.post(f"/orders/{second}/confirm"))["status"] == "confirmed"
    third = await shop.draft(line("1", "P1", 1, 1), customer="C2")
    assert await shop.post(f"/orders/{third}/confirm") == "credit_limit"
    assert (await shop.post(f"/orders/{third}/confirm", {"override": "credit_limit"}))["status"] == "confirmed"


async def test_products_that_cannot_be_promised() -> None:
    shop = await Shop().opened()
    gone, short = await shop.draft(line("1", "P3", 1, 10)), await shop.draft(line("1", "P4", 2, 10))
    assert await shop.post(f"/orders/{gone}/confirm") == "discontinued"
    assert await shop.post(f"/orders/{short}/confirm") == "out_of_stock"
    await shop.confirmed(line("1", "P2", 400, 10))


async def test_ships_only_what_is_confirmed_released_ordered_and_there() -> None:
    shop = await Shop().opened()
    order = await shop.draft(line("1", "P1", 3, 300), line("2", "P2", 6, 600))
    assert await shop.post(f"/orders/{order}/release") == "not_confirmed"
    assert await shop.ship(order) == "not_confirmed"
    await shop.post(f"/orders/{order}/confirm")
    assert await shop.ship(order) == "not_released"
    await shop.post(f"/orders/{order}/release")
    assert await shop.post(f"/orders/{order}/release") == "already_released"
    assert await shop.ship(order, l1=4) == "more_than_ordered"
    assert await shop.ship(order, l2=5) == "out_of_stock"
    assert await shop.ship(order, l9=1) == "unknown_line"
    assert (await shop.ship(order))["remaining"] == 2
    assert (await shop.order(order))["status"] == "partly_shipped"
    assert await shop.ship(order) == "out_of_stock"
    assert await shop.ship(order, l1=1) == "unknown_line"
    await shop.post("/warehouse/replenish", {"product": "P2", "quantity": 5})
    assert (await shop.ship(order, l2=1))["remaining"] == 1
    assert (await shop.ship(order))["remaining"] == 0
    assert await shop.stock("P2") == 3
    assert await shop.ship(order) == "nothing_open"
    assert (await shop.order(order))["status"] == "shipped"


async def test_two_lines_of_one_product_share_its_stock() -> None:
    shop = await Shop().opened()
    order, _ = await shop.released(line("1", "P2", 3, 300), line("2", "P2", 3, 300))
    assert await shop.ship(order, l1=3, l2=2) == "out_of_stock"
    assert [one["quantity"] for one in (await shop.ship(order))["delivery"]["lines"]] == [3, 1]


async def test_undo_goes_backwards_only() -> None:
    shop = await Shop().opened()
    order, release = await shop.released()
    assert await shop.post(f"/orders/{order}/cancel") == "still_confirmed"
    assert await shop.post(f"/orders/{order}/unconfirm") == "released"
    assert (await shop.post(f"/releases/{release}/cancel"))["status"] == "cancelled"
    assert await shop.post(f"/releases/{release}/cancel") == "already_cancelled"
    assert (await shop.post(f"/orders/{order}/unconfirm"))["status"] == "draft"
    assert await shop.post(f"/orders/{order}/unconfirm") == "not_confirmed"
    cancelled = await shop.post(f"/orders/{order}/cancel")
    assert (cancelled["status"], cancelled["cancelled"], cancelled["ordered"]) == ("cancelled", 3, 3)
    assert await shop.post(f"/orders/{order}/cancel") == "already_cancelled"
    assert await shop.post(f"/orders/{order}/confirm") == "cancelled"


async def test_what_is_shipped_is_not_undone_until_it_came_back() -> None:
    shop = await Shop().opened()
    order, release = await shop.released()
    assert await shop.post(f"/orders/{order}/returns") == "nothing_shipped"
    delivery = (await shop.ship(order, l1=2))["delivery"]["id"]
    invoice = (await shop.bill(delivery))["id"]
    for path in (f"/releases/{release}/cancel", f"/orders/{order}/unconfirm", f"/orders/{order}/cancel"):
        assert await shop.post(path) == "already_shipped"
    back = await shop.post(f"/orders/{order}/returns")
    assert (back["quantity"], back["delivery"]) == (2, delivery)
    assert (await shop.order(order))["status"] == "returned"
    assert await shop.stock("P1") == 1000
    assert await shop.bill(delivery) == "returned"
    await shop.post(f"/releases/{release}/cancel")
    assert await shop.post(f"/orders/{order}/unconfirm") == "invoiced"
    await shop.post(f"/invoices/{invoice}/credit")
    await shop.post(f"/orders/{order}/unconfirm")
    done = await shop.post(f"/orders/{order}/cancel")
    assert done["ordered"] == done["shipped"] - done["returned"] + done["cancelled"]


async def test_nothing_is_billed_or_credited_twice() -> None:
    shop = await Shop().opened()
    order, _ = await shop.released(line("1", "P1", 4, 400))
    one, two = (await shop.ship(order, l1=1))["delivery"]["id"], (await shop.ship(order, l1=3))["delivery"]["id"]
    first = (await shop.bill(one))["id"]
    assert await shop.bill(one) == "already_invoiced"
    assert await shop.post(f"/orders/{order}/invoice") == "already_invoiced"
    assert (await shop.bill(two))["gross"]["minor"] == 300
    note = await shop.post(f"/invoices/{first}/credit")
    assert note["amount"]["minor"] == 100
    assert await shop.post(f"/invoices/{first}/credit") == "already_credited"
    assert (await shop.bill(one))["gross"]["minor"] == 100


async def test_an_order_billed_whole_is_not_billed_by_delivery() -> None:
    shop = await Shop().opened()
    draft = await shop.draft()
    assert await shop.post(f"/orders/{draft}/invoice") == "not_confirmed"
    order, _ = await shop.released()
    invoice = await shop.post(f"/orders/{order}/invoice")
    assert (invoice["gross"]["minor"], invoice["delivery"]) == (3000, "")
    delivery = (await shop.ship(order))["delivery"]["id"]
    assert await shop.bill(delivery) == "already_invoiced"


async def test_payments_in_parts_too_much_and_back() -> None:
    shop = await Shop().opened()
    order, _ = await shop.released()
    invoice = (await shop.bill((await shop.ship(order))["delivery"]["id"]))["id"]
    await shop.pay(invoice, 1000)
    assert [row["open"] for row in await shop.items("/bank/open")] == [2000]
    await shop.pay(invoice, 2500)
    balance = await shop.get(f"/invoices/{invoice}")
    assert (balance["open"]["minor"], balance["settled"]) == (-500, True)
    assert await shop.post(f"/invoices/{invoice}/write-off") == "nothing_open"
    assert await shop.post("/bank/refunds", {"invoice": invoice, "minor": 501}) == "more_than_balance"
    assert (await shop.post("/bank/refunds", {"invoice": invoice, "minor": 500}))["amount"]["minor"] == -500
    amounts = [one["amount"]["minor"] for one in (await shop.get(f"/invoices/{invoice}/payments"))["payments"]]
    assert amounts == [1000, 2500, -500]
    assert await shop.items("/bank/open") == []


async def test_one_payment_for_several_invoices_is_all_or_nothing() -> None:
    shop = await Shop().opened()
    invoices = []
    for _ in range(2):
        order, _ = await shop.released()
        invoices.append((await shop.bill((await shop.ship(order))["delivery"]["id"]))["id"])
    parts = [{"invoice": number, "minor": 3000} for number in (*invoices, "INV99")]
    assert await shop.post("/bank/payments", {"allocations": parts}) == "not_found"
    assert await shop.items("/payments") == []
    assert len((await shop.post("/bank/payments", {"allocations": parts[:2]}))["payments"]) == 2
    rows = [row for row in await shop.items("/effects") if row["operation"] == "bank.pay"]
    assert [row["amount_minor"] for row in rows] == [3000, 3000]


async def test_write_off_and_credit_keep_the_equation() -> None:
    shop = await Shop().opened()
    order, _ = await shop.released()
    invoice = (await shop.bill((await shop.ship(order))["delivery"]["id"]))["id"]
    await shop.pay(invoice, 1000)
    off = await shop.post(f"/invoices/{invoice}/write-off")
    assert (off["written_off"]["minor"], off["open"]["minor"], off["settled"]) == (2000, 0, True)
    await shop.post(f"/invoices/{invoice}/credit")
    end = await shop.get(f"/invoices/{invoice}")
    parts = ("paid", "credited", "written_off", "open")
    assert end["gross"]["minor"] == sum(end[part]["minor"] for part in parts)
    assert end["open"]["minor"] == -1000


async def test_the_rest_of_an_order_is_given_up() -> None:
    shop = await Shop().opened()
    order, release = await shop.released()
    assert await shop.post("/warehouse/close-short", {"order": order}) == "nothing_shipped"
    await shop.ship(order, l1=1)
    closed = await shop.post("/warehouse/close-short", {"order": order})
    assert (closed["status"], closed["shipped"], closed["cancelled"]) == ("shipped", 1, 2)
    assert await shop.post("/warehouse/close-short", {"order": order}) == "nothing_open"
    assert (await shop.get(f"/releases/{release}"))["status"] == "shipped"
    assert (await shop.get("/events"))["events"][-1]["fields"] == {"order": order, "delivery": "DN1"}


@given(st.lists(st.integers(1, 6), min_size=1, max_size=6), st.integers(0, 9999), st.integers(0, 99))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_parts_of_a_line_add_up_to_the_cent(parts: list[int], net: int, tax: int) -> None:
    shop = await Shop().opened()
    order, _ = await shop.released(line("1", "P1", sum(parts), net, tax))
    bills = [await shop.bill((await shop.ship(order, l1=part))["delivery"]["id"]) for part in parts]
    for field, total in (("net", net), ("tax", tax), ("gross", net + tax)):
        assert sum(bill[field]["minor"] for bill in bills) == total


async def test_replenishment_is_lazy_seeded_and_covers_back_orders() -> None:
    plan = {"every_hours": 24, "lot_min": 1, "lot_max": 9, "cover": True}
    stocks = []
    for seed in (1, 1, 2):
        shop = await Shop(seed=seed).opened(replenishment=plan)
        order, _ = await shop.released(line("1", "P2", 40, 400))
        assert (await shop.ship(order))["remaining"] == 36
        shop.later(hours=23)
        assert await shop.ship(order) == "out_of_stock"
        shop.later(hours=1)
        assert (await shop.ship(order))["remaining"] == 0
        shop.later(days=10)
        stocks.append([row["stock"] for row in await shop.items("/products")])
    assert stocks[0] == stocks[1]
    assert stocks[0] != stocks[2]
    assert stocks[0][2] == 9  # what is discontinued does not arrive
    arrivals = [row for row in await shop.items("/effects") if row["operation"] == "warehouse.replenish"]
    assert len(arrivals) == 11 * 3
    assert {(row["key"], row["chain"]) for row in arrivals} == {("", "")}
    moved = {"erp.setup": 1, "warehouse.replenish": 1, "warehouse.ship": -1}
    stock = sum(moved.get(row["operation"], 0) * row["quantity"] for row in await shop.items("/effects"))
    assert stock == sum(row["stock"] for row in await shop.items("/products"))


async def test_warehouse_list_tells_what_is_open_and_there() -> None:
    shop = await Shop().opened()
    shop.headers = {"x-ltc-chain": "lead_to_cash:OPP1"}
    order, release = await shop.released(line("1", "P2", 9, 90))
    await shop.ship(order)
    (row,) = await shop.items("/warehouse/open")
    assert (row["release"], row["order"], row["chain"]) == (release, order, "lead_to_cash:OPP1")
    assert (row["open"], row["shipped"], row["stock"]) == (5, 4, 0)


async def test_master_data_is_replaced_but_stock_is_not() -> None:
    shop = await Shop().opened()
    order, _ = await shop.released(line("1", "P2", 1, 10))
    await shop.ship(order)
    await shop.opened()
    assert await shop.stock("P2") == 3
    assert len([row for row in await shop.items("/effects") if row["operation"] == "erp.setup"]) == 4
    assert await shop.post("/setup", {"replenishment": {"every_hours": 0}}) == (
        "400 replenishment.every_hours: Input should be greater than 0")  # fmt: skip
