"""Changes that cannot be: each gets a clear answer, the order stays as it was, and the deal goes on to its end."""

from __future__ import annotations

from typing import Any

from ltc.ports.store import DocumentRef, InboxEvent
from tests.integration.rig import Rig, in_state, until
from tests.support.chains import opportunity

USUAL = opportunity(50_000)["lines"][0]
CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "negative": ({"quantity": -3}, "malformed: lines.0.quantity"),
    "none": ({"quantity": 0}, "malformed: lines.0.quantity"),
    "half": ({"quantity": 2.5}, "malformed: lines.0.quantity"),
    "words": ({"quantity": "many"}, "malformed: lines.0.quantity"),
    "free": ({"discount": "1.5"}, "malformed: lines.0.discount"),
    "nameless": ({"product": None}, "malformed: lines.0.product"),
    "lira": ({"net": {"minor": 1, "currency": "lira"}}, "malformed: lines.0.net.currency"),
}
REFUSED: dict[str, tuple[list[dict[str, Any]], str]] = {
    "euro": ([{**USUAL, **{name: {"minor": 100, "currency": "EUR"} for name in ("net", "tax", "gross")},
               "tax": {"minor": 0, "currency": "EUR"}}], "currency_mismatch"),
    "unknown": ([{**USUAL, "product": "99"}], "unknown_product"),
    "twice": ([USUAL, USUAL], "no_lines"),
    "sums": ([{**USUAL, "gross": {"minor": 1, "currency": "USD"}}], "bad_amounts"),
}  # fmt: skip


async def wish(rig: Rig, deal: dict[str, Any], name: str, lines: list[dict[str, Any]]) -> None:
    """The customer wants other lines; said past the CRM, whose own rules would refuse some of it."""
    number = deal["opportunity_id"]
    await rig.parts.store.receive(
        InboxEvent(
            source="customer", id=f"{name}/{number}", name="crm.order_changed",
            document=DocumentRef(system="crm", type="opportunity", id=number),
            fields={"opportunity": number, "lines": lines, "reason": "as I like it"},
        )
    )  # fmt: skip


async def held(rig: Rig, chain: str, reason: str) -> dict[str, Any]:
    async def ask() -> dict[str, Any] | None:
        row = await rig.client.store.chain(chain)
        return (
            next((one for one in row["holds"] if one["reason"] == reason and not one["released"]), None)
            if row
            else None
        )

    return await until(ask)


async def order_now(rig: Rig, number: str) -> dict[str, Any]:
    return dict((await rig.erp.get(f"/orders/{number}")).json())


async def test_changes_that_cannot_be_leave_the_order_alone_and_the_deal_ends(rig: Rig) -> None:
    chain, deal = await rig.begin()
    order = (await rig.order_of(chain))["id"]
    agreed = await order_now(rig, order)
    await _malformed(rig, deal)
    await _refused(rig, chain, deal)
    assert await order_now(rig, order) == agreed
    await rig.erp.post("/warehouse/ship", json={"order": order})
    bill = await until(lambda: _bill(rig, order))
    before = await order_now(rig, order)
    await wish(rig, deal, "past", [{**USUAL, "quantity": 3}])  # everything is out: no handler takes it any more
    await in_state(rig, "customer", f"past/{deal['opportunity_id']}", "routed")
    assert (await rig.client.where(chain)).status == "running"
    assert await order_now(rig, order) == before
    await rig.erp.post(
        "/bank/payments", json={"allocations": [{"invoice": bill["id"], "minor": bill["gross"]["minor"]}]}
    )
    result = await rig.ended(chain)
    assert result["outcome"] == "completed"
    await wish(rig, deal, "late", [{**USUAL, "quantity": 3}])
    late = await in_state(rig, "customer", f"late/{deal['opportunity_id']}", "late")
    assert late.fields["lines"][0]["quantity"] == 3  # nothing of it is lost: it has an owner
    rows = [row for row in await rig.parts.store.late_events() if row["event"] == late.id]
    assert [(row["owner"], row["why"]) for row in rows] == [("role:operator", "the chain has ended")]
    amended = [one for one in await rig.parts.store.intents_of(chain) if one.operation == "erp.amend_order"]
    assert {one.state for one in amended} <= {"absent"}  # each refused; none half-done


async def _malformed(rig: Rig, deal: dict[str, Any]) -> None:
    for name, (wrong, _) in CHANGES.items():
        await wish(rig, deal, name, [{**USUAL, **wrong}])
    for name, (_, why) in CHANGES.items():
        event = await in_state(rig, "customer", f"{name}/{deal['opportunity_id']}", "late")
        rows = [row for row in await rig.parts.store.late_events() if row["event"] == event.id]
        assert why in rows[0]["why"]


async def _refused(rig: Rig, chain: str, deal: dict[str, Any]) -> None:
    for name, (lines, reason) in REFUSED.items():
        await wish(rig, deal, name, lines)
        place = await held(rig, chain, reason)
        answer = await rig.client.intervene(
            chain, "skip", "olga", "told the customer that it cannot be", leg=place["leg"], item=place["item"],
            document=await _order(rig, chain),
        )  # fmt: skip
        assert answer.status == "accepted", answer.message


async def _order(rig: Rig, chain: str) -> dict[str, Any]:
    """The order as it stands: what later steps go on with."""
    return await order_now(rig, (await rig.order_of(chain))["id"])


async def _bill(rig: Rig, order: str) -> dict[str, Any] | None:
    found: list[dict[str, Any]] = (await rig.erp.get("/invoices", params={"order": order})).json()["items"]
    return found[0] if found else None
