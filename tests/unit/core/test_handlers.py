"""Handlers on a running chain: amendments that keep what is settled, side lines, events twice, early and late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ltc.core import machine
from ltc.core.commands import CallDone, Decide, EventArrived
from ltc.core.simulation import Simulation
from ltc.core.stand_in import Script, StandIn
from ltc.core.stand_in_books import Books
from ltc.definition.compile import load
from ltc.model.messages import Decision, Event
from ltc.model.trail import Kind
from tests.support.chains import MONDAY, head, opportunity, setting

DEFINITION = (
    head("amended")
    + """\
billing: {basis: order}
legs:
  order:
    steps:
      - call: erp.create_order
        with: {customer: opportunity.customer.id, lines: opportunity.lines}
        as: order
        undo: {call: erp.cancel_order, with: {order: order.id}}
        on_revisit: skip
  credit:
    steps:
      - approve: order
        name: terms
        binds: [order.customer]
        levels: [{name: credit, from: "role:credit", rule: any}]
  approval:
    when: base(order.net) >= money('1000.00 USD')
    steps:
      - approve: order
        binds: [order.net]
        levels: [{name: sales, from: "role:sales", rule: any}]
  release:
    steps:
      - call: erp.confirm_order
        with: {order: order.id}
        undo: {call: erp.unconfirm_order, with: {order: order.id}}
        on_revisit: skip
      - call: erp.release_delivery
        with: {order: order.id}
        as: release
        undo: {call: erp.cancel_delivery, with: {delivery: release.id}}
        on_revisit: skip
      - wait: erp.goods_shipped
        match: event.order == order.id
        until: order.shipped == order.ordered - order.cancelled
        into: deliveries
        undo: {irreversible: the goods are out}
        on_revisit: again
    pivot: {after: erp.goods_shipped, per: chain}
handlers:
  change:
    event: crm.order_changed
    match: event.opportunity == opportunity.id
    as: wanted
    then:
      amend: order
      steps:
        - call: erp.amend_order
          with: {order: order.id, lines: wanted.lines}
          as: order
          undo: {call: erp.revert_amendment, with: {order: order.id}}
          on_refusal: {below_shipped: skip, default: hold}
  cancelled:
    event: crm.order_cancelled
    match: event.opportunity == opportunity.id
    then: {cancel: true}
