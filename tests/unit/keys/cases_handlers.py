"""Cases: handlers of every kind, and the time for which a completed chain stays open."""

from datetime import timedelta

from ltc.model.trail import Kind
from tests.support.keys_case import GONE, Case
from tests.support.keys_look import ends, trail, way

HOUR = timedelta(hours=1)
ABOUT = "event: crm.order_changed, match: event.opportunity == opportunity.id"
BACK = f"{{{ABOUT}, while: [order], then: {{send_back: order, max_rounds: 3}}}}"
HOLDS = f"{{{ABOUT}, then: {{hold: true}}}}"
NOTES = (
    f"{{{ABOUT}, as: change, then: {{steps: [{{call: crm.set_stage, with: {{opportunity: opportunity.id, "
    "stage: change.reason}, undo: {none: a word}}]}}"
)
AMENDS = (
    f"{{{ABOUT}, as: change, while: [confirm], then: {{amend: order, steps: [{{call: erp.amend_order, "
    "with: {order: order.id, lines: change.lines}, as: order, undo: {call: erp.revert_amendment, "
    "with: {order: order.id}}}]}}"
)


def _says(after: str, **fields: object) -> dict[str, object]:
    said = {"opportunity": "OP-1", "lines": [], "reason": "changed", **fields}
    return {"event": "crm.order_changed", "after": after, "fields": said}


def _cheaper(books) -> dict[str, object]:  # type: ignore[no-untyped-def]
    line = books.opportunity["lines"][0]
    half = {name: {**line[name], "minor": line[name]["minor"] // 2} for name in ("net", "tax", "gross")}
    return {"opportunity": "OP-1", "lines": [{**line, "quantity": line["quantity"] // 2, **half}], "reason": "less"}


CHANGED = {"event": "crm.order_changed", "after": "erp.confirm_order", "fields": _cheaper}
FALLS_BACK = {"events": [_says("erp.create_order")]}
STAGED = way("do crm.set_stage", "ended")
OPEN = {"billing.tolerance": "{under: 100%}", "handlers.changes": NOTES, "keep_open": "{for: 30d, handlers: [changes]}"}
# Nothing is delivered here, and the leg stays open until what happens has happened.
QUIET = {"billing.tolerance": "{under: 100%}"}
LINGERS = {
    **QUIET,
    "legs.order.steps+": "{wait: crm.return_announced, match: event.opportunity == opportunity.id, within: 1d, "
    "on_timeout: skip, on_revisit: again}",
}

CONFIRMING = {**QUIET, "legs.confirm.steps+": LINGERS["legs.order.steps+"]}
LONGER = {"handlers.changes.then.max_rounds": "3"}

CASES = [
    Case(
        "handlers.when", way("cancelled", "kept"), ["kept crm.order_cancelled"],
        world={"cancel_after": "erp.create_order"}, change={**LINGERS, "handlers.cancels.when": "event.reason == 'price'"},
        ignored={"handlers.cancels.when": GONE}, legs="order",
    ),
    Case(
        "handlers.as", STAGED, ["changes[1].set_stage do crm.set_stage", "ended completed"], legs="order",
        change={**LINGERS, "handlers.changes": NOTES}, world=FALLS_BACK, ignored={"handlers.changes.as": GONE},
        refused="LTC-D061",
    ),
    Case(
        "handlers.then.cancel.cancel", way("compensating", "ended"), ["compensating", "ended cancelled"],
        world={"cancel_after": "erp.create_order"}, ignored={"handlers.cancels.then.cancel": "false"},
        refused="LTC-D023",
    ),
    Case(
        "handlers.then.send_back.send_back", way("sent back", "revisited"),
        ["changes sent back to order", "order.create_order revisited skip"], legs="order",
        change={**LINGERS, "handlers.changes": BACK}, world=FALLS_BACK,
        ignored={"handlers.changes.then": "{hold: true}"},
    ),
    Case(
        "handlers.then.send_back.max_rounds", way("sent back", "held"),
        ["changes sent back to order", "chain held rounds"], legs="order",
        change={**LINGERS, "handlers.changes": BACK, "handlers.changes.then.max_rounds": "1"},
        world={"events": [_says("erp.create_order"), {**_says("erp.create_order", reason="again"), "later": HOUR}]},
        ignored=LONGER,
    ),
    Case(
        "handlers.then.hold.hold", ends, "held: handler", legs="order", change={**LINGERS, "handlers.changes": HOLDS},
        world=FALLS_BACK, ignored={"handlers.changes.then": "{steps: []}"}, refused="LTC-D028",
    ),
    Case(
        "handlers.then.steps.steps", STAGED, ["changes[1].set_stage do crm.set_stage", "ended completed"],
        legs="order", change={**LINGERS, "handlers.changes": NOTES}, world=FALLS_BACK,
        ignored={"handlers.changes.then": "{hold: true}"},
    ),
    Case(
        "handlers.then.steps.amend", trail(Kind.AMENDED, "document"), ["SO-1"], legs="order confirm",
        change={**CONFIRMING, "handlers.changes": AMENDS}, world={"events": [CHANGED]},
        ignored={"handlers.changes.then.amend": GONE}, refused="LTC-D065",
    ),
    Case(
        "keep_open", way("kept open", "ended"), ["kept open", "ended completed"], legs="order", change=OPEN,
        ignored={"keep_open": GONE},
    ),
    Case(
        "keep_open.for", trail(Kind.KEPT_OPEN, "until"), ["2026-04-01T01:00:02+00:00"], legs="order", change=OPEN,
        ignored={"keep_open.for": "31d"},
    ),
    Case(
        "keep_open.handlers", trail(Kind.KEPT_OPEN, "handlers"), [["changes"]], legs="order", change=OPEN,
        ignored={"keep_open.handlers": "[others]"}, refused="LTC-D170",
    ),
]  # fmt: skip
