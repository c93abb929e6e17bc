"""What the sandbox does since real systems stand beside it: leads in, progress notes, releases shipped, money bounced."""

from typing import Any

import pytest

from tests.support.sandbox_api import Api, Shop, line


def lead(number: str = "EXT1", **more: Any) -> dict[str, Any]:
    return {
        "external_id": number, "title": "Wanted", "customer": {"id": "A1", "name": "Buyer"}, "owner": "ann",
        "currency": "USD", "lines": [line("1", "P1", 2, 20, tax=2)], **more,
    }  # fmt: skip


def usd(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "USD"}


async def test_a_lead_comes_in_once_and_becomes_an_opportunity_once() -> None:
    crm = Api("crm")
    made = await crm.post("/leads", lead())
    assert (made["stage"], made["version"]) == ("new", 1)
    assert await crm.post("/leads", lead()) == "duplicate_lead"
    deal = await crm.post(f"/leads/{made['id']}/convert")
    assert (deal["stage"], deal["number"], deal["owner"], deal["gross"]) == ("open", "EXT1", "ann", usd(22))
    assert await crm.post(f"/leads/{made['id']}/convert") == "already_converted"
    assert await crm.get(f"/leads/{made['id']}/opportunity") == await crm.get(f"/opportunities/{deal['id']}")
    (row,) = await crm.items("/leads", external_id="EXT1")
    assert (row["stage"], row["opportunity"], row["version"]) == ("converted", deal["id"], 2)
    assert (await crm.post(f"/opportunities/{deal['id']}/win"))["stage"] == "won"


async def test_leads_that_are_refused() -> None:
    crm = Api("crm")
    assert await crm.post("/leads", lead(lines=[])) == "no_lines"
    assert await crm.post("/leads", lead(currency="EUR")) == "currency_mismatch"
    assert await crm.post("/leads/LD9/convert") == "not_found"
    assert await crm.get("/leads/LD9/opportunity") == "not_found"
    assert await crm.items("/leads") == []


async def test_progress_is_seen_beside_its_deal() -> None:
    crm = Api("crm")
    deal = (await crm.post(f"/leads/{(await crm.post('/leads', lead()))['id']}/convert"))["id"]
    for leg in ("shipment", "invoice"):
        body = {"leg": leg, "outcome": "done", "document": "D1", "text": f"{leg}: done"}
        assert (await crm.post(f"/opportunities/{deal}/notes", body))["opportunity"] == deal
    notes = await crm.items("/notes", opportunity=deal)
    assert [(one["leg"], one["outcome"], one["document"], one["text"]) for one in notes] == [
        ("shipment", "done", "D1", "shipment: done"), ("invoice", "done", "D1", "invoice: done")]  # fmt: skip
    page = await crm.get("/notes", limit=1)
    assert [one["leg"] for one in await crm.items("/notes", after=page["next"])] == ["invoice"]


async def test_a_customer_is_ensured_by_its_crm_id() -> None:
    shop = await Shop().opened()
    card = {"customer": {"id": "NEW1", "name": "New"}, "currency": "USD"}
    made = await shop.post("/customers/ensure", card)
    before = len(await shop.items("/effects"))
    assert await shop.post("/customers/ensure", card) == made
    assert len(await shop.items("/effects")) == before
    assert await shop.post("/customers/ensure", {**card, "currency": "EUR"}) == "currency_mismatch"
    assert (await shop.post("/customers/resolve", {"customer": card["customer"]}))["erp_id"] == made["erp_id"]


async def test_a_release_ships_in_part_and_then_the_rest() -> None:
    shop = await Shop().opened()
    order, release = await shop.released(line("1", "P1", 3, 300))
    part = {"lines": [{"line": "1", "product": "P1", "quantity": 1}]}
    first = await shop.post(f"/releases/{release}/ship", part)
    assert (first["order"], first["gross"]) == (order, usd(100))
    assert (await shop.order(order))["status"] == "partly_shipped"
    assert (await shop.post(f"/releases/{release}/ship"))["lines"][0]["quantity"] == 2
    assert await shop.post(f"/releases/{release}/ship") == "not_released"
    assert [event["name"] for event in (await shop.get("/events"))["events"]] == ["erp.goods_shipped"] * 2
    back = await shop.post(f"/orders/{order}/returns")
    assert back["quantity"] == 3
    undone = {row["seq"] for row in await shop.items("/effects") if row["operation"] == "erp.ship_delivery"}
    assert (await shop.items("/effects"))[-1]["undo_of"] in undone


async def _billed(shop: Shop) -> str:
    order, _ = await shop.released(line("1", "P1", 3, 1000))
    return str((await shop.bill((await shop.ship(order))["delivery"]["id"]))["id"])


async def test_a_payment_bounces_and_is_paid_again() -> None:
    shop = await Shop().opened()
    invoice = await _billed(shop)
    payment = await shop.post(f"/invoices/{invoice}/payments", {"amount": usd(1000), "reference": "BANK1"})
    assert await shop.post(f"/invoices/{invoice}/payments", {"amount": usd(1)}) == "already_settled"
    body = {"invoice": invoice}
    bounced = await shop.post(f"/payments/{payment['id']}/reverse", body)
    assert (bounced["id"], bounced["amount"], bounced["version"]) == (payment["id"], usd(0), 2)
    status = await shop.get(f"/invoices/{invoice}/payments")
    assert (status["invoice"]["open"], status["payments"]) == (usd(1000), [])
    assert await shop.post(f"/payments/{payment['id']}/reverse", body) == "already_reversed"
    again = await shop.post(f"/invoices/{invoice}/payments", {"amount": usd(1200)})
    assert (await shop.get(f"/invoices/{invoice}"))["open"] == usd(-200)
    (row,) = [one for one in await shop.items("/payments") if one["bank_reference"]]
    assert (row["id"], row["bank_reference"]) == (payment["id"], "BANK1")
    events = [one for one in (await shop.get("/events"))["events"] if "payment" in one["fields"]]
    assert [(one["name"].removeprefix("erp."), one["fields"]["payment"]) for one in events] == [
        ("payment_allocated", payment["id"]), ("payment_reversed", payment["id"]), ("payment_allocated", again["id"]),
    ]  # fmt: skip
    assert (events[1]["fields"]["invoice"], events[1]["fields"]["order"]) == (invoice, status["invoice"]["order"])


@pytest.mark.parametrize(
    ("amount", "reason"),
    [(usd(0), "bad_amount"), (usd(-5), "bad_amount"), ({"minor": 5, "currency": "EUR"}, "currency_mismatch")],
)
async def test_money_that_is_no_payment(amount: dict[str, Any], reason: str) -> None:
    shop = await Shop().opened()
    assert await shop.post(f"/invoices/{await _billed(shop)}/payments", {"amount": amount}) == reason


async def test_what_cannot_bounce() -> None:
    shop = await Shop().opened()
    invoice = await _billed(shop)
    await shop.pay(invoice, 1100)
    refund = await shop.post("/bank/refunds", {"invoice": invoice, "minor": 100})
    assert await shop.post(f"/payments/{refund['id']}/reverse", {"invoice": invoice}) == "is_refund"
    assert await shop.post("/payments/PAY9/reverse", {"invoice": invoice}) == "not_found"
    assert await shop.post("/payments/PAY1/reverse", {"invoice": "INV9"}) == "not_found"
