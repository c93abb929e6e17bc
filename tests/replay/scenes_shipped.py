"""Chains of the shipped definitions, on a server that skips time: every way they can go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.replay.scene import Act, Scene, after, held, script

DAYS = timedelta(days=1)
MIDDLING, LARGE = 250_000, 800_000


def lead(name: str, *acts: Act, net: int = 50_000, until: timedelta = 400 * DAYS, **said: Any) -> Scene:
    """A chain of lead_to_cash."""
    return Scene(name, "lead_to_cash", lambda: script(said), acts, net, until=until)


def web(name: str, *acts: Act, net: int = 50_000, until: timedelta = 400 * DAYS, **said: Any) -> Scene:
    """A chain of web_order."""
    return Scene(f"web: {name}", "web_order", lambda: script(said), acts, net, until=until)


CONFIRM, CREATE = "erp.confirm_order", "erp.create_order"
DOCUMENT = {
    "id": "SO-9",
    "version": 3,
    "customer": "E-VINET",
    "lines": [],
    "status": "confirmed",
    "reference": "",
    "net": {"minor": 50_000, "currency": "USD"},
    "tax": {"minor": 0, "currency": "USD"},
    "gross": {"minor": 50_000, "currency": "USD"},
    "ordered": 12,
    "shipped": 0,
    "returned": 0,
    "cancelled": 0,
}

_LEAD = (
    lead("a small order"),
    lead("a middling order asks the manager", net=MIDDLING),
    lead("a large order asks finance, too", net=LARGE),
    lead("two deliveries, paid in parts", parts=[40, 60], pays=[30, 70]),
    lead("three deliveries, two months apart", parts=[20, 30, 50], ship_after=20 * DAYS),
    lead(
        "goods leave within the day and are paid at once", ship_after=timedelta(hours=1), pay_after=timedelta(hours=1)
    ),
    lead("rejected by the manager", net=MIDDLING, decisions=[("manager", "reject")]),
    lead("rejected by finance", net=LARGE, decisions=[("finance", "reject")]),
    lead("sent back once", net=MIDDLING, decisions=[("manager", "send_back")]),
    lead("sent back by finance", net=LARGE, decisions=[("finance", "send_back")]),
    lead("sent back four times", net=MIDDLING, decisions=[("manager", "send_back")] * 4),
    lead("nobody of finance", net=LARGE, people={"finance": ["frida"]}, until=2 * DAYS),
    lead("no manager, then one is named", held("retry"), net=MIDDLING, people={"manager": []}, until=3 * DAYS),
    lead("never decided", net=MIDDLING, decisions=[("manager", "silent")], until=30 * DAYS),
    lead(
        "never decided, released, then decided",
        held("extend", sla="leg:approval", by="5bd"),
        held("release"),
        Act("rest", "decide", {}),
        net=MIDDLING,
        decisions=[("manager", "silent")],
    ),
    lead(
        "decided late, after the warning",
        Act("approval", "decide", {}, 10 * timedelta(hours=3)),
        net=MIDDLING,
        decisions=[("manager", "silent")],
    ),
    lead("the customer cancels before approval", cancel_after=CREATE, net=MIDDLING, decisions=[("manager", "silent")]),
    lead("the customer cancels before the goods leave", cancel_after="erp.release_delivery"),
    lead("the customer cancels after the goods left", cancel_after="erp.post_invoice", until=10 * DAYS, pays=[]),
    lead(
        "cancelled past the pivot with consent", held("cancel", consent=True), cancel_after="erp.post_invoice", pays=[]
    ),
    lead("cancelled past the pivot, released instead", held("release"), cancel_after="erp.post_invoice"),
    lead("an operator cancels", after("shipment.goods_shipped", "cancel"), parts=[]),
    lead("an operator may not cancel past the pivot", after("collection", "cancel"), pay_after=3 * DAYS),
    lead("held by hand and released", after("shipment.goods_shipped", "hold"), held("release")),
    lead("a place held by hand and released", after("shipment.goods_shipped", "hold", leg="shipment"), held("release")),
    lead(
        "a task held by hand",
        after("approval", "hold", leg="approval"),
        held("release"),
        Act("rest", "decide", {}),
        net=MIDDLING,
        decisions=[("manager", "silent")],
    ),
    lead("the lead does not qualify", refuse={"crm.qualify_lead": ["not_qualified"]}),
    lead("the lead is known", held("retry"), refuse={"crm.qualify_lead": ["duplicate_lead"]}),
    lead("an unknown customer", held("retry"), refuse={"customer.resolve": ["unknown_customer"]}),
    lead("a blocked customer, left so", refuse={CREATE: ["blocked_customer"]}, until=5 * DAYS),
    lead(
        "a blocked customer, skipped with an order made by hand",
        held("skip", document=DOCUMENT),
        refuse={CREATE: ["blocked_customer"]},
    ),
    lead("an unknown product, corrected", held("correct", values={"lines": []}), refuse={CREATE: ["unknown_product"]}),
    lead("credit is lifted", refuse={CONFIRM: ["credit_limit"]}),
    lead("credit is refused", refuse={CONFIRM: ["credit_limit"]}, decisions=[("credit", "reject")]),
    lead("out of stock, retried", held("retry"), refuse={CONFIRM: ["out_of_stock"]}),
    lead("out of stock twice, cancelled", held("retry"), held("cancel"), refuse={CONFIRM: ["out_of_stock"] * 2}),
    lead("discontinued", refuse={CONFIRM: ["discontinued"]}),
    lead("not confirmed, retried", held("retry"), refuse={"erp.release_delivery": ["not_confirmed"]}),
    lead("already invoiced, adopted by hand", refuse={"erp.post_invoice": ["already_invoiced"]}, until=5 * DAYS),
    lead("never paid: written off", pays=[]),
    lead("paid in half: written off", pays=[50]),
    lead("a write-off is rejected", pays=[], decisions=[("finance", "reject")], until=80 * DAYS),
    lead("goods never leave", parts=[], until=70 * DAYS),
    lead("goods never leave, skipped past", held("skip"), parts=[], until=90 * DAYS),
    lead("goods leave late, wait extended", held("retry"), ship_after=70 * DAYS),
    *(
        lead(
            f"lost reply of {op}, {'applied' if applied else 'absent'}",
            *([] if applied else [held("retry")]),
            lost={op: applied},
        )
        for op in ("crm.qualify_lead", CREATE, CONFIRM, "erp.release_delivery", "erp.post_invoice")
        for applied in (True, False)
    ),
    lead("the reply of a write-off is lost", pays=[], lost={"erp.write_off": True}),
    lead(
        "the reply of an undo is lost",
        held("retry"),
        net=MIDDLING,
        decisions=[("manager", "reject")],
        fail={"erp.cancel_order": ["Unavailable"]},
    ),
    lead(
        "an undo is refused and left to people",
        held("skip"),
        net=MIDDLING,
        decisions=[("manager", "reject")],
        refuse={"erp.cancel_order": ["invoiced"]},
    ),
    *(
        lead(f"{op} fails with {error}", held("retry"), fail={op: [error]})
        for op, error in (
            ("crm.qualify_lead", "Misconfigured"),
            ("customer.resolve", "Unavailable"),
            (CREATE, "ContractBroken"),
            (CREATE, "IntentMismatch"),
            (CONFIRM, "Timeout"),
            ("erp.release_delivery", "Cancelled"),
            ("erp.watch_shipments", "Unavailable"),
            ("erp.watch_payments", "Misconfigured"),
        )
    ),
    lead("nothing was read, and the chain is cancelled", held("cancel"), fail={"customer.resolve": ["Unavailable"]}),
    Scene("a lost deal", "lead_to_cash", changes={"lost": True, "loss_reason": "too dear"}),
    Scene("decisions by signal", "lead_to_cash", net=LARGE, signals=True),
    Scene(
        "rejected by signal",
        "lead_to_cash",
        lambda: script({"decisions": [("manager", "reject")]}),
        net=MIDDLING,
        signals=True,
    ),
)

_WEB = (
    web("paid before it ships"),
    web("large, approved", net=600_000),
    web("large, rejected", net=600_000, decisions=[("sales", "reject")]),
    web("large, sent back", net=600_000, decisions=[("sales", "send_back")]),
    web("large, sent back too often", net=600_000, decisions=[("sales", "send_back")] * 3),
    web("large, nobody to approve", net=600_000, people={"sales": []}),
    web("large, never decided", net=600_000, decisions=[("sales", "silent")], until=60 * DAYS),
    web("never paid", pays=[]),
    web("half a payment", pays=[50], until=20 * DAYS),
    web("paid in parts", pays=[50, 50], pay_after=5 * DAYS),
    web("paid late", pay_after=12 * DAYS),
    web("shipped in parts", parts=[10, 20, 70]),
    web("shipped very late", ship_after=29 * DAYS),
    web("never shipped", held("retry"), parts=[], until=90 * DAYS),
    web("cancelled before payment", cancel_after="erp.post_order_invoice", pays=[]),
    web("cancelled after confirmation", cancel_after=CONFIRM),
    web("cancelled while the release is under way: too late", cancel_after="erp.release_delivery", until=90 * DAYS),
    web("unknown product", refuse={CREATE: ["unknown_product"]}),
    web("blocked customer", refuse={CREATE: ["blocked_customer"]}),
    web("unknown customer, retried", held("retry"), refuse={CREATE: ["unknown_customer"]}),
    web("credit limit, retried", held("retry"), refuse={CONFIRM: ["credit_limit"]}),
    web("discontinued", refuse={CONFIRM: ["discontinued"]}),
    web("a lost reply inside a branch", lost={"crm.set_stage": True}),
    web("a branch held, the other done", held("retry"), fail={"crm.set_stage": ["Misconfigured"]}),
    web("lost reply of the invoice", lost={"erp.post_order_invoice": True}),
    web("the chain is late and held", held("release"), pay_after=13 * DAYS, ship_after=25 * DAYS),
    Scene(
        "web: foreign money",
        "web_order",
        changes={"currency": "EUR", **{name: {"minor": 40_000, "currency": "EUR"} for name in ("net", "gross")}},
    ),
)

SCENES: tuple[Scene, ...] = (*_LEAD, *_WEB)
