"""The scenario is fixed, shows every kind often enough, and is varied from its first dozen orders on."""

from collections import Counter
from pathlib import Path

import pytest

from ltc.definition.plan import CallNode
from ltc.ports.operations import REFUSALS
from starter.casting import cast, fits
from starter.orderbook import load
from starter.scenario import KINDS, ScenarioError, read, write
from starter.stories import DOZEN, UNKNOWN, stories
from tests.support.chains import shipped


@pytest.fixture(scope="module")
def scenario():
    return read()


def test_the_file_is_what_its_seed_casts(scenario, tmp_path: Path) -> None:
    fresh = cast(load().opportunities)
    assert fresh == scenario
    write(fresh, tmp_path / "again.json")
    assert read(tmp_path / "again.json") == scenario


def test_another_seed_casts_otherwise(scenario) -> None:
    assert cast(load().opportunities, seed=1) != scenario


def test_every_order_has_one_plan_that_fits_its_amount(scenario) -> None:
    orders = {order.number: order for order in load().opportunities}
    told = {story.name: story for story in stories()}
    assert [plan.number for plan in scenario.orders] == sorted(orders)
    assert sorted(plan.rank for plan in scenario.orders) == list(range(830))
    for plan in scenario.orders:
        if plan.story in told:
            assert fits(told[plan.story], orders[plan.number])


def test_about_85_percent_complete_and_every_kind_occurs_five_times(scenario) -> None:
    ends = Counter(plan.outcome for plan in scenario.orders)
    assert 0.82 <= ends["completed"] / 830 <= 0.88
    assert set(ends) == {"completed", "lost", "cancelled", "rejected", "written_off"}
    for kind in KINDS:
        assert sum(kind in plan.kinds for plan in scenario.orders) >= 5, kind


def test_every_refusal_and_every_unknown_outcome_is_planned_five_times(scenario) -> None:
    faults = Counter((f.operation, f.fault, f.reason) for plan in scenario.orders for f in plan.faults)
    plan = shipped("lead_to_cash")
    sides = [side.id for side in plan.sides]  # nobody in these order books changes their mind: see examples/scenarios
    called = {node.call.op for node in plan.nodes.values() if isinstance(node, CallNode) and node.leg not in sides}
    assert {"erp.create_order", "erp.write_off"} <= called
    for operation, reasons in REFUSALS.items():
        for reason in reasons if operation in called else ():
            assert faults[operation, "refuse", reason] >= 5, (operation, reason)
    for kind in UNKNOWN:
        assert sum(times for (_, fault, _), times in faults.items() if fault == kind) >= 5


@pytest.mark.parametrize("count", [12, 13, 60, 200])
def test_a_few_orders_meet_every_kind(scenario, count: int) -> None:
    few = scenario.subset(count)
    assert len(few.orders) == count
    for kind in KINDS:
        assert any(kind in plan.kinds for plan in few.orders), kind
    assert {plan.outcome for plan in few.orders} == {"completed", "lost", "cancelled", "rejected", "written_off"}


def test_the_dozen_is_the_beginning(scenario) -> None:
    assert {plan.story for plan in scenario.subset(12).orders} == set(DOZEN)


def test_long_stories_are_sent_early(scenario) -> None:
    turn = scenario.in_turn()
    assert sorted(plan.number for plan in turn) == [plan.number for plan in scenario.orders]
    last_early = max(index for index, plan in enumerate(turn) if plan.early)
    assert last_early < len(turn) / 3


@pytest.mark.parametrize("count", [0, -1, 831])
def test_a_subset_that_is_not_there_is_refused(scenario, count: int) -> None:
    with pytest.raises(ScenarioError, match="the scenario has 1 to 830"):
        scenario.subset(count)


@pytest.mark.parametrize("content", ["", "{", '{"seed": 1}', '{"seed": 1, "orders": [{"number": "1"}]}'])
def test_a_damaged_file_is_one_clear_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "scenario.json"
    path.write_text(content)
    with pytest.raises(ScenarioError, match=r"scenario\.json"):
        read(path)


def test_too_few_orders_for_the_stories_are_named() -> None:
    with pytest.raises(ValueError, match="orders wanted"):
        cast(load().opportunities[:50])
