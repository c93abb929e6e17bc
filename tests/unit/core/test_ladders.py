"""Dunning ladders: each level once, late but never early; disputes, promises, payments, outages, and what ends them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from ltc.core import machine
from ltc.core.commands import EventArrived
from ltc.core.simulation import Simulation
from ltc.core.stand_in import Script, StandIn
from ltc.definition.compile import load
from ltc.model.messages import Event
from ltc.store.fold import fold_all
from ltc.store.rows import ChainView
from ltc.store.stuck import classify
from ltc.store.stuck_facts import EngineFacts, Stuck
from tests.support.chains import MONDAY, opportunity, setting

TEXT = """
ltc: 1
process: dunned
calendar: cn
currency: USD
start: {event: crm.opportunity_won, key: event.opportunity.number, input: {opportunity: event.opportunity}}
billing: {basis: order, tolerance: {under: 100%}}
legs:
  order:
    steps:
      - call: erp.create_order
        with: {customer: opportunity.customer.id, lines: opportunity.lines}
        as: order
        undo: {call: erp.cancel_order, with: {order: order.id}}
      - call: erp.post_order_invoice
        with: {order: order.id}
        as: invoice
        undo: {call: erp.credit_note, with: {invoice: invoice.id}}
  collection:
    steps:
      - dunning: invoice
        levels:
          - {name: friendly, after: 3d, notify: customer}
          - name: first
            after: 10d
            steps:
              - call: erp.create_dunning
                with: {invoice: invoice.id, level: 2}
                undo: {none: it stays said}
                on_refusal: {nothing_open: skip, default: hold}
          - name: final
            after: 24d
            steps: [{call: erp.create_dunning, with: {invoice: invoice.id, level: 3}, undo: {none: it stays said}}]
        hand_over:
          after: 45d
          then:
            steps:
              - {call: erp.write_off, with: {invoice: invoice.id}, undo: {none: given up}}
              - {end: written_off}
        undo: {irreversible: money stays}
