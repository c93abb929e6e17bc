"""Dunning notices of the sandbox ERP: what is sent, what is refused, and what is noted of a claim."""

from typing import Any

from tests.support.sandbox_api import START, Shop, line


async def billed() -> tuple[Shop, str]:
    shop = await Shop().opened()
    order, _ = await shop.released(line("1", "P1", 3, 3000))
    invoice = await shop.bill((await shop.ship(order))["delivery"]["id"])
    return shop, str(invoice["id"])


async def dun(shop: Shop, invoice: str, level: int = 1, **more: Any) -> Any:
    return await shop.post(f"/invoices/{invoice}/dunnings", {"level": level, **more})


async def test_a_notice_claims_what_is_open_and_a_fee_besides() -> None:
    shop, invoice = await billed()
    assert await dun(shop, invoice) == "not_due"
    shop.later(days=20)
    await shop.pay(invoice, 1000)
    sent = await dun(shop, invoice, 2, fee={"minor": 500, "currency": "USD"})
    assert (sent["amount"]["minor"], sent["fee"]["minor"], sent["status"], sent["level"]) == (2000, 500, "sent", 2)
    assert (await shop.get(f"/invoices/{invoice}"))["open"]["minor"] == 2000
    assert await dun(shop, invoice, 3, fee={"minor": 5, "currency": "EUR"}) == "currency_mismatch"
    assert (await shop.post(f"/dunnings/{sent['id']}/cancel"))["status"] == "cancelled"
    assert await shop.post(f"/dunnings/{sent['id']}/cancel") == "already_cancelled"
    assert [row["id"] for row in await shop.items("/dunnings", invoice=invoice)] == [sent["id"]]
    await shop.pay(invoice, 2000)
    assert await dun(shop, invoice, 3) == "nothing_open"


async def test_the_fee_of_a_notice_is_billed_once_by_an_invoice_of_its_own() -> None:
    shop, invoice = await billed()
    shop.later(days=20)
    plain = await dun(shop, invoice)
    assert await shop.post(f"/dunnings/{plain['id']}/fee") == "no_fee"
    sent = await dun(shop, invoice, 2, fee={"minor": 500, "currency": "USD"})
    fee = await shop.post(f"/dunnings/{sent['id']}/fee")
    assert (fee["kind"], fee["part"], fee["gross"]["minor"], fee["open"]["minor"]) == (
        "dunning_fee",
        sent["id"],
        500,
        500,
    )
    assert (fee["order"], fee["tax"]["minor"], fee["discount_until"]) == ("SO1", 0, None)
    assert await shop.post(f"/dunnings/{sent['id']}/fee") == "already_invoiced"
    assert await shop.post(f"/dunnings/{sent['id']}/cancel") == "fee_invoiced"
    assert (await shop.get(f"/invoices/{invoice}"))["open"]["minor"] == 3000, "it is no part of the claim itself"
    await shop.pay(fee["id"], 200)
    assert (await shop.get(f"/invoices/{fee['id']}"))["open"]["minor"] == 300
    assert (await shop.post(f"/invoices/{fee['id']}/credit"))["amount"]["minor"] == 500
    assert (await shop.post(f"/dunnings/{sent['id']}/cancel"))["status"] == "cancelled"
    assert await shop.post(f"/dunnings/{sent['id']}/fee") == "already_cancelled"


async def test_a_fee_stands_in_the_way_of_no_other_bill() -> None:
    shop = await Shop().opened()
    order, _ = await shop.released(line("1", "P1", 3, 3000))
    first = await shop.ship(order, l1=1)
    invoice = str((await shop.bill(first["delivery"]["id"]))["id"])
    shop.later(days=20)
    sent = await dun(shop, invoice, fee={"minor": 500, "currency": "USD"})
    await shop.post(f"/dunnings/{sent['id']}/fee")
    second = await shop.ship(order)
    assert (await shop.bill(second["delivery"]["id"]))["gross"]["minor"] == 2000


async def test_what_is_noted_of_a_claim_stops_notices_and_is_on_the_feed() -> None:
    shop, invoice = await billed()
    shop.later(days=20)
    noted = await shop.post("/collections/notes", {"invoice": invoice, "disputed": True})
    assert (noted["disputed"], noted["dunning_blocked"], noted["promised_until"]) == (True, False, None)
    assert await dun(shop, invoice) == "disputed"
    until = START.replace(month=5).isoformat()
    await shop.post("/collections/notes", {"invoice": invoice, "disputed": False, "promised_until": until})
    await shop.post("/collections/notes", {"invoice": invoice, "blocked": True})
    assert await dun(shop, invoice) == "blocked"
    read = (await shop.get(f"/invoices/{invoice}/payments"))["invoice"]
    assert read["promised_until"].startswith("2026-05-02")
    assert read["version"] == 4
    told = [row for row in (await shop.get("/events"))["events"] if row["name"] == "erp.receivable_changed"]
    assert [row["fields"]["reason"] for row in told] == ["dispute", "dispute", "block"]
    assert await shop.post("/collections/notes", {"invoice": "INV9", "blocked": True}) == "not_found"
