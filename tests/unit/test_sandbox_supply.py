"""Making and buying in the sandbox ERP: what an order lacks, production and purchase orders, and where the stock goes."""

from collections import Counter
from typing import Any

from tests.support.sandbox_api import Shop, line

GOODS = [
    {"id": "DESK", "name": "Desk", "stock": 3}, {"id": "TOP", "name": "Top", "stock": 1},
    {"id": "LEG", "name": "Leg", "stock": 10}, {"id": "WOOD", "name": "Wood", "stock": 0},
]  # fmt: skip
LISTS = [
    {"product": "DESK", "parts": [{"product": "TOP", "quantity": 1}, {"product": "LEG", "quantity": 4}]},
    {"product": "TOP", "parts": [{"product": "WOOD", "quantity": 2}]},
]


async def shop_with(quantity: int = 10) -> Shop:
    shop = await Shop().opened(products=GOODS, parts_lists=LISTS)
    await wants(shop, quantity)
    return shop


async def wants(shop: Shop, quantity: int) -> str:
    made = await shop.post("/orders", {"customer": "C1", "lines": [line("1", "DESK", quantity, 1000)]})
    await shop.post(f"/orders/{made['id']}/confirm")
    return str(made["id"])


async def stock(shop: Shop) -> dict[str, int]:
    return {one["id"]: one["stock"] for one in await shop.items("/products")}


def needs(plan: dict[str, Any], what: str) -> dict[str, int]:
    return {one["product"]: one["quantity"] for one in plan[what]}


async def test_what_an_order_lacks_is_reckoned_through_its_parts() -> None:
    shop = await shop_with(10)
    plan = await shop.post("/orders/SO1/supply")
    assert needs(plan, "kept") == {"DESK": 3, "TOP": 1, "LEG": 10}
    assert needs(plan, "make") == {"TOP": 6, "DESK": 7}  # what goes into something else comes first
    assert list(needs(plan, "make")) == ["TOP", "DESK"]
    assert needs(plan, "buy") == {"WOOD": 12, "LEG": 18}
    assert await shop.post("/orders/SO1/supply") == "already_planned"


async def test_what_is_kept_for_one_order_no_other_gets() -> None:
    shop = await shop_with(3)
    await shop.post("/orders/SO1/supply")
    await wants(shop, 1)
    await shop.post("/orders/SO2/release")
    assert await shop.post("/warehouse/ship", {"order": "SO2"}) == "out_of_stock"
    await shop.post("/supply-plans/SP1/free")
    assert isinstance(await shop.post("/warehouse/ship", {"order": "SO2"}), dict)
    assert await shop.post("/supply-plans/SP1/free") == "already_freed"


async def test_from_nothing_to_goods_at_the_customer() -> None:
    shop = await shop_with(10)
    await shop.post("/orders/SO1/supply")
    for product, quantity in (("WOOD", 12), ("LEG", 18)):
        await shop.post("/purchases", {"order": "SO1", "product": product, "quantity": quantity})
    await shop.post("/productions", {"order": "SO1", "product": "TOP", "quantity": 6})
    await shop.post("/productions", {"order": "SO1", "product": "DESK", "quantity": 7})
    assert await shop.post("/productions/MO1/release") == "parts_missing"
    assert await shop.post("/supplier/deliver", {"purchase": "PO1"}) == "not_confirmed"
    for number in (1, 2):
        assert (await shop.post(f"/purchases/PO{number}/confirm"))["status"] == "confirmed"
    await shop.post("/supplier/deliver", {"purchase": "PO1", "quantity": 5})
    assert (await shop.get("/purchases/PO1"))["status"] == "partly_received"
    assert await shop.post("/supplier/deliver", {"purchase": "PO1", "quantity": 8}) == "more_than_ordered"
    for number in (1, 2):
        await shop.post("/supplier/deliver", {"purchase": f"PO{number}"})
    for number in (1, 2):
        assert (await shop.post(f"/productions/MO{number}/release"))["status"] == "released" or number == 2
        await shop.post("/workshop/finish", {"production": f"MO{number}"})
    status = await shop.get("/productions/MO2/status")
    assert (status["production"]["finished"], status["production"]["status"]) == (7, "finished")
    assert (await stock(shop)) == {"DESK": 10, "TOP": 0, "LEG": 0, "WOOD": 0}
    await shop.post("/orders/SO1/release")
    assert (await shop.post("/warehouse/ship", {"order": "SO1"}))["remaining"] == 0
    assert await shop.items("/kept-stock") == []
    names = [one["name"] for one in (await shop.get("/events"))["events"]]
    assert Counter(names) == {"erp.goods_received": 3, "erp.production_finished": 2, "erp.goods_shipped": 1}


