"""What authors may write: it means what it looks like."""

from datetime import timedelta

import pytest
from temporalio.common import RetryPolicy

from ltc.definition.build import World
from ltc.definition.compile import load_checked
from ltc.definition.errors import DefinitionError
from ltc.definition.plan import CallNode
from tests.support.chains import ROOT, simulate


@pytest.mark.parametrize("written", ["{first: 5m}", "{give_up: 10s}", "{attempt: 1h}", "{most: 1s}", "{factor: 1}", "{most: 2h, give_up: 9h}"])  # fmt: skip
def test_a_retry_that_is_accepted_can_be_scheduled(written, base, load):
    """What is not said gives way to what is: no accepted pauses wedge a chain."""
    plan = load(base.replace("        as: customer", f"        as: customer\n        retry: {written}")).plan
    node = next(node for node in plan.nodes.values() if isinstance(node, CallNode) and node.result == "customer")
    found = node.retry
    assert 0 < found.attempt <= found.give_up
    RetryPolicy(
        initial_interval=timedelta(seconds=found.first), backoff_coefficient=found.factor,
        maximum_interval=timedelta(seconds=found.most),
    )._validate()  # fmt: skip


RATE = "{call: erp.exchange_rate, with: {source: opportunity.net.currency, target: \"'USD'\"}, as: rate}"
PERHAPS = "      - choose: [{when: opportunity.version > 1, steps: [" + RATE + "]}]\n"
READS = "{call: erp.exchange_rate, with: {source: rate.source, target: rate.target}, name: again}"
BEFORE = "  order:\n    steps:\n"
ASKED = [
    "      - choose: [{when: has(rate.rate), steps: [§]}]\n",
    "      - choose: [{when: opportunity.lost && has(rate.rate), steps: [§]}]\n",
    "      - choose: [{when: '!has(rate.rate)', steps: []}, {otherwise: [§]}]\n",
    "      - choose: [{when: '!has(rate.rate) || opportunity.lost', steps: []}, {when: opportunity.version > 2, steps: [§]}]\n",
    "      - choose: [{when: '!has(rate.rate)', steps: [{end: lost}]}]\n      - §\n",
]  # fmt: skip
UNASKED = [
    "      - choose: [{when: has(rate.rate) || opportunity.lost, steps: [§]}]\n",
    "      - choose: [{when: '!has(rate.rate)', steps: [§]}]\n",
    "      - choose: [{when: has(rate.rate), steps: []}, {otherwise: [§]}]\n",
    "      - choose: [{when: '!has(rate.rate)', steps: []}]\n      - §\n",
    "      - choose: [{when: '!has(rate.rate) && opportunity.lost', steps: [{end: lost}]}]\n      - §\n",
]


@pytest.mark.parametrize("way", ASKED)
def test_what_a_condition_on_the_way_asked_for_is_there(way, base, load):
    load(base.replace(BEFORE, BEFORE + PERHAPS + way.replace("§", READS)))


@pytest.mark.parametrize("way", UNASKED)
def test_what_no_condition_on_the_way_asked_for_is_asked_for_first(way, base, load):
    with pytest.raises(DefinitionError) as caught:
        load(base.replace(BEFORE, BEFORE + PERHAPS + way.replace("§", READS)))
    assert {problem.code for problem in caught.value.problems} == {"LTC-D063"}


def test_a_leg_that_asks_knows_inside_and_forgets_after(base, load):
    inner = f"  more:\n    when: has(rate.rate)\n    steps: [{READS}]\n"
    load(base.replace(BEFORE, BEFORE + PERHAPS).replace("  confirm:\n", inner + "  confirm:\n"))
    after = f"  more:\n    when: has(rate.rate)\n    steps: [{RATE.replace('as: rate', 'name: other')}]\n  then:\n    steps: [{READS}]\n"
    with pytest.raises(DefinitionError, match="LTC-D063"):
        load(base.replace(BEFORE, BEFORE + PERHAPS).replace("  confirm:\n", after + "  confirm:\n"))


FORM = "form: {fee: {type: money, required: false}}, as: seen}"
READ = "{end: lost, reason: seen.fee.currency}"
FOUND = "        as: customer\n"


def test_an_answer_asked_for_on_the_way_is_read_until_it_is_given_anew(base, load):
    task = f'{{task: look, assign: "role:finance", {FORM}'
    asks = f"{FOUND}      - {task}\n      - choose: [{{when: has(seen.fee), steps: [§{READ}]}}]\n"
    load(base.replace(FOUND, asks.replace("§", "")))
    anew = task.replace("task: look", "task: look, name: look_again")
    with pytest.raises(DefinitionError, match="LTC-D186"):
        load(base.replace(FOUND, asks.replace("§", f"{anew}, ")))


def test_where_no_level_applies_nobody_is_asked_and_the_chain_goes_on():
    """What the page on the language says of levels that all have a condition."""
    text = (ROOT / "process_defs" / "lead_to_cash.yaml").read_text("utf-8")
    only = "{name: manager, when: base(order.net) > money('9000.00 USD'), from: {manager_of: requester}, rule: any}"
    text = text.replace("{name: manager, from: {manager_of: requester}, rule: any}", only)
    plan = load_checked(text, World()).plan
    simulation = simulate(plan=plan)
    path = simulation.path()
    assert "confirm.confirm_order do erp.confirm_order" in path
    assert not [line for line in path if " asks " in line]