"""
)


def pieces(quantity: int) -> Any:
    """The customer wants so many pieces at the price they have."""

    def fields(books: Books) -> dict[str, Any]:
        line = books.opportunity["lines"][0]
        money = {
            name: {**line[name], "minor": line[name]["minor"] * quantity // 12} for name in ("net", "tax", "gross")
        }
        return {"opportunity": "OP-1", "lines": [{**line, "quantity": quantity, **money}], "reason": "changed"}

    return fields


def chain(*events: dict[str, Any], net: int = 240_000, **script: Any) -> Simulation:
    """A chain of the definition above, not run yet."""
    plan = load(DEFINITION)
    deal = opportunity(net)
    told = setting(plan)
    state = machine.begin(told, chain="amended:1", installation="t", requester="nancy", values={"opportunity": deal})
    return Simulation(told, state, StandIn(Script(events=list(events), **script), deal), MONDAY, roundtrip=True)


def change(after: str, quantity: int, later: timedelta = timedelta(hours=3), **more: Any) -> dict[str, Any]:
    return {"event": "crm.order_changed", "after": after, "later": later, "fields": pieces(quantity), **more}


def asked(simulation: Simulation) -> list[str]:
    return [str(entry.data["level"]) for entry in simulation.trail if entry.kind is Kind.TASK_OPENED]


def effects(simulation: Simulation) -> list[str]:
    assert isinstance(simulation.world, StandIn)
    return [op for op, _ in simulation.world.effects]


def outcome(simulation: Simulation) -> str:
    return simulation.finished.outcome if simulation.finished else ", ".join(h.reason for h in simulation.state.holds)


def test_only_the_approval_whose_figures_changed_is_asked_for_again() -> None:
    simulation = chain(change("erp.release_delivery", 10))
    simulation.run()
    assert asked(simulation) == ["credit", "sales", "sales"]
    assert outcome(simulation) == "completed"
    assert effects(simulation).count("erp.confirm_order") == 1
    assert simulation.state.results["order"]["shipped"] == 10


def test_an_approval_between_two_that_changed_stands() -> None:
    plan = DEFINITION.replace("binds: [order.net]", "binds: [order.customer]", 1)
    assert plan != DEFINITION
    simulation = chain(change("erp.release_delivery", 10))
    simulation.run()
    amended = [entry.data for entry in simulation.trail if entry.kind is Kind.AMENDED]
    assert amended[0]["kept"] == ["credit.terms#1"]
    assert amended[0]["reopened"] == ["approval.approve_order#1"]


def test_an_approval_that_was_not_needed_is_asked_for_when_it_is() -> None:
    simulation = chain(change("erp.release_delivery", 24), net=90_000)
    simulation.run()
    assert asked(simulation) == ["credit", "sales"]
    assert outcome(simulation) == "completed"


def test_an_approval_that_is_being_asked_for_is_asked_anew() -> None:
    simulation = chain(change("erp.create_order", 24, timedelta(hours=1, minutes=20)))
    simulation.run()
    assert asked(simulation) == ["credit", "sales", "sales"]
    assert outcome(simulation) == "completed"


def test_what_comes_before_the_document_waits_for_it() -> None:
    simulation = chain()
    simulation.at(MONDAY, EventArrived(Event(
        id="E1", name="crm.order_changed", fields=pieces(6)(Books(opportunity(240_000))), at=MONDAY,
    )))  # fmt: skip
    simulation.run()
    assert outcome(simulation) == "completed"
    assert effects(simulation)[:2] == ["erp.create_order", "erp.amend_order"]


def test_past_the_point_of_no_return_a_person_says_whether_the_change_stands() -> None:
    simulation = chain(change("erp.release_delivery", 24, timedelta(hours=30)), parts=[50, 50])
    simulation.run(MONDAY + timedelta(days=20))
    assert outcome(simulation) == "figures_changed"
    assert isinstance(simulation.world, StandIn)
    simulation.feed(simulation.world.intervention(action="release", reason="the customer may"))
    simulation.run(MONDAY + timedelta(days=60))
    assert outcome(simulation) == "completed"
    assert simulation.state.results["order"]["shipped"] == 24


@pytest.mark.parametrize("twice", [False, True])
def test_an_event_twice_amends_once(twice: bool) -> None:
    simulation = chain(change("erp.release_delivery", 10, twice=twice))
    simulation.run()
    assert effects(simulation).count("erp.amend_order") == 1


def test_of_two_changes_the_second_waits_for_the_first() -> None:
    simulation = chain(
        change("erp.release_delivery", 10), change("erp.release_delivery", 8), lost={"erp.amend_order": True}
    )
    simulation.run()
    assert outcome(simulation) == "completed"
    assert effects(simulation).count("erp.amend_order") == 2
    places = [entry.item for entry in simulation.trail if entry.kind is Kind.ITEM_OPENED and entry.leg == "change"]
    assert places == ["1", "2"]
    assert simulation.state.results["order"]["ordered"] == 8


def test_a_refused_change_leaves_all_as_it_was() -> None:
    simulation = chain(change("erp.release_delivery", 2), refuse={"erp.amend_order": ["below_shipped"]})
    simulation.run()
    assert outcome(simulation) == "completed"
    assert asked(simulation) == ["credit", "sales"]


def test_a_held_change_holds_its_own_line_and_the_end() -> None:
    simulation = chain(change("erp.release_delivery", 2), refuse={"erp.amend_order": ["invoiced"]})
    simulation.run(MONDAY + timedelta(days=30))
    assert outcome(simulation) == "invoiced"
    assert all(one.status == "done" for one in simulation.state.legs.values())
    assert isinstance(simulation.world, StandIn)
    answer = simulation.feed(simulation.world.intervention(action="retry", leg="change", item="1"))
    assert answer is not None
    assert answer.status == "accepted", answer.message
    simulation.run()
    assert outcome(simulation) == "figures_changed"  # all is out by now, and was approved as it was


def test_cancelling_undoes_the_amendment_first() -> None:
    simulation = chain(
        change("erp.release_delivery", 10, timedelta(hours=1)),
        {"event": "crm.order_cancelled", "after": "erp.amend_order", "later": timedelta(hours=6),
         "fields": {"opportunity": "OP-1", "reason": "no more"}},
    )  # fmt: skip
    simulation.run()
    assert outcome(simulation) == "cancelled"
    undone = effects(simulation)[effects(simulation).index("erp.amend_order") + 1 :]
    assert undone == ["erp.revert_amendment", "erp.cancel_delivery", "erp.unconfirm_order", "erp.cancel_order"]


def test_an_answer_that_an_amendment_has_overtaken_changes_nothing() -> None:
    simulation = chain()
    simulation.run(MONDAY + timedelta(hours=3))
    state = simulation.state
    newer = {**state.results["order"], "version": 99}
    state.results["order"] = newer
    flight = next(iter(state.flights), "")
    simulation.feed(CallDone(flight, {**newer, "version": 2}))
    assert simulation.state.results["order"]["version"] == 99


def test_a_forged_decision_leaves_its_trace() -> None:
    class Forging(StandIn):
        def respond(self, command: Any, now: Any) -> Any:
            if command.name == "people.check_signature":
                return [(timedelta(seconds=1), CallDone(command.id, "the signature is not ours"))]
            return super().respond(command, now)

    simulation = chain()
    simulation.world = Forging(Script(decisions=[("credit", "silent")]), opportunity(240_000))
    simulation.run(MONDAY + timedelta(hours=1))
    task = simulation.state.tasks["credit.terms#1"]
    simulation.feed(Decide(Decision.model_validate({
        "id": "D9", "task": task.id, "decision": "approve", "actor": "credit-1", "digest": task.digest,
        "expires": "2099-01-01T00:00:00Z",
    }), door="signal"))  # fmt: skip
    simulation.run(MONDAY + timedelta(hours=2))
    (forged,) = [entry for entry in simulation.trail if entry.kind is Kind.FORGED]
    assert forged.data["actor"] == "credit-1"
    assert simulation.state.tasks[task.id].status == "open"
