"""What a chain says before it rests is told: it rides along with what is called next, or with a flush of its own."""

import pytest
import yaml

from ltc.core.simulation import Simulation
from ltc.definition.compile import load_checked
from ltc.definition.plan import Plan
from tests.support.keys_case import GONE, WORLD, deal, edited, run

UNREAD = "{wait: crm.order_cancelled, match: event.opportunity == opportunity.id, within: 30d, undo: {none: words}}"
ALONE = "{call: crm.set_stage, with: {opportunity: opportunity.id, stage: \"'done'\"}, undo: {none: words}}"


def rested(*steps: str, first: str = "", **world: object) -> Simulation:
    """A chain of an order that is confirmed, and of these steps, after a day."""
    tree = deal("order confirm")
    change = {"legs.after": f"{{steps: [{', '.join(steps)}]}}"} if steps else {}
    if first:
        tree["legs"] = {"before": {"steps": [yaml.safe_load(first)]}, **tree["legs"]}
    seen = run(edited(tree, {**change, "handlers": GONE}), {"days": 1, **world})
    assert seen.codes == []
    assert seen.chain is not None
    return seen.chain


def calls(chain: Simulation) -> list[str]:
    return [one.name for one in chain.schedules]


def test_a_wait_for_what_is_not_read_is_told_as_it_begins() -> None:
    chain = rested(UNREAD)
    assert calls(chain)[-2:] == ["erp.confirm_order", "trail.flush"]
    assert not chain.state.undelivered


def test_the_first_step_of_all_may_be_such_a_wait() -> None:
    chain = rested(first=UNREAD)
    assert calls(chain) == ["trail.flush"]
    assert not chain.state.undelivered


def test_a_branch_that_ends_while_another_waits_is_told() -> None:
    chain = rested(f"{{parallel: [{{steps: [{ALONE}]}}, {{steps: [{UNREAD}]}}]}}")
    assert calls(chain)[-2:] == ["crm.set_stage", "trail.flush"]
    assert not chain.state.undelivered


def test_an_event_after_which_nothing_is_called_is_told() -> None:
    goods = "{wait: crm.lines_cancelled, match: event.opportunity == opportunity.id, undo: {none: words}}"
    chain = rested(f"{{parallel: [{{steps: [{UNREAD}]}}, {{steps: [{goods}]}}]}}", cancel_after="erp.confirm_order")
    assert calls(chain)[-2:] == ["trail.flush", "trail.flush"]
    assert not chain.state.undelivered


def test_what_rides_along_is_not_told_twice() -> None:
    chain = rested("{wait: erp.goods_shipped, match: event.order == order.id, undo: {none: words}}")
    assert calls(chain)[-2:] == ["erp.confirm_order", "erp.watch_shipments"]


@pytest.mark.parametrize("steps", [(UNREAD,), (f"{{parallel: [{{steps: [{ALONE}]}}, {{steps: [{UNREAD}]}}]}}",)])
def test_chains_begun_before_go_on_without(steps: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Their histories hold no such flush."""
    plain = load_checked

    def before(source: str, world: object = WORLD) -> object:
        compiled = plain(source, WORLD)
        plan: Plan = compiled.plan.model_copy(update={"tells_rests": False})
        return type(compiled)(plan, compiled.build)

    monkeypatch.setattr("tests.support.keys_case.load_checked", before)
    assert "trail.flush" not in calls(rested(*steps))
