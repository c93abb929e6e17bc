"""Decisions and interventions: each is answered at once, and says why when it is not taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ltc.cli.sentences import sentence
from ltc.core import by_signal
from ltc.core.commands import CallFailed, Decide
from ltc.core.simulation import Simulation
from ltc.core.stand_in import Script, StandIn
from ltc.model.messages import Answer, Decision
from ltc.model.trail import Kind, unpack
from tests.support.chains import MONDAY, simulate
from tests.support.deciding import TASK, say


def waiting(**script: Any) -> Simulation:
    """A chain that waits for its manager."""
    simulation = simulate(
        script=Script(decisions=[("manager", "silent")], **script), until=timedelta(minutes=10), run=False
    )
    simulation.run(MONDAY + timedelta(minutes=10))
    return simulation


def act(simulation: Simulation, **asked: Any) -> Answer:
    """Intervene as the operator."""
    assert isinstance(simulation.world, StandIn)
    answer = simulation.feed(simulation.world.intervention(**asked))
    assert answer is not None
    return answer


def test_a_decision_is_accepted_once_and_the_same_one_again_gets_the_same_answer() -> None:
    simulation = waiting()
    assert say(simulation).status == "accepted"
    assert say(simulation).status == "accepted"
    decided = [entry for entry in simulation.trail if entry.kind is Kind.DECIDED]
    assert len(decided) == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"actor": "nancy"}, "not_your_turn"),
        ({"actor": "finance-1"}, "not_your_turn"),
        ({"digest": "OTHER"}, "figures_changed"),
        ({"task": "approval.approve_order#9"}, "not_found"),
        ({"decision": "send_back"}, "accepted"),
        ({"decision": "reject"}, "accepted"),
    ],
)
def test_each_decision_gets_its_answer(changes: dict[str, Any], status: str) -> None:
    simulation = waiting()
    assert say(simulation, **changes).status == status


def test_a_decision_before_the_approvers_are_known_is_asked_to_come_again() -> None:
    simulation = waiting()
    simulation.state.tasks[TASK].status = "opening"
    assert say(simulation).status == "in_flight"
    simulation.state.tasks[TASK].status = "open"
    assert say(simulation).status == "accepted"


def opening(**setting: Any) -> Simulation:
    """A chain that is finding out who its managers are."""
    simulation = simulate(script=Script(decisions=[("manager", "silent")]), run=False, roundtrip=True)
    simulation.setting = replace(simulation.setting, **setting)
    while TASK not in simulation.state.tasks:
        assert simulation.happen()
    assert simulation.state.tasks[TASK].status == "opening"
    return simulation


def heard(simulation: Simulation, kind: Kind) -> list[tuple[Any, ...]]:
    told = [entry.data for entry in simulation.trail if entry.kind is kind]
    return [(one["actor"], one.get("door") or one.get("why")) for one in told]


def test_a_decision_by_signal_before_the_approvers_are_known_counts_once_they_are() -> None:
    simulation = opening()
    assert say(simulation, door="signal").status == "accepted"
    assert say(simulation, door="signal", id="D2", actor="wen").status == "accepted"
    assert simulation.state.tasks[TASK].status == "opening"
    simulation.run()
    assert heard(simulation, Kind.DECIDED)[0] == ("manager-1", "signal")
    (turned_away,) = heard(simulation, Kind.NOT_TAKEN)
    assert turned_away[0] == "wen"
    assert turned_away[1].startswith("not_your_turn: ")
    assert simulation.finished


def test_a_chain_begun_before_early_signals_were_kept_says_that_it_did_not_take_one() -> None:
    simulation = opening(keeps_early=False)
    say(simulation, door="signal")
    simulation.run(MONDAY + timedelta(hours=1))
    assert simulation.state.tasks[TASK].status == "open"
    assert heard(simulation, Kind.NOT_TAKEN)[0][1].startswith("in_flight: ")


def test_a_flood_of_early_signals_does_not_fill_the_state() -> None:
    simulation = opening()
    for number in range(by_signal.MOST_EARLY + 5):
        say(simulation, door="signal", id=f"D{number}", actor="wen")
    assert len(simulation.state.tasks[TASK].early) == by_signal.MOST_EARLY
    assert len(heard(simulation, Kind.NOT_TAKEN)) == 5


def test_a_decision_after_the_task_is_closed_is_told_so() -> None:
    simulation = waiting()
    say(simulation)
    assert say(simulation, id="D2", actor="manager-2").status == "closed"


def test_of_two_approvers_at_once_one_is_first_and_the_other_gets_a_definite_answer() -> None:
    simulation = waiting()
    answers = [say(simulation, id="D1"), say(simulation, id="D2", actor="manager-2")]
    assert [answer.status for answer in answers] == ["accepted", "closed"]


def test_the_same_person_cannot_vote_twice_nor_at_two_levels() -> None:
    script = Script(
        people={"manager": ["maria"], "finance": ["maria", "fred", "fiona"]}, decisions=[("finance", "silent")]
    )
    simulation = simulate(script=script, net=800_000, until=timedelta(hours=3))
    task = simulation.state.tasks[TASK]
    assert task.candidates == ["fred", "fiona"]
    assert say(simulation, id="X1", actor="maria").status == "already_decided"
    assert say(simulation, id="X2", actor="fred").status == "accepted"
    assert say(simulation, id="X3", actor="fred").status == "already_decided"
    assert task.status == "open"
    assert say(simulation, id="X4", actor="fiona").status == "accepted"
    assert task.status == "approved"


def test_the_requester_is_never_among_the_approvers() -> None:
    simulation = simulate(script=Script(people={"manager": ["nancy"]}), until=timedelta(hours=3))
    assert [hold.reason for hold in simulation.state.holds] == ["no_approver"]


def test_an_approval_at_the_deadline_races_fairly() -> None:
    simulation = waiting()
    clock = simulation.state.slas["leg:approval"]
    assert clock.deadline is not None
    simulation.now = clock.deadline
    assert say(simulation).status == "accepted"
    ended = [entry for entry in simulation.trail if entry.kind in (Kind.SLA_BREACHED, Kind.DECIDED)]
    assert [entry.kind for entry in ended] == [Kind.DECIDED, Kind.SLA_BREACHED]


def test_a_decision_by_signal_counts_only_after_its_signature_was_checked() -> None:
    simulation = waiting()
    task = simulation.state.tasks[TASK]
    decision = Decision.model_validate(
        {
            "id": "S1",
            "task": TASK,
            "decision": "approve",
            "actor": "manager-1",
            "digest": task.digest,
            "expires": "2099-01-01T00:00:00Z",
        }
    )
    simulation.feed(Decide(decision, "signal"))
    assert task.status == "open"
    simulation.run(simulation.now + timedelta(minutes=1))
    assert task.status == "approved"


def test_the_figures_approved_are_read_again_by_the_step_that_commits_and_a_change_reopens() -> None:
    simulation = simulate(script=Script(fail={"erp.confirm_order": [""]}), run=False)
    simulation.run(MONDAY + timedelta(minutes=30))
    say(simulation)
    commit = next(command for command in simulation.schedules if command.name == "erp.confirm_order")
    expected = commit.payload["expect"]
    assert expected["fields"] == ["net", "customer", "lines"]
    dearer = {**simulation.state.results["order"], "net": {"minor": 999_999, "currency": "USD"}}
    simulation.feed(CallFailed(commit.id, "FiguresChanged", "net is another", {"document": dearer}))
    assert simulation.state.tasks[TASK].status == "reopened"
    assert simulation.state.tasks["approval.approve_order#2"].figures["order.net"]["minor"] == 999_999


# Interventions


def held() -> Simulation:
    """A chain held because the goods are out of stock."""
    return simulate(script=Script(refuse={"erp.confirm_order": ["out_of_stock"]}), until=timedelta(days=1))


def test_each_intervention_is_on_record_with_actor_and_reason() -> None:
    simulation = held()
    assert act(simulation, action="retry").status == "accepted"
    said = [entry for entry in simulation.trail if entry.kind is Kind.INTERVENED]
    assert [(entry.data["action"], entry.data["actor"], entry.data["reason"]) for entry in said] == [
        ("retry", "olga", "because")
    ]


def test_an_intervention_while_the_step_is_in_flight_is_refused() -> None:
    simulation = held()
    act(simulation, action="retry")
    assert act(simulation, action="retry").status in ("not_found", "in_flight")
    assert act(simulation, action="skip", leg="confirm").status == "in_flight"


def test_skipping_a_step_that_later_steps_need_wants_the_document() -> None:
    simulation = held()
    assert act(simulation, action="skip").status == "refused"
    document = {**simulation.state.results["order"], "version": 7, "status": "confirmed"}
    assert act(simulation, action="skip", document=document).status == "accepted"
    assert simulation.state.results["order"]["version"] == 7


def test_correcting_raises_the_generation_so_that_the_key_is_another() -> None:
    simulation = held()
    assert act(simulation, action="correct", values={"nonsense": 1}).status == "refused"
    assert act(simulation, action="correct", values={"override": "credit_limit"}).status == "accepted"
    keys = [command.payload["key"] for command in simulation.schedules if command.name == "erp.confirm_order"]
    assert len(set(keys)) == 2
    assert simulation.schedules[-1].payload["args"]["override"] == "credit_limit"


def test_a_chain_held_by_hand_rests_until_it_is_released() -> None:
    simulation = waiting()
    assert act(simulation, action="hold").status == "accepted"
    assert act(simulation, action="hold").status == "refused"
    say(simulation)
    simulation.run(simulation.now + timedelta(days=1))
    assert "confirm entered" not in simulation.path()
    assert act(simulation, action="release").status == "accepted"
    simulation.run()
    assert simulation.finished is not None


def test_a_place_held_by_hand_rests_while_the_rest_goes_on() -> None:
    simulation = waiting()
    assert act(simulation, action="hold", leg="approval").status == "accepted"
    assert act(simulation, action="hold", leg="approval").status == "refused"
    assert say(simulation).status == "closed"
    assert act(simulation, action="release").status == "accepted"
    assert say(simulation).status == "accepted"


def test_an_approval_cannot_be_skipped_by_an_operator() -> None:
    simulation = waiting()
    assert act(simulation, action="skip", leg="approval").status == "refused"


def test_an_sla_is_extended_and_what_was_breached_stays_breached() -> None:
    simulation = waiting()
    before = simulation.state.slas["leg:approval"].deadline
    assert act(simulation, action="extend", sla="leg:approval", by="P1D").status == "refused"
    assert act(simulation, action="extend", sla="leg:nothing", by="1bd").status == "not_found"
    assert act(simulation, action="extend", sla="leg:approval", by="1bd").status == "accepted"
    after = simulation.state.slas["leg:approval"].deadline
    assert before is not None
    assert after is not None
    assert after - before >= timedelta(days=1)


def test_cancelling_past_the_pivot_wants_consent_and_a_second_cancel_is_told_so() -> None:
    simulation = simulate(script=Script(pays=[]), until=timedelta(days=5))
    assert act(simulation, action="cancel").status == "refused"
    assert act(simulation, action="cancel", consent=True).status == "accepted"
    assert act(simulation, action="cancel", consent=True).status == "in_flight"


def test_an_undo_that_cannot_finish_rests_with_a_human_and_the_list_of_what_remains() -> None:
    script = Script(cancel_after="erp.release_delivery", refuse={"erp.unconfirm_order": ["already_shipped"]})
    simulation = simulate(script=script)
    assert [hold.reason for hold in simulation.state.holds] == ["compensation_remains"]
    assert "erp.confirm_order" in str(simulation.state.holds[0].detail)
    assert act(simulation, action="release").status == "refused"
    assert act(simulation, action="retry").status == "accepted"
    simulation.run()
    assert simulation.finished is not None
    assert simulation.finished.outcome == "cancelled"


def test_after_the_end_every_door_says_closed() -> None:
    simulation = simulate()
    assert act(simulation, action="retry").status == "closed"
    assert say(simulation, id="late").status == "closed"


def test_an_accepted_answer_can_carry_all_that_is_not_yet_delivered() -> None:
    simulation = waiting()
    before = simulation.state.seq
    say(simulation)
    from ltc.model.trail import pack

    carried = unpack(pack(simulation.state.undelivered))
    assert [entry.seq for entry in carried][-1] == simulation.state.seq
    assert carried[0].seq <= before + 1


def test_files_are_attached_to_a_decision_by_reference() -> None:
    simulation = waiting()
    offer = {"sha256": "ab" * 32, "name": "offer.pdf", "size": 9, "kind": "pdf"}
    assert say(simulation, files=[offer]).status == "accepted"
    decided = [entry.data for entry in simulation.trail if entry.kind is Kind.DECIDED]
    assert decided[0]["files"] == [offer]
    assert sentence({"kind": "decided", "data": decided[0]}).endswith("attached offer.pdf (abababababab)")
