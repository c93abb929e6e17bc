"""Cases: billing terms: the milestone basis, cash discount, instalments, milestones."""

from tests.support.keys_case import GONE, Case
from tests.support.keys_look import sent, way

AGREED = {
    "legs.order.steps+": "{call: erp.agree_terms, with: {order: order.id, terms: billing}, undo: {none: terms end}, on_revisit: skip}",
}
LEGS = "order confirm"

PARTS = "[{name: first, share: 30%}, {name: rest, share: 70%}]"
DUE = "[{name: first, share: 30%, after: order}, {name: rest, share: 70%, after: confirm}]"
RUNS = (
    "{for_each: {in: billing.instalments, as: part, key: part.name, starts: on_item}, steps: [{call: erp.post_instalment,"
    " with: {order: order.id, instalment: part.name}, as: invoice, undo: {call: erp.credit_note, with: {invoice: invoice.id}}}]}"
)
MARKS = "[{name: plan, share: 100%}]"
ACCEPTS = (
    "{steps: [{call: erp.accept_milestone, with: {order: order.id, milestone: \"'plan'\", accepted_by: \"'ann'\"}, as: milestone,"
    " undo: {call: erp.withdraw_acceptance, with: {milestone: milestone.id}}}]}"
)
RUNS_MARKS = (
    "{for_each: {in: billing.milestones, as: mark, key: mark.name, starts: on_item}, steps: [{call: erp.accept_milestone,"
    " with: {order: order.id, milestone: mark.name, accepted_by: \"'ann'\"}, as: milestone,"
    " undo: {call: erp.withdraw_acceptance, with: {milestone: milestone.id}}}, {call: erp.post_milestone_invoice,"
    " with: {milestone: milestone.id}, as: invoice, undo: {call: erp.credit_note, with: {invoice: invoice.id}}}]}"
)


def part_of(*path):
    """What the terms that were agreed say at a path."""
    return sent("erp.agree_terms", "args", "terms", *path)


CASES = [
    Case(
        "billing.basis=milestone",
        way("milestones"),
        ["balance billed = accepted milestones (USD)"],
        legs=LEGS,
        change={"billing": f"{{basis: milestone, milestones: {MARKS}}}", **AGREED, "legs.acceptance": ACCEPTS},
        ignored={"billing.basis": "order"},
    ),
    Case(
        "billing.cash_discount",
        part_of("cash_discount", "rate"),
        ["2"],
        legs=LEGS,
        change={"billing.cash_discount": "{rate: 2%, within: 10d}", **AGREED},
        ignored={"billing.cash_discount": "{rate: 3%, within: 10d}"},
    ),
    Case(
        "billing.cash_discount.rate",
        part_of("cash_discount", "rate"),
        ["2.5"],
        legs=LEGS,
        change={"billing.cash_discount": "{rate: 2.5%, within: 10d}", **AGREED},
        ignored={"billing.cash_discount.rate": "2%"},
    ),
    Case(
        "billing.cash_discount.within",
        part_of("cash_discount", "days"),
        [14],
        legs=LEGS,
        change={"billing.cash_discount": "{rate: 2%, within: 14d}", **AGREED},
        ignored={"billing.cash_discount.within": "10d"},
    ),
    Case(
        "billing.instalments",
        way("post_instalment"),
        ["parts[first].post_instalment do erp.post_instalment", "parts[rest].post_instalment do erp.post_instalment"],
        legs=LEGS,
        change={"billing": f"{{basis: order, instalments: {DUE}}}", **AGREED, "legs.parts": RUNS},
        ignored={"billing.instalments": "[{name: all, share: 100%, after: confirm}]"},
    ),
    Case(
        "billing.instalments.name",
        part_of("instalments", "0", "name"),
        ["first"],
        legs=LEGS,
        change={"billing": f"{{basis: order, instalments: {PARTS}}}", **AGREED},
        ignored={"billing.instalments.0.name": "one"},
    ),
    Case(
        "billing.instalments.share",
        part_of("instalments", "0", "share"),
        ["30"],
        legs=LEGS,
        change={"billing": f"{{basis: order, instalments: {PARTS}}}", **AGREED},
        ignored={"billing.instalments": "[{name: first, share: 40%}, {name: rest, share: 60%}]"},
    ),
    Case(
        "billing.instalments.after",
        way("parts entered", "confirm_order do"),
        ["parts entered", "confirm.confirm_order do erp.confirm_order"],
        legs=LEGS,
        change={"billing": f"{{basis: order, instalments: {DUE}}}", **AGREED, "legs.parts": RUNS},
        ignored={"billing.instalments.0.after": "confirm"},
    ),
    Case(
        "billing.milestones",
        part_of("milestones", "0", "name"),
        ["plan"],
        legs=LEGS,
        change={"billing": f"{{basis: order, milestones: {MARKS}}}", **AGREED},
        ignored={"billing.milestones": "[{name: build, share: 100%}]"},
    ),
    Case(
        "billing.milestones.name",
        part_of("milestones", "0", "name"),
        ["plan"],
        legs=LEGS,
        change={"billing": f"{{basis: order, milestones: {MARKS}}}", **AGREED},
        ignored={"billing.milestones.0.name": "build"},
    ),
    Case(
        "billing.milestones.share",
        part_of("milestones", "0", "share"),
        ["40"],
        legs=LEGS,
        change={
            "billing": "{basis: order, milestones: [{name: plan, share: 40%}, {name: build, share: 60%}]}",
            **AGREED,
        },
        ignored={"billing.milestones": "[{name: plan, share: 50%}, {name: build, share: 50%}]"},
    ),
    Case(
        "billing.milestones.amount",
        part_of("milestones", "0", "amount"),
        [{"minor": 250000, "currency": "USD"}],
        legs=LEGS,
        change={"billing": "{basis: order, milestones: [{name: plan, amount: 2500.00 USD}]}", **AGREED},
        ignored={"billing.milestones.0.amount": "2400.00 USD"},
    ),
    Case(
        "billing.milestones.accepted_by",
        part_of("milestones", "0", "accepted_by"),
        ["ann"],
        legs=LEGS,
        change={"billing": "{basis: order, milestones: [{name: plan, share: 100%, accepted_by: ann}]}", **AGREED},
        ignored={"billing.milestones.0.accepted_by": GONE},
    ),
    Case(
        "billing.milestones.after",
        way("marks entered", "confirm_order do"),
        ["marks entered", "confirm.confirm_order do erp.confirm_order"],
        legs=LEGS,
        change={
            "billing": "{basis: milestone, milestones: [{name: plan, share: 100%, after: order}]}",
            **AGREED,
            "legs.marks": RUNS_MARKS,
        },
        ignored={"billing.milestones.0.after": "confirm"},
    ),
    Case(
        "days",
        part_of("cash_discount", "days"),
        [7],
        legs=LEGS,
        change={"billing.cash_discount": "{rate: 2%, within: 7d}", **AGREED},
        ignored={"billing.cash_discount.within": "8d"},
    ),
    Case(
        "amount",
        part_of("milestones", "0", "amount", "minor"),
        [1],
        legs=LEGS,
        change={"billing": "{basis: order, milestones: [{name: plan, amount: 0.01 USD}]}", **AGREED},
        ignored={"billing.milestones.0.amount": "0.02 USD"},
    ),
]
