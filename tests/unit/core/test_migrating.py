"""Moving a chain at rest to another plan, going back, and newer calendars: on the pure core."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ltc.core.fitting import examine
from ltc.core.interventions import objection
from ltc.core.simulation import Simulation
from ltc.core.stand_in import Script
from ltc.definition.compile import load
from ltc.definition.plan import Plan
from ltc.model.ids import digest
from ltc.model.messages import Answer
from tests.support.chains import ROOT, shipped, simulate, window

SHIPPED = (ROOT / "process_defs" / "lead_to_cash.yaml").read_text()


@pytest.fixture
def other(tmp_path: Path) -> Any:
    """Compiles the shipped definition with some of its text replaced."""

    def made(*swaps: tuple[str, str]) -> Plan:
        text = SHIPPED
        for before, after in swaps:
            assert before in text, before
            text = text.replace(before, after)
        path = tmp_path / "lead_to_cash.yaml"
        path.write_text(text)
        return load(path)

    return made


def at_approval(net: int = 200_000, days: float = 0.5, **script: Any) -> Simulation:
    """A chain that waits for its manager."""
    return simulate(
        script=Script(**{"decisions": [("manager", "silent")], **script}), net=net, until=timedelta(days=days)
    )


def ask(one: Simulation, action: str, plan: Plan | None = None, **more: Any) -> Answer:
    """Move a chain as the client would."""
    what: dict[str, Any] = {"action": action, "was": one.setting.plan.digest, **more}
    if plan is not None:
        what["plan"] = plan.model_dump(mode="json")
    calendars = {"cn": window("cn").model_dump(mode="json")}
    answer = one.feed(one.world.intervention(**{"windows": calendars, **what}))  # type: ignore[attr-defined]
    assert answer is not None
    return answer


def kinds(one: Simulation, kind: str) -> list[dict[str, Any]]:
    """The data of a trail's entries of one kind."""
    return [entry.data for entry in one.trail if entry.kind == kind]


def decide(one: Simulation, **what: Any) -> None:
    """The manager decides on the open task."""
    from ltc.core.commands import Decide
    from ltc.model.messages import Decision

    task = next(task for task in one.state.tasks.values() if task.status == "open")
    plain = {"id": "D-1", "task": task.id, "decision": "approve", "actor": task.candidates[0], "digest": task.digest}
    answer = one.feed(Decide(Decision.model_validate({**plain, "expires": "2099-01-01T00:00:00Z", **what})))
    assert answer is not None
    assert answer.status == "accepted", answer


CALLED = ("call: erp.confirm_order\n", "call: erp.confirm_order\n        name: go_ahead\n")
LONGER = ("sla: {target: 120bd", "sla: {target: 60bd")


def test_a_chain_at_rest_goes_on_under_the_new_plan(other: Any) -> None:
    one, plan = at_approval(), other(CALLED, LONGER)
    before = one.state.slas["chain"].deadline
    assert ask(one, "migrate", plan).status == "accepted"
    assert one.setting.plan.digest == plan.digest
    assert kinds(one, "migrated")[0]["plan"] == plan.digest[:12]
    moved = next(data for data in kinds(one, "sla_moved") if data["sla"] == "chain")
    assert moved["was"] == before.isoformat()  # type: ignore[union-attr]
    assert moved["deadline"] < moved["was"]
    decide(one)
    one.run(one.now + timedelta(days=100))
    assert one.state.outcome == "completed"
    assert any("confirm.go_ahead do erp.confirm_order" in line for line in one.path())


def test_what_is_there_survives_writing_the_state(other: Any) -> None:
    one = at_approval()
    one.roundtrip = True
    answer = ask(one, "migrate", other(CALLED))
    assert answer.status == "accepted", answer.message
    decide(one)
    one.run(one.now + timedelta(days=100))
    assert one.state.outcome == "completed"


