"""Tasks: each act is answered at once, wholly taken or not at all, and the chain goes on with typed answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ltc.core.commands import Act, CallDone, CallFailed
from ltc.core.simulation import Simulation
from ltc.core.stand_in import Script, StandIn
from ltc.core.state import HumanTask
from ltc.definition.compile import load
from ltc.definition.plan import Plan
from ltc.model.messages import Answer, TaskAct
from ltc.model.trail import Kind
from ltc.store.fold import fold_all
from ltc.store.rows import ChainView
from tests.support.chains import MONDAY, head, simulate

TASK = "survey.survey#1"
HEAD = (
    head("visits")
    + """\
legs:
  before:
    steps:
      - call: crm.set_stage
        with: {opportunity: opportunity.id, stage: "'won'"}
        on_revisit: skip
        undo: {none: a stage}
  survey:
    steps:
      - task: survey
        assign: "role:field"
        show: {deal: opportunity.id}
        form:
          done: {type: yes_no}
          cost: {type: money, max: 100.00 USD}
          note: {type: text, max: 20, pattern: "[a-z ]+", required: false}
          papers: {type: file, kinds: [pdf], size: 1KB, max: 2, required: false}
        checklist: {cables: Cables, plugs: Plugs}
        as: survey
"""
)
UNDO = """        undo: {call: crm.set_stage, with: {opportunity: opportunity.id, stage: "survey.done ? 'lost' : 'won'"}}
"""
VALUES: dict[str, Any] = {"done": True, "cost": "12.50 USD"}
TICKS = {"cables": True, "plugs": True}
PDF = {"sha256": "ab" * 32, "name": "a.pdf", "size": 1000, "kind": "pdf"}


def plan(more: str = "", undo: str = UNDO, tail: str = "") -> Plan:
    """The definition with more keys of the task, and more of the leg after it."""
    return load(HEAD + undo + more + tail)


def waiting(more: str = "", until: timedelta = timedelta(minutes=10), **script: Any) -> Simulation:
    """A chain that waits for its survey."""
    tail = script.pop("tail", "")
    people = {"survey": ["ann", "bob"], **script.pop("people", {})}
    simulation = simulate(
        plan(more, tail=tail), Script(answers=[("survey", "silent")] * 9, people=people, **script), run=False,
        roundtrip=True,
    )  # fmt: skip
    simulation.run(MONDAY + until)
    return simulation


def say(simulation: Simulation, action: str = "complete", door: str = "update", **changes: Any) -> Answer:
    """Act as Ann."""
    number = len(simulation.trail)
    plain = {"id": f"A{number}", "task": TASK, "action": action, "actor": "ann", "expires": "2099-01-01T00:00:00Z"}
    given = {"values": VALUES, "ticks": TICKS} if action == "complete" else {}
    answer = simulation.feed(Act(TaskAct.model_validate({**plain, **given, **changes}), door))  # type: ignore[arg-type]
    assert answer is not None
    return answer


def task(simulation: Simulation) -> HumanTask:
    return simulation.state.human_tasks[TASK]


def kinds(simulation: Simulation, *wanted: Kind) -> list[Any]:
    return [entry.data for entry in simulation.trail if entry.kind in wanted]


def test_a_task_is_done_once_and_leaves_typed_answers() -> None:
    simulation = waiting()
    assert say(simulation, id="same").status == "accepted"
    left = simulation.state.results["survey"]
    assert (left["done"], left["cost"], left["by"]) == (True, {"minor": 1250, "currency": "USD"}, "ann")
    assert left["at"] == simulation.now.isoformat()
    assert say(simulation, id="same").message == "this was taken before"
    assert say(simulation, id="other").status == "already_decided"
    assert len(kinds(simulation, Kind.TASK_ACTED)) == 1
    simulation.run()
    assert simulation.finished
    assert simulation.finished.outcome == "completed"


@pytest.mark.parametrize(
    ("values", "field", "why"),
    [
        ({"done": "yes", "cost": "1 USD"}, "done", "must be true or false"),
        ({"done": 1, "cost": "1 USD"}, "done", "must be true or false"),
        ({"done": True}, "cost", "is needed"),
        ({"done": True, "cost": "1 EUR"}, "cost", "must be in USD"),
        ({"done": True, "cost": 12}, "cost", "must be an amount"),
        ({"done": True, "cost": {"minor": "1", "currency": "USD"}}, "cost", "must be an amount"),
        ({"done": True, "cost": {"minor": 1.5, "currency": "USD"}}, "cost", "must be an amount"),
        ({"done": True, "cost": "100.01 USD"}, "cost", "is more than"),
        ({**VALUES, "note": "x" * 21}, "note", "has 21 characters"),
        ({**VALUES, "note": "X1"}, "note", "does not match"),
        ({**VALUES, "note": "a\x00"}, "note", "control characters"),
        ({**VALUES, "note": ["a"]}, "note", "must be a text"),
        ({**VALUES, "nota": "a"}, "nota", "is not a field"),
        ({**VALUES, "papers": [{**PDF, "size": 2000}]}, "papers", "at most 1024 are taken"),
        ({**VALUES, "papers": [{**PDF, "kind": "exe"}]}, "papers", "taken are pdf"),
        ({**VALUES, "papers": [PDF] * 3}, "papers", "3 files"),
        ({**VALUES, "papers": "a.pdf"}, "papers", "must be stored files"),
        ({**VALUES, "papers": [{**PDF, "sha256": "x"}]}, "papers", "must be stored files"),
    ],
)
def test_what_does_not_fit_is_refused_by_field_and_nothing_is_half_done(
    values: dict[str, Any], field: str, why: str
) -> None:
    simulation = waiting()
    before = simulation.state.seq
    answer = say(simulation, values=values)
    assert answer.status == "refused"
    assert list(answer.problems) == [field]
    assert why in answer.problems[field]
    assert f"{field} " in answer.message
    assert (simulation.state.seq, task(simulation).ticks, task(simulation).saved) == (before, {}, {})
    assert say(simulation).status == "accepted"


def test_everything_of_the_checklist_must_be_ticked_and_who_ticked_is_on_record() -> None:
    simulation = waiting()
    assert say(simulation, "save", actor="bob", ticks={"cables": True}).status == "accepted"
    answer = say(simulation, ticks={})
    assert answer.problems == {"plugs": "is not ticked"}
    assert say(simulation, ticks={"stairs": True}).problems["stairs"].startswith("is not on the checklist")
    assert say(simulation, ticks={"cables": True, "plugs": True}).status == "accepted"
    ticks = kinds(simulation, Kind.TASK_ACTED)[-1]["ticks"]
    assert {name: one["by"] for name, one in ticks.items()} == {"cables": "bob", "plugs": "ann"}


def test_a_draft_is_kept_added_to_and_completed() -> None:
    simulation = waiting()
    say(simulation, "save", values={"done": True, "note": "first"})
    say(simulation, "save", values={"cost": "9 USD", "note": None})
    assert task(simulation).saved == {"done": True, "cost": {"minor": 900, "currency": "USD"}}
    assert say(simulation, values={}).status == "accepted"
    assert task(simulation).answers["cost"] == {"minor": 900, "currency": "USD"}


@pytest.mark.parametrize(
    ("action", "changes", "status"),
    [
        ("complete", {"actor": "nancy"}, "not_your_turn"),
        ("complete", {"task": "survey.survey#9"}, "not_found"),
        ("complete", {"digest": "OTHER"}, "figures_changed"),
        ("release", {}, "refused"),
        ("reject", {"comment": "no"}, "refused"),
        ("claim", {"values": VALUES}, "refused"),
    ],
)
def test_each_act_gets_its_answer(action: str, changes: dict[str, Any], status: str) -> None:
    simulation = waiting()
    assert say(simulation, action, **changes).status == status
    assert task(simulation).status == "open"


def test_a_claimed_task_is_its_claimers_until_it_is_released() -> None:
    simulation = waiting("        claim: true\n")
    assert "claim the task first" in say(simulation).message
    assert say(simulation, "claim").status == "accepted"
    assert "ann has claimed" in say(simulation, "claim", actor="bob").message
    assert "ann has claimed" in say(simulation, actor="bob").message
    assert "say in a comment why" in say(simulation, "release", actor="bob").message
    assert say(simulation, "release", actor="bob", comment="Ann is ill").status == "accepted"
    assert say(simulation, "claim", actor="bob").status == "accepted"
    assert say(simulation, actor="bob").status == "accepted"


def test_a_task_is_declined_where_the_definition_says_what_follows() -> None:
    simulation = waiting("        on_reject: {end: lost}\n")
    assert "say in a comment" in say(simulation, "reject").message
    assert say(simulation, "reject", comment="no access").status == "accepted"
    simulation.run()
    assert simulation.finished
    assert (simulation.finished.outcome, simulation.finished.reason) == ("lost", "no access")


def test_an_act_by_signal_counts_once_its_signature_was_seen() -> None:
    simulation = waiting()
    assert say(simulation, door="signal").status == "accepted"
    assert task(simulation).status == "open"
    simulation.run()
    assert kinds(simulation, Kind.TASK_ACTED)[0]["door"] == "signal"
    assert simulation.finished


def test_an_act_by_signal_before_the_task_is_open_counts_once_it_is() -> None:
    simulation = simulate(plan(), Script(people={"survey": ["ann"]}, answers=[("survey", "silent")]), run=False)
    while TASK not in simulation.state.human_tasks:
        assert simulation.happen()
    assert say(simulation, door="signal").status == "accepted"
    assert task(simulation).status == "opening"
    simulation.run()
    assert kinds(simulation, Kind.TASK_ACTED)[0]["door"] == "signal"
    assert simulation.finished


def test_an_act_by_signal_that_is_forged_counts_for_nothing_and_leaves_its_trace() -> None:
    simulation = waiting()
    assert say(simulation, id="F1", door="signal").status == "accepted"
    checking = next(name for name, flight in simulation.state.flights.items() if flight.purpose == "act")
    simulation.feed(CallDone(checking, "the message is not signed by this installation"))
    (forged,) = kinds(simulation, Kind.FORGED)
    assert (forged["actor"], forged["decision"], forged["id"]) == ("ann", "complete", "F1")
    assert task(simulation).status == "open"


def test_a_task_runs_out_of_time_and_its_late_answer_is_told_so() -> None:
    simulation = waiting("        within: 2d\n        on_timeout: {end: lost}\n", until=timedelta(days=3))
    assert simulation.finished
    assert simulation.finished.outcome == "lost"
    assert task(simulation).status == "timed_out"
    held = waiting("        within: 2d\n", until=timedelta(days=3))
    answer = say(held)
    assert answer.status == "closed"
    assert "timed_out" in answer.message


def test_nobody_to_do_it_is_said() -> None:
    simulation = waiting(people={"survey": []})
    assert [hold.reason for hold in simulation.state.holds] == ["nobody_assigned"]


def test_people_who_cannot_be_found_out_hold_the_task_until_it_is_asked_anew() -> None:
    simulation = simulate(plan(), Script(people={"survey": ["ann"]}), run=False)
    world = simulation.world
    assert isinstance(world, StandIn)
    simulation.run(MONDAY)
    opening = next(name for name, flight in simulation.state.flights.items() if flight.purpose == "do")
    assert opening
    while not any(flight.purpose == "assign" for flight in simulation.state.flights.values()):
        assert simulation.happen()
    activity = next(name for name, flight in simulation.state.flights.items() if flight.purpose == "assign")
    simulation.feed(CallFailed(activity, "Unavailable", "the directory is away"))
    assert [hold.reason for hold in simulation.state.holds] == ["unavailable"]
    simulation.feed(world.intervention(action="retry"))
    assert simulation.state.human_tasks["survey.survey#2"].status == "opening"


def test_a_held_task_waits_for_its_release() -> None:
    simulation = waiting("        within: 2d\n")
    world = simulation.world
    assert isinstance(world, StandIn)
    assert simulation.feed(world.intervention(action="hold", leg="survey", step="survey")).status == "accepted"  # type: ignore[union-attr]
    assert say(simulation).status == "closed"
    simulation.feed(world.intervention(action="release"))
    assert say(simulation).status == "accepted"


def test_an_operator_passes_a_task_by_with_answers_that_the_form_takes() -> None:
    simulation = waiting()
    world = simulation.world
    assert isinstance(world, StandIn)
    where = {"action": "skip", "leg": "survey", "step": "survey"}
    assert "supply the answers" in simulation.feed(world.intervention(**where)).message  # type: ignore[union-attr]
    wrong = simulation.feed(world.intervention(**where, document={"done": "yes"}))
    assert wrong is not None
    assert "done must be true or false" in wrong.message
    taken = simulation.feed(world.intervention(**where, document={"done": False, "cost": "1 USD"}))
    assert taken is not None
    assert taken.status == "accepted"
    assert simulation.state.results["survey"]["by"] == "olga"


def test_what_was_done_is_undone_with_its_own_answers() -> None:
    simulation = waiting(tail="      - {end: rejected}\n")
    say(simulation)
    simulation.run()
    sent = [one.payload["args"]["stage"] for one in simulation.schedules if one.name == "crm.set_stage"]
    assert sent == ["won", "lost"]
    assert simulation.finished
    assert simulation.finished.outcome == "rejected"


def test_a_cancelled_chain_closes_its_task() -> None:
    simulation = waiting()
    world = simulation.world
    assert isinstance(world, StandIn)
    simulation.feed(world.intervention(action="cancel"))
    assert task(simulation).status == "cancelled"
    assert say(simulation).status == "closed"


def test_a_task_may_be_the_point_of_no_return() -> None:
    made = load(HEAD + UNDO + "    pivot: {after: survey}\n")
    ran = simulate(made, Script(people={"survey": ["ann"]}))
    assert ran.state.pivots == ["survey.survey"]


def test_the_views_know_a_task_from_its_opening_to_its_end() -> None:
    simulation = waiting("        within: 2d\n        claim: true\n")
    say(simulation, "claim")
    say(simulation, "save", values={"done": True}, ticks={"cables": True})
    view = fold_all(ChainView("c"), simulation.trail)  # type: ignore[arg-type]
    row = view.get("tasks", (TASK, ""))
    assert row is not None
    assert (row["state"], row["candidates"]) == ("open", ["ann", "bob"])
    work = row["work"]
    assert (work["claimed_by"], work["saved"], list(work["ticks"])) == ("ann", {"done": True}, ["cables"])
    assert work["deadline"] == "2026-03-04T01:00:01+00:00"
    say(simulation)
    done = fold_all(ChainView("c"), simulation.trail).get("tasks", (TASK, ""))  # type: ignore[arg-type]
    assert done is not None
    assert done["state"] == "completed"
    assert done["work"]["answers"]["cost"] == {"minor": 1250, "currency": "USD"}
    assert done["decided_by"] == [{"actor": "ann", "decision": "complete"}]


def test_answers_that_are_too_long_together_are_refused() -> None:
    wide = "".join(f"          f{number}: {{type: text, max: 4000}}\n" for number in range(5))
    made = load((HEAD + UNDO).replace("          done: {type: yes_no}\n", wide).replace("survey.done", "true"))
    simulation = simulate(made, Script(answers=[("survey", "silent")], people={"survey": ["ann"]}), run=False)
    simulation.run(MONDAY + timedelta(minutes=10))
    answer = say(simulation, values={f"f{number}": "x" * 4000 for number in range(5)})
    assert answer.problems == {
        "(all)": "have more than 16000 bytes together; put the long ones into a file",
    }  # fmt: skip


def test_the_customer_does_a_task_by_somebody_named() -> None:
    made = load((HEAD + UNDO).replace('"role:field"', "{external: customer}"))
    simulation = simulate(made, Script(answers=[("survey", "silent")]), run=False)
    simulation.run(MONDAY + timedelta(minutes=10))
    assert task(simulation).candidates == ["customer"]
    assert "say who speaks" in say(simulation, actor="customer").message
    assert say(simulation, actor="ann").status == "not_your_turn"
    assert say(simulation, actor="customer:Ann").status == "accepted"
    assert simulation.state.results["survey"]["by"] == "customer:Ann"


def test_a_promise_may_pause_while_the_customer_has_the_task() -> None:
    sla = "        sla: {target: 1d, pause_while: waiting_for == 'customer'}\n"
    for whom, paused in (("{external: customer}", ["sla_paused"]), ('"role:field"', [])):
        made = load((HEAD + UNDO + sla).replace('"role:field"', whom))
        simulation = simulate(made, Script(answers=[("survey", "silent")]), run=False)
        simulation.run(MONDAY + timedelta(minutes=10))
        assert [entry.kind.value for entry in simulation.trail if entry.kind is Kind.SLA_PAUSED] == paused
