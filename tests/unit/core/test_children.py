"""Chains that a chain starts, when the chain is cut short: none is lost sight of, none is left running unseen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from ltc.core.commands import CallDone, CallFailed, CancelRequested, Input, Resumed, Schedule
from ltc.core.simulation import Simulation
from ltc.core.stand_in import SOON, Script, StandIn
from ltc.core.state import dump, load
from ltc.definition.build import World
from ltc.definition.compile import compile_tree, read_source
from ltc.definition.plan import Plan
from tests.support.chains import MONDAY, head, simulate
from tests.support.invariants import violations

SOURCE = (
    head("frame")
    + """\
legs:
  order:
    steps:
      - call: crm.qualify_lead
        with: {opportunity: opportunity.id}
        undo: {call: crm.reopen_lead, with: {opportunity: opportunity.id}}
  child:
    steps:
      - start: {process: small, key: opportunity.number + '-1', input: {number: opportunity.number}, on_cancel: POLICY, wait: WAIT}
        as: child
        on_refusal: {other_parent: compensate, default: hold}
  after:
    steps:
      - {call: crm.set_stage, with: {opportunity: opportunity.id, stage: "child.outcome"}, undo: {none: said is said}}
TAIL"""
)
KEPT = """\
handlers:
  back: {event: crm.return_announced, match: event.opportunity == opportunity.id, then: {steps: [
    {call: crm.set_stage, with: {opportunity: opportunity.id, stage: "'back'"}, undo: {none: it says}}]}}
keep_open: {for: 9d, handlers: [back]}
"""
CHILD = "small:10248-1"
UNKNOWN = ("OutcomeUnknown", "Timeout", "Unavailable", "Unexpected", "Cancelled")
HOLDING = ("ContractBroken", "Misconfigured")  # known to have failed; an earlier attempt may have taken effect


def plan(policy: str = "cancel", wait: str = "end", tail: str = "") -> Plan:
    """A parent that starts one child."""
    source = SOURCE.replace("POLICY", policy).replace("WAIT", wait).replace("TAIL", tail)
    compiled = compile_tree(*read_source(source), World())
    compiled.build.problems.stop()
    return compiled.plan


class Losing(StandIn):
    """Where the child's start fails with ``error``, having taken place or not; as many probes fail as ``deaf`` says."""

    error, took_place, deaf, slow = "", True, 0, timedelta(minutes=1)

    def respond(self, command: Schedule, now: datetime) -> list[tuple[timedelta, Input]]:
        """Answer; what is asked about the child takes its time."""
        if command.name != "chain.start":
            return super().respond(command, now)
        probe = command.payload.get("mode") == "probe"
        if probe and self.deaf:
            self.deaf -= 1
            return [(self.slow, CallFailed(command.id, "Unavailable", "away"))]
        if probe or not self.error:
            return [(self.slow, event) for _, event in super().respond(command, now)]
        error, self.error = self.error, ""
        later = self._apply(command.name, command.payload, now)[1] if self.took_place else []
        return [(self.slow, CallFailed(command.id, error, "no answer")), *later]


def parent(
    plan: Plan, script: Script | None = None, *, error: str = "", took_place: bool = True, deaf: int = 0
) -> Simulation:
    """A parent whose child's start goes wrong."""
    simulation = simulate(plan, run=False)
    world = Losing(script or Script(children=["never"]), simulation.state.input["opportunity"], plan=plan)
    world.error, world.took_place, world.deaf = error, took_place, deaf
    simulation.world = world
    return simulation


def until_asked(simulation: Simulation, what: str) -> None:
    """Run until an activity has been scheduled whose id holds so much."""
    for _ in range(200):
        if any(what in one.id for one in simulation.schedules):
            return
        assert simulation.happen()
    raise AssertionError(f"nothing asks {what}: {simulation.path()}")


def say(simulation: Simulation, action: str, **more: Any) -> str:
    """An operator acts now."""
    world = simulation.world
    assert isinstance(world, StandIn)
    answer = simulation.feed(world.intervention(action=action, **more))
    assert answer is not None
    return answer.status


def child(simulation: Simulation) -> dict[str, Any]:
    """How the child stands, whoever knows of it."""
    world = simulation.world
    assert isinstance(world, StandIn)
    assert CHILD in world.books.children, "there is no child"
    return world.books._child(CHILD, simulation.now)


def statuses(simulation: Simulation) -> dict[str, str]:
    """What became of each effect."""
    return {one.op: one.status for one in simulation.state.effects}


