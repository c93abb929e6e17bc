"""Legs that run by the calendar: when periods begin, what holds and outages do, years of them, and going back."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from ltc.core import machine
from ltc.core.fitting import examine
from ltc.core.simulation import Simulation
from ltc.core.stand_in import Script, StandIn
from ltc.core.state import dump
from ltc.core.turn import Setting
from ltc.definition.compile import load
from ltc.definition.plan import Every
from ltc.definition.recurrence import WEEKDAYS, occurrence
from ltc.definition.worktime import CalendarWindow
from ltc.model.ids import canonical
from tests.support.chains import MONDAY, head, opportunity, setting, simulate, window

TEXT = (
    head("retainer")
    + """legs:
  retainer:
    every: {each: month, on: 1, at: "09:00", count: 300, as: period, overlap: queue, sla: {target: 5d}}
    steps:
      - call: crm.set_stage
        with: {opportunity: opportunity.id, stage: period.key}
        as: note
        undo: {none: a note}
"""
)


def run(text: str, script: Script | None = None, *, days: int = 400, acts=()) -> Simulation:
    plan = load(text)
    state = machine.begin(
        setting(plan), chain="retainer:1", installation="test", requester="", values={"opportunity": opportunity()}
    )
    world = StandIn(script or Script(), opportunity())
    simulation = Simulation(setting(plan), state, world, MONDAY, roundtrip=True)
    for moment, act in acts:
        simulation.at(moment, world.intervention(**act))
    simulation.run(MONDAY + timedelta(days=days))
    return simulation


ENDED = (
    head("retainer")
    + """legs:
  retainer:
    every: {each: month, on: 1, at: "09:00", count: 6, as: period, overlap: OVERLAP}
    steps:
      - {call: crm.set_stage, with: {opportunity: opportunity.id, stage: period.key}, undo: {none: a note}}
      - choose: [{when: period.number == 2, steps: [{end: lost, reason: "'enough'"}]}]
      - {wait: crm.order_cancelled, match: event.opportunity == opportunity.id, within: 75d, on_timeout: skip}
"""
)


@pytest.mark.parametrize("overlap", ["beside", "queue"])
def test_no_period_begins_once_one_has_ended_the_chain(overlap):
    one = run(ENDED.replace("OVERLAP", overlap))
    assert one.finished is not None
    assert (one.finished.outcome, one.finished.reason) == ("lost", "enough")
    assert [op for op, _ in one.world.effects] == ["crm.set_stage"] * 2
    assert [entry.data["why"] for entry in one.trail if entry.kind.value == "periods_ended"] == ["the chain ends: lost"]
    left_out = [entry.item for entry in one.trail if entry.kind.value == "item_skipped"]
    assert left_out == ([] if overlap == "beside" else ["2026-06"])


def before(overlap):
    """The plan as a release before compiled it: periods begin whatever has ended the chain."""
    plan = load(ENDED.replace("OVERLAP", overlap))
    (leg,) = plan.legs
    loop = leg.loop.model_copy(update={"every": leg.loop.every.model_copy(update={"ends": False})})
    return plan.model_copy(update={"legs": [leg.model_copy(update={"loop": loop})]})


def begun(plan):
    values = {"opportunity": opportunity()}
    state = machine.begin(setting(plan), chain="r:1", installation="test", requester="", values=values)
    return Simulation(setting(plan), state, StandIn(Script(), opportunity()), MONDAY)


def test_a_plan_of_before_opens_its_periods_as_it_did():
    one = begun(before("beside"))
    one.run(MONDAY + timedelta(days=400))
    assert len(one.world.effects) == 6


def test_a_chain_of_before_may_move_to_the_plan_that_ends():
    one = begun(before("beside"))
    one.run(MONDAY + timedelta(days=35))
    fit = examine(one.setting.plan, load(ENDED.replace("OVERLAP", "beside")), one.state, {})
    assert (fit.status, fit.reasons) == ("safe", [])
    other = examine(one.setting.plan, load(ENDED.replace("OVERLAP", "queue")), one.state, {})
    assert other.status == "blocked"


PRICED = """
ltc: 1
process: framework
calendar: cn
currency: USD
start: {event: crm.opportunity_won, key: event.opportunity.number, input: {opportunity: event.opportunity}}
tables:
  prices:
    inputs: {on: {is: day.begins, type: date}}
    outputs: {percent: whole}
    hit: unique
    rows:
      - {when: {on: "< 2026-07-01"}, then: {percent: 100}}
      - {when: {on: 2026-07-01..2026-09-30}, then: {percent: 104}}
      - {when: {on: "> 2026-09-30"}, then: {percent: 110}}
