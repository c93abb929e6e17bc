"""A definition with every key of the language: accepted, compiled, and nothing of it lost on the way."""

import json
from pathlib import Path

import pytest

from ltc.definition.flow import reactions
from ltc.definition.plan import ApproveNode, CallNode, ParallelNode, Plan, WaitNode
from ltc.definition.reader import read
from ltc.definition.schema_json import json_schema


@pytest.fixture(scope="module")
def text() -> str:
    return (Path(__file__).parent / "full.yaml").read_text(encoding="utf-8")


@pytest.fixture
def plan(text, load) -> Plan:
    return load(text).plan


def keys_of_schema(shape, found):
    if isinstance(shape, dict):
        found.update(dict.fromkeys(shape.get("properties", {})))
        found.update(dict.fromkeys(word for word in shape.get("enum", [])))
        for inner in shape.values():
            keys_of_schema(inner, found)
    elif isinstance(shape, list):
        for inner in shape:
            keys_of_schema(inner, found)
    return found


def words_of(node, found):
    for key, value in getattr(node, "values", {}).items():
        found.add(key)
        words_of(value, found)
    for item in getattr(node, "items", []) if not hasattr(node, "values") else []:
        words_of(item, found)
    if hasattr(node, "value"):
        found.add(node.text)
    return found


def test_every_key_and_word_of_the_schema_is_used(text):
    used = words_of(read(text), set())
    shipped = {
        "lost",
        "cancelled",
        "delivery",
        "hold",
        "cancel",
        "on_item",
        "use",  # beside a file only: test_fragments.py
        "file",  # a text has no folder: test_wrong_tables.py reads one
        "milestone",
        *("tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),  # as monday: test_recurring.py
    }  # lead_to_cash and the small definition say these
    missing = [word for word in keys_of_schema(json_schema(), {}) if word not in used | shipped]
    assert missing == []


def test_what_was_said_is_in_the_plan(plan):
    find, early, both = (plan.nodes[f"order.{name}"] for name in ("find", "early", "both"))
    assert isinstance(find, CallNode)
    assert isinstance(early, WaitNode)
    assert isinstance(both, ParallelNode)
    retry = find.retry
    assert (retry.first, retry.factor, retry.most, retry.give_up, retry.attempt) == (2.0, 1.5, 60.0, 3600.0, 20.0)
    assert [awaited.subject for awaited in early.events] == ["order.id", "opportunity.id"]
    assert [awaited.refresh for awaited in early.events] == ["order", ""]
    assert (early.poll.amount, early.poll.unit, early.result, early.retry.give_up) == (12, "h", "news", 1800.0)
    assert (both.need, both.rest, len(both.branches)) == (1, "keep", 2)


def test_approvals_keep_all_they_say(plan):
    ok = plan.nodes["approval.ok"]
    assert isinstance(ok, ApproveNode)
    assert [(level.votes, level.source) for level in ok.levels[:3]] == [
        (1, {"manager_of": "requester", "up": 2}),
        (0, {"role": "finance"}),
        (1, {"person": "cora"}),
    ]
    assert [(key, reaction.kind) for key, reaction in reactions(ok)] == [
        ("none_found", "steps"),
        ("on_reject", "send_back"),
        ("on_send_back", "send_back"),
    ]
    assert ok.levels[0].slas == ["level:approval.ok:a"]
    assert not ok.four_eyes


def test_undo_in_all_forms(plan):
    undo = {name: node.undo for name, node in plan.nodes.items() if getattr(node, "undo", None)}
    assert [call.op for call in undo["order.create_order"].calls] == ["erp.cancel_order"]
    assert undo["order.find"].kind == "none"
    assert (undo["confirm.confirm_order"].kind, undo["confirm.confirm_order"].calls[0].op) == (
        "irreversible",
        "erp.unconfirm_order",
    )
    assert undo["shipment.goods_shipped"].calls[0].op == "erp.receive_return"


def test_slas_pivots_handlers_and_billing(plan):
    chain = plan.slas["chain"]
    assert (chain.calendar, chain.warn_at, chain.pause_while) == ("us", 80, "waiting_for == 'operator'")
    assert [(rung.percent, rung.notify, rung.hold) for rung in chain.escalate] == [
        (100, "person:fay", False),
        (0, "requester", False),
        (200, "customer", True),
    ]
    assert chain.escalate[1].offset is not None
    assert [(pivot.step, pivot.event, pivot.per_item) for pivot in plan.pivots] == [
        ("confirm_order", "", False),
        ("", "erp.goods_shipped", True),
    ]
    assert plan.handlers[0].legs == ["order", "confirm"]
    assert (plan.billing.basis, plan.billing.over, plan.billing.under) == ("order", "5", "2.5")
    assert {
        "step:order.find",
        "step:order.early",
        "step:order.both:quick",
        "step:order.both:slow",
        "item:invoice",
    } <= set(plan.slas)


def test_a_plan_is_plain_json(plan):
    assert Plan.model_validate(json.loads(plan.model_dump_json())) == plan
