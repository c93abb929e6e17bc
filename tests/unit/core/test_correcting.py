"""A call whose arguments cannot be told is corrected: what an operator gives is taken, and not asked of the definition."""

from __future__ import annotations

from typing import Any

import pytest

from ltc.core.simulation import Simulation
from ltc.core.stand_in import Script, StandIn
from tests.support.chains import simulate
from tests.support.invariants import violations


class Nameless(StandIn):
    """The directory knows the customer, and has no id of the ERP for it."""

    def _apply(self, op: str, payload: dict[str, Any], now: Any) -> Any:
        result, later = super()._apply(op, payload, now)
        return ({**result, "erp_id": None}, later) if op == "customer.resolve" else (result, later)


def held() -> tuple[Simulation, StandIn]:
    simulation = simulate(net=50_000, script=Script(), run=False)
    world = simulation.world = Nameless(Script(), simulation.state.input["opportunity"])
    simulation.run()
    (hold,) = simulation.state.holds
    assert (hold.reason, simulation.state.tokens["order"].node) == ("expression", "order.create_order")
    return simulation, world


def test_what_cannot_be_told_can_be_given() -> None:
    simulation, world = held()
    simulation.feed(world.intervention(action="correct", values={"customer": "E-7"}, outright=True))
    assert simulation.schedules[-1].payload["args"]["customer"] == "E-7"
    simulation.run()
    assert simulation.finished is not None
    assert simulation.finished.outcome == "completed"
    assert violations(simulation) == []


@pytest.mark.parametrize("outright", [False, True])
def test_what_was_recorded_before_goes_as_it_went(outright: bool) -> None:
    """Without the word of a newer client, and for an argument that is not the one in question, it is held again."""
    simulation, world = held()
    values = {"lines": []} if outright else {"customer": "E-7"}
    simulation.feed(world.intervention(action="correct", values=values, outright=outright))
    assert [hold.reason for hold in simulation.state.holds] == ["expression"]


def test_what_was_given_is_forgotten_with_the_step() -> None:
    simulation, world = held()
    simulation.feed(world.intervention(action="correct", values={"customer": "E-7"}, outright=True))
    simulation.run(simulation.now)
    while simulation.state.tokens.get("order") is not None and simulation.state.tokens["order"].override:
        assert simulation.happen()
    assert not any(token.outright for token in simulation.state.tokens.values())