def check_undone(simulation: Simulation, took_place: bool) -> None:
    """The parent has ended cancelled; its child, if there is one, was cancelled before its lead was reopened."""
    assert simulation.finished is not None, (simulation.path(), simulation.state.holds)
    assert simulation.finished.outcome == "cancelled"
    assert violations(simulation) == []
    assert statuses(simulation) == {
        "crm.qualify_lead": "undone", "chain.start": "undone" if took_place else "absent",
    }  # fmt: skip
    if took_place:
        assert child(simulation)["outcome"] == "cancelled"
        assert [one.name for one in simulation.schedules if "/undo" in one.id] == ["chain.cancel", "crm.reopen_lead"]
    else:
        assert simulation.world.books.children == {}  # type: ignore[attr-defined]


# Cancelled while the start's outcome is unknown


@pytest.mark.parametrize("took_place", [True, False])
@pytest.mark.parametrize("error", [*UNKNOWN, *HOLDING])
@pytest.mark.parametrize("when", ["start_small#1", "/probe1", "held"])
def test_a_parent_cancelled_while_nobody_knows_whether_its_child_began(when: str, error: str, took_place: bool) -> None:
    simulation = parent(
        plan(), error=error, took_place=took_place, deaf=1 if when == "held" and error in UNKNOWN else 0
    )
    if when == "held" or error in HOLDING:
        simulation.run(MONDAY + timedelta(hours=1))
        assert simulation.state.holds
    else:
        until_asked(simulation, when)
    assert say(simulation, "cancel") == "accepted"
    simulation.run(MONDAY + timedelta(days=1))
    assert [one.reason for one in simulation.state.holds] == []
    check_undone(simulation, took_place)


@pytest.mark.parametrize("took_place", [True, False])
def test_a_start_that_nobody_can_find_out_about_rests_with_a_person_before_older_effects_are_undone(
    took_place: bool,
) -> None:
    simulation = parent(plan(), error="Timeout", took_place=took_place, deaf=1)
    until_asked(simulation, "start_small#1")
    say(simulation, "cancel")
    simulation.run(MONDAY + timedelta(days=1))
    assert [one.reason for one in simulation.state.holds] == ["compensation_remains"]
    assert statuses(simulation) == {"crm.qualify_lead": "certain", "chain.start": "remains"}
    assert say(simulation, "retry") == "accepted"
    simulation.run(MONDAY + timedelta(days=2))
    check_undone(simulation, took_place)


@pytest.mark.parametrize("took_place", [True, False])
def test_temporals_own_cancel_is_no_other(took_place: bool) -> None:
    simulation = parent(plan(), error="Timeout", took_place=took_place)
    until_asked(simulation, "start_small#1")
    simulation.feed(CancelRequested())
    simulation.run(MONDAY + timedelta(days=1))
    check_undone(simulation, took_place)


def test_a_start_that_answers_after_the_cancel_is_cancelled() -> None:
    simulation = simulate(plan(), Script(children=["never"]), run=False)
    until_asked(simulation, "start_small#1")
    say(simulation, "cancel")
    assert not any("undo" in one.id for one in simulation.schedules), "nothing is undone while a call is in flight"
    simulation.run(MONDAY + timedelta(days=1))
    check_undone(simulation, True)


@pytest.mark.parametrize("error", ["OutcomeUnknown", ""])
def test_a_chain_cut_short_while_its_child_begins_cancels_the_child_when_it_is_taken_up_again(error: str) -> None:
    cut = parent(plan(), error=error)
    until_asked(cut, "start_small#1")
    again = Simulation(cut.setting, load(dump(cut.state)), cut.world, cut.now + timedelta(minutes=5))
    again._begun = True  # the flights of the run that was cut short never answer
    again.schedules, again.trail = list(cut.schedules), list(cut.trail)
    again.at(again.now, Resumed("cut short from outside"))
    again.run(MONDAY + timedelta(days=1))
    check_undone(again, True)


# Cancelled while the start is held, retried, refused, skipped, corrected


def test_a_parent_cancelled_after_a_refusal_has_no_child_to_cancel() -> None:
    simulation = simulate(plan(), Script(refuse={"chain.start": ["other_input"]}), until=timedelta(hours=1))
    assert [one.reason for one in simulation.state.holds] == ["other_input"]
    say(simulation, "cancel")
    simulation.run(MONDAY + timedelta(days=1))
    check_undone(simulation, False)


