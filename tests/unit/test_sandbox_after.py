"""The sandbox after the sale: amendments and their taking back, returns by line, credits, refunds, two warehouses."""

from typing import Any

from tests.support.sandbox_api import Api, Shop, line


def usd(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "USD"}


async def shipped(shop: Shop, *lines: dict[str, Any], take: list[dict[str, Any]] | None = None) -> str:
    order = await shop.confirmed(*lines)
    assert (await shop.post(f"/orders/{order}/release"))["status"] == "open"
    assert isinstance(await shop.post("/warehouse/ship", {"order": order, "lines": take or []}), dict)
    return order


async def test_an_order_is_amended_and_the_amendment_taken_back() -> None:
    shop = await Shop().opened()
    order = await shop.confirmed(line("1", "P1", 3, 3000))
    body = {"order": order, "lines": [line("1", "P1", 5, 5000), line("2", "P2", 1, 700)]}
    amended = await shop.put(f"/orders/{order}/lines", body)
    assert (amended["ordered"], amended["gross"], amended["status"]) == (6, usd(5700), "confirmed")
    back = await shop.post(f"/orders/{order}/revert", {"order": order})
    assert (back["ordered"], back["gross"]) == (3, usd(3000))
    assert back["version"] > amended["version"]
    assert await shop.post(f"/orders/{order}/revert", {"order": order}) == "nothing_amended"


async def test_what_is_out_stays_ordered_at_its_price() -> None:
    shop = await Shop().opened()
    order = await shipped(shop, line("1", "P1", 4, 4000), take=[{"line": "1", "quantity": 2}])

    async def amend(*lines: dict[str, Any]) -> Any:
        return await shop.put(f"/orders/{order}/lines", {"order": order, "lines": list(lines)})

    assert await amend(line("1", "P1", 1, 1000)) == "below_shipped"
    assert await amend(line("2", "P2", 1, 700)) == "below_shipped"
    assert await amend(line("1", "P1", 4, 4400)) == "already_shipped"
    assert await amend(line("1", "P1", 4, 4000), line("2", "P3", 1, 700)) == "discontinued"
    assert await amend(line("1", "P9", 4, 4000)) == "unknown_product"
    assert (await amend(line("1", "P1", 2, 2000)))["ordered"] == 2
    assert await amend(line("1", "P1", 3, 3000)) == "already_shipped"


async def test_a_change_over_the_credit_limit_is_refused_and_changes_nothing() -> None:
    shop = await Shop().opened()
    order = await shop.confirmed(line("1", "P1", 3, 3000), customer="C2")
    body = {"order": order, "lines": [line("1", "P1", 30, 30_000)]}
    assert await shop.put(f"/orders/{order}/lines", body) == "credit_limit"
    assert (await shop.get(f"/orders/{order}"))["ordered"] == 3


async def test_lines_are_cancelled_credited_and_refunded() -> None:
    shop = await Shop().opened()
    order = await shop.confirmed(line("1", "P1", 3, 3000), line("2", "P2", 2, 500))
    invoice = (await shop.post(f"/orders/{order}/invoice"))["id"]
    await shop.post("/bank/payments", {"allocations": [{"invoice": invoice, "minor": 3500}]})
    assert await shop.post(f"/invoices/{invoice}/credit-cancelled") == "nothing_cancelled"
    cancel = {"order": order, "lines": ["2"]}
    assert (await shop.post(f"/orders/{order}/cancel-lines", cancel))["cancelled"] == 2
    assert await shop.post(f"/orders/{order}/cancel-lines", cancel) == "already_shipped"
    assert await shop.post(f"/orders/{order}/cancel-lines", {"order": order, "lines": ["9"]}) == "unknown_line"
    assert await shop.post(f"/invoices/{invoice}/refund") == "nothing_due"
    note = await shop.post(f"/invoices/{invoice}/credit-cancelled")
    assert note["amount"] == usd(500)
    assert await shop.post(f"/invoices/{invoice}/credit-cancelled") == "nothing_cancelled"
    assert await shop.post(f"/invoices/{invoice}/refund", {"invoice": invoice, "amount": usd(501)}) == (
        "more_than_balance"
    )
    assert (await shop.post(f"/invoices/{invoice}/refund"))["amount"] == usd(-500)
    seen = await shop.get(f"/invoices/{invoice}")
    assert (seen["paid"], seen["credited"], seen["open"]) == (usd(3000), usd(500), usd(0))


