"""Cases: waits."""

from datetime import timedelta

from ltc.model.trail import Kind
from tests.support.keys_case import GONE, Case
from tests.support.keys_look import all_of, drawn, ends, retried, trail, way

SHIPS = "order confirm shipment"
WAIT = "legs.shipment.steps.1"
PARTS = {"parts": [50, 50]}
LATE = {"ship_after": timedelta(days=3)}
# Any of two events will do: goods that leave, or a customer who cancels.
EITHER = {
    "handlers": GONE,
    WAIT: "{wait: [{event: erp.goods_shipped, match: event.order == order.id}, "
    "{event: crm.order_cancelled, match: event.opportunity == opportunity.id}], name: either, undo: {none: no}}",
}
CANCELS = {"cancel_after": "erp.release_delivery"}
# A later leg sends the chain back over the wait.
BACK = {
    "legs.billing": "{steps: [{call: erp.post_order_invoice, with: {order: order.id}, as: invoice, "
    "undo: {call: erp.credit_note, with: {invoice: invoice.id}}, on_refusal: {default: {send_back: shipment}}}]}"
}
BACK_ONCE = {"refuse": {"erp.post_order_invoice": ["closed"]}}
WAITED = trail(Kind.WAITING, "at", only="goods_shipped")
PASSED = ["shipment.release_delivery revisited skip", "shipment.goods_shipped revisited skip"]