legs:
  contract:
    steps:
      - call: erp.create_contract
        with: {customer: opportunity.customer.id, lines: opportunity.lines}
        as: contract
        undo: {call: erp.cancel_contract, with: {contract: contract.id}}
  prices_of_the_day:
    every: {each: month, on: 1, count: 8, as: day}
    steps:
      - choose:
          - when: prices.percent != contract.percent
            steps:
              - call: erp.reprice_contract
                with: {contract: contract.id, percent: prices.percent}
                as: repriced
                undo: {none: agreed prices stay agreed}
"""


def test_a_contracts_prices_follow_a_table_of_the_time_they_hold_for():
    """At midnight of the first in Shanghai, which is still the day before by London's clocks."""
    simulation = run(PRICED)
    assert simulation.finished is not None
    changes = [(entry.at.isoformat()[:16], entry.item) for entry in simulation.trail
               if entry.kind == "done" and entry.data["op"] == "erp.reprice_contract"]  # fmt: skip
    assert changes[:2] == [("2026-06-30T16:00", "2026-07"), ("2026-07-31T16:00", "2026-08")]
    percents = [entry.data for entry in simulation.trail if entry.kind == "item_closed"]
    assert len(percents) == 8
    world = simulation.world
    assert [op for op, _ in world.effects] == ["erp.create_contract", *["erp.reprice_contract"] * 5]
    assert world.books.contract["percent"] == 110


def test_each_period_has_an_effect_of_its_own_and_years_of_them_stay_small():
    simulation = run(TEXT, days=366 * 26)
    assert simulation.finished is not None
    assert simulation.finished.outcome == "completed"
    keys = [key for op, key in simulation.world.effects]
    assert len(keys) == len(set(keys)) == 300
    items = [entry.item for entry in simulation.trail if entry.kind == "item_closed"]
    assert items[:2] == ["2026-04", "2026-05"]
    assert len(items) == 300
    assert simulation.state.tokens == {}
    assert len(canonical(dump(simulation.state))) < 1_000_000
    clocks = [entry for entry in simulation.trail if entry.kind == "sla_started"]
    assert len(clocks) == 300


def test_what_came_while_the_chain_was_held_is_made_up_for_in_order():
    acts = ((MONDAY + timedelta(days=10), {"action": "hold"}), (MONDAY + timedelta(days=100), {"action": "release"}))
    simulation = run(TEXT.replace("count: 300", "count: 4"), acts=acts)
    opened = [(entry.item, entry.at.date().isoformat()) for entry in simulation.trail if entry.kind == "item_opened"]
    assert opened == [(f"2026-0{month}", "2026-06-10") for month in (4, 5, 6)] + [("2026-07", "2026-07-01")]


def test_a_period_held_by_a_failed_call_does_not_stop_those_beside_it():
    text = TEXT.replace("overlap: queue, ", "").replace("count: 300", "count: 3")
    simulation = run(text, Script(refuse={"crm.set_stage": ["closed"]}))
    assert [hold.reason for hold in simulation.state.holds] == ["closed"]
    closed = [entry.item for entry in simulation.trail if entry.kind == "item_closed"]
    assert closed == ["2026-05", "2026-06"]


