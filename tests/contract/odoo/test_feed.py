"""Odoo's feed: nothing is lost to stamps of a second, late commits, rewritten rows or short pages."""

from datetime import timedelta

import pytest

from ltc.ports.errors import ContractBroken
from tests.contract.odoo.conftest import World, line
from tests.fakes.odoo import stock
from tests.fakes.odoo.orm import Env


def _ship(env: Env, count: int, start: int = 0) -> list[int]:
    """Make and ship orders past the adapter, all in one transaction: they share one stamp."""
    made = []
    for _ in range(count):
        order = env.create("sale.order", {"name": "S", "partner_id": 1, "state": "sale"})
        picking = env.create("stock.picking", {"name": "OUT", "picking_type_code": "outgoing", "sale_id": order["id"]})
        env.create(
            "stock.move", {"picking_id": picking["id"], "product_id": 1, "product_uom_qty": 1.0, "quantity": 1.0}
        )
        stock._done(env, picking)
        made.append(picking["id"])
    return made


async def _all(odoo: World, after: str, limit: int) -> tuple[list[str], str]:
    found: list[str] = []
    while True:
        page = await odoo.erp.events(after, limit)
        assert len(page.events) <= limit
        if not page.events:
            return found, page.next
        found += [one.fields["delivery"] for one in page.events]
        after = page.next


async def test_more_rows_in_one_second_than_a_page(odoo: World) -> None:
    made = odoo.fake.within(lambda env: _ship(env, 450))
    found, cursor = await _all(odoo, "", 100)
    assert sorted(map(int, found)) == made
    assert (await _all(odoo, cursor, 100))[0] == []


async def test_a_transaction_that_commits_late_is_met(odoo: World) -> None:
    now = odoo.fake.clock()
    early = odoo.fake.within(lambda env: _ship(env, 2), now)
    found, cursor = await _all(odoo, "", 10)
    late = odoo.fake.within(lambda env: _ship(env, 1), now - timedelta(seconds=40))
    again, cursor = await _all(odoo, cursor, 10)
    assert (sorted(map(int, found)), list(map(int, again))) == (early, late)
    odoo.fake.within(lambda env: _ship(env, 1), now + timedelta(minutes=10))
    assert len((await _all(odoo, cursor, 10))[0]) == 1


async def test_a_row_that_is_written_again_is_the_same_event(odoo: World) -> None:
    await odoo.delivered(line())
    page = await odoo.erp.events("")
    picking = int(page.events[0].fields["delivery"])
    odoo.fake.within(lambda env: env.write("stock.picking", env.get("stock.picking", picking), note="<p>seen</p>"))
    assert (await odoo.erp.events(page.next)).events == []
    assert (await odoo.erp.events("")).events[0].id == page.events[0].id


async def test_won_and_lost_are_events_of_the_crm(odoo: World) -> None:
    deal = await odoo.opportunity("X1")
    assert (await odoo.crm.events("")).events == []
    odoo.fake.within(lambda env: env.write("crm.lead", env.get("crm.lead", int(deal.id)), stage_id=4))
    page = await odoo.crm.events("")
    (won,) = page.events
    assert (won.name, won.fields["opportunity"]["lines"][0]["product"]) == ("crm.opportunity_won", "P1")
    lost = {"active": False, "lost_reason_id": 1}
    odoo.fake.within(lambda env: env.write("crm.lead", env.get("crm.lead", int(deal.id)), **lost))
    (event,) = (await odoo.crm.events(page.next)).events
    assert (event.name, event.fields) == ("crm.order_cancelled", {"opportunity": deal.id, "reason": "Too expensive"})


@pytest.mark.parametrize("cursor", ["17", '{"at": "yesterday", "seen": {}}', '{"at": "2026-01-01 00:00:00"}'])
async def test_a_foreign_cursor_is_refused(odoo: World, cursor: str) -> None:
    with pytest.raises(ContractBroken, match="no cursor of its feed"):
        await odoo.erp.events(cursor)
