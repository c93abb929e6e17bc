"""Promises: several of one place, targets from tables, pauses for the customer, holds of what is promised."""

import copy
from datetime import datetime, timedelta

import pytest

from ltc.core import instants, turn
from ltc.core import state as states
from ltc.model.trail import Kind
from ltc.store.fold import fold_all
from ltc.store.rows import ChainView
from ltc.store.stuck import classify
from ltc.store.stuck_facts import EngineFacts
from tests.support.keys_case import DEAL, edited, run

SLOW = {"ship_after": timedelta(days=9), "days": 30}
TABLE = (
    "{terms: {inputs: {net: {is: opportunity.net, type: money}}, outputs: {answer: span}, rows: [{when: "
    "{net: '>= 1000.00 USD'}, then: {answer: 2d}}], otherwise: {answer: 4d}}}"
)


def chain(change, **world):
    seen = run(edited(copy.deepcopy(DEAL), change), world)
    assert seen.codes == []
    return seen.chain


def said(one, kind, *fields):
    return [tuple(entry.data.get(field) for field in fields) for entry in one.trail if entry.kind is kind]


def held_shipment(**world):
    return chain({"legs.shipment.sla": "{target: 1d, escalate: [{at: 200%, hold: true}]}"}, **{**SLOW, **world})


def test_a_hold_of_a_leg_holds_the_leg_and_nothing_else():
    one = held_shipment()
    (hold,) = one.state.holds
    assert (hold.scope, hold.leg, hold.item, hold.token, hold.reason) == ("leg", "shipment", "", "", "sla")
    assert not one.finished
    assert one.state.legs["shipment"].status == "open"


def test_a_hold_of_a_leg_is_released_by_its_name_and_the_leg_goes_on():
    release = {"action": "release", "actor": "olga", "reason": "seen", "leg": "shipment"}
    one = chain(
        {"legs.shipment.sla": "{target: 1d, escalate: [{at: 200%, hold: true}]}"}, acts=[(24 * 12, release)], **SLOW
    )
    assert one.finished
    assert one.finished.outcome == "completed"
    assert said(one, Kind.RELEASED, "hold", "actor") == [("sla", "olga")]


@pytest.mark.parametrize("wish", [{"leg": "order"}, {"leg": "shipment", "step": "goods_shipped"}])
def test_releasing_another_place_is_refused(wish):
    release = {"action": "release", "actor": "olga", "reason": "seen", **wish}
    one = chain(
        {"legs.shipment.sla": "{target: 1d, escalate: [{at: 200%, hold: true}]}"}, acts=[(24 * 12, release)], **SLOW
    )
    assert [hold.leg for hold in one.state.holds] == ["shipment"]


def test_a_hold_of_an_item_leaves_its_siblings_alone():
    one = chain(
        {"legs.collection.for_each.sla": "{target: 10d, escalate: [{at: 200%, hold: true}]}"},
        parts=[50, 50], pays=[100], days=200, pay_after=timedelta(days=3),
    )  # fmt: skip
    assert one.finished
    late = chain(
        {"legs.collection.for_each.sla": "{target: 1d, escalate: [{at: 200%, hold: true}]}"},
        parts=[50, 50], pays=[100], days=200, pay_after=timedelta(days=9),
    )  # fmt: skip
    holds = [(hold.scope, hold.leg, hold.item != "") for hold in late.state.holds]
    assert holds == [("item", "collection", True)] * 2


def test_cancelling_lifts_what_a_promise_holds():
    cancel = {"action": "cancel", "actor": "olga", "reason": "no more"}
    one = chain(
        {
            "legs.confirm.steps.0.retry": "{give_up: 1h}",
            "legs.confirm.sla": "{target: 1h, escalate: [{at: 200%, hold: true}]}",
        },
        refuse={"erp.confirm_order": ["out_of_stock"]}, acts=[(48, cancel)], days=30,
    )  # fmt: skip
    assert one.finished
    assert one.finished.outcome == "cancelled"
    assert one.state.holds == []


def test_a_hold_of_a_leg_survives_its_journey_to_a_new_run():
    one = held_shipment()
    again = states.load(states.dump(one.state))
    assert [(hold.leg, hold.item) for hold in again.holds] == [("shipment", "")]


def test_a_target_from_a_table_is_that_of_the_row_that_holds():
    promise = {"tables": TABLE, "legs.shipment.sla": "{target: {table: terms.answer}, warn_at: 50%}"}
    small, big = (chain(promise, net=net, **SLOW) for net in (50_000, 250_000))
    days = [(one.trail[0].at, said(one, Kind.SLA_STARTED, "deadline", "warn")[0]) for one in (small, big)]
    assert [found[1][0][:10] for found in days] == ["2026-03-06", "2026-03-04"]
    assert [found[1][1][:10] for found in days] == ["2026-03-04", "2026-03-03"]