BLOCKED: dict[str, tuple[list[tuple[str, str]], str]] = {
    "an entered leg does something else": (
        [("with: {customer: customer.erp_id, lines: opportunity.lines}\n        as: order\n        undo",
          "with: {customer: opportunity.customer.id, lines: opportunity.lines}\n        as: order\n        undo")],
        "leg order has been entered, and order.create_order is another there (call)",
    ),
    "an entered leg has another name": (
        [("  order:\n    title", "  orders:\n    title"), ("send_back: order,", "send_back: orders,")],
        "leg order has been entered, and is not in the definition: it looks like orders there, but a leg that was "
        "entered keeps its name; give it a title",
    ),
    "an entered leg has a new step": (
        [("    steps:\n      - call: erp.create_order",
          "    steps:\n      - call: crm.set_stage\n        with: {opportunity: opportunity.id, stage: \"'x'\"}\n"
          "        undo: {none: it says}\n        on_revisit: skip\n      - call: erp.create_order")],
        "leg order has been entered, and has a new step order.set_stage",
    ),
    "an undo is gone": (
        [("        undo: {call: erp.cancel_order, with: {order: order.id}}\n        on_revisit",
          "        undo: {none: left to people}\n        on_revisit")],
        "the undo of erp.create_order at order.create_order, which has taken effect, is gone",
    ),
    "a new leg behind it": (
        [("  order:\n    title: {en: Order", "  early:\n    steps:\n      - call: crm.set_stage\n        with: {opportunity: "
          "opportunity.id, stage: \"'x'\"}\n        undo: {none: it says}\n  order:\n    title: {en: Order")],
        "leg early comes before one that has been entered",
    ),
    "billed otherwise": (
        [("billing: {basis: delivery, tolerance: {over: 5%, under: 2%}}", "billing: {basis: delivery}")],
        "billing is another",
    ),
    "a new name at the start": (
        [("input: {opportunity: event.opportunity}", "input: {opportunity: event.opportunity, id: event.opportunity.id}"),
         ("with: {opportunity: opportunity.id}\n        undo: {call: crm.reopen_lead, with: {opportunity: opportunity.id}}",
          "with: {opportunity: opportunity.id}\n        undo: {call: crm.reopen_lead, with: {opportunity: id}}")],
        "name missing: 'id' of start.input",
    ),
    "a step renamed without saying so": (
        [("call: erp.create_order            # a draft", "call: erp.create_order\n        name: make_it            # a draft")],
        "its step order.create_order is gone; if it is only renamed: --map order.create_order=order.make_it",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BLOCKED)
def test_what_blocks_it_is_said_and_nothing_is_changed(case: str, other: Any) -> None:
    swaps, said = BLOCKED[case]
    one = at_approval()
    plan, trail = other(*swaps), len(one.trail)
    answer = ask(one, "migrate", plan)
    assert answer.status == "refused"
    assert said in answer.message
    assert len(one.trail) == trail
    assert one.setting.plan == shipped("lead_to_cash")


def test_in_flight_is_not_at_rest(other: Any) -> None:
    one = simulate(script=Script(), net=200_000, run=False)
    one.happen()
    assert one.state.flights
    answer = ask(one, "migrate", other(CALLED))
    assert answer.status == "in_flight"
    assert "crm.qualify_lead" in answer.message


def test_a_chain_that_is_being_undone_does_not_move(other: Any) -> None:
    one = at_approval()
    one.feed(one.world.intervention(action="cancel"))  # type: ignore[attr-defined]
    assert "compensating" in ask(one, "migrate", other(CALLED)).message


def test_an_unknown_outcome_comes_first(other: Any) -> None:
    script = Script(fail={"erp.confirm_order": ["ContractBroken"]})
    one = simulate(script=script, until=timedelta(days=1))
    assert one.state.holds
    assert "whether erp.confirm_order" in ask(one, "migrate", other(LONGER)).message


RENAMED = (
    "call: erp.create_order            # a draft",
    "call: erp.create_order\n        name: make_it            # a draft",
)
MAP = {"order.create_order": "order.make_it"}


def test_a_renamed_step_is_found_again_and_undone_by_its_old_key(other: Any) -> None:
    one, plan = at_approval(), other(RENAMED)
    key = next(effect.key for effect in one.state.effects if effect.op == "erp.create_order")
    assert ask(one, "migrate", plan, renames=MAP).status == "accepted"
    assert [effect.key for effect in one.state.effects if effect.place == "order.make_it"] == [key]
    decide(one, decision="send_back", id="D-2")
    one.run(one.now + timedelta(hours=1))
    assert "order.make_it revisited call" in one.path(), "the effect is known under the new name: it is not done again"
    one.feed(one.world.intervention(action="cancel"))  # type: ignore[attr-defined]
    one.run(one.now + timedelta(days=2))
    assert one.state.outcome == "cancelled"
    assert "order.make_it undone" in one.path()


def test_old_effects_are_undone_the_old_way(other: Any) -> None:
    """The new plan reverses an order by unconfirming it; what took effect before is cancelled, as was pinned."""
    one = at_approval()
    plan = other(
        (
            "undo: {call: erp.cancel_order, with: {order: order.id}}",
            "undo: {call: erp.unconfirm_order, with: {order: order.id}}",
        )
    )
    assert "erp.cancel_order" not in plan.operations
    assert ask(one, "migrate", plan).status == "accepted"
    one.feed(one.world.intervention(action="cancel"))  # type: ignore[attr-defined]
    one.run(one.now + timedelta(days=2))
    assert one.state.outcome == "cancelled"
    undone = next(data for data in kinds(one, "undone") if data["op"] == "erp.create_order")
    assert undone["by"] == ["erp.cancel_order"]


def test_going_back_until_a_leg_has_been_entered(other: Any) -> None:
    one, plan = at_approval(), other(RENAMED, LONGER)
    due = one.state.slas["chain"].deadline
    assert "never moved" in ask(one, "revert", shipped("lead_to_cash")).message
    ask(one, "migrate", plan, renames=MAP)
    assert "already" in ask(one, "migrate", plan).message
    assert ask(one, "revert", shipped("lead_to_cash")).status == "accepted"
    assert one.setting.plan.digest == shipped("lead_to_cash").digest
    assert one.state.slas["chain"].deadline == due
    assert any(effect.place == "order.create_order" for effect in one.state.effects)
    assert not one.state.versions
    ask(one, "migrate", plan, renames=MAP)
    decide(one)
    one.run(one.now + timedelta(hours=2))
    assert "has entered confirm" in ask(one, "revert", shipped("lead_to_cash")).message


def test_going_back_leads_to_the_plan_before_and_no_other(other: Any) -> None:
    one = at_approval()
    ask(one, "migrate", other(LONGER))
    answer = ask(one, "revert", other(("sla: {target: 120bd", "sla: {target: 61bd")))
    assert "going back leads to plan" in answer.message


def test_the_plan_must_be_the_one_meant_and_whole(other: Any) -> None:
    one, plan = at_approval(), other(LONGER)
    assert "look again" in ask(one, "migrate", plan, was="x" * 64).message
    assert "names" in ask(one, "migrate", plan.model_copy(update={"currency": "EUR"})).message
    assert "calendars cn are not" in ask(one, "migrate", plan, windows={}).message
    assert "cannot be read" in ask(one, "migrate", plan, windows={"cn": {"name": "cn"}}).message
    assert "cannot be read: plan" in ask(one, "migrate").message or "cannot be read" in ask(one, "migrate").message


def test_a_breach_stays_a_breach_and_a_warning_is_not_given_twice(other: Any) -> None:
    one = at_approval(days=6)
    clock = one.state.slas["leg:approval"]
    assert clock.breached
    warned = len(kinds(one, "sla_warned"))
    plan = other(("      target: 2bd\n", "      target: 30bd\n"))
    assert ask(one, "migrate", plan).status == "accepted"
    clock = one.state.slas["leg:approval"]
    assert clock.breached
    assert clock.warned
    assert clock.deadline > one.now  # type: ignore[operator]
    one.run(one.now + timedelta(days=80))
    breaches = [data for data in kinds(one, "sla_breached") if data["sla"] == "leg:approval"]
    assert len(breaches) == 1
    assert len([data for data in kinds(one, "sla_warned") if data["sla"] == "leg:approval"]) == 1 <= warned


def test_a_shorter_promise_is_breached_at_once_without_a_lag_of_the_engine(other: Any) -> None:
    one = at_approval()
    one.now += timedelta(hours=5)
    assert ask(one, "migrate", other(("      target: 2bd\n", "      target: 1bh\n"))).status == "accepted"
    breach = next(data for data in kinds(one, "sla_breached") if data["sla"] == "leg:approval")
    assert breach["lag"] == 0


def test_a_promise_that_is_made_no_more_ends(other: Any) -> None:
    one = at_approval()
    assert ask(one, "migrate", other(("sla: {target: 120bd, warn_at: 80%}\n", ""))).status == "accepted"
    assert "chain" not in one.state.slas
    assert kinds(one, "sla_ended")[-1]["why"] == "no longer promised"


def newer(**changes: Any) -> dict[str, Any]:
    """A newer calendar: Wednesday to Friday of the first week are free."""
    found = window("cn").model_copy(update={"version": "newer", "flips": (3, 4, 5), **changes})
    return {"cn": found.model_dump(mode="json")}


def test_recalendar_moves_open_deadlines_and_says_so() -> None:
    one = at_approval()
    before = one.state.slas["leg:approval"].deadline
    assert ask(one, "recalendar", windows=newer()).status == "accepted"
    after = one.state.slas["leg:approval"].deadline
    assert after > before  # type: ignore[operator]
    assert kinds(one, "recalendared")[0]["calendars"] == {"cn": ["test", "newer"]}
    moved = next(data for data in kinds(one, "sla_moved") if data["sla"] == "leg:approval")
    assert (moved["was"], moved["deadline"]) == (before.isoformat(), after.isoformat())  # type: ignore[union-attr]
    assert "already" in ask(one, "recalendar", windows=newer()).message
    one.run(after + timedelta(hours=1) if after else None)
    breach = [entry.at for entry in one.trail if entry.kind == "sla_breached" and entry.data["sla"] == "leg:approval"]
    assert breach == [after], "late, never early: at the instant of the newer calendar"


def test_recalendar_never_unbreaches() -> None:
    one = at_approval(days=4.5)
    assert one.state.slas["leg:approval"].breached
    assert ask(one, "recalendar", windows=newer()).status == "accepted"
    clock = one.state.slas["leg:approval"]
    assert clock.breached
    assert clock.deadline > one.now  # type: ignore[operator]


def test_recalendar_is_asked_while_a_call_is_in_flight_and_passes_unknown_calendars_by() -> None:
    one = simulate(script=Script(), run=False)
    one.happen()
    assert ask(one, "recalendar", windows={"de": window("de").model_dump(mode="json")}).status == "refused"
    assert ask(one, "recalendar", windows=newer()).status == "accepted"
    one.run(one.now + timedelta(days=100))
    assert one.state.outcome == "completed"


def test_the_time_limit_of_a_wait_moves_with_the_plan(other: Any) -> None:
    """``within`` of a leg that has been entered cannot change; the calendar by which it counts can."""
    plan = other(("within: 40d", "within: 4bd"))
    one = simulate(plan, Script(parts=[]), net=50_000, until=timedelta(days=0.5))
    token = next(token for token in one.state.tokens.values() if token.status == "waiting")
    before = token.deadline
    assert ask(one, "recalendar", windows=newer()).status == "accepted"
    assert token.deadline > before  # type: ignore[operator]
    assert kinds(one, "wait_moved")


def test_a_delay_of_working_time_moves_with_the_calendar(other: Any) -> None:
    plan = other(
        (
            "      - wait: erp.goods_shipped",
            "      - delay: 4bd\n        on_revisit: skip\n      - wait: erp.goods_shipped",
        )
    )
    one = simulate(plan, Script(), net=50_000, until=timedelta(days=0.5))
    (token,) = (token for token in one.state.tokens.values() if token.status == "waiting")
    before = token.deadline
    assert ask(one, "recalendar", windows=newer()).status == "accepted"
    after = token.deadline
    assert after > before  # type: ignore[operator]
    assert kinds(one, "wait_moved")[-1]["deadline"] == after.isoformat()  # type: ignore[union-attr]
    one.run(one.now + timedelta(days=60))
    assert [entry.at for entry in one.trail if entry.kind == "delay_over"] == [after]


def test_examine_only_looks(other: Any) -> None:
    one = at_approval()
    fit = examine(shipped("lead_to_cash"), other(RENAMED), one.state, MAP)
    assert (fit.status, fit.reasons) == ("mapped", [])
    assert examine(shipped("lead_to_cash"), other(LONGER), one.state, {}).status == "safe"
    wrong = examine(
        shipped("lead_to_cash"), other(RENAMED), one.state, {"order.x": "order.y", "lead.resolve": "order.make_it"}
    )
    assert "map order.x=order.y: the chain's plan has no step order.x" in wrong.reasons
    assert "map lead.resolve=order.make_it: a step keeps its leg" in wrong.reasons


def test_a_plan_that_an_older_program_wrote_is_whole_without_what_it_does_not_know(other: Any) -> None:
    """A digest names a plan as it was written: a key that came later must not make it another."""
    one, plan = at_approval(), other(LONGER)
    written = plan.model_dump(mode="json", exclude={"digest", "keep_open"})
    written["digest"] = digest(written)
    answer = one.feed(one.world.intervention(  # type: ignore[attr-defined]
        action="migrate", plan=written, was=one.setting.plan.digest, windows={"cn": window("cn").model_dump(mode="json")}
    ))  # fmt: skip
    assert answer is not None
    assert answer.status == "accepted", answer.message


def test_what_was_taken_is_not_objected_to_again_when_it_is_replayed(other: Any) -> None:
    """Rules may grow stricter: an Update that was checked before it was taken is carried out whatever they say now."""
    one = at_approval()
    swaps, _ = BLOCKED["billed otherwise"]
    plan = other(*swaps).model_dump(mode="json")
    calendars = {"cn": window("cn").model_dump(mode="json")}
    wish = one.world.intervention(action="migrate", plan=plan, was=one.setting.plan.digest, windows=calendars)  # type: ignore[attr-defined]
    assert objection(one.setting, one.state, wish.intervention) is not None
    answer = one.feed(replace(wish, checked=True))
    assert answer is not None
    assert answer.status == "accepted"


def test_an_answer_is_given_once(other: Any) -> None:
    one, plan = at_approval(), other(LONGER)
    wish = one.world.intervention(  # type: ignore[attr-defined]
        action="migrate", plan=plan.model_dump(mode="json"), was=one.setting.plan.digest,
        windows={"cn": window("cn").model_dump(mode="json")},
    )  # fmt: skip
    first, again = one.feed(wish), one.feed(wish)
    assert first is not None
    assert again is not None
    assert (first.status, again.status, len(kinds(one, "migrated"))) == ("accepted", "accepted", 1)
    assert objection(one.setting, one.state, wish.intervention) is None


def test_what_counts_as_a_decision_and_the_time_of_a_task_follow_a_newer_calendar(other: Any) -> None:
    """``silence`` of a level and ``within`` of a task are counted by the calendar, too."""
    silent = other(
        (
            "from: {manager_of: requester}, rule: any}",
            "from: {manager_of: requester}, rule: any, silence: {after: 3bd, then: approve}}",
        )
    )
    one = simulate(silent, Script(decisions=[("manager", "silent")]), net=200_000, until=timedelta(days=0.5))
    task = next(task for task in one.state.tasks.values() if task.status == "open")
    before = task.silence_at
    assert ask(one, "recalendar", windows=newer()).status == "accepted"
    assert task.silence_at > before  # type: ignore[operator]
    assert kinds(one, "silence")[-1]["deadline"] == task.silence_at.isoformat()  # type: ignore[union-attr]
    tasked = other((
        "  confirm:\n    title",
        "  look:\n    steps:\n      - task: look\n        assign: 'role:finance'\n        within: 3bd\n        on_timeout: skip\n"
        "        form: {fine: {type: yes_no}}\n        as: seen\n        undo: {none: looked at}\n  confirm:\n    title",
    ))  # fmt: skip
    two = simulate(tasked, Script(), net=50_000, run=False)
    while not (waiting := [token for token in two.state.tokens.values() if token.status == "tasked"]):
        assert two.happen()
    (token,) = waiting
    due = token.deadline
    assert ask(two, "recalendar", windows=newer()).status == "accepted"
    assert token.deadline > due  # type: ignore[operator]


@pytest.mark.parametrize("date", ["2026-04-20T00:00:00", None])
def test_a_promise_by_a_date_without_a_zone_stays_as_it_was(other: Any, date: str | None) -> None:
    one = simulate(
        script=Script(decisions=[("manager", "silent")]), net=200_000, until=timedelta(days=0.5), required_on=date
    )
    before = one.state.slas["chain"].deadline
    plan = other(("sla: {target: 120bd", "sla: {target: {due: opportunity.required_on}"))
    assert ask(one, "migrate", plan).status == "accepted"
    assert one.state.slas["chain"].deadline == before
    assert any("kept:" in str(data.get("why")) for data in kinds(one, "sla_moved"))
    decide(one)
    one.run(one.now + timedelta(days=100))
    assert one.state.outcome == "completed"
