"""Cases: the process as a whole, what starts it, its balances, its legs and handlers, titles."""

from ltc.model.trail import Kind
from tests.support.chains import opportunity
from tests.support.keys_case import GONE, Case
from tests.support.keys_look import all_of, drawn, ends, sent, shown, starts, trail, way

# The order is billed as a whole, though only half of it leaves.
HALF = {
    "legs.shipment.steps.1.until": "order.shipped > 0",
    "legs.invoice": "{steps: [{call: erp.post_order_invoice, with: {order: order.id}, as: invoice, "
    "undo: {call: erp.credit_note, with: {invoice: invoice.id}}}]}",
}
UP_TO_INVOICE = "order confirm shipment invoice"
PARTS = {"parts": [50, 50]}
SHIPS = "order confirm shipment"

PROCESS = [
    Case("ltc", way("ended"), ["ended completed"], ignored={"ltc": "2"}, refused="LTC-D030"),
    Case("process", trail(Kind.CHAIN_STARTED, "process"), ["deal"], ignored={"process": "trade"}, legs="order"),
    Case(
        "title", all_of(drawn("Everything we sell: crm.opportunity_won"), shown("Everything")), [True, ["shown as Everything we sell (en)"]],
        change={"title": "Everything we sell"}, ignored={"title": GONE}, legs="order",
    ),
    Case(
        "calendar", trail(Kind.SLA_STARTED, "deadline"), ["03-03 17:00"], legs="order",
        change={"legs.order.sla": "{target: 1bh}", "calendar": "us"}, ignored={"calendar": "cn"},
    ),
    Case(
        "currency", way("confirm"), ["confirm entered", "confirm.confirm_order do erp.confirm_order"],
        legs="order confirm", change={"legs.confirm.when": "base(order.net) >= base(order.gross)"},
        ignored={"currency": "EUR"},
    ),
    Case("start", starts("key"), "10248", ignored={"start": GONE}, legs="order", refused="LTC-D022"),
    Case(
        "start.event", starts("key"), "10248", legs="order", ignored={"start.event": "crm.order_cancelled"},
        refused="LTC-D060",
    ),
    Case("start.key", starts("key"), "10248", ignored={"start.key": "event.opportunity_id"}, legs="order"),
    Case(
        "start.input", starts("values"), {"number": "10248"},
        change={
            "start.input": "{number: event.opportunity.number}",
            "legs": "{order: {steps: [{end: lost, reason: number}]}}",
            "handlers": GONE,
        },
        ignored={"start.input": "{number: event.opportunity_id}"},
    ),
    Case(
        "start.requester", sent("people.open_task", "requester"), ["nancy"], legs="order approval",
        change={"legs.approval.steps.0.levels.0.from": "role:finance"}, ignored={"start.requester": GONE},
    ),
    Case(
        "billing", ends, "completed: ", legs=UP_TO_INVOICE, world={"parts": [50]},
        change={**HALF, "billing": "{basis: order, tolerance: {under: 60%}}"}, ignored={"billing": GONE},
    ),
    Case(
        "billing.basis", way("balance"), ["balance billed <= delivered (USD)", "chain held balance"],
        legs=UP_TO_INVOICE, world={"parts": [50]},
        change={**HALF, "billing": "{basis: delivery, tolerance: {under: 60%}}"}, ignored={"billing.basis": "order"},
    ),
    Case(
        "billing.basis=order", way("balance"), [], legs=UP_TO_INVOICE, world={"parts": [50]},
        change={**HALF, "billing": "{basis: order, tolerance: {under: 60%}}"}, ignored={"billing.basis": "delivery"},
    ),
    Case(
        "billing.basis=delivery", way("balance"), ["balance billed <= delivered (USD)", "chain held balance"],
        legs=UP_TO_INVOICE, world={"parts": [50]},
        change={**HALF, "billing": "{basis: delivery, tolerance: {under: 60%}}"}, ignored={"billing.basis": "order"},
    ),
    Case(
        "billing.tolerance", ends, "completed: ", legs=SHIPS, world={"parts": [50]},
        change={"legs.shipment.steps.1.until": "order.shipped > 0", "billing.tolerance": "{under: 60%}"},
        ignored={"billing.tolerance": GONE},
    ),
    Case(
        "billing.tolerance.under", ends, "completed: ", legs=SHIPS, world={"parts": [50]},
        change={"legs.shipment.steps.1.until": "order.shipped > 0", "billing.tolerance": "{under: 50%}"},
        ignored={"billing.tolerance.under": "0%"},
    ),
    Case(
        "billing.tolerance.over", ends, "completed: ", legs=SHIPS, world={"parts": [125]},
        change={"legs.shipment.steps.1.until": "order.shipped > 0", "billing.tolerance": "{over: 25%}"},
        ignored={"billing.tolerance.over": "0%"},
    ),
    Case(
        "tolerance=whole", way("balance"), [], legs=SHIPS, world={"parts": [92]},
        change={"legs.shipment.steps.1.until": "order.shipped > 0", "billing.tolerance": "{under: 9%}"},
        ignored={"billing.tolerance.under": "8%"},
    ),
    Case(
        "tolerance=decimal", way("balance"), [], legs=SHIPS, world={"parts": [92]},
        change={"legs.shipment.steps.1.until": "order.shipped > 0", "billing.tolerance": "{under: 8.4%}"},
        ignored={"billing.tolerance.under": "8%"},
    ),
]  # fmt: skip