async def test_goods_come_back_in_parts_and_are_credited_once() -> None:
    shop = await Shop().opened()
    order = await shop.confirmed(line("1", "P1", 3, 1000))
    announce = f"/orders/{order}/announced-returns"
    assert await shop.post(announce, {"order": order}) == "nothing_shipped"
    await shop.post(f"/orders/{order}/release")
    await shop.post("/warehouse/ship", {"order": order})
    invoice = (await shop.post(f"/orders/{order}/invoice"))["id"]
    back = await shop.post(announce, {"order": order, "lines": [{"line": "1", "quantity": 2}]})
    assert (back["status"], back["quantity"]) == ("announced", 2)
    assert await shop.post(announce, {"order": order, "lines": [{"line": "1", "quantity": 2}]}) == "more_than_shipped"
    credit = {"invoice": invoice, "goods_return": back["id"]}
    assert await shop.post(f"/invoices/{invoice}/credit-return", credit) == "not_received"
    assert (await shop.post("/warehouse/take-in", {"goods_return": back["id"]}))["status"] == "received"
    assert await shop.post("/warehouse/take-in", {"goods_return": back["id"]}) == "already_received"
    assert (await shop.get(f"/orders/{order}/returned"))["order"]["returned"] == 2
    note = await shop.post(f"/invoices/{invoice}/credit-return", credit)
    assert note["amount"] == usd(667)
    assert await shop.post(f"/invoices/{invoice}/credit-return", credit) == "already_credited"
    assert (await shop.post(f"/credit-notes/{note['id']}/cancel", {"credit_note": note["id"]}))["amount"] == usd(0)
    assert (await shop.get(f"/invoices/{invoice}"))["credited"] == usd(0)
    assert (await shop.post(f"/invoices/{invoice}/credit-return", credit))["amount"] == usd(667)


async def test_an_announced_return_is_taken_back() -> None:
    shop = await Shop().opened()
    order = await shipped(shop)
    back = (await shop.post(f"/orders/{order}/announced-returns", {"order": order}))["id"]
    assert (await shop.post(f"/returns/{back}/cancel", {"goods_return": back}))["status"] == "cancelled"
    assert await shop.post(f"/returns/{back}/cancel", {"goods_return": back}) == "already_cancelled"
    assert await shop.post("/warehouse/take-in", {"goods_return": back}) == "already_cancelled"
    assert (await shop.post(f"/orders/{order}/returns"))["quantity"] == 3


async def test_a_paid_invoice_is_taken_back_with_its_money() -> None:
    shop = await Shop().opened()
    order = await shop.confirmed()
    invoice = (await shop.post(f"/orders/{order}/invoice"))["id"]
    await shop.post("/bank/payments", {"allocations": [{"invoice": invoice, "minor": 1000}]})
    assert (await shop.post(f"/invoices/{invoice}/credit-and-refund"))["amount"] == usd(3000)
    assert await shop.post(f"/invoices/{invoice}/credit-and-refund") == "already_credited"
    seen = await shop.get(f"/invoices/{invoice}")
    assert (seen["paid"], seen["open"], seen["settled"]) == (usd(0), usd(0), True)
    operations = [row["operation"] for row in await shop.items("/effects")][-2:]
    assert operations == ["erp.credit_and_refund", "erp.refund"]


