"""Rules of approvals in odd moments: rejections that leave no way, holds over a silence, figures that changed, substitutes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ltc.core.commands import CallDone
from ltc.core.simulation import Simulation
from ltc.core.stand_in import StandIn
from ltc.model.trail import Kind
from tests.support.chains import MONDAY
from tests.support.deciding import ASK, lived, say

SILENCE = {f"{ASK}.levels.0.silence": "{after: 1bd}"}


def said(simulation: Simulation, kind: Kind, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(one.data.get(name) for name in names) for one in simulation.trail if one.kind is kind]


def act(simulation: Simulation, **asked: Any) -> str:
    assert isinstance(simulation.world, StandIn)
    answer = simulation.feed(simulation.world.intervention(**asked))
    assert answer is not None
    return answer.status


def test_a_rejection_that_leaves_no_way_to_agree_ends_it_at_once() -> None:
    rule = {f"{ASK}.levels.0.from": "'role:finance'", f"{ASK}.levels.0.rule": "{votes: 2}",
            f"{ASK}.levels.0.on_first_reject": "wait_all"}  # fmt: skip
    simulation = lived(rule, decisions=[("manager", "reject, reject, approve")])
    assert [one for (one,) in said(simulation, Kind.DECIDED, "decision")] == ["reject", "reject"]
    assert [hold.reason for hold in simulation.state.holds] == ["rejected"]


def test_in_a_sequence_the_next_is_told_when_the_one_before_has_agreed_and_is_turned_away_before() -> None:
    simulation = lived({f"{ASK}.levels.0.rule": "sequence"}, days=0.01, decisions=[("manager", "silent")])
    early = say(simulation, id="X", actor="manager-2")
    assert (early.status, early.message) == ("not_your_turn", "first comes manager-1; you are asked later")
    assert say(simulation, id="Y", actor="manager-1").status == "accepted"
    assert say(simulation, id="Z", actor="manager-2").status == "accepted"
    told = [one.payload["to"] for one in simulation.schedules if one.name == "people.notify"]
    assert told == ["manager-1", "manager-2", "manager-3"]


def test_a_rejection_in_a_sequence_ends_it() -> None:
    simulation = lived({f"{ASK}.levels.0.rule": "sequence"}, decisions=[("manager", "approve, reject, approve")])
    assert [hold.reason for hold in simulation.state.holds] == ["rejected"]


def test_a_silence_begins_anew_when_a_hold_is_over() -> None:
    simulation = lived(SILENCE, days=0.5, decisions=[("manager", "silent")])
    assert act(simulation, action="hold") == "accepted"
    simulation.run(MONDAY + timedelta(days=4))
    assert not said(simulation, Kind.DECIDED, "actor")
    simulation.now = MONDAY + timedelta(days=3)
    assert act(simulation, action="release") == "accepted"
    assert not said(simulation, Kind.DECIDED, "actor")
    simulation.run(MONDAY + timedelta(days=9))
    assert said(simulation, Kind.DECIDED, "actor", "door") == [("rule:silence", "automatic")]
    assert len(said(simulation, Kind.SILENCE, "deadline")) == 2


def test_a_person_who_decides_in_time_keeps_silence_from_deciding() -> None:
    simulation = lived(SILENCE)
    assert said(simulation, Kind.DECIDED, "actor") == [("manager-1",)]
    assert "confirm entered" in simulation.path()


def test_nothing_is_decided_by_itself_on_other_figures_than_were_shown() -> None:
    bound = {**SILENCE, f"{ASK}.binds": "[order.net]"}
    simulation = lived(bound, days=0.5, decisions=[("manager", "silent"), ("manager", "silent")])
    order = simulation.state.results["order"]
    simulation.state.results["order"] = {**order, "net": {**order["net"], "minor": 1}}
    simulation.run(MONDAY + timedelta(days=1.5))
    assert not said(simulation, Kind.DECIDED, "actor")
    assert [one.id for one in simulation.state.tasks.values()] == [
        "approval.approve_order#1", "approval.approve_order#2",
    ]  # fmt: skip
    assert simulation.state.tasks["approval.approve_order#1"].status == "reopened"
    assert simulation.state.tasks["approval.approve_order#2"].figures["order.net"]["minor"] == 1


def test_who_only_stands_in_for_the_requester_is_kept_out_by_four_eyes() -> None:
    simulation = lived({}, people={"manager": ["wen for nancy", "lars for maria"]}, decisions=[("manager", "silent")])
    assert said(simulation, Kind.TASK_OFFERED, "candidates", "standing") == [(["lars"], {"lars": ["maria"]})]


def test_the_customer_is_named_by_whoever_speaks_for_them() -> None:
    buyer = {f"{ASK}.levels.0.from": "{external: customer}"}
    simulation = lived(buyer, days=0.01, decisions=[("manager", "silent")])
    assert say(simulation, id="A", actor="customer").status == "refused"
    assert say(simulation, id="B", actor="customer: ").status == "not_your_turn"
    assert say(simulation, id="C", actor="nancy").status == "not_your_turn"
    assert say(simulation, id="D", actor="customer:Ann Li").status == "accepted"
    assert said(simulation, Kind.DECIDED, "actor") == [("customer:Ann Li",)]


def test_where_a_rung_finds_nobody_those_who_were_asked_are_asked_on() -> None:
    rung = {f"{ASK}.levels.0.sla": "{target: 1d, escalate: [{at: 200%, reassign: 'role:finance'}]}"}
    simulation = lived(rung, decisions=[("manager", "silent")], people={"role:finance": []})
    assert said(simulation, Kind.TASK_HANDED, "candidates", "why") == [
        (["manager-1", "manager-2", "manager-3"], "nobody was found")
    ]
    assert say(simulation).status == "accepted"


def test_a_rung_that_comes_due_on_a_held_approval_decides_once_it_is_released() -> None:
    rung = {f"{ASK}.levels.0.sla": "{target: 1d, escalate: [{at: 200%, decide: reject}]}"}
    simulation = lived(rung, days=0.5, decisions=[("manager", "silent")])
    assert act(simulation, action="hold", leg="approval") == "accepted"
    simulation.run(MONDAY + timedelta(days=5))
    assert not said(simulation, Kind.DECIDED, "actor")
    assert act(simulation, action="release", leg="approval") == "accepted"
    assert said(simulation, Kind.DECIDED, "decision", "door") == [("reject", "automatic")]


def test_a_level_that_was_met_before_anybody_was_asked_is_passed_at_once() -> None:
    again = {f"{ASK}.levels+": "{name: finance, from: 'role:finance', same_person_again: skip}"}
    simulation = lived(again, people={"manager": ["maria"], "finance": ["maria", "fay"]})
    assert said(simulation, Kind.DECIDED, "level", "actor", "door") == [
        ("manager", "maria", "update"), ("finance", "maria", "automatic"),
    ]  # fmt: skip
    assert "confirm entered" in simulation.path()


def test_an_answer_that_comes_after_the_level_was_decided_changes_nothing() -> None:
    rung = {f"{ASK}.levels.0.sla": "{target: 1d, escalate: [{at: 200%, reassign: 'role:finance'}]}"}
    simulation = lived(rung, days=2.02, decisions=[("manager", "silent")])
    late = next(one for one in simulation.schedules if one.id.endswith("/manager/1"))
    before = len(said(simulation, Kind.TASK_HANDED, "how"))
    voter = simulation.state.tasks["approval.approve_order#1"].candidates[0]
    assert say(simulation, actor=voter).status == "accepted"
    simulation.feed(CallDone(late.id, {"candidates": {"manager": ["fay"]}}))
    assert len(said(simulation, Kind.TASK_HANDED, "how")) == before == 1