HANDLERS = [
    Case(
        "handlers", way("cancelled", "compensating"), ["cancels took crm.order_cancelled", "compensating", "ended cancelled"],
        world={"cancel_after": "erp.create_order"}, ignored={"handlers": GONE},
    ),
    Case(
        "handlers.event", way("compensating", "kept"), ["compensating"], world={"cancel_after": "erp.create_order"},
        ignored={"handlers.cancels.event": "erp.goods_shipped", "handlers.cancels.match": "event.order == order.id"},
    ),
    Case(
        "handlers.match", ends, "cancelled: the customer does not want it any more",
        world={"cancel_after": "erp.create_order"},
        ignored={"handlers.cancels.match": "event.opportunity == opportunity.number"},
    ),
    Case(
        "handlers.while", way("kept", "ended"), ["kept crm.order_cancelled", "ended completed"],
        world={"cancel_after": "erp.confirm_order"}, change={"handlers.cancels.while": "[order]"},
        ignored={"handlers.cancels.while": GONE},
    ),
    Case(
        "handlers.then", way("compensating", "ended"), ["compensating", "ended cancelled"],
        world={"cancel_after": "erp.create_order"}, ignored={"handlers.cancels.then": GONE}, refused="LTC-D022",
    ),
]  # fmt: skip

TITLED = {"legs.order.title": "{en: The order, zh: 订单}"}
TITLES = [
    Case("title=(text)", drawn("The order"), True, change={"legs.order.title": "The order"},
         ignored={"legs.order.title": GONE}, legs="order"),
    Case("title.en", drawn("The order"), True, change=TITLED, ignored={"legs.order.title.en": GONE}, legs="order"),
    Case("title.zh", drawn("订单", "zh"), True, change=TITLED, ignored={"legs.order.title.zh": GONE}, legs="order"),
    Case("leg.title", drawn("订单", "zh"), True, change=TITLED, ignored={"legs.order.title": GONE}, legs="order"),
]  # fmt: skip

LEGS = [
    Case("legs", way("entered"), ["order entered"], ignored={"legs": GONE}, legs="order", refused="LTC-D022"),
    Case(
        "leg.when", way("approval"), ["approval skipped"], change={"legs.approval.when": "order.version > 1"},
        ignored={"legs.approval.when": GONE},
    ),
    Case(
        "leg.for_each", trail(Kind.ITEM_OPENED, "item"), ["D-1", "D-2"], legs=UP_TO_INVOICE, world=PARTS,
        ignored={
            "legs.invoice.for_each": GONE,
            "legs.invoice.steps.0.call": "erp.post_order_invoice", "legs.invoice.steps.0.with": "{order: order.id}",
        },
    ),
    Case(
        "leg.steps", way("confirm"), ["confirm entered", "confirm.confirm_order do erp.confirm_order"],
        ignored={"legs.confirm.steps": "[{call: erp.get_order, with: {order: order.id}}]"},
    ),
    Case("leg.sla", trail(Kind.SLA_STARTED, "sla", "on"), [("leg:order", "order")], legs="order",
         change={"legs.order.sla": "{target: 1d}"}, ignored={"legs.order.sla": GONE}),
    Case("leg.pivot", way("pivot"), ["pivot order.create_order"], legs="order",
         change={"legs.order.pivot": "{after: create_order}"}, ignored={"legs.order.pivot": GONE}),
]  # fmt: skip