"""
DAY = timedelta(days=1)
DUE = MONDAY + 30 * DAY  # a few seconds later, when the invoice is posted


def chain(text: str = TEXT, **script: Any) -> tuple[Simulation, StandIn]:
    plan = load(text)
    world = StandIn(Script(**{"pays": [], **script}), opportunity())
    values = {"opportunity": world.opportunity}
    state = machine.begin(setting(plan), chain="dunned:1", installation="test", requester="", values=values)
    return Simulation(setting(plan), state, world, MONDAY, roundtrip=True), world


def taken(simulation: Simulation) -> list[tuple[str, int]]:
    """The levels taken, with the day after the due date."""
    return [(one.data["level"], (one.at - DUE).days) for one in simulation.trail if one.kind == "dunned"]


def said(simulation: Simulation, kind: str) -> list[tuple[str, int]]:
    return [(one.data["why"], (one.at - DUE).days) for one in simulation.trail if one.kind == kind]


def event(name: str, **fields: Any) -> EventArrived:
    return EventArrived(
        Event(id=f"E-{fields}", name=name, fields=fields, at=datetime.fromisoformat("2026-01-01T00:00Z"))
    )


def test_an_unpaid_claim_climbs_level_by_level_and_is_handed_over():
    simulation, world = chain()
    simulation.run(MONDAY + 200 * DAY)
    assert taken(simulation) == [("friendly", 3), ("first", 10), ("final", 24)]
    assert simulation.finished is not None
    assert simulation.finished.outcome == "written_off"
    assert [op for op, _ in world.effects if op != "erp.create_order"] == [
        "erp.post_order_invoice", "erp.create_dunning", "erp.create_dunning", "erp.write_off",
    ]  # fmt: skip
    assert len({key for _, key in world.effects}) == len(world.effects)


def test_payment_in_full_ends_it_wherever_it_is():
    for days, levels in ((32, 0), (35, 1), (41, 2), (60, 3)):
        simulation, _ = chain(pays=[100], pay_after=timedelta(days=days))
        simulation.run(MONDAY + 200 * DAY)
        assert len(taken(simulation)) == levels
        assert simulation.finished is not None
        assert simulation.finished.outcome == "completed"


def test_payment_in_part_lowers_what_is_claimed_and_the_ladder_goes_on():
    simulation, _ = chain(pays=[40, 60], pay_after=timedelta(days=33))
    simulation.run(MONDAY + 65 * DAY)
    assert simulation.state.results["invoice"]["open"]["minor"] == 150_000
    assert taken(simulation) == [("friendly", 3), ("first", 10), ("final", 24)]
    simulation.run(MONDAY + 200 * DAY)
    assert simulation.finished is not None
    assert simulation.finished.outcome == "completed"


def test_a_dispute_rests_the_ladder_and_moves_on_what_follows():
    simulation, world = chain()
    simulation.at(DUE + 5 * DAY, world.intervention(action="dispute"))
    simulation.at(DUE + 25 * DAY, world.intervention(action="settle"))
    simulation.run(MONDAY + 200 * DAY)
    assert taken(simulation) == [("friendly", 3), ("first", 30), ("final", 44)]
    assert said(simulation, "dunning_paused") == [("dispute", 5)]
    assert said(simulation, "dunning_resumed") == [("dispute no more", 25)]


def test_a_fee_is_claimed_by_the_notice_and_billed_by_an_invoice_of_its_own():
    fee = "fee: order.net, level: 2}"
    text = TEXT.replace("level: 2}", fee).replace(
        "                undo: {none: it stays said}\n                on_refusal: {nothing_open: skip, default: hold}\n",
        "                as: notice\n                undo: {call: erp.cancel_dunning, with: {dunning: notice.id}}\n"
        "              - call: erp.post_dunning_fee\n                with: {dunning: notice.id}\n                into: fees\n"
        "                undo: {irreversible: a fee is waived by people}\n",
    )
    simulation, world = chain(text, pays=[100], pay_after=timedelta(days=41))
    simulation.run(MONDAY + 200 * DAY)
    assert simulation.finished is not None
    assert simulation.finished.outcome == "completed"
    (billed,) = simulation.state.collections["fees"].values()
    assert (billed["kind"], billed["gross"]) == ("dunning_fee", world.books.order["net"])
    assert [op for op, _ in world.effects][-2:] == ["erp.create_dunning", "erp.post_dunning_fee"]


def stuck(simulation: Simulation) -> list[Stuck]:
    return classify(fold_all(ChainView("dunned:1"), simulation.trail), simulation.now, simulation.now, EngineFacts())


def test_a_ladder_at_rest_is_told_as_held_until_somebody_has_seen_to_the_dispute():
    simulation, world = chain()
    simulation.at(DUE + 5 * DAY, world.intervention(action="dispute"))
    simulation.at(DUE + 25 * DAY, world.intervention(action="settle"))
    simulation.run(DUE + 20 * DAY)
    (found,) = stuck(simulation)
    assert (found.reason, found.leg, found.detail) == ("held", "collection", "dunning rests: dispute")
    assert (found.owner, found.allowed) == ("role:operator", ["settle", "skip", "hold", "cancel"])
    assert found.since is not None
    assert (found.since - DUE).days == 5
    simulation.run(DUE + 26 * DAY)
    assert stuck(simulation) == []
    simulation.at(DUE + 27 * DAY, world.intervention(action="promise", by="7d"))
    simulation.run(DUE + 28 * DAY)
    assert stuck(simulation) == [], "a promise ends by itself"


def test_what_the_erp_holds_of_a_claim_counts_without_an_operator():
    simulation, world = chain()
    simulation.run(DUE + 5 * DAY)
    invoice = world.books.invoices["INV-1"]
    invoice.update(version=2, disputed=True)
    simulation.at(DUE + 5 * DAY, event("erp.receivable_changed", invoice="INV-1", reason="dispute"))
    simulation.run(DUE + 50 * DAY)
    assert taken(simulation) == [("friendly", 3)]
    invoice.update(version=3, disputed=False, dunning_blocked=True)
    simulation.at(DUE + 50 * DAY, event("erp.receivable_changed", invoice="INV-1", reason="block"))
    simulation.run(DUE + 60 * DAY)
    assert said(simulation, "dunning_paused") == [("dispute", 5), ("block", 50)]
    assert [(one.detail, one.allowed) for one in stuck(simulation)] == [
        ("dunning rests: block", ["skip", "hold", "cancel"])
    ]
    assert taken(simulation) == [("friendly", 3)]


def test_a_promise_kept_ends_it_and_a_promise_broken_goes_on_where_it_was():
    for kept in (True, False):
        simulation, world = chain(pays=[100] if kept else [], pay_after=timedelta(days=37))
        simulation.at(DUE + 5 * DAY, world.intervention(action="promise", by="5d"))
        simulation.run(MONDAY + 200 * DAY)
        assert taken(simulation) == [("friendly", 3)] + ([] if kept else [("first", 15), ("final", 29)])
        assert said(simulation, "dunning_resumed") == ([] if kept else [("promise broken", 10)])


@pytest.mark.parametrize("days", [1, 8, 20, 60])
def test_an_outage_leaves_no_level_out_and_brings_no_two_closer_together(days):
    simulation, world = chain()
    simulation.at(DUE + 2 * DAY, world.intervention(action="hold"))
    simulation.at(DUE + (2 + days) * DAY, world.intervention(action="release"))
    simulation.run(MONDAY + 400 * DAY)
    levels = taken(simulation)
    assert [name for name, _ in levels] == ["friendly", "first", "final"]
    first = max(3, 2 + days)
    assert [day for _, day in levels] == [first, first + 7, first + 21]


def test_a_notice_that_is_refused_holds_and_goes_on_after_a_retry():
    simulation, world = chain(refuse={"erp.create_dunning": ["blocked"]})
    simulation.at(DUE + 12 * DAY, world.intervention(action="retry"))
    simulation.run(DUE + 30 * DAY)
    assert [level for level, _ in taken(simulation)] == ["friendly", "first", "final"]
    assert not simulation.state.holds


@pytest.mark.parametrize("applied", [True, False])
def test_a_lost_reply_sends_no_second_notice(applied):
    simulation, world = chain(lost={"erp.create_dunning": applied})
    simulation.at(DUE + 12 * DAY, world.intervention(action="retry"))
    simulation.run(MONDAY + 200 * DAY)
    assert [op for op, _ in world.effects].count("erp.create_dunning") == 2


def test_what_cannot_be_is_refused_with_the_reason():
    simulation, world = chain()
    simulation.run(DUE + DAY)
    wishes = (
        ("settle", ""), ("promise", "soon"), ("promise", "2026-01-01T00:00:00+00:00"), ("promise", "2027-01-01T00:00:00"),
    )  # fmt: skip
    for action, by in wishes:
        answer = simulation.feed(world.intervention(action=action, by=by))
        assert answer is not None
        assert answer.status == "refused", (action, by)
    assert simulation.feed(world.intervention(action="dispute")).status == "accepted"
    assert simulation.feed(world.intervention(action="dispute")).status == "refused"
    assert simulation.feed(world.intervention(action="dispute", leg="order")).status == "not_found"


def test_a_chain_cancelled_on_the_ladder_takes_the_invoice_back():
    simulation, world = chain()
    simulation.at(DUE + 12 * DAY, world.intervention(action="cancel"))
    simulation.run(MONDAY + 200 * DAY)
    assert simulation.finished is not None
    assert simulation.finished.outcome == "cancelled"
    assert [op for op, _ in world.effects][-2:] == ["erp.credit_note", "erp.cancel_order"]


@pytest.mark.parametrize("date", [None, "soon", "2026-04-01T00:00:00"])
def test_a_claim_without_a_due_date_is_held_and_says_so(date):
    simulation, _ = chain(fail={"erp.post_order_invoice": ["Misconfigured"]})
    simulation.run(MONDAY + DAY)
    document = {"id": "INV-9", "version": 1, "due_date": date, "settled": False}
    simulation.feed(simulation.world.intervention(action="skip", document=document))
    simulation.run(MONDAY + 2 * DAY)
    assert [hold.reason for hold in simulation.state.holds] == ["expression"]


def test_a_claim_may_be_disputed_while_one_of_its_notices_is_held():
    simulation, world = chain(refuse={"erp.create_dunning": ["blocked"]})
    simulation.run(DUE + 11 * DAY)
    assert [hold.reason for hold in simulation.state.holds] == ["blocked"]
    answer = simulation.feed(world.intervention(action="dispute"))
    assert answer is not None
    assert answer.status == "accepted"
    simulation.at(DUE + 12 * DAY, world.intervention(action="retry"))
    simulation.run(DUE + 60 * DAY)
    assert taken(simulation) == [("friendly", 3), ("first", 10)]
    assert said(simulation, "dunning_paused") == [("dispute", 12)]