def test_a_child_of_somebody_else_is_left_alone() -> None:
    simulation = simulate(plan(), Script(refuse={"chain.start": ["other_parent"]}))
    check_undone(simulation, False)
    assert not any(one.name == "chain.cancel" for one in simulation.schedules)


@pytest.mark.parametrize("took_place", [True, False])
def test_a_start_tried_again_looks_first_and_makes_one_child(took_place: bool) -> None:
    simulation = parent(plan(), Script(), error="Timeout", took_place=took_place, deaf=1)
    simulation.run(MONDAY + timedelta(hours=1))
    assert [one.reason for one in simulation.state.holds] == ["unknown_outcome"]
    assert say(simulation, "retry") == "accepted"
    simulation.run(MONDAY + timedelta(days=30))
    assert simulation.finished is not None, simulation.path()
    assert simulation.finished.outcome == "completed"
    assert violations(simulation) == []
    assert [op for op, _ in simulation.world.effects].count("chain.start") == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("action", ["skip", "correct"])
def test_a_start_that_took_place_is_found_by_whoever_passes_it_by(action: str) -> None:
    """The operator's own document, or other arguments, are for a child that did not begin."""
    simulation = parent(plan(), error="Timeout", deaf=1)
    simulation.run(MONDAY + timedelta(hours=1))
    said = {"document": {"id": "small:by-hand"}} if action == "skip" else {"values": {"key": "10248-2"}}
    assert say(simulation, action, **said) == "accepted"
    simulation.run(MONDAY + timedelta(hours=2))
    holds = [one.reason for one in simulation.state.holds]
    assert holds == ([] if action == "skip" else ["effect_exists"])
    assert list(simulation.world.books.children) == [CHILD]  # type: ignore[attr-defined]
    say(simulation, "cancel")
    simulation.run(MONDAY + timedelta(days=1))
    check_undone(simulation, True)


def test_a_child_found_by_a_correction_is_gone_on_with() -> None:
    simulation = parent(plan(), Script(), error="Timeout", deaf=1)
    simulation.run(MONDAY + timedelta(hours=1))
    say(simulation, "correct", values={"key": "10248-2"})
    simulation.run(MONDAY + timedelta(hours=2))
    assert say(simulation, "retry") == "accepted"
    simulation.run(MONDAY + timedelta(days=30))
    assert simulation.finished is not None, simulation.path()
    assert simulation.state.results["child"]["outcome"] == "completed"


def test_a_start_refused_is_corrected_with_another_key() -> None:
    simulation = simulate(plan(), Script(refuse={"chain.start": ["other_input"]}), until=timedelta(hours=1))
    assert say(simulation, "correct", values={"key": "10248-2"}) == "accepted"
    simulation.run(MONDAY + timedelta(hours=2))
    assert list(simulation.world.books.children) == ["small:10248-2"]  # type: ignore[attr-defined]
    assert [token.status for token in simulation.state.tokens.values()] == ["waiting"]
    say(simulation, "cancel")
    simulation.run(MONDAY + timedelta(days=1))
    assert simulation.world.books.children["small:10248-2"][1] == "cancelled"  # type: ignore[attr-defined]


# The child ends while the parent rests


@pytest.mark.parametrize("outcome", ["completed", "cancelled", "rejected", "lost"])
@pytest.mark.parametrize("place", ["", "child"])
def test_a_child_that_ends_while_its_parent_is_held_is_heard(outcome: str, place: str) -> None:
    simulation = simulate(plan(), Script(children=[outcome]), run=False)
    until_asked(simulation, "start_small-end")
    simulation.run(simulation.now + timedelta(hours=1))
    assert say(simulation, "hold", leg=place) == "accepted"
    simulation.run(MONDAY + timedelta(days=20))
    assert simulation.finished is None
    assert not any(one.leg == "after" for one in simulation.trail)
    assert say(simulation, "release") == "accepted"
    simulation.run(MONDAY + timedelta(days=21))
    assert simulation.finished is not None, simulation.path()
    (told,) = [one.payload["args"]["stage"] for one in simulation.schedules if one.name == "crm.set_stage"]
    assert told == outcome