@pytest.mark.parametrize(
    ("after", "days"),
    [
        (timedelta(days=9), 2),
        (timedelta(days=9, hours=13, minutes=59), 2),
        (timedelta(days=9, hours=14), 4),  # midnight in the calendar's zone; in London it is still the day before
        (timedelta(days=10), 4),
    ],
)
def test_an_instant_is_looked_up_by_the_day_it_falls_on_in_the_calendars_zone(after, days):
    rows = (
        "[{when: {on: 2026-01-01..2026-03-11}, then: {answer: 2d}}, {when: {on: '>= 2026-03-12'}, then: {answer: 4d}}]"
    )
    table = (
        f"{{terms: {{inputs: {{on: {{is: delivery.shipped_at, type: date}}}}, outputs: {{answer: span}}, rows: {rows}, "
        "otherwise: {answer: 9d}}}"
    )
    promise = {"tables": table, "legs.invoice.for_each.sla": "{target: {table: terms.answer}}"}
    one = chain(promise, ship_after=after, days=30)
    (shipped,) = one.state.collections["deliveries"].values()
    ((deadline,),) = said(one, Kind.SLA_STARTED, "deadline")
    assert (datetime.fromisoformat(deadline) - datetime.fromisoformat(shipped["shipped_at"])).days == days


def test_a_target_that_cannot_be_had_is_visible():
    one = chain({"legs.shipment.sla": "{target: {due: opportunity.required_on}}"}, **SLOW)
    (why,) = said(one, Kind.SLA_ENDED, "sla", "why")
    assert why[0] == "leg:shipment"
    assert why[1].startswith("not started: ")


def test_each_promise_is_extended_by_its_own_name():
    extend = {"action": "extend", "actor": "olga", "reason": "agreed", "sla": "leg:shipment:all", "by": "20d"}
    one = chain(
        {"legs.shipment.sla": "[{name: first, target: 1d}, {name: all, target: 5d}]"}, acts=[(20, extend)], **SLOW
    )
    assert said(one, Kind.SLA_EXTENDED, "sla", "by") == [("leg:shipment:all", "20d")]
    assert said(one, Kind.SLA_BREACHED, "sla") == [("leg:shipment:first",)]


def test_a_pause_of_an_item_looks_at_the_item_alone():
    """One invoice is paid at once, the other waits: only what waits for the customer is paused."""
    one = chain(
        {"legs.collection.for_each.sla": "{target: 1d, pause_while: waiting_for == 'customer'}"},
        parts=[50, 50], pays=[100], days=100, pay_after=timedelta(days=9),
    )  # fmt: skip
    assert one.finished
    assert said(one, Kind.SLA_BREACHED, "sla") == []


@pytest.mark.parametrize(("whom", "word"), [("{external: customer}", "customer"), ("'role:finance'", "approver")])
def test_who_decides_is_who_is_waited_for(whom, word):
    """A level that the customer decides waits for the customer, and for no approver of ours."""
    asked = {"legs.approval.steps.0.levels": f"[{{name: one, from: {whom}}}]"}
    for said_of in ("customer", "approver"):
        sla = {"legs.approval.sla": f"{{target: 1d, pause_while: waiting_for == '{said_of}'}}"}
        one = chain({**asked, **sla}, decisions=[("one", "silent")], days=9)
        assert bool(said(one, Kind.SLA_PAUSED, "sla")) is (said_of == word)


def test_a_ladder_waits_for_the_customer():
    """What is dunned is owed: the clock of the leg stands while nothing else is waited for."""
    ladder = (
        "[{dunning: invoice, levels: [{name: a, after: 5d, notify: customer}], hand_over: {after: 50d, then: hold},"
        " undo: {irreversible: paid}}]"
    )
    for word, breached in (("customer", False), ("event", True)):
        sla = f"{{target: 3d, pause_while: waiting_for == '{word}'}}"
        one = chain(
            {"legs.collection.steps": ladder, "legs.collection.sla": sla}, pay_after=timedelta(days=20), days=90
        )
        assert one.finished
        assert bool(said(one, Kind.SLA_BREACHED, "sla")) is breached


def views(one):
    return fold_all(ChainView("c"), list(one.trail))


def test_a_promise_without_a_target_stands_in_the_views_with_its_reason():
    one = chain({"legs.shipment.sla": "{target: {due: opportunity.required_on}}"}, **SLOW)
    (row,) = [row for key, row in views(one).each("slas") if key[0] == "leg:shipment"]
    assert (row["state"], row["deadline"], row["breached"]) == ("not_started", None, None)
    assert row["why"].endswith("'required_on' has no value here; ask with has() first")


@pytest.mark.parametrize(
    ("given", "why"), [(None, "x.on has no date"), ("", "x.on has no date"), ("soon", "no date and time")]
)
def test_what_is_no_date_is_said_to_be_none(given, why):
    with pytest.raises(turn.ChainError, match=why):
        instants.instant_of(given, "x.on")


def test_a_leg_that_a_promise_holds_is_released_or_given_more_time_not_tried_again():
    one = held_shipment()
    (found,) = [why for why in classify(views(one), one.now, one.now, EngineFacts()) if why.reason == "held"]
    assert (found.leg, found.step, found.allowed) == ("shipment", "", ["release", "cancel", "extend"])