TWO_LINES = [{**opportunity()["lines"][0], "id": number} for number in ("1", "2")]
LINES = {
    "legs.each": "{for_each: {in: opportunity.lines, as: line, key: line.id}, "
    "steps: [{call: erp.get_order, with: {order: order.id}, as: looked}]}"
}
LOOPS = [
    Case(
        "for_each.in", trail(Kind.ITEM_OPENED, "item"), ["1", "2"], legs="order", change=LINES,
        world={"deal": {"lines": TWO_LINES}}, ignored={"legs.each.for_each.in": "'[order.lines[0]]'"},
    ),
    Case(
        "for_each.as", sent("erp.post_invoice", "args", "delivery"), ["D-1"], legs=UP_TO_INVOICE,
        ignored={"legs.invoice.for_each.as": "parcel", "legs.invoice.for_each.key": "parcel.id"}, refused="LTC-D061",
    ),
    Case(
        "for_each.key", trail(Kind.ITEM_OPENED, "item"), ["1"], legs="order", change=LINES,
        ignored={"legs.each.for_each.key": "line.product"},
    ),
    Case(
        "for_each.starts", way("invoice entered", "took"),
        ["shipment.goods_shipped took erp.goods_shipped", "invoice entered",
         "shipment.goods_shipped took erp.goods_shipped"],
        legs=UP_TO_INVOICE, world=PARTS, ignored={"legs.invoice.for_each.starts": GONE},
    ),
    Case(
        "for_each.starts=on_item", way("invoice entered", "took"),
        ["shipment.goods_shipped took erp.goods_shipped", "invoice entered",
         "shipment.goods_shipped took erp.goods_shipped"],
        legs=UP_TO_INVOICE, world=PARTS, ignored={"legs.invoice.for_each.starts": "when_complete"},
    ),
    Case(
        "for_each.starts=when_complete", way("invoice entered", "took"),
        ["shipment.goods_shipped took erp.goods_shipped", "shipment.goods_shipped took erp.goods_shipped",
         "invoice entered"],
        legs=UP_TO_INVOICE, world=PARTS, change={"legs.invoice.for_each.starts": "when_complete"},
        ignored={"legs.invoice.for_each.starts": "on_item"},
    ),
    Case(
        "for_each.sla", trail(Kind.SLA_STARTED, "sla", "item"),
        [("item:invoice[D-1]", "D-1"), ("item:invoice[D-2]", "D-2")], legs=UP_TO_INVOICE, world=PARTS,
        change={"legs.invoice.for_each.sla": "{target: 1d}"}, ignored={"legs.invoice.for_each.sla": GONE},
    ),
]  # fmt: skip

SHIPPED_PIVOT = {"legs.shipment.pivot": "{after: erp.goods_shipped, per: item}"}
PIVOTS = [
    Case("pivot.after", way("pivot"), ["pivot confirm.confirm_order"], legs="order confirm",
         change={"legs.confirm.steps+": "{call: crm.qualify_lead, with: {opportunity: opportunity.id}, "
                 "undo: {none: it stays}}",
                 "legs.confirm.pivot": "{after: confirm_order}"},
         ignored={"legs.confirm.pivot.after": "qualify_lead"}),
    Case("after=a step", way("pivot"), ["pivot shipment.release_delivery"], legs=SHIPS,
         change={"legs.shipment.pivot": "{after: release_delivery}"},
         ignored={"legs.shipment.pivot.after": "erp.goods_shipped"}),
    Case("after=an event", way("pivot"), ["pivot erp.goods_shipped"], legs=SHIPS,
         change={"legs.shipment.pivot": "{after: erp.goods_shipped}"},
         ignored={"legs.shipment.pivot.after": "release_delivery"}),
    Case("pivot.per", way("pivot"), ["pivot erp.goods_shipped[D-1]", "pivot erp.goods_shipped[D-2]"], legs=SHIPS,
         world=PARTS, change=SHIPPED_PIVOT, ignored={"legs.shipment.pivot.per": GONE}),
    Case("pivot.per=item", way("pivot"), ["pivot erp.goods_shipped[D-1]", "pivot erp.goods_shipped[D-2]"], legs=SHIPS,
         world=PARTS, change=SHIPPED_PIVOT, ignored={"legs.shipment.pivot.per": "chain"}),
    Case("pivot.per=chain", way("pivot"), ["pivot erp.goods_shipped"], legs=SHIPS, world=PARTS,
         change={"legs.shipment.pivot": "{after: erp.goods_shipped, per: chain}"},
         ignored={"legs.shipment.pivot.per": "item"}),
]  # fmt: skip

CASES = [*PROCESS, *HANDLERS, *TITLES, *LEGS, *LOOPS, *PIVOTS]
