"""What would be accepted and then do nothing is refused; its twin that does something is not."""

import copy

import pytest

from tests.support.keys_case import DEAL, GONE, edited, run

WAIT = "legs.shipment.steps.1"
RETURN = "{irreversible: the goods are out}"
NEWS = {"handlers": GONE, WAIT: "{wait: crm.order_cancelled, match: event.opportunity == opportunity.id}"}
GOODS: dict[str, object] = {}
STEP_PIVOT = "{after: confirm_order, per: %s}"
CASES = {
    "on_revisit of a read": ({}, {"legs.order.steps.0.on_revisit": "skip"}, {}, {"legs.order.steps.1.on_revisit": "skip"}),
    "on_revisit of a read that calls": (
        {}, {"legs.order.steps.0.on_revisit": "{call: crm.qualify_lead, with: {opportunity: opportunity.id}}"},
        {}, {"legs.order.steps.1.on_revisit": "{call: crm.qualify_lead, with: {opportunity: opportunity.id}}"},
    ),
    "undo of a wait that gathers nothing": (
        NEWS, {f"{WAIT}.undo": RETURN}, NEWS, {f"{WAIT}.undo": "{none: only news}"},
    ),
    "retry of a wait that reads nothing": (
        NEWS, {f"{WAIT}.retry": "{give_up: 1h}"}, GOODS, {f"{WAIT}.retry": "{give_up: 1h}"},
    ),
    "poll of a wait that reads nothing": (NEWS, {f"{WAIT}.poll": "1h"}, GOODS, {f"{WAIT}.poll": "1h"}),
    "on_timeout without within": (
        GOODS, {f"{WAIT}.on_timeout": "compensate"}, {f"{WAIT}.within": "1d"}, {f"{WAIT}.on_timeout": "compensate"},
    ),
    "a pivot per item of a step without items": (
        GOODS, {"legs.confirm.pivot": STEP_PIVOT % "item"}, GOODS, {"legs.confirm.pivot": STEP_PIVOT % "chain"},
    ),
    "a key of what is kept by its id": (
        GOODS, {"legs.invoice.for_each.key": "delivery.order"}, GOODS, {"legs.invoice.for_each.key": "delivery.id"},
    ),
}  # fmt: skip
LEGS = ("order", "confirm", "shipment", "invoice")


def tree(*edits):
    found = copy.deepcopy(DEAL)
    found["legs"] = {name: found["legs"][name] for name in LEGS}
    if edits[0] is NEWS:
        del found["legs"]["invoice"]
    for one in edits:
        edited(found, one)
    return found


@pytest.mark.parametrize(("around", "vain", "other", "counts"), CASES.values(), ids=list(CASES))
def test_a_key_without_effect_is_refused(around, vain, other, counts):
    assert run(tree(around, vain), {"days": 1}).codes == ["LTC-D120"]
    assert run(tree(other, counts), {"days": 1}).codes == []


def test_only_what_has_an_id_is_gathered():
    rates = "{call: erp.exchange_rate, with: {source: \"'EUR'\", target: \"'USD'\"}, into: rates}"
    assert run(tree({"legs.order.steps+": rates}), {"days": 1}).codes == ["LTC-D058"]
    looked = "{call: erp.get_order, with: {order: order.id}, into: orders}"
    assert run(tree({"legs.order.steps+": looked}), {"days": 1}).codes == []
