"""Where a chain goes: each path of lead_to_cash, told in the words of its trail."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ltc.core.simulation import Simulation
from ltc.core.stand_in import Script, StandIn
from tests.support.chains import simulate


def effects(simulation: Simulation) -> list[str]:
    """What took effect, in order."""
    assert isinstance(simulation.world, StandIn)
    return [op for op, _ in simulation.world.effects]


def outcome(simulation: Simulation) -> str:
    """How the chain ended; where it rests when it has not."""
    if simulation.finished:
        return simulation.finished.outcome
    return "held: " + ", ".join(hold.reason for hold in simulation.state.holds)


PLAIN = ["crm.qualify_lead", "erp.create_order", "erp.confirm_order", "erp.release_delivery", "erp.post_invoice"]


def test_a_small_order_goes_straight_to_the_bank() -> None:
    simulation = simulate(net=50_000)
    assert outcome(simulation) == "completed"
    assert effects(simulation) == PLAIN
    assert "approval skipped" in simulation.path()


def test_a_middling_order_asks_the_manager_and_a_large_one_finance_too() -> None:
    middling, large = simulate(net=250_000).path(), simulate(net=800_000).path()
    assert "approval.approve_order asks manager" in middling
    assert "approval.approve_order asks finance" not in middling
    assert large.count("approval.approve_order finance approve") == 2


def test_each_part_delivery_is_billed_as_it_leaves_and_paid_in_parts() -> None:
    simulation = simulate(script=Script(parts=[40, 60], pays=[30, 70]))
    path = simulation.path()
    assert outcome(simulation) == "completed"
    billed, shipped = "invoice[D-1].post_invoice do erp.post_invoice", "shipment.goods_shipped took erp.goods_shipped"
    assert path.index(billed) < len(path) - path[::-1].index(shipped)
    assert effects(simulation).count("erp.post_invoice") == 2
    assert simulation.state.collections["invoices"].keys() == {"INV-D-1", "INV-D-2"}
    assert all(invoice["settled"] for invoice in simulation.state.collections["invoices"].values())


def test_a_rejected_order_is_undone_newest_first() -> None:
    simulation = simulate(script=Script(decisions=[("manager", "reject")]))
    assert outcome(simulation) == "rejected"
    assert effects(simulation) == ["crm.qualify_lead", "erp.create_order", "erp.cancel_order", "crm.reopen_lead"]
    assert not [effect for effect in simulation.state.effects if effect.status != "undone"]


def test_a_lost_opportunity_ends_lost_and_what_took_effect_stands() -> None:
    simulation = simulate(lost=True, loss_reason="too dear")
    assert outcome(simulation) == "lost"
    assert simulation.finished is not None
    assert simulation.finished.reason == "too dear"
    assert effects(simulation) == ["crm.qualify_lead"]


def test_a_customer_who_cancels_before_the_pivot_has_everything_undone() -> None:
    simulation = simulate(script=Script(cancel_after="erp.release_delivery"))
    assert outcome(simulation) == "cancelled"
    assert effects(simulation)[-4:] == [
        "erp.cancel_delivery",
        "erp.unconfirm_order",
        "erp.cancel_order",
        "crm.reopen_lead",
    ]


def test_a_customer_who_cancels_after_the_pivot_rests_with_a_human() -> None:
    simulation = simulate(script=Script(cancel_after="erp.post_invoice"))
    assert outcome(simulation) == "held: past_pivot"
    assert effects(simulation) == PLAIN


def test_with_consent_a_cancellation_past_the_pivot_credits_and_takes_the_goods_back() -> None:
    simulation = simulate(script=Script(cancel_after="erp.post_invoice", pays=[]))
    world = simulation.world
    assert isinstance(world, StandIn)
    simulation.at(simulation.now, world.intervention(action="cancel", consent=True))
    simulation.run()
    assert outcome(simulation) == "cancelled"
    assert effects(simulation)[len(PLAIN) :] == ["erp.credit_note", "erp.receive_return"]
    stands = [effect.op for effect in simulation.state.effects if effect.status == "stands"]
    assert stands == ["crm.qualify_lead", "erp.create_order", "erp.confirm_order", "erp.release_delivery"]


def test_a_credit_limit_is_lifted_by_an_approval_and_the_call_repeated_with_the_override() -> None:
    simulation = simulate(script=Script(refuse={"erp.confirm_order": ["credit_limit"]}))
    assert outcome(simulation) == "completed"
    calls = [one for one in simulation.schedules if one.name == "erp.confirm_order"]
    assert [call.payload["args"].get("override") for call in calls] == [None, "credit_limit"]
    assert calls[0].payload["key"] == calls[1].payload["key"]
    assert calls[0].id != calls[1].id


def test_no_credit_rejects_the_order() -> None:
    simulation = simulate(
        script=Script(refuse={"erp.confirm_order": ["credit_limit"]}, decisions=[("credit", "reject")])
    )
    assert outcome(simulation) == "rejected"
    assert "erp.confirm_order" not in effects(simulation)


def test_an_order_out_of_stock_is_held_and_goes_on_when_retried() -> None:
    simulation = simulate(script=Script(refuse={"erp.confirm_order": ["out_of_stock"]}))
    assert outcome(simulation).startswith("held: ")
    assert isinstance(simulation.world, StandIn)
    simulation.at(simulation.now, simulation.world.intervention(action="retry"))
    simulation.run()
    assert outcome(simulation) == "completed"


def test_an_unpaid_invoice_is_written_off_with_an_approval() -> None:
    simulation = simulate(script=Script(pays=[]))
    assert outcome(simulation) == "written_off"
    assert effects(simulation)[-1] == "erp.write_off"
    path = simulation.path()
    assert path.index("collection[INV-D-1].payment_allocated timed out") < path.index(
        "collection[INV-D-1].write_off do erp.write_off"
    )


def test_a_silent_approver_is_warned_of_breached_and_escalated() -> None:
    simulation = simulate(script=Script(decisions=[("manager", "silent")]), until=timedelta(days=30))
    path = simulation.path()
    assert [line for line in path if "leg:approval" in line][:3] == [
        "warned leg:approval", "breached leg:approval", "escalated leg:approval",
    ]  # fmt: skip
    assert any(command.name == "people.notify" for command in simulation.schedules)


@pytest.mark.parametrize("operation", ["crm.qualify_lead", "erp.create_order", "erp.confirm_order", "erp.post_invoice"])
@pytest.mark.parametrize("applied", [True, False])
def test_an_unknown_outcome_is_probed_and_never_done_twice(operation: str, applied: bool) -> None:
    simulation = simulate(script=Script(lost={operation: applied}))
    path = simulation.path()
    assert any(line.endswith("probed found" if applied else "probed absent") for line in path)
    if not applied:
        assert outcome(simulation) == "held: unavailable"
        assert isinstance(simulation.world, StandIn)
        simulation.at(simulation.now, simulation.world.intervention(action="retry"))
        simulation.run()
    assert outcome(simulation) == "completed"
    assert effects(simulation).count(operation) == 1


def test_the_state_survives_being_written_and_read_between_any_two_inputs() -> None:
    script = {"parts": [40, 60], "pays": [30, 70], "refuse": {"erp.confirm_order": ["credit_limit"]}}
    plain, written = (
        simulate(script=Script(**script)),
        simulate(script=Script(**{**script, "refuse": {"erp.confirm_order": ["credit_limit"]}}), roundtrip=True),
    )
    assert plain.path() == written.path()
    assert [command.id for command in plain.schedules] == [command.id for command in written.schedules]
