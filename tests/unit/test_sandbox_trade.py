"""Insured credit, consignment and framework contracts of the sandbox ERP: what they do, and what they refuse."""

from tests.support.sandbox_api import Shop, line


async def test_goods_on_consignment_are_delivered_as_they_are_taken() -> None:
    shop = await Shop().opened()
    order = await shop.draft(line("1", "P1", 10, 1000))
    assert await shop.post(f"/orders/{order}/consign") == "not_confirmed"
    await shop.post(f"/orders/{order}/confirm")
    made = await shop.post(f"/orders/{order}/consign")
    assert (made["quantity"], made["left"], await shop.stock("P1")) == (10, 10, 990)
    assert await shop.post(f"/orders/{order}/consign") == "already_consigned"
    taken = await shop.post("/consignment/withdraw", {"order": order, "share": 40})
    assert (taken["lines"][0]["quantity"], taken["gross"]["minor"], await shop.stock("P1")) == (4, 400, 990)
    assert await shop.post(f"/consignments/{made['id']}/recall") == "already_withdrawn"
    rest = await shop.post("/consignment/send-back", {"order": order})
    assert (rest["status"], rest["left"], await shop.stock("P1")) == ("closed", 0, 996)
    seen = await shop.order(order)
    assert (seen["shipped"], seen["cancelled"]) == (4, 6)
    assert await shop.post("/consignment/withdraw", {"order": order}) == "nothing_there"
    assert (await shop.bill(taken["id"]))["gross"]["minor"] == 400
    told = [row["name"] for row in (await shop.get("/events"))["events"]]
    assert told == ["erp.withdrawal_reported", "erp.withdrawal_reported"]


async def test_a_consignment_of_which_nothing_was_taken_comes_back_whole() -> None:
    shop = await Shop().opened()
    order = await shop.confirmed(line("1", "P2", 4, 400))
    made = await shop.post(f"/orders/{order}/consign")
    assert await shop.stock("P2") == 0
    assert (await shop.post(f"/consignments/{made['id']}/recall"))["status"] == "recalled"
    assert await shop.stock("P2") == 4
    assert await shop.post(f"/consignments/{made['id']}/recall") == "already_recalled"
    assert (await shop.post(f"/orders/{order}/unconfirm"))["status"] == "draft"
    large = await shop.confirmed(line("1", "P2", 5, 500))
    assert await shop.post(f"/orders/{large}/consign") == "out_of_stock"


async def test_the_insurer_covers_so_much_of_a_customer() -> None:
    shop = await Shop().opened()
    first, second = await shop.draft(), await shop.draft()
    await shop.post("/insurer/limits", {"customer": "C1", "minor": 5000})
    cover = await shop.post(f"/orders/{first}/cover")
    assert (cover["amount"]["minor"], cover["limit"]["minor"]) == (3000, 5000)
    assert await shop.post(f"/orders/{first}/cover") == "already_insured"
    assert await shop.post(f"/orders/{second}/cover") == "insurance_limit"
    over = await shop.post(f"/orders/{second}/cover", {"override": "insurance_limit"})
    assert over["status"] == "open"
    assert (await shop.post(f"/covers/{cover['id']}/release"))["status"] == "released"
    assert await shop.post(f"/covers/{cover['id']}/release") == "already_released"
    await shop.post("/insurer/limits", {"customer": "C1", "minor": 0})
    assert await shop.post(f"/orders/{first}/cover") == "not_insured"


async def test_a_contract_is_called_off_at_the_prices_of_the_day() -> None:
    shop = await Shop().opened()
    agreed = {"customer": "C1", "lines": [line("1", "P1", 10, 1000, tax=100)]}
    assert await shop.post("/contracts", {**agreed, "customer": "C3"}) == "blocked_customer"
    contract = (await shop.post("/contracts", agreed))["id"]
    first = await shop.post("/contract/call-off", {"contract": contract, "share": 30})
    assert (first["quantity"], first["lines"][0]["gross"]["minor"]) == (3, 330)
    assert (await shop.post(f"/contracts/{contract}/reprice", {"percent": 110}))["percent"] == 110
    second = await shop.post("/contract/call-off", {"contract": contract})
    assert (second["number"], second["quantity"], second["lines"][0]["net"]["minor"]) == ("2", 7, 770)
    status = await shop.get(f"/contracts/{contract}/call-offs")
    assert (status["contract"]["called"], status["contract"]["closed"], len(status["call_offs"])) == (10, True, 2)
    assert await shop.post("/contract/call-off", {"contract": contract}) == "not_open"
    assert await shop.post(f"/contracts/{contract}/reprice", {"percent": 120}) == "not_open"
    assert await shop.post(f"/contracts/{contract}/cancel") == "called_off"
    other = (await shop.post("/contracts", agreed))["id"]
    assert (await shop.post(f"/contracts/{other}/cancel"))["status"] == "cancelled"
    assert await shop.post(f"/contracts/{other}/cancel") == "already_cancelled"
