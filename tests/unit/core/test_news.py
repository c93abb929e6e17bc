"""News that nothing takes: a payment bounces after its wait is over; what a chain leaves behind, people hear of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ltc.core import machine
from ltc.core.simulation import Simulation
from ltc.core.stand_in import Script, StandIn
from ltc.definition.compile import load
from ltc.model.trail import Kind
from ltc.ports.operations import EVENTS
from tests.support.chains import MONDAY, opportunity, setting

PAID = """
ltc: 1
process: paid
calendar: cn
currency: USD
start: {event: crm.opportunity_won, key: event.opportunity.number, input: {opportunity: event.opportunity}}
billing: {basis: order}
legs:
  order:
    steps:
      - {call: erp.create_order, with: {customer: opportunity.customer.id, lines: opportunity.lines}, as: order,
         undo: {call: erp.cancel_order, with: {order: order.id}}}
      - {call: erp.confirm_order, with: {order: order.id}, as: order,
         undo: {call: erp.unconfirm_order, with: {order: order.id}}}
      - {call: erp.post_order_invoice, with: {order: order.id}, as: invoice,
         undo: {call: erp.credit_note, with: {invoice: invoice.id}}}
      - {wait: erp.payment_allocated, match: event.invoice == invoice.id, until: invoice.settled, as: heard,
         undo: {none: the invoice is credited}}
  shipment:
    steps:
      - {call: erp.release_delivery, with: {order: order.id}, as: release,
         undo: {call: erp.cancel_delivery, with: {delivery: release.id}}}
      - {wait: erp.goods_shipped, match: event.order == order.id, until: order.shipped == order.ordered, into: parcels,
         undo: {irreversible: the goods are out}}
"""
HANDLED = """
handlers:
  bounced: {event: erp.payment_reversed, match: event.invoice == invoice.id, while: [shipment], then: {hold: true}}
"""


def bounce(after: str, later: timedelta = timedelta(hours=1), **more: Any) -> dict[str, Any]:
    """A payment of the invoice is taken back."""

    def fields(books: Any) -> dict[str, Any]:
        (invoice,) = books.invoices.values()
        return {"order": invoice["order"], "invoice": invoice["id"], "payment": "P-1"}

    return {"event": "erp.payment_reversed", "after": after, "later": later, "fields": fields, **more}


def run(definition: str, *events: dict[str, Any], days: int = 60, **script: Any) -> Simulation:
    plan, deal = load(definition), opportunity(240_000)
    told = setting(plan)
    state = machine.begin(told, chain="paid:1", installation="t", requester="nancy", values={"opportunity": deal})
    simulation = Simulation(told, state, StandIn(Script(events=list(events), **script), deal), MONDAY, roundtrip=True)
    simulation.run(MONDAY + timedelta(days=days))
    return simulation


def taken(simulation: Simulation) -> list[tuple[str, str]]:
    return [(entry.leg, str(entry.data["event"])) for entry in simulation.trail if entry.kind is Kind.EVENT_TAKEN]


def left(simulation: Simulation) -> list[str]:
    (ended,) = [entry for entry in simulation.trail if entry.kind is Kind.ENDED]
    return list(ended.data.get("news", []))


@pytest.mark.parametrize("definition", [PAID, PAID + HANDLED])
def test_a_wait_for_money_takes_a_bounce_as_a_hint(definition: str) -> None:
    simulation = run(definition, bounce("erp.post_order_invoice", timedelta(minutes=5)), pays=[50, 100])
    assert simulation.finished is not None
    assert simulation.finished.outcome == "completed"
    assert taken(simulation)[0] == ("order", "erp.payment_reversed")
    assert left(simulation) == []
    assert not simulation.state.holds


def test_afterwards_a_handler_takes_it() -> None:
    simulation = run(PAID + HANDLED, bounce("erp.release_delivery"), ship_after=timedelta(days=3))
    assert [hold.reason for hold in simulation.state.holds] == ["handler"]
    assert ("", "erp.payment_reversed") in taken(simulation)


@pytest.mark.parametrize("twice", [False, True])
def test_what_nothing_took_is_named_when_the_chain_ends(twice: bool) -> None:
    simulation = run(PAID, bounce("erp.release_delivery", twice=twice), ship_after=timedelta(days=3))
    assert simulation.finished is not None
    (kept,) = [one for one in simulation.state.events.values() if one.name == "erp.payment_reversed"]
    assert left(simulation) == [kept.id]


def test_a_hint_that_comes_too_late_is_no_news() -> None:
    late = {"event": "erp.payment_allocated", "after": "erp.release_delivery", "later": timedelta(hours=1)}
    simulation = run(PAID, {**late, "fields": {"invoice": "X", "payment": "P"}}, ship_after=timedelta(days=3))
    assert "erp.payment_allocated" in [one.name for one in simulation.state.events.values() if not one.taken]
    assert left(simulation) == []


def test_news_are_what_customers_do_and_no_reading_tells() -> None:
    assert {name for name, kind in EVENTS.items() if kind.news} == {
        "crm.order_cancelled", "crm.order_changed", "crm.lines_cancelled", "crm.return_announced",
        "erp.payment_reversed",
    }  # fmt: skip
    assert EVENTS["erp.payment_reversed"].hints == "erp.payment_allocated"
