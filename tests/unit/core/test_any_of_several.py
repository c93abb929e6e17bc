"""Waits for any of several events: which one ended it, what each leaves, how long, and what a second visit forgets."""

from datetime import timedelta

import pytest

from ltc.model.trail import Kind
from tests.support.keys_case import GONE, deal, edited, run

WAIT = "legs.shipment.steps.1"
SHIPPED = "{event: erp.goods_shipped, match: event.order == order.id, as: parcel, into: parcels}"
GONE_AWAY = "{event: crm.order_cancelled, match: event.opportunity == opportunity.id, as: away}"


def either(more="", first=SHIPPED, second=GONE_AWAY):
    return {
        "handlers": GONE,
        WAIT: f"{{wait: [{first}, {second}], name: either, as: news{more}, undo: {{none: no}}}}",
    }


def says(expression):
    return {"legs.shipment.steps+": f'{{end: lost, reason: "{expression}"}}'}


def ran(change, **world):
    return run(edited(deal("order confirm shipment"), change), world)


def played(change, **world):
    seen = ran(change, **world)
    assert seen.codes == []
    return seen.chain


WHICH = (
    "news.event + (has(parcel.order) ? ' parcel' : '') + (has(away.reason) ? ' away' : '') + "
    "(size(parcels) == 1 ? ' one' : '')"
)


@pytest.mark.parametrize(
    ("world", "reason"),
    [
        ({}, "erp.goods_shipped parcel one"),
        ({"cancel_after": "erp.release_delivery", "parts": []}, "crm.order_cancelled away"),
    ],
)
def test_later_steps_see_which_event_it_was(world, reason):
    assert played({**either(), **says(WHICH)}, **world).finished.reason == reason


def test_a_field_that_only_one_event_has_is_asked_for():
    seen = ran({**either(), **says("news.delivery")})
    assert "LTC-D158" in seen.codes
    seen = ran({**either(), **says("news.parcel")})
    assert seen.codes == ["LTC-D060"]
    asked = {**either(), **says("has(news.delivery) ? news.delivery : news.event")}
    assert played(asked).finished.reason == "D-1"


def test_an_event_that_is_not_waited_for_is_none_it_could_be():
    seen = ran({**either(), **says("news.event == 'erp.goods_vanished' ? 'a' : 'b'")})
    assert seen.codes == ["LTC-D024"]


def test_what_one_event_leaves_may_not_be_there():
    seen = ran({**either(), **says("parcel.delivery")})
    assert seen.codes
    assert seen.chain is None


def test_a_condition_spans_all_of_them():
    more = ', until: "order.shipped == order.ordered || has(away.reason)"'
    whole = played(
        {**either(more), **says("has(away.reason) ? 'away' : size(parcels) == 2 ? '2' : 'other'")}, parts=[50, 50]
    )
    assert whole.finished.reason == "2"
    taken = [entry.data["event"] for entry in whole.trail if entry.kind is Kind.EVENT_TAKEN]
    assert taken == ["erp.goods_shipped", "erp.goods_shipped"]
    torn = played(
        {**either(more), **says("has(away.reason) ? 'away' : 'whole'")}, parts=[50], cancel_after="erp.release_delivery"
    )
    assert torn.finished.reason == "away"


def test_none_of_them_in_time_and_nothing_is_said():
    change = {**either(", within: 2d, on_timeout: skip"), **says("has(news.event) ? news.event : 'nothing'")}
    assert played(change, parts=[]).finished.reason == "nothing"


def test_a_collection_of_each_its_own():
    returned = "{event: erp.goods_returned, match: event.order == order.id, into: returns}"
    change = {**either(second=returned), **says("size(parcels) == 1 && size(returns) == 0 ? '1/0' : 'other'")}
    assert played(change).finished.reason == "1/0"


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (GONE_AWAY.replace("as: away", "into: others"), "LTC-D058"),
        (GONE_AWAY.replace("as: away", "as: parcel"), "LTC-D065"),
        (GONE_AWAY.replace("as: away", "as: order"), "LTC-D065"),
        (GONE_AWAY.replace("as: away", "as: event"), "LTC-D056"),
        (GONE_AWAY.replace("as: away", "name: x"), "LTC-D020"),
    ],
)
def test_wrong_uses_are_refused(second, code):
    seen = ran(either(second=second))
    assert code in seen.codes, seen.codes


def test_by_hand_either_may_be_supplied():
    acts = [(100, {"action": "skip", "actor": "olga", "reason": "told", "leg": "shipment", "document": {
        "event": "crm.order_cancelled", "id": "x", "opportunity": "OP-1", "reason": "by phone"}})]  # fmt: skip
    held = {**either(", within: 2d"), **says("news.event + ' ' + (has(away.reason) ? away.reason : '')")}
    assert played(held, parts=[], acts=acts).finished.reason == "crm.order_cancelled by phone"


def test_a_second_visit_forgets_the_first():
    billing = (
        "{steps: [{call: erp.post_order_invoice, with: {order: order.id}, as: invoice, undo: {call: erp.credit_note, "
        "with: {invoice: invoice.id}}, on_refusal: {default: {send_back: shipment}}}]}"
    )
    change = {**either(", on_revisit: again, within: 5d, on_timeout: {end: lost, reason: \"has(parcel.order) ? 'stale' : 'fresh'\"}"),
              "legs.billing": billing}  # fmt: skip
    one = played(change, refuse={"erp.post_order_invoice": ["closed"]}, ship_after=timedelta(hours=2), days=30)
    waits = [entry for entry in one.trail if entry.kind is Kind.WAITING and entry.step == "either"]
    assert len(waits) == 2
    assert one.state.results["parcel"] == {} or one.state.results["news"]["event"] == "erp.goods_shipped"
