"""Billing terms in a definition: what falls due after a leg, what is read of them, and ``delivered()`` written out."""

import pytest

from ltc.definition.delivered import written_out
from ltc.definition.errors import DefinitionError
from ltc.definition.evaluation import evaluate

TERMS = (
    "{basis: order, instalments: [{name: first, share: 30%, after: order}, {name: rest, share: 70%, after: confirm}]}"
)
LOOP = """  invoice:
    for_each: {in: billing.instalments, as: part, key: part.name, starts: on_item}
    steps:
      - call: erp.post_instalment
        with: {order: order.id, instalment: part.name}
        as: invoice
        into: invoices
        undo: {call: erp.credit_note, with: {invoice: invoice.id}}
"""


@pytest.fixture
def text(base):
    start, end = base.index("  invoice:\n"), base.index("  collection:\n")
    return base.replace(base[start:end], LOOP).replace("{basis: delivery}", TERMS)


def said(load, text):
    with pytest.raises(DefinitionError) as caught:
        load(text)
    return [(problem.code, problem.line) for problem in caught.value.problems]


def test_instalments_are_terms_of_the_plan(text, load):
    plan = load(text).plan
    assert plan.billing.terms == {
        "basis": "order", "tolerance": {"over": "0", "under": "0"}, "cash_discount": None, "milestones": [],
        "instalments": [{"name": "first", "share": "30", "after": "order"},
                        {"name": "rest", "share": "70", "after": "confirm"}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("share: 30%, after: order", "share: 30%", "LTC-D177"),
        ("after: confirm", "after: invoice", "LTC-D178"),
        ("after: confirm", "after: collection", "LTC-D178"),
        ("after: confirm", "after: nowhere", "LTC-D048"),
        (
            "starts: on_item}\n    steps:\n      - call: erp.post_instalment",
            "starts: when_complete}\n    steps:\n      - call: erp.post_instalment",
            "LTC-D120",
        ),
        ("key: part.name", "key: part.share", "LTC-D120"),
        ("part.name}", "part.nam}", "LTC-D060"),
    ],
)
def test_what_can_never_fall_due_is_refused(text, load, old, new, code):
    assert code in {found for found, _ in said(load, text.replace(old, new))}


def test_what_is_not_set_when_the_first_falls_due_is_refused(text, load):
    late = text.replace(
        "  invoice:\n",
        "  later:\n    steps:\n      - call: erp.get_order\n        with: {order: order.id}\n        as: again\n  invoice:\n",
    )
    load(late)
    assert {
        code for code, _ in said(load, late.replace("{order: order.id, instalment", "{order: again.id, instalment"))
    } == {"LTC-D063"}


def test_billing_is_a_name_that_nothing_else_may_have(text, load):
    assert said(load, text.replace("as: customer\n", "as: billing\n", 1))[0][0] == "LTC-D065"


EACH = " && (!has(order.by_line) || order.by_line.all(_line, (_line.shipped + _line.cancelled) * {} >= _line.ordered * {}))"


@pytest.mark.parametrize(
    ("source", "under", "out"),
    [
        (
            "delivered(order)",
            "0",
            f"((order.shipped + order.cancelled) * 100 >= order.ordered * 100{EACH.format(100, 100)})",
        ),
        (
            "delivered( order ) && x",
            "2.5",
            f"((order.shipped + order.cancelled) * 1000 >= order.ordered * 975{EACH.format(1000, 975)}) && x",
        ),
        ("'delivered(order)' == x", "2", "'delivered(order)' == x"),
        ("undelivered(order)", "2", "undelivered(order)"),
    ],
)
def test_delivered_is_written_out(source, under, out):
    assert written_out(source, under) == out


@pytest.mark.parametrize(
    ("shipped", "delivered"),
    [((105, 20), True), ((98, 20), True), ((97, 20), False), ((105, 15), False), ((100, 0), False), (None, True)],
)
def test_too_much_of_one_line_makes_up_for_no_other(shipped, delivered):
    lines = [{"line": str(at), "ordered": of, "shipped": out, "cancelled": 0}
             for at, of, out in zip((1, 2), (100, 20), shipped or (), strict=False)]  # fmt: skip
    order = {"ordered": 120, "shipped": sum(shipped or (120,)), "cancelled": 0, "by_line": lines}
    assert evaluate(written_out("delivered(order)", "2"), {"order": order}, currency="USD", rates={}) is delivered
    del order["by_line"]  # as a system tells it that knows nothing of lines
    assert evaluate(written_out("delivered(order)", "20"), {"order": order}, currency="USD", rates={}) is True
