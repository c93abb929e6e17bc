"""What would have been: simulated chains recorded as the store records them, gone through again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ltc.core.commands import Act, CallDone, Decide, EventArrived, Input, Schedule
from ltc.core.stand_in import Script, StandIn
from ltc.definition.compile import load
from ltc.definition.plan import Plan
from ltc.model.ids import digest
from ltc.model.messages import Decision, TaskAct
from ltc.model.trail import Entry, Kind
from ltc.whatif.recorded import Recorded, arrange
from ltc.whatif.replay import Compared, compare
from ltc.whatif.report import gate, habits, report
from tests.support.chains import MONDAY, ROOT, setting, shipped, simulate

SHIPPED = (ROOT / "process_defs" / "lead_to_cash.yaml").read_text()


@dataclass
class Recording(StandIn):
    """A stand-in whose answers are kept as the records keep them."""

    intents: dict[str, Any] = field(default_factory=dict)
    kept: list[dict[str, Any]] = field(default_factory=list)
    events: dict[str, Any] = field(default_factory=dict)

    def respond(self, command: Schedule, now: datetime) -> list[tuple[timedelta, Input]]:
        """Answer, and keep what was answered."""
        heard = super().respond(command, now)
        for delay, what in heard:
            if isinstance(what, EventArrived):
                self.events[what.event.id] = what.event.fields
            elif isinstance(what, CallDone) and isinstance(what.result, dict) and "args" in command.payload:
                self._keep(command, what.result, now, now + delay)
        self.intents.update({key: made for key, made in self.made.items() if made is not None})
        return heard

    def _keep(self, command: Schedule, result: Any, asked: datetime, at: datetime) -> None:
        if not command.payload.get("key"):
            row = {"operation": command.name, "activity": command.id, "asked": asked, "at": at, "result": result}
            self.kept.append({**row, "args": digest(command.payload["args"]), "slack": timedelta(seconds=2)})


def recorded(plan: Plan | str = "lead_to_cash", net: int = 250_000, days: int = 400, **script: Any) -> Recorded:
    """A simulated chain as the records know it."""
    one = simulate(plan, Script(**script), net=net, run=False)
    world = Recording(Script(**script), one.world.opportunity)  # type: ignore[attr-defined]
    one.world = world
    one.run(MONDAY + timedelta(days=days))
    start = {
        "installation": "test", "plan": one.setting.plan.model_dump(mode="json"), "requester": "nancy",
        "values": {"opportunity": world.opportunity}, "fields": {},
    }  # fmt: skip
    return arrange(one.state.chain, one.trail, start, world.kept, world.intents, world.events, [])


def again(chain: Recorded, plan: Plan) -> Compared:
    """Compare a chain with what it would have been."""
    windows = {**setting(Plan.model_validate(chain.start["plan"])).windows, **setting(plan).windows}
    return compare(chain, plan, windows, habits([chain]), lambda _plan, one: dict(one.start["values"]))


@pytest.fixture
def other(tmp_path: Path) -> Callable[..., Plan]:
    """Compiles the shipped definition with some of its text replaced."""

    def made(*swaps: tuple[str, str]) -> Plan:
        text = SHIPPED
        for before, after in swaps:
            assert before in text, before
            text = text.replace(before, after, 1)
        path = tmp_path / "lead_to_cash.yaml"
        path.write_text(text)
        return load(path)

    return made


WAYS: dict[str, dict[str, Any]] = {
    "a small deal": {"net": 50_000},
    "approved": {},
    "two levels": {"net": 800_000},
    "rejected": {"decisions": [("manager", "reject")]},
    "sent back": {"decisions": [("manager", "send_back")]},
    "never decided": {"decisions": [("manager", "silent")], "days": 30},
    "two deliveries in two payments each": {"parts": [50, 50], "pays": [50, 50]},
    "never paid": {"pays": [], "days": 90},
    "a lost reply that was applied": {"lost": {"erp.create_order": True}},
    "a lost reply that was not": {"lost": {"erp.create_order": False}, "days": 30},
    "a refusal with another approval": {"refuse": {"erp.confirm_order": ["credit_limit"]}},
    "a refusal that is undone": {"refuse": {"erp.confirm_order": ["discontinued"]}},
    "away for good": {"fail": {"erp.create_order": ["Unavailable"]}, "days": 30},
    "cancelled by the customer": {"cancel_after": "erp.confirm_order"},
    "shipped late": {"ship_after": timedelta(days=45)},
}


WEB: dict[str, dict[str, Any]] = {
    "paid, then shipped": {},
    "paid in parts": {"pays": [30, 70]},
    "approved first": {"net": 600_000},
    "cancelled before it was paid": {"cancel_after": "erp.post_order_invoice", "pays": []},
    "never paid": {"pays": [], "days": 90},
}


@pytest.mark.parametrize("way", WEB)
def test_branches_that_run_at_once_are_gone_through_as_they_went(way: str) -> None:
    found = again(recorded("web_order", **WEB[way]), shipped("web_order"))
    assert found.trouble == ""
    said = report([found])
    assert said["counts"]["changed"] == 0, said["differences"]
    assert (said["differences"], said["outcomes"], said["assumptions"], said["unheard"]) == ([],) * 4


@pytest.mark.parametrize("way", WAYS)
def test_the_same_definition_makes_no_difference(way: str) -> None:
    found = again(recorded(**WAYS[way]), shipped("lead_to_cash"))
    assert found.trouble == ""
    said = report([found])
    assert said["counts"]["changed"] == 0, said["differences"]
    assert (said["differences"], said["outcomes"], said["legs"], said["assumptions"], said["unheard"]) == ([],) * 5


def test_a_shorter_promise_gains_a_breach_and_a_longer_one_loses_it(other: Callable[..., Plan]) -> None:
    slow = recorded(ship_after=timedelta(days=35))
    assert [entry.data["sla"] for entry in slow.trail if entry.kind is Kind.SLA_BREACHED] == ["leg:shipment"]
    said = report([again(slow, other(("sla: {target: 20bd", "sla: {target: 60bd")))])
    assert (said["counts"]["breaches_lost"], said["counts"]["breaches_gained"]) == (1, 0)
    quick = recorded()
    said = report([again(quick, other(("      target: 2bd\n", "      target: 50m\n")))])
    assert said["counts"]["breaches_gained"] == 1
    (row,) = [row for row in said["differences"] if row["what"] == "breaches"]
    assert (row["of"], row["how"]) == ("leg:approval", "gained")
    assert said["counts"]["escalations_gained"] >= 1
    assert gate("breaches_gained > 0", said["counts"])
    assert not gate("breaches_gained>1", said["counts"])


LOOK = (
    "  confirm:\n    title",
    "  look:\n    steps:\n      - approve: order\n        binds: [order.net]\n"
    "        levels: [{name: second, from: \"role:finance\", rule: any}]\n        none_found: hold\n"
    "        on_reject: hold\n  confirm:\n    title",
)  # fmt: skip


def test_an_approval_more_is_assumed_and_what_follows_comes_later(other: Callable[..., Plan]) -> None:
    chain = recorded()
    found = again(chain, other(LOOK))
    said = report([found])
    assert found.trouble == ""
    assert said["counts"]["approvals_gained"] == 1
    assert said["counts"]["approvals_lost"] == 0
    assert said["counts"]["outcomes_changed"] == 0
    assert "approves after 1:00:00 (the median of 1 recorded decisions)" in said["assumptions"][0]["assumed"]
    before, after = found.before.legs, found.again.facts.legs
    assert after["look"] == pytest.approx(3600, abs=5)
    assert after["shipment"] == pytest.approx(before["shipment"], abs=5), "goods leave as long after the release"
    assert [row["leg"] for row in said["legs"]] == ["look"]


def test_an_approval_less_loses_its_decisions(other: Callable[..., Plan]) -> None:
    plan = other(
        ("    when: base(order.net) >= money('1000.00 USD')", "    when: base(order.net) >= money('9000.00 USD')")
    )
    said = report([again(recorded(), plan)])
    assert (said["counts"]["approvals_lost"], said["counts"]["approvals_gained"]) == (1, 0)
    assert said["approvers"] == [{"approver": "manager-1", "decisions": -1}]


def test_a_call_more_that_nobody_recorded_succeeds_and_is_listed(other: Callable[..., Plan]) -> None:
    told = (
        "  confirm:\n    title",
        "  told:\n    steps:\n      - call: crm.set_stage\n        with: {opportunity: opportunity.id, stage: \"'x'\"}\n"
        "        undo: {none: it says}\n        on_revisit: skip\n  confirm:\n    title",
    )  # fmt: skip
    said = report([again(recorded(), other(told))])
    assert said["counts"]["not_replayed"] == 0
    assert said["assumptions"] == [{"assumed": "crm.set_stage at told.set_stage succeeds within a second", "times": 1}]


def handed_on(*acts: tuple[str, str, str]) -> Recorded:
    """A chain whose first approval is handed on: (action or decision, who, to whom), an hour after one another."""
    one = simulate("lead_to_cash", Script(decisions=[("manager", "silent")]), run=False)
    world = Recording(Script(decisions=[("manager", "silent")]), one.world.opportunity)  # type: ignore[attr-defined]
    one.world = world
    one.run(MONDAY + timedelta(hours=1))
    (task,) = one.state.tasks.values()
    for number, (action, actor, to) in enumerate(acts):
        one.run(MONDAY + timedelta(hours=2 + number))
        said: dict[str, Any] = {"id": f"{number}", "task": task.id, "actor": actor, "expires": "2099-01-01T00:00:00Z"}
        if action in ("approve", "reject"):
            answer = one.feed(Decide(Decision.model_validate({**said, "decision": action, "digest": task.digest})))
        else:
            answer = one.feed(Act(TaskAct.model_validate({**said, "action": action, "to": to})))
        assert answer is not None
        assert answer.status == "accepted", answer.message
    one.run(MONDAY + timedelta(days=400))
    start = {
        "installation": "test", "plan": one.setting.plan.model_dump(mode="json"), "requester": "nancy",
        "values": {"opportunity": world.opportunity}, "fields": {},
    }  # fmt: skip
    return arrange(one.state.chain, one.trail, start, world.kept, world.intents, world.events, [])


HANDED: dict[str, list[tuple[str, str, str]]] = {
    "transferred": [("transfer", "manager-1", "wen"), ("approve", "wen", "")],
    "delegated": [("delegate", "manager-1", "wen"), ("reject", "wen", ""), ("approve", "manager-1", "")],
    "a signer more": [("add_signer", "manager-1", "wen"), ("approve", "manager-1", ""), ("approve", "wen", "")],
    "withdrawn": [("nudge", "nancy", ""), ("withdraw", "nancy", "")],
}


@pytest.mark.parametrize("way", HANDED)
def test_what_approvers_handed_on_is_handed_on_again(way: str, other: Callable[..., Plan]) -> None:
    chain = handed_on(*HANDED[way])
    assert chain.ended
    found = again(chain, shipped("lead_to_cash"))
    assert found.trouble == ""
    said = report([found])
    assert (said["differences"], said["outcomes"], said["assumptions"], said["unheard"]) == ([],) * 4


def test_a_child_is_said_to_go_as_it_went() -> None:
    said = report([again(recorded("call_off"), shipped("call_off"))])
    assert said["not_replayed"] == []
    assert said["counts"]["changed"] == 0, said["differences"]
    place = "call_offs[CO-1].start_call_off_order"
    assert said["assumptions"] == [
        {"assumed": f"the chain of call_off_order that {place} started goes as it went", "times": 1}
    ]


def test_a_child_that_never_was_is_not_made_up() -> None:
    plan = shipped("call_off")
    without = plan.model_copy(
        update={
            "legs": [one.model_copy(update={"when": "false"}) if one.id == "call_offs" else one for one in plan.legs]
        }
    )
    found = again(recorded(without), plan)
    assert "it would start a chain of call_off_order that never was" in found.trouble
    assert report([found])["counts"]["not_replayed"] == 1


def _without(chain: Recorded, kind: Kind) -> list[Entry]:
    return [entry for entry in chain.trail if entry.kind is not kind]


def test_what_the_records_do_not_tell_is_named_and_never_guessed() -> None:
    plan, chain = shipped("lead_to_cash"), recorded()
    chain.intents.clear()
    lost = again(chain, plan)
    assert "gave is not on record" in lost.trouble
    silent = recorded()
    silent.answers.clear()
    assert "is not on record" in again(silent, plan).trouble
    holed = recorded()
    broken = arrange(holed.chain, _without(holed, Kind.DONE), holed.start, [], {}, {}, [])
    assert "holes" in again(broken, plan).trouble
    unknown = arrange(holed.chain, holed.trail, holed.start, holed.answers, holed.intents, {}, [])
    assert "the fields of event" in again(unknown, plan).trouble
    other_story = recorded()
    other_story.askings[0].said.clear()
    assert "it ended completed, gone through again" in again(other_story, plan).trouble
    said = report([lost, again(recorded(), plan)])
    assert (said["counts"]["chains"], said["counts"]["replayed"], said["counts"]["not_replayed"]) == (2, 1, 1)
    assert said["not_replayed"][0]["chain"] == chain.chain


def test_an_event_whose_cause_does_not_come_is_not_heard(other: Callable[..., Plan]) -> None:
    plan = other(
        (
            "        on_reject: {end: rejected, reason: \"'the order was rejected'\"}",
            "        on_reject: {end: rejected}",
        )
    )
    none = plan.model_copy(
        update={
            "legs": [leg.model_copy(update={"when": "false"}) if leg.id == "shipment" else leg for leg in plan.legs]
        }
    )
    found = again(recorded(), none)
    assert found.again.unheard
    said = report([found])
    assert said["counts"]["unheard"] >= 1