async def test_stock_is_the_sum_of_its_moves() -> None:
    shop = await shop_with(10)
    await shop.post("/orders/SO1/supply")
    await shop.post("/purchases", {"order": "SO1", "product": "WOOD", "quantity": 12})
    await shop.post("/purchases/PO1/confirm")
    await shop.post("/supplier/deliver", {"purchase": "PO1"})
    await shop.post("/productions", {"order": "SO1", "product": "TOP", "quantity": 6})
    await shop.post("/productions/MO1/release")
    await shop.post("/workshop/finish", {"production": "MO1", "quantity": 2})
    await shop.post("/productions/MO1/cancel")
    moved: Counter[str] = Counter()
    product = {one["id"]: (await shop.get(f"/purchases/{one['purchase']}"))["product"]
               for one in await shop.items("/receipts")}  # fmt: skip
    for one in await shop.items("/effects"):
        sign = {"Product": 1, "Made": 1, "PartsReturn": 1, "PartsIssue": -1, "Receipt": 1}.get(one["document_type"], 0)
        moved[product.get(one["document_id"], one["document_id"])] += sign * one["quantity"]
    there = await stock(shop)
    assert {name: moved[name] for name in there} == there == {"DESK": 3, "TOP": 3, "LEG": 10, "WOOD": 8}


async def test_a_release_taken_back_gives_its_parts_back() -> None:
    shop = await shop_with(4)
    await shop.post("/orders/SO1/supply")
    await shop.post("/productions", {"order": "SO1", "product": "DESK", "quantity": 1})
    before = await stock(shop)
    assert await shop.post("/productions/MO1/recall") == "not_released"
    await shop.post("/productions/MO1/release")
    assert await shop.post("/productions/MO1/release") == "already_released"
    assert (await shop.post("/productions/MO1/recall"))["status"] == "planned"
    assert await stock(shop) == before
    await shop.post("/productions/MO1/release")
    await shop.post("/workshop/finish", {"production": "MO1"})
    assert await shop.post("/productions/MO1/recall") == "already_finished"
    assert await shop.post("/workshop/finish", {"production": "MO1"}) == "not_released"


async def test_no_more_is_made_or_bought_than_is_lacking() -> None:
    shop = await shop_with(4)
    wanted = {"order": "SO1", "product": "DESK", "quantity": 1}
    assert await shop.post("/productions", wanted) == "not_planned"
    assert await shop.post("/purchases", wanted) == "not_planned"
    await shop.post("/orders/SO1/supply")
    assert await shop.post("/productions", {**wanted, "quantity": 2}) == "more_than_needed"
    assert await shop.post("/productions", {**wanted, "product": "LEG"}) == "no_parts_list"
    assert await shop.post("/purchases", {**wanted, "product": "GLUE"}) == "unknown_product"
    assert await shop.post("/purchases", {**wanted, "product": "LEG"}) == "more_than_needed"
    await shop.post("/productions", wanted)
    assert await shop.post("/productions", wanted) == "more_than_needed"
    assert (await shop.post("/productions/MO1/cancel"))["status"] == "cancelled"
    assert await shop.post("/productions/MO1/cancel") == "already_cancelled"
    assert await shop.post("/productions/MO1/release") == "cancelled"
    assert (await shop.post("/productions", wanted))["id"] == "MO2"


async def test_a_purchase_given_up_keeps_what_came() -> None:
    shop = await shop_with(10)
    await shop.post("/orders/SO1/supply")
    await shop.post("/purchases", {"order": "SO1", "product": "WOOD", "quantity": 12})
    await shop.post("/purchases/PO1/confirm")
    assert await shop.post("/purchases/PO1/confirm") == "already_confirmed"
    await shop.post("/supplier/deliver", {"purchase": "PO1", "quantity": 5})
    gone = await shop.post("/purchases/PO1/cancel")
    assert (gone["status"], gone["received"], gone["cancelled"]) == ("cancelled", 5, 7)
    assert await shop.post("/purchases/PO1/cancel") == "already_cancelled"
    assert await shop.post("/purchases/PO1/confirm") == "cancelled"
    assert await shop.post("/supplier/deliver", {"purchase": "PO1"}) == "not_confirmed"
    assert (await stock(shop))["WOOD"] == 5


async def test_parts_lists_that_cannot_be() -> None:
    shop = await Shop().opened(products=GOODS, parts_lists=LISTS)
    own = [{"product": "WOOD", "parts": [{"product": "DESK", "quantity": 1}]}]
    assert await shop.post("/setup", {"parts_lists": own}) == "bad_parts_list"
    twice = [{"product": "DESK", "parts": [{"product": "TOP", "quantity": 1}, {"product": "TOP", "quantity": 1}]}]
    assert await shop.post("/setup", {"parts_lists": twice}) == "bad_parts_list"
    assert await shop.post("/setup", {"parts_lists": [{**own[0], "product": "GLUE"}]}) == "not_found"


async def test_the_moves_of_one_release_are_parts_of_one_effect() -> None:
    shop = await shop_with(4)
    await shop.post("/orders/SO1/supply")
    await shop.post("/productions", {"order": "SO1", "product": "DESK", "quantity": 1})
    shop.headers = {"idempotency-key": "K1"}
    await shop.post("/productions/MO1/release")
    rows = [
        one for one in await shop.items("/effects") if one["operation"] in ("stock.issue", "erp.release_production")
    ]
    assert [(one["operation"], one["key"]) for one in rows] == [
        ("stock.issue", ""), ("stock.issue", ""), ("erp.release_production", "K1")]  # fmt: skip