@pytest.mark.parametrize(("outcome", "ends"), [("cancelled", True), ("rejected", True), ("completed", False)])
def test_a_child_that_ends_while_its_parent_is_to_be_undone_and_held(outcome: str, ends: bool) -> None:
    simulation = simulate(plan(), Script(children=[outcome]), run=False)
    until_asked(simulation, "start_small-end")
    simulation.run(simulation.now + timedelta(hours=1))
    say(simulation, "hold")
    simulation.feed(CancelRequested())
    simulation.run(MONDAY + timedelta(days=20))
    assert simulation.state.status == "compensating"
    assert [one.reason for one in simulation.state.holds] == ["by_hand"]
    say(simulation, "release")
    simulation.run(MONDAY + timedelta(days=21))
    if not ends:  # it ended with what it did: people see to that, then the rest is undone
        assert [one.reason for one in simulation.state.holds] == ["compensation_remains"]
        assert statuses(simulation) == {"crm.qualify_lead": "certain", "chain.start": "remains"}
        say(simulation, "skip")
        simulation.run(MONDAY + timedelta(days=22))
    assert simulation.finished is not None
    assert simulation.finished.outcome == "cancelled"
    assert violations(simulation) == []
    assert statuses(simulation)["crm.qualify_lead"] == "undone"


def test_people_decide_about_a_child_that_still_runs_when_the_definition_says_so() -> None:
    simulation = simulate(plan("hold"), Script(children=["never"]), run=False)
    until_asked(simulation, "start_small-end")
    simulation.run(simulation.now + timedelta(hours=1))
    say(simulation, "cancel")
    simulation.run(MONDAY + timedelta(days=1))
    assert [one.reason for one in simulation.state.holds] == ["compensation_remains"]
    simulation.world.books.children[CHILD] = (simulation.now, "cancelled")  # type: ignore[attr-defined]
    say(simulation, "retry")
    simulation.run(MONDAY + timedelta(days=2))
    assert simulation.finished is not None
    assert statuses(simulation) == {"crm.qualify_lead": "undone", "chain.start": "undone"}


def test_a_child_that_may_go_on_by_itself_does_and_the_trail_says_so() -> None:
    simulation = parent(plan("leave"), error="Timeout")
    until_asked(simulation, "start_small#1")
    say(simulation, "cancel")
    simulation.run(MONDAY + timedelta(days=1))
    assert simulation.finished is not None
    assert statuses(simulation) == {"crm.qualify_lead": "undone", "chain.start": "stands"}
    assert not child(simulation)["ended"]
    assert any("goes on by itself" in str(one.data.get("why")) for one in simulation.trail)


def test_a_child_that_ends_while_its_parent_is_kept_open_is_on_record() -> None:
    simulation = simulate(plan(wait="none", tail=KEPT), Script(children=["completed"]))
    assert simulation.finished is not None
    assert simulation.finished.outcome == "completed"
    assert "kept chain.ended" in simulation.path()
    assert simulation.path().index("kept open") < simulation.path().index("kept chain.ended")
    assert violations(simulation) == []


@pytest.mark.parametrize("twice", [True, False])
def test_a_child_that_ends_before_its_start_has_answered_is_not_waited_for(twice: bool) -> None:
    class Early(StandIn):
        def respond(self, command: Schedule, now: datetime) -> list[tuple[timedelta, Input]]:
            heard = super().respond(command, now)
            if command.name != "chain.start":
                return heard
            late = [(timedelta(minutes=9), event) for _, event in heard if isinstance(event, CallDone)]
            events = [(SOON, event) for _, event in heard if not isinstance(event, CallDone)]
            return [*late, *events, *(events if twice else [])]

    simulation = simulate(plan(), run=False)
    simulation.world = Early(Script(child_after=SOON), simulation.state.input["opportunity"])
    simulation.run(MONDAY + timedelta(hours=2))
    assert simulation.finished is not None, simulation.path()
    assert violations(simulation) == []


GATHERED = (
    head("frame")
    + """\
legs:
  parts:
    for_each: {in: "['a', 'b']", as: half, key: half}
    steps:
      - start: {process: small, key: opportunity.number + half, input: {number: opportunity.number}}
        as: child
        into: children
  failed:
    when: "!children.all(one, one.ended && one.outcome == 'completed')"
    steps: [{end: lost, reason: "'a part failed'"}]
"""
)


@pytest.mark.parametrize(
    ("ends", "outcome"), [(["completed", "completed"], "completed"), (["completed", "lost"], "lost")]
)
def test_what_was_gathered_is_as_new_as_what_was_read_again(ends: list[str], outcome: str) -> None:
    compiled = compile_tree(*read_source(GATHERED), World())
    compiled.build.problems.stop()
    simulation = simulate(compiled.plan, Script(children=list(ends)))
    assert simulation.finished is not None
    assert simulation.finished.outcome == outcome
    held = simulation.state.collections["children"].values()
    assert [one["outcome"] for one in held] == ends
