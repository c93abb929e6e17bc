"""What approvers do besides deciding: each act is answered at once, on record, and respects four eyes."""

from __future__ import annotations

from ltc.core.commands import Act
from ltc.core.simulation import Simulation
from ltc.model.messages import Answer, TaskAct
from ltc.model.trail import Kind
from tests.support.deciding import ASK, TASK, lived, say

WAIT = {"days": 0.01, "decisions": [("manager", "silent")]}
SEQUENCE = {f"{ASK}.levels.0.rule": "sequence"}
ALL = {f"{ASK}.levels.0.rule": "all"}


def does(simulation: Simulation, action: str, actor: str, to: str = "", number: str = "") -> Answer:
    written = {"id": f"{action}{actor}{number}", "task": TASK, "action": action, "actor": actor, "to": to,
               "expires": "2099-01-01T00:00:00Z"}  # fmt: skip
    answer = simulation.feed(Act(TaskAct.model_validate(written)))
    assert answer is not None
    return answer


def handed(simulation: Simulation) -> list[tuple[str, str]]:
    found = [entry.data for entry in simulation.trail if entry.kind is Kind.TASK_HANDED]
    return [(one["how"], one.get("to", "")) for one in found]


def test_a_transfer_is_for_good() -> None:
    simulation = lived({}, **WAIT)
    assert does(simulation, "transfer", "manager-1", "wen").status == "accepted"
    assert does(simulation, "transfer", "manager-1", "wen").message == "this was taken before"
    assert say(simulation, actor="manager-1").status == "not_your_turn"
    assert say(simulation, id="W", actor="wen").status == "accepted"
    assert handed(simulation) == [("transfer", "wen")]


def test_what_was_delegated_comes_back() -> None:
    simulation = lived({}, **WAIT)
    assert does(simulation, "delegate", "manager-1", "wen").status == "accepted"
    assert say(simulation, id="W", actor="wen", decision="reject", comment="too dear").status == "accepted"
    task = simulation.state.tasks[TASK]
    assert (task.status, task.candidates[0]) == ("open", "manager-1")
    assert say(simulation, id="M", actor="manager-1").status == "accepted"
    assert task.status == "approved"
    assert handed(simulation) == [("delegate", "wen"), ("delegate_back", "manager-1")]


def test_an_added_signer_must_agree_whatever_the_rule() -> None:
    simulation = lived({}, **WAIT)
    assert does(simulation, "add_signer", "manager-1", "wen").status == "accepted"
    assert say(simulation, id="M", actor="manager-1").status == "accepted"
    assert simulation.state.tasks[TASK].status == "open"
    assert say(simulation, id="W", actor="wen").status == "accepted"
    assert simulation.state.tasks[TASK].status == "approved"


def test_an_agreement_is_taken_back_until_the_next_person_decides() -> None:
    simulation = lived(ALL, **WAIT)
    assert does(simulation, "take_back", "manager-1").status == "refused"
    assert say(simulation, id="1", actor="manager-1").status == "accepted"
    assert does(simulation, "take_back", "manager-1", number="2").status == "accepted"
    assert say(simulation, id="2", actor="manager-1").status == "accepted"
    assert say(simulation, id="3", actor="manager-2").status == "accepted"
    assert does(simulation, "take_back", "manager-1", number="3").status == "refused"


def test_in_a_sequence_taking_back_puts_the_next_person_off() -> None:
    simulation = lived(SEQUENCE, **WAIT)
    assert say(simulation, id="1", actor="manager-1").status == "accepted"
    assert does(simulation, "take_back", "manager-1").status == "accepted"
    task = simulation.state.tasks[TASK]
    assert (task.candidates, task.queue) == (["manager-1"], ["manager-2", "manager-3"])
    for number in ("1", "2", "3"):
        assert say(simulation, id=f"again{number}", actor=f"manager-{number}").status == "accepted"
    assert task.status == "approved"


def test_four_eyes_and_who_is_asked_already_keep_others_out() -> None:
    simulation = lived({}, **WAIT)
    for action in ("transfer", "delegate", "add_signer"):
        assert does(simulation, action, "manager-1", "nancy").status == "refused"
        assert does(simulation, action, "manager-1", "manager-2").status == "refused"
        assert does(simulation, action, "manager-1").status == "refused"
        assert does(simulation, action, "stranger", "wen").status == "not_your_turn"


def test_who_asked_may_nudge_and_withdraw_and_nobody_else() -> None:
    simulation = lived({}, **WAIT)
    assert does(simulation, "nudge", "manager-1").status == "not_your_turn"
    assert does(simulation, "withdraw", "manager-1").status == "not_your_turn"
    assert does(simulation, "nudge", "nancy").status == "accepted"
    told = [one.payload["to"] for one in simulation.schedules if one.name == "people.notify"]
    assert told == ["manager-1", "manager-2", "manager-3"]
    assert does(simulation, "withdraw", "nancy").status == "accepted"
    simulation.run()
    assert simulation.finished is not None
    assert simulation.finished.outcome == "cancelled"
    assert does(simulation, "nudge", "nancy", number="2").status == "closed"


def test_an_act_of_tasks_is_none_of_approvals() -> None:
    assert does(lived({}, **WAIT), "claim", "manager-1").status == "not_found"
