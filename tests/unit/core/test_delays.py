"""Delays: when they are over, what moves them and what does not, what is said meanwhile, and who may pass them by."""

from datetime import timedelta

import pytest

from ltc.core.commands import Resumed
from ltc.model.trail import Kind
from tests.support.chains import MONDAY
from tests.support.keys_case import deal, edited, run

WANTED = "{delay: {due: opportunity.required_on}}"


def played(delay, change=None, **world):
    """Play a chain that delays after it has been confirmed."""
    tree = deal("order confirm")
    tree["legs"]["after"] = {"steps": [{"end": "lost"}]}
    seen = run(edited(tree, {"legs.confirm.steps+": delay, **(change or {})}), world)
    assert seen.codes == []
    return seen.chain


def act(hours, action, **more):
    return hours, {"action": action, "actor": "olga", "reason": "told", **more}


def at(chain, kind):
    """The hours after the start at which the entries of a kind were said."""
    return [round((entry.at - MONDAY) / timedelta(hours=1), 1) for entry in chain.trail if entry.kind is kind]


@pytest.mark.parametrize(
    ("delay", "hours"), [("{delay: 4h}", 4), ("{delay: 2d}", 48), ("{delay: 4bh}", 5.5), ("{delay: 5bd}", 168)]
)
def test_it_is_over_by_the_clock_it_names(delay, hours):
    chain = played(delay)
    assert at(chain, Kind.DELAY_OVER) == [hours]
    assert chain.finished.outcome == "lost"


@pytest.mark.parametrize("wanted", ["2026-03-02T00:00:00+00:00", "1999-12-31T00:00:00+00:00"])
def test_an_instant_that_is_past_delays_nothing(wanted):
    chain = played(WANTED, deal={"required_on": wanted})
    assert at(chain, Kind.DELAY_OVER) == at(chain, Kind.DELAYED) == [0]
    chain = played("{delay: {due: opportunity.required_on, after: 2bd}}", deal={"required_on": wanted})
    assert chain.finished.outcome == "lost"


def test_without_an_instant_people_see_to_it():
    acts = [act(5, "retry"), act(9, "skip")]
    chain = played(WANTED, acts=acts)
    held = [entry.data["detail"] for entry in chain.trail if entry.kind is Kind.HELD]
    assert len(held) == 2
    assert "opportunity.required_on" in str(held[0])
    assert at(chain, Kind.DELAYED) == []
    assert at(chain, Kind.ENDED) == [9]


@pytest.mark.parametrize(("released", "over"), [(10, 48), (60, 60)], ids=["before the instant", "after the instant"])
@pytest.mark.parametrize("where", [{}, {"leg": "confirm", "step": "delay"}], ids=["the chain", "the place"])
def test_a_hold_does_not_move_it(where, released, over):
    chain = played("{delay: 2d}", acts=[act(5, "hold", **where), act(released, "release", **where)])
    assert at(chain, Kind.DELAY_OVER) == [over]


def test_an_operator_passes_it_by_without_a_document():
    here = {"leg": "confirm", "step": "delay"}
    chain = played("{delay: 2d}", acts=[act(4, "skip", document={"id": "x"}, **here), act(6, "skip", **here)])
    assert at(chain, Kind.ENDED) == [6]
    assert at(chain, Kind.DELAY_OVER) == []


def test_nobody_is_waited_for():
    promise = {"legs.confirm.sla": "{target: 1h, pause_while: waiting_for == ''}"}
    chain = played("{delay: 2h}", promise)
    assert (at(chain, Kind.SLA_PAUSED), at(chain, Kind.SLA_BREACHED), at(chain, Kind.DELAY_OVER)) == ([0], [], [2])


def test_who_cancels_meanwhile_is_heard():
    chain = played("{delay: 2d}", cancel_after="erp.confirm_order")
    assert chain.finished.outcome == "cancelled"
    assert at(chain, Kind.DELAY_OVER) == []


def test_what_was_said_before_it_is_told_while_it_lasts():
    chain = played("{delay: 2d}", days=1)
    assert chain.schedules[-1].name == "trail.flush"
    assert not chain.state.undelivered


@pytest.mark.parametrize("delay", ["{delay: 2d}", "{delay: {due: opportunity.required_on, after: 1d}}"])
def test_a_new_run_of_the_chain_keeps_the_instant(delay):
    chain = played(delay, days=1, deal={"required_on": "2026-03-03T01:00:00+00:00"})
    chain.feed(Resumed())
    assert chain.state.timer_at
    chain.run(MONDAY + timedelta(days=9))
    assert at(chain, Kind.DELAY_OVER) == [48]
    assert chain.finished.outcome == "lost"


def test_a_branch_that_is_given_up_delays_no_longer():
    both = "{parallel: [{steps: [{delay: 9d}]}, {steps: [{delay: 1h, name: short}]}], join: any}"
    chain = played(both)
    assert at(chain, Kind.ENDED) == [1]
