"""The sandbox CRM's stages, and customers who change their mind."""

from typing import Any

import pytest

from tests.support.sandbox_api import Api, line


def deal(ident: str, **more: Any) -> dict[str, Any]:
    amounts = {name: {"minor": value, "currency": "USD"} for name, value in (("net", 10), ("tax", 0), ("gross", 10))}
    return {
        "id": ident, "number": more.pop("number", f"N{ident}"), "customer": {"id": "A1", "name": "Buyer"},
        "owner": "ann", "currency": "USD", "lines": [line("1", "P1", 1, 10)], **amounts, **more,
    }  # fmt: skip


async def entered(*deals: dict[str, Any], **more: Any) -> Api:
    crm = Api("crm")
    body = {"opportunities": [{"opportunity": one, **more} for one in deals]}
    assert await crm.post("/opportunities", body) == {"count": len(deals)}
    return crm


async def test_entering_twice_changes_nothing() -> None:
    crm = await entered(deal("O1"), announce=True)
    again = {"opportunities": [{"opportunity": deal("O1", stage="open"), "announce": True}]}
    assert await crm.post("/opportunities", again) == {"count": 0}
    assert (await crm.get("/opportunities/O1"))["stage"] == "won"
    assert [event["fields"]["opportunity_id"] for event in (await crm.get("/events"))["events"]] == ["O1"]


async def test_announced_opportunity_is_the_one_that_is_read() -> None:
    crm = await entered(deal("O1"), announce=True)
    (event,) = (await crm.get("/events"))["events"]
    assert event["fields"]["opportunity"] == await crm.get("/opportunities/O1")


async def test_qualify_and_reopen() -> None:
    crm = await entered(deal("O1"))
    assert await crm.post("/opportunities/O1/reopen") == "not_qualified"
    assert (await crm.post("/opportunities/O1/qualify"))["stage"] == "qualified"
    assert await crm.post("/opportunities/O1/qualify") == "already_qualified"
    assert (await crm.post("/opportunities/O1/reopen"))["stage"] == "reopened"
    assert (await crm.post("/opportunities/O1/qualify"))["version"] == 4
    undone = [row["undo_of"] for row in await crm.items("/effects")]
    assert undone == [None, None, 2, None]


async def test_a_weak_lead_and_a_duplicate_are_refused() -> None:
    weak = await entered(deal("O1"), score=9)
    assert await weak.post("/opportunities/O1/qualify") == "not_qualified"
    twins = await entered(deal("O1", number="N"), deal("O2", number="N"))
    await twins.post("/opportunities/O1/qualify")
    assert await twins.post("/opportunities/O2/qualify") == "duplicate_lead"
    await twins.post("/opportunities/O1/reopen")
    assert (await twins.post("/opportunities/O2/qualify"))["stage"] == "qualified"


async def test_stages_follow_one_another() -> None:
    crm = await entered(deal("O1"))
    assert await crm.put("/opportunities/O1/stage", {"stage": "ordered"}) == "stage_order"
    await crm.post("/opportunities/O1/qualify")
    assert await crm.put("/opportunities/O1/stage", {"stage": "paid"}) == "stage_order"
    assert await crm.put("/opportunities/O1/stage", {"stage": "delighted"}) == "unknown_stage"
    for stage in ("ordered", "shipped", "invoiced", "paid"):
        assert (await crm.put("/opportunities/O1/stage", {"stage": stage}))["stage"] == stage
    for stage in ("invoiced", "shipped"):
        assert (await crm.put("/opportunities/O1/stage", {"stage": stage}))["stage"] == stage
    paid, invoiced = (await crm.items("/effects"))[-3], (await crm.items("/effects"))[-4]
    assert [row["undo_of"] for row in (await crm.items("/effects"))[-4:]] == [None, None, paid["seq"], invoiced["seq"]]


async def test_winning_and_losing() -> None:
    crm = await entered(deal("O1", stage="open"), deal("O2"))
    assert (await crm.post("/opportunities/O1/win"))["stage"] == "won"
    assert await crm.post("/opportunities/O1/win") == "not_open"
    assert [event["name"] for event in (await crm.get("/events"))["events"]] == ["crm.opportunity_won"]
    lost = await crm.post("/opportunities/O2/lose", {"reason": "price"})
    assert (lost["lost"], lost["loss_reason"]) == (True, "price")
    assert await crm.post("/opportunities/O2/lose", {"reason": "price"}) == "already_lost"
    await crm.post("/opportunities/O1/qualify")
    await crm.put("/opportunities/O1/stage", {"stage": "ordered"})
    assert await crm.post("/opportunities/O1/lose", {"reason": "price"}) == "already_ordered"


async def test_customer_cancels_once() -> None:
    crm = await entered(deal("O1"))
    await crm.post("/opportunities/O1/cancel", {"reason": "moved house"})
    assert await crm.post("/opportunities/O1/cancel") == "already_cancelled"
    (event,) = (await crm.get("/events"))["events"]
    assert (event["name"], event["fields"]) == ("crm.order_cancelled", {"opportunity": "O1", "reason": "moved house"})
    assert [row["cancelled"] for row in await crm.items("/opportunities")] == ["moved house"]


@pytest.mark.parametrize("path", ["qualify", "reopen", "win", "cancel"])
async def test_unknown_opportunity(path: str) -> None:
    assert await Api("crm").post(f"/opportunities/O9/{path}") == "not_found"
