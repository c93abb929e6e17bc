"""Chains of first_order, distributor and call_off: paid down, reminded with a fee, repriced, credited for a complaint."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.replay.scene import Act, Scene, after, held, script

DAYS = timedelta(days=1)
ODD = timedelta(minutes=53)  # nothing comes on the minute of a slow poll
DISPUTE = {
    "event": "erp.receivable_changed", "after": "erp.post_final_invoice", "later": 2 * DAYS + ODD,
    "fields": {"invoice": "INV-2", "reason": "dispute"},
}  # fmt: skip
ROUND = {
    "event": "crm.order_changed", "after": "erp.create_contract", "later": 40 * DAYS + ODD,
    "fields": {"opportunity": "OP-1", "lines": [], "reason": "steel has become dearer"},
}  # fmt: skip
YES, AGREED = ("weigh", {"call_on_it": "true"}), ("consent", {"agreed": "true"})


def first(name: str, *acts: Act, net: int = 150_000, until: timedelta = 200 * DAYS, **said: Any) -> Scene:
    """A chain of first_order."""
    return Scene(f"first order: {name}", "first_order", lambda: script(said), acts, net, until=until)


def dealer(name: str, *acts: Act, net: int = 50_000, until: timedelta = 200 * DAYS, **said: Any) -> Scene:
    """A chain of distributor."""
    return Scene(f"dealer: {name}", "distributor", lambda: script(said), acts, net, until=until)


def contract(name: str, *acts: Act, until: timedelta = 200 * DAYS, **said: Any) -> Scene:
    """A chain of call_off, of which a quarter is called off before its prices are asked about."""
    plain = {"calls": [25, 75], "call_every": 45 * DAYS, "child_after": 5 * DAYS + ODD, "events": [dict(ROUND)]}
    return Scene(f"contract: {name}", "call_off", lambda: script({**plain, **said}), acts, 120_000, until=until)


SCENES = (
    first("paid down, shipped, and the rest paid"),
    first("never paid down", pays=[]),
    first("cancelled after the money came", cancel_after="erp.release_delivery", ship_after=9 * DAYS),
    first("credit says nothing", decisions=[("sales", "approve"), ("credit", "silent")]),
    first("half of it leaves, the rest is given up", parts=[50]),
    first("a complaint is credited in part", pay_after=9 * DAYS + ODD, events=[dict(DISPUTE)],
          answers=[("complaint", {"credit": "100.00 USD"})]),
    first("a customer who may be another", refuse={"customer.ensure": ["duplicate_customer"]}),
    first("lost replies", lost={"customer.ensure": True, "erp.post_down_payment": True, "erp.post_final_invoice": True}),
    first("held by hand while the money is awaited", after("down_payment.paid_down", "hold"), held("release")),
    dealer("taken in two parts, and paid", parts=[40, 60], ship_after=5 * DAYS),
    dealer("pays after the last reminder, and its fee", pay_after=54 * DAYS + ODD, fee_after=6 * DAYS),
    dealer("the fee is waived", pay_after=54 * DAYS + ODD, fee_after=60 * DAYS),
    dealer("the fee's lost reply", pay_after=54 * DAYS + ODD, fee_after=6 * DAYS, lost={"erp.post_dunning_fee": True}),
    dealer("never pays", pays=[]),
    contract("dearer by its clause", answers=[YES, AGREED]),
    contract("silence is consent", answers=[YES, ("consent", "silent")]),
    contract("the customer does not agree", answers=[YES, ("consent", {"agreed": "false"})]),
    contract("closed by then", answers=[YES, AGREED], refuse={"erp.reprice_contract": ["not_open"]}),
    contract("a call-off is not delivered", children=["completed", "cancelled"], events=[]),
    contract("cancelled while a child runs", after("call_offs[CO-1]", "cancel"), child_after=60 * DAYS, events=[]),
)  # fmt: skip
