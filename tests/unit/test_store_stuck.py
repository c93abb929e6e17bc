"""Why a chain does not move: each reason, from the views of a simulated chain and what Temporal would say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ltc.core.simulation import Simulation
from ltc.core.stand_in import Script, StandIn
from ltc.core.state import dump, load
from ltc.definition.plan import Plan
from ltc.model.trail import Entry, Kind
from ltc.store.fold import fold_all
from ltc.store.rows import ChainView
from ltc.store.stuck import classify
from ltc.store.stuck_facts import EngineFacts, PendingActivity, Stuck, TaskFailure
from tests.support.chains import simulate

WALL = datetime(2026, 11, 22, 12, tzinfo=UTC)
QUIET = EngineFacts()


def view_of(simulation: Simulation, upto: int | None = None) -> ChainView:
    return fold_all(ChainView(simulation.state.chain), simulation.trail[:upto])


def asked(
    simulation: Simulation, after: timedelta = timedelta(), engine: EngineFacts = QUIET, **more: Any
) -> list[Stuck]:
    return classify(view_of(simulation), simulation.now + after, WALL, engine, **more)


def until(simulation: Simulation, kind: Kind, **data: object) -> ChainView:
    """The views right after an entry of the trail."""
    for number, entry in enumerate(simulation.trail, 1):
        if entry.kind == kind and data.items() <= {**entry.data, "leg": entry.leg, "step": entry.step}.items():
            return view_of(simulation, number)
    raise AssertionError(f"no {kind} {data}")


def test_a_chain_that_moves_or_has_ended_is_not_stuck() -> None:
    simulation = simulate(net=50_000)
    assert asked(simulation, timedelta(days=900)) == []
    for number in range(1, len(simulation.trail)):
        entry = simulation.trail[number - 1]
        assert classify(view_of(simulation, number), entry.at, entry.wall, QUIET) == []


def test_a_chain_nobody_has_heard_of_is_not_stuck() -> None:
    assert classify(ChainView("c"), WALL, WALL, QUIET) == []


def test_held_names_the_owner_the_reason_and_what_may_be_done() -> None:
    found = asked(simulate(net=50_000, script=Script(fail={"erp.create_order": ["Misconfigured"]})), timedelta(hours=1))
    assert [one.reason for one in found] == ["held"]
    held = found[0]
    assert (held.leg, held.step, held.owner) == ("order", "create_order", "role:operator")
    assert held.detail.startswith("misconfigured")
    assert held.next == ""
    assert {"retry", "skip", "correct", "release"} <= set(held.allowed)


def test_a_chain_held_by_hand_can_be_released() -> None:
    simulation = simulate(net=50_000, script=Script(parts=[]), until=timedelta(days=1))
    simulation.feed(simulation.world.intervention(action="hold"))  # type: ignore[attr-defined]
    held = asked(simulation)[0]
    assert (held.reason, held.owner, held.leg) == ("held", "olga", "")
    assert held.allowed == ["release", "cancel", "extend"]


def test_an_approval_past_its_time_is_overdue_for_those_asked() -> None:
    simulation = simulate(net=250_000, script=Script(decisions=[("manager", "silent")]), run=False)
    simulation.run(simulation.now + timedelta(hours=2))
    assert asked(simulation) == []
    late = asked(simulation, timedelta(days=3))
    assert [one.reason for one in late] == ["human_overdue"]
    assert late[0].owner == "manager-1, manager-2, manager-3"
    assert late[0].since is not None
    assert late[0].since > simulation.now
    assert "approve" in late[0].allowed


def test_an_event_that_does_not_come_is_late_only_past_its_time() -> None:
    simulation = simulate(net=50_000, script=Script(parts=[]), run=False)
    simulation.run(simulation.now + timedelta(days=1))
    (wait,) = [row for _, row in view_of(simulation).each("waits")]
    assert asked(simulation, timedelta(hours=1)) == []
    late = classify(view_of(simulation), wait["deadline"] + timedelta(hours=1), WALL, QUIET)
    assert [one.reason for one in late] == ["event_late"]
    assert (late[0].owner, late[0].leg) == ("system:erp", "shipment")
    assert "erp.goods_shipped" in late[0].detail


def test_a_wait_that_was_held_is_held_not_late() -> None:
    simulation = simulate(net=50_000, script=Script(parts=[]), until=timedelta(days=100))
    assert {one.reason for one in asked(simulation, timedelta(days=30))} == {"held"}


def pending(view: ChainView, **changes: Any) -> PendingActivity:
    (key,) = [key for key, _ in view.each("steps")]
    plain = {"chain": view.chain, "id": f"{key[0]}.{key[2]}#1", "operation": key[3], "queue": "ltc-erp"}
    return PendingActivity.model_validate({**plain, **changes})


def test_a_call_that_fails_again_and_again_is_retrying_with_its_last_error() -> None:
    view = until(simulate(net=50_000), Kind.SCHEDULED, op="erp.create_order")
    next_try = WALL + timedelta(seconds=8)
    engine = EngineFacts(pending=[pending(view, attempt=4, last_error="503 from the ERP", next_try=next_try)])
    (found,) = classify(view, WALL, WALL, engine)
    assert (found.reason, found.owner, found.next_at, found.clock) == ("retrying", "system:erp", next_try, "wall")
    assert "4 attempts" in found.detail
    assert "503" in found.detail
    assert (found.leg, found.step) == ("order", "create_order")


def test_a_first_attempt_under_way_is_not_stuck() -> None:
    view = until(simulate(net=50_000), Kind.SCHEDULED, op="erp.create_order")
    assert classify(view, WALL, WALL, EngineFacts(pending=[pending(view)], pollers={"ltc-erp": 1})) == []


@pytest.mark.parametrize("told", [True, False])
def test_a_queue_that_nobody_polls_is_no_worker(told: bool) -> None:
    view = until(simulate(net=50_000), Kind.SCHEDULED, op="erp.create_order")
    engine = EngineFacts(pending=[pending(view, attempt=5)] if told else [], pollers={"ltc-erp": 0, "ltc-crm": 1})
    (found,) = classify(view, WALL, WALL, engine)
    assert (found.reason, found.owner) == ("no_worker", "role:operator")
    assert "ltc-erp" in found.detail


def test_a_reading_that_the_trail_does_not_tell_of_is_found_among_pending_activities() -> None:
    simulation = simulate(net=50_000, script=Script(parts=[]), run=False)
    simulation.run(simulation.now + timedelta(days=1))
    watch = PendingActivity(
        chain=simulation.state.chain, id="shipment.goods_shipped#1/read1", operation="erp.watch_shipments", attempt=3
    )
    (found,) = asked(simulation, engine=EngineFacts(pending=[watch]))
    assert (found.reason, found.leg, found.step) == ("retrying", "shipment", "goods_shipped")


def test_what_belongs_to_other_chains_does_not_count() -> None:
    view = until(simulate(net=50_000), Kind.SCHEDULED, op="erp.create_order")
    engine = EngineFacts(
        pending=[pending(view, chain="other", attempt=9)], failures=[TaskFailure(chain="other", cause="x")]
    )
    assert classify(view, WALL, WALL, engine) == []


def test_a_failing_workflow_task_is_the_engines_fault_and_comes_first() -> None:
    view = until(simulate(net=50_000), Kind.SCHEDULED, op="erp.create_order")
    engine = EngineFacts(
        pending=[pending(view, attempt=2)], failures=[TaskFailure(chain=view.chain, cause="KeyError: 'x'", attempt=7)]
    )
    assert [one.reason for one in classify(view, WALL, WALL, engine)] == ["engine_fault", "retrying"]


def test_an_unknown_outcome_says_that_a_probe_follows() -> None:
    simulation = simulate(net=50_000, script=Script(lost={"erp.create_order": True}))
    (found,) = classify(until(simulation, Kind.UNKNOWN), simulation.now, WALL, QUIET)
    assert (found.reason, found.step, found.next) == ("unknown_outcome", "create_order", "it is probed")


def test_a_probe_that_keeps_failing_is_an_unknown_outcome_with_its_next_try() -> None:
    simulation = simulate(net=50_000, script=Script(lost={"erp.create_order": True}))
    view = until(simulation, Kind.SCHEDULED, mode="probe")
    engine = EngineFacts(pending=[pending(view, attempt=2, id="order.create_order#0/probe1", next_try=WALL)])
    (found,) = classify(view, WALL, WALL, engine)
    assert (found.reason, found.next_at) == ("unknown_outcome", WALL)


def test_compensating_says_how_much_is_left() -> None:
    simulation = simulate(net=250_000, script=Script(decisions=[("manager", "reject")]))
    (found,) = classify(until(simulation, Kind.COMPENSATING), simulation.now, WALL, QUIET)
    assert found.reason == "compensating"
    assert found.detail.startswith("2 effects")


def test_a_compensation_that_remains_rests_with_a_human() -> None:
    simulation = simulate(
        net=250_000, script=Script(decisions=[("manager", "reject")], refuse={"erp.cancel_order": ["invoiced"]})
    )
    (found,) = asked(simulation)
    assert (found.reason, found.allowed) == ("held", ["retry", "skip"])
    assert found.detail.startswith("compensation_remains")


def test_working_time_is_counted_where_a_window_is_given() -> None:
    simulation = simulate(net=50_000, script=Script(fail={"erp.create_order": ["Misconfigured"]}))
    (held,) = asked(simulation, timedelta(hours=5), working=lambda since, now: (now - since).total_seconds() / 2)
    assert held.since is not None
    assert held.since_working == pytest.approx((simulation.now - held.since).total_seconds() / 2 + 9_000)


def test_every_answer_is_complete() -> None:
    scripts = [
        Script(parts=[]),
        Script(pays=[]),
        Script(cancel_after="erp.post_invoice"),
        Script(people={"manager": []}),
    ]
    told = [one for script in scripts for one in asked(simulate(net=250_000, script=script), timedelta(days=90))]
    assert len(told) >= len(scripts)
    assert all(one.owner and one.detail and one.since for one in told)


def test_entries_of_the_future_do_not_disturb() -> None:
    lone = Entry(seq=1, at=WALL, wall=WALL, kind=Kind.CHAIN_STARTED, data={"process": "p"})
    assert classify(fold_all(ChainView("c"), [lone]), WALL - timedelta(days=1), WALL, QUIET) == []


def _cases() -> list[tuple[str, Script, list[str]]]:
    """What holds a chain, and what may be done then: each of these is taken, and none that is left out would help."""
    lost, no = {"erp.create_order": ["OutcomeUnknown"]}, [("manager", "reject")]
    return [
        ("held approval", Script(people={"manager": []}), ["retry", "release", "cancel"]),
        ("sent once", Script(fail=lost), ["skip", "correct", "cancel"]),
        ("nonsense, sent once", Script(fail={"erp.create_order": ["ContractBroken"]}), ["skip", "correct", "cancel"]),
        ("remains", Script(decisions=no, refuse={"erp.cancel_order": ["invoiced"]}), ["retry", "skip"]),
    ]


@pytest.mark.parametrize(("what", "script", "allowed"), _cases(), ids=lambda one: one if isinstance(one, str) else "")
def test_what_may_be_done_can_be_done(what: str, script: Script, allowed: list[str]) -> None:
    simulation = simulate(net=250_000, script=script, run=False)
    if "once" in what:
        simulation.setting = replace(simulation.setting, plan=_sent_once(simulation.setting.plan))
    simulation.run(simulation.now + timedelta(hours=3))
    (found, *others) = asked(simulation)
    assert found.allowed == allowed
    assert all("retry" not in one.allowed for one in others)
    for action in allowed:
        fork = Simulation(simulation.setting, load(dump(simulation.state)), simulation.world, simulation.now)
        given = {"document": {"id": "BY-HAND", "version": 1}} if action in ("skip", "correct") else {}
        place = {"leg": found.leg, "item": found.item, "step": found.step} if found.leg and action != "cancel" else {}
        wish = simulation.world.intervention(action=action, **place, **given)  # type: ignore[attr-defined]
        answer = fork.feed(wish)
        assert answer is not None
        assert answer.status == "accepted", (action, answer)


def _sent_once(plan: Plan) -> Plan:
    """A plan whose systems have nothing to search by."""
    said = {
        name: one.model_copy(update={"effect_class": "D"}) if one.effect else one
        for name, one in plan.operations.items()
    }  # fmt: skip
    return plan.model_copy(update={"operations": said})


def test_while_undoing_a_hold_by_hand_is_released_and_nothing_else() -> None:
    simulation = simulate(net=250_000, script=Script(decisions=[("manager", "reject")]), run=False)
    world = simulation.world
    assert isinstance(world, StandIn)
    while simulation.state.status != "compensating":
        assert simulation.happen()
    for action in ("retry", "skip"):
        answer = simulation.feed(world.intervention(action=action))
        assert answer is not None
        assert (answer.status, answer.message[:15]) == ("refused", "nothing remains")
    simulation.feed(world.intervention(action="hold"))
    (found,) = [one for one in asked(simulation) if one.reason == "held"]
    assert found.allowed == ["release"]
    answer = simulation.feed(world.intervention(action="retry"))
    assert answer is not None
    assert "release it" in answer.message
    simulation.feed(world.intervention(action="release"))
    simulation.run()
    assert simulation.finished is not None
    assert simulation.finished.outcome == "rejected"


def test_a_ladder_that_carries_out_a_level_waits_for_nothing_meanwhile() -> None:
    script = Script(pays=[], fail={"erp.create_dunning": ["Misconfigured"]})
    simulation = simulate("distributor", script, until=timedelta(days=60))
    assert [(one.reason, one.step) for one in asked(simulation)] == [("held", "first_notice")]
