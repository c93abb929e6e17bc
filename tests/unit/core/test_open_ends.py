"""What a branch was held on when the chain ended beside it: found out first, or somebody's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from ltc.core.commands import CallFailed
from ltc.core.stand_in import SOON, Script, StandIn
from ltc.definition.build import World
from ltc.definition.compile import compile_tree, read_source
from ltc.definition.plan import Plan
from tests.support.chains import head, simulate
from tests.support.invariants import violations

SOURCE = (
    head("two_branches")
    + """\
legs:
  order:
    steps:
      - parallel:
          - steps:
              - call: crm.qualify_lead
                with: {opportunity: opportunity.id}
                undo: {none: it tells nobody}
          - steps:
              - call: customer.resolve
                with: {customer: opportunity.customer}
                as: customer
                undo: {none: reads only}
              - end: lost
                reason: "'nobody wants it'"
        join: all
        rest: keep
"""
)


def _plan(effect_class: str) -> Plan:
    compiled = compile_tree(*read_source(SOURCE), World(effect_classes={"crm.qualify_lead": effect_class}))
    compiled.build.problems.stop()
    return compiled.plan


@pytest.mark.parametrize("took_place", [True, False])
def test_what_a_held_branch_had_sent_is_found_out_before_the_chain_ends(
    took_place: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = StandIn._call

    def broken(self: StandIn, command: Any, op: str, payload: dict[str, Any], now: datetime) -> Any:
        """The system answers nonsense, with or without effect."""
        if op != "crm.qualify_lead":
            return call(self, command, op, payload, now)
        if took_place:
            self._apply(op, payload, now)
        return [(SOON, CallFailed(command.id, "ContractBroken", "<html>"))]

    monkeypatch.setattr(StandIn, "_call", broken)
    simulation = simulate(_plan("A"))
    assert (simulation.state.status, simulation.state.outcome) == ("ended", "lost")
    (effect,) = simulation.state.effects
    assert effect.status == ("certain" if took_place else "absent")
    assert violations(simulation) == []


def test_what_nothing_can_be_searched_by_rests_with_a_person() -> None:
    simulation = simulate(_plan("D"), Script(fail={"crm.qualify_lead": ["ContractBroken"]}))
    assert simulation.state.status != "ended"
    assert [hold.reason for hold in simulation.state.holds] == ["unknown_outcome"]


LOOP = (
    head("a_loop")
    + """\
legs:
  order:
    steps:
      - call: erp.create_order
        with: {customer: "'C1'", lines: opportunity.lines}
        as: order
        undo: {call: erp.cancel_order, with: {order: order.id}}
  lines:
    for_each: {in: opportunity.lines, as: line, key: line.id}
    steps:
      - parallel:
          - steps:
              - wait: crm.order_cancelled
                match: event.opportunity == opportunity.id
                within: 2d
                on_timeout: {end: lost, reason: "'too late'"}
                undo: {none: it is only heard}
          - steps:
              - call: erp.get_order
                with: {order: order.id}
        join: any
        rest: keep
      - approve: order
        levels: [{name: one, from: "role:one", rule: any}]
"""
)


def test_an_item_that_a_branch_ends_closes_the_task_its_line_stood_at() -> None:
    compiled = compile_tree(*read_source(LOOP), World())
    compiled.build.problems.stop()
    simulation = simulate(compiled.plan, Script(decisions=[("one", "silent")]))
    assert (simulation.state.status, simulation.state.outcome) == ("ended", "lost")
    assert [task.status for task in simulation.state.tasks.values()] == ["cancelled"]
    closed = [entry.data["result"] for entry in simulation.trail if entry.kind == "task_closed"]
    assert closed == ["cancelled"]