async def test_two_warehouses_send_a_part_each() -> None:
    south = {"id": "south", "name": "South", "stock": {"P2": 50}}
    shop = await Shop().opened(warehouses=[south])
    order = await shop.confirmed(line("1", "P1", 3, 3000), line("2", "P2", 10, 700))
    plan = await shop.get(f"/orders/{order}/picks")
    assert [(part["warehouse"], [one["quantity"] for one in part["lines"]]) for part in plan["parts"]] == [
        ("main", [3]), ("south", [10])]  # fmt: skip
    for part in plan["parts"]:
        release = await shop.post(f"/orders/{order}/picks", {"order": order, **part})
        assert release["warehouse"] == part["warehouse"]
        assert await shop.post(f"/orders/{order}/picks", {"order": order, **part}) == "already_released"
    nowhere = {"order": order, "warehouse": "north", "lines": plan["parts"][0]["lines"]}
    assert await shop.post(f"/orders/{order}/picks", nowhere) == "not_found"
    open_lines = await shop.items("/warehouse/open")
    assert [(row["warehouse"], row["open"], row["stock"]) for row in open_lines] == [
        ("main", 3, 1000),
        ("south", 10, 50),
    ]
    sent = await shop.post("/warehouse/ship", {"order": order, "warehouse": "south"})
    assert sent["remaining"] == 3
    assert await shop.post(f"/releases/{release['id']}/cancel") == "already_shipped"
    assert (await shop.post("/warehouse/ship", {"order": order}))["remaining"] == 0
    assert (await shop.get(f"/orders/{order}"))["status"] == "shipped"
    assert await shop.post("/warehouse/ship", {"order": order}) == "nothing_open"


async def test_a_pick_is_taken_back_while_nothing_of_it_is_out() -> None:
    shop = await Shop().opened(warehouses=[{"id": "south", "name": "South", "stock": {"P2": 50}}])
    order = await shop.confirmed(line("1", "P1", 3, 3000), line("2", "P2", 10, 700))
    parts = (await shop.get(f"/orders/{order}/picks"))["parts"]
    made = [(await shop.post(f"/orders/{order}/picks", {"order": order, **part}))["id"] for part in parts]
    for number in reversed(made):
        assert (await shop.post(f"/releases/{number}/cancel"))["status"] == "cancelled"
    assert (await shop.post(f"/orders/{order}/unconfirm"))["status"] == "draft"


async def test_the_customer_says_what_else_is_wanted() -> None:
    crm = Api("crm")
    lead = {"external_id": "E1", "title": "W", "customer": {"id": "A1", "name": "B"}, "owner": "ann", "currency": "USD",
            "lines": [line("1", "P1", 2, 20)]}  # fmt: skip
    deal = (await crm.post(f"/leads/{(await crm.post('/leads', lead))['id']}/convert"))["id"]
    change = {"opportunity": deal, "lines": [line("1", "P1", 3, 30)], "reason": "more"}
    assert (await crm.post(f"/opportunities/{deal}/change", change))["id"] == deal
    assert await crm.post(f"/opportunities/{deal}/change", {**change, "lines": []}) == "no_lines"
    assert (await crm.post(f"/opportunities/{deal}/cancel-lines", {"opportunity": deal, "lines": ["1"]}))["id"] == deal
    assert (
        await crm.post(f"/opportunities/{deal}/cancel-lines", {"opportunity": deal, "lines": ["7"]}) == "unknown_line"
    )
    assert (await crm.post(f"/opportunities/{deal}/returns", {"opportunity": deal}))["id"] == deal
    names = [event["name"] for event in (await crm.get("/events"))["events"]]
    assert names == ["crm.order_changed", "crm.lines_cancelled", "crm.return_announced"]
    await crm.post(f"/opportunities/{deal}/cancel", {"reason": "no"})
    assert await crm.post(f"/opportunities/{deal}/change", change) == "cancelled"