def test_a_cancelled_chain_begins_no_period_any_more():
    acts = ((MONDAY + timedelta(days=45), {"action": "cancel"}),)
    simulation = run(TEXT, acts=acts)
    assert simulation.finished is not None
    assert simulation.finished.outcome == "cancelled"
    assert len(simulation.world.effects) == 1


def shanghai(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize("each", [1, 2, 3])
@pytest.mark.parametrize("day", WEEKDAYS)
def test_weeks_keep_their_weekday_and_distance(day, each):
    every = Every(unit="week", each=each, on=day)
    found = [occurrence(every, MONDAY, number, window()).begins + timedelta(hours=8) for number in range(1, 60)]
    assert {moment.weekday() for moment in found} == {WEEKDAYS.index(day)}
    assert {after - before for before, after in itertools.pairwise(found)} == {timedelta(weeks=each)}
    assert MONDAY <= found[0] - timedelta(hours=8) < MONDAY + timedelta(days=7)


def test_working_days_of_months_are_the_calendars_own():
    flips = (date(2026, 4, 1) - date(2026, 3, 1)).days, (date(2026, 4, 30) - date(2026, 3, 1)).days
    holidays = window().model_copy(update={"flips": flips})
    first = occurrence(Every(on="first_working_day"), MONDAY, 1, holidays)
    last = occurrence(Every(on="last_working_day"), MONDAY, 2, holidays)
    assert (first.key, first.begins) == ("2026-04", shanghai(2026, 4, 2))
    assert (last.key, last.begins) == ("2026-04", shanghai(2026, 4, 29))


@pytest.mark.parametrize("number", range(1, 40))
@pytest.mark.parametrize("on", ["31", "30", "last_day", "1", "first_working_day", ""])
def test_months_never_leave_one_out_and_never_begin_early(on, number):
    one, following = (occurrence(Every(on=on), MONDAY, at, window()) for at in (number, number + 1))
    assert one.begins >= MONDAY
    assert one.ends == following.begins
    year, month = (int(part) for part in one.key.split("-"))
    assert following.key == f"{year + month // 12:04d}-{month % 12 + 1:02d}"


def test_a_calendar_that_changes_on_the_way_neither_repeats_nor_loses_a_period():
    plan = load(TEXT.replace("on: 1,", "on: first_working_day,").replace("count: 300", "count: 4"))
    state = machine.begin(
        setting(plan), chain="retainer:1", installation="test", requester="", values={"opportunity": opportunity()}
    )
    simulation = Simulation(setting(plan), state, StandIn(Script(), opportunity()), MONDAY)
    simulation.run(MONDAY + timedelta(days=35))
    holiday: CalendarWindow = window().model_copy(update={"flips": ((date(2026, 5, 1) - date(2026, 3, 1)).days,)})
    simulation.setting = Setting(plan, {"cn": holiday})
    simulation.run(MONDAY + timedelta(days=300))
    opened = [(entry.item, entry.at.date()) for entry in simulation.trail if entry.kind == "item_opened"]
    assert [item for item, _ in opened] == ["2026-03", "2026-04", "2026-05", "2026-06"]
    assert opened[2][1] == date(2026, 5, 4)  # the fourth in Shanghai: the first is a holiday, a weekend follows


@pytest.mark.parametrize("bound", ["from", "until"])
def test_a_date_without_a_zone_holds_the_leg_and_says_so(bound):
    text = TEXT.replace("count: 300", f"count: 2, {bound}: opportunity.required_on")
    held = simulate(load(text), required_on="2026-05-20T00:00:00")
    assert [hold.reason for hold in held.state.holds] == ["expression"]
    assert "which is no date and time" in held.state.holds[0].detail["detail"]
    zoned = simulate(load(text), required_on="2026-05-20T00:00:00+08:00")
    items = [entry.item for entry in zoned.trail if entry.kind == "item_closed"]
    assert items == (["2026-06", "2026-07"] if bound == "from" else ["2026-04", "2026-05"])