CASES = [
    Case("step.wait.wait", way("took"), ["shipment.either took crm.order_cancelled"], legs=SHIPS, world=CANCELS,
         change=EITHER, ignored={f"{WAIT}.wait.1": GONE}),
    Case("step.wait.wait=(text)", way("took"), ["shipment.goods_shipped took erp.goods_shipped"], legs=SHIPS,
         ignored={f"{WAIT}.wait": "crm.order_cancelled", f"{WAIT}.match": "event.opportunity == opportunity.id",
                  f"{WAIT}.into": GONE, f"{WAIT}.undo": GONE}),
    Case("step.wait.wait=(list)", way("took"), ["shipment.either took crm.order_cancelled"], legs=SHIPS, world=CANCELS,
         change=EITHER, ignored={f"{WAIT}.wait": "erp.goods_shipped", f"{WAIT}.match": "event.order == order.id"}),
    Case("step.wait.wait.event", way("took"), ["shipment.either took crm.order_cancelled"], legs=SHIPS, world=CANCELS,
         change=EITHER,
         ignored={f"{WAIT}.wait.1": "{event: erp.goods_shipped, match: event.order == order.id}"},
         refused="LTC-D120"),
    Case("step.wait.wait.match", way("took"), ["shipment.either took crm.order_cancelled"], legs=SHIPS, world=CANCELS,
         change=EITHER, ignored={f"{WAIT}.wait.1.match": "event.opportunity == opportunity.number"}),
    Case("step.wait.wait.as", ends, "lost: withdrawn", legs=SHIPS, world=CANCELS,
         change={**EITHER, f"{WAIT}.wait.1.as": "gone", f"{WAIT}.wait.0.as": "left", "legs.shipment.steps+":
                 "{end: lost, reason: \"has(gone.opportunity) && !has(left.order) ? 'withdrawn' : 'shipped'\"}"},
         ignored={f"{WAIT}.wait.1.as": GONE}, refused="LTC-D061"),
    Case("step.wait.wait.into", trail(Kind.DOCUMENT, "type"), ["order", "order", "parcels"], legs=SHIPS,
         change={**EITHER, f"{WAIT}.wait.0.into": "parcels"}, ignored={f"{WAIT}.wait.0.into": GONE}),
    Case("step.wait.match", way("took"), ["shipment.order_cancelled took crm.order_cancelled"], legs=SHIPS,
         world=CANCELS, change={"handlers": GONE, WAIT: "{wait: crm.order_cancelled, match: event.opportunity == "
                                "opportunity.id}"},
         ignored={f"{WAIT}.match": "event.opportunity == opportunity.number"}),
    Case("step.wait.until", trail(Kind.DOCUMENT, "id", only="deliveries"), ["D-1", "D-2"], legs=SHIPS, world=PARTS,
         ignored={f"{WAIT}.until": GONE}),
    Case("step.wait.as", ends, "lost: D-1", legs=SHIPS,
         change={f"{WAIT}.as": "news", "legs.shipment.steps+": "{end: lost, reason: \"has(news.delivery) ? "
                 "news.delivery : 'none'\"}"},
         ignored={f"{WAIT}.as": GONE}, refused="LTC-D061"),
    Case("step.wait.into", trail(Kind.DOCUMENT, "type"), ["order", "order", "deliveries"], legs=SHIPS,
         ignored={f"{WAIT}.into": GONE}),
    Case("step.wait.within", way("timed out", "held"), ["shipment.goods_shipped timed out",
         "shipment.goods_shipped held event_late"], legs=SHIPS, world=LATE, change={f"{WAIT}.within": "2d"},
         ignored={f"{WAIT}.within": GONE}),
    Case("step.wait.on_timeout", way("timed out", "held", "ended"), ["shipment.goods_shipped timed out", "ended lost"],
         legs=SHIPS, world=LATE, change={f"{WAIT}.within": "2d", f"{WAIT}.on_timeout": "{end: lost}"},
         ignored={f"{WAIT}.on_timeout": GONE}),
    Case("step.wait.poll", trail(Kind.CONDITION, "at", only="until"), ["03-02 01:00", "03-03 13:00", "03-05 01:00"], legs=SHIPS, world=LATE,
         change={f"{WAIT}.poll": "36h"}, ignored={f"{WAIT}.poll": GONE}),
    Case("step.wait.undo", trail(Kind.STANDS, "why", only="goods_shipped"), ["the goods are out"], legs=SHIPS,
         world={**PARTS, "acts": [(30, {"action": "cancel"})]}, ignored={f"{WAIT}.undo": GONE}, refused="LTC-D081"),
    Case("step.wait.retry", retried("erp.watch_shipments", "give_up"), [120.0], legs=SHIPS,
         change={f"{WAIT}.retry": "{give_up: 2m}"}, ignored={f"{WAIT}.retry": GONE}),
    Case("step.wait.on_revisit", way("revisited"), PASSED, legs=SHIPS, world=BACK_ONCE,
         change={**BACK, f"{WAIT}.on_revisit": "skip"}, ignored={f"{WAIT}.on_revisit": GONE}, refused="LTC-D087"),
    Case("step.wait.on_revisit=skip", all_of(way("revisited"), WAITED), [PASSED, ["03-02 01:00"]], legs=SHIPS, world=BACK_ONCE,
         change={**BACK, f"{WAIT}.on_revisit": "skip"}, ignored={f"{WAIT}.on_revisit": "again"}),
    Case("step.wait.on_revisit=again", all_of(way("revisited"), WAITED), [PASSED[:1], ["03-02 01:00", "03-03 01:00"]], legs=SHIPS, world=BACK_ONCE,
         change={**BACK, f"{WAIT}.on_revisit": "again"}, ignored={f"{WAIT}.on_revisit": "skip"}),
    # A wait that says no until has been met by the event that it took.
    Case("step.wait.on_revisit=skip", all_of(way("revisited"), WAITED), [PASSED, ["03-02 01:00"]], legs=SHIPS, world=BACK_ONCE,
         change={**BACK, f"{WAIT}.on_revisit": "skip", f"{WAIT}.until": GONE},
         ignored={f"{WAIT}.on_revisit": "again"}),
    Case("step.wait.name", way("took"), ["shipment.out took erp.goods_shipped"], legs=SHIPS,
         change={f"{WAIT}.name": "out"}, ignored={f"{WAIT}.name": GONE}),
    Case("step.wait.title", drawn("Goods leave"), True, legs=SHIPS, change={f"{WAIT}.title": "Goods leave"},
         ignored={f"{WAIT}.title": GONE}),
    Case("step.wait.sla", trail(Kind.SLA_STARTED, "sla", "on"),
         [("step:shipment.goods_shipped", "shipment.goods_shipped")], legs=SHIPS,
         change={f"{WAIT}.sla": "{target: 1d}"}, ignored={f"{WAIT}.sla": GONE}),
]  # fmt: skip
