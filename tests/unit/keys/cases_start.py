"""Cases: steps that start another chain."""

from ltc.model.trail import Kind
from tests.support.keys_case import GONE, Case
from tests.support.keys_look import drawn, ends, retried, sent, trail, way

STEP = "legs.child.steps.0"
START = {
    "legs.child": "{steps: [{start: {process: other, input: {number: opportunity.number}}, as: child}, "
    "{end: lost, reason: child.outcome}]}"
}
DEATH = {**START, "legs.child.steps.1": "{call: erp.confirm_order, with: {order: order.id}, "
         "undo: {none: x}, on_refusal: {default: compensate}}"}  # fmt: skip
NO = {"refuse": {"erp.confirm_order": ["out_of_stock"]}}
LINES = way("chain.", "took", "ended")
ENDS = ["child.start_other do chain.start", "child.start_other-end took chain.ended", "ended lost"]


def case(item: str, look, sees, change, ignored, world=None, refused="", base=START) -> Case:
    return Case(item, look, sees, {**base, **change}, ignored, "order", world or {}, refused)


CASES = [
    case("step.start.start", LINES, ENDS, {}, {f"{STEP}.start.wait": "none"}),
    case("step.start.start.process", sent("chain.start", "args", "process"), ["other"], {},
         {f"{STEP}.start.process": "another"}),
    case("step.start.start.key", sent("chain.start", "args", "key"), ["10248"],
         {f"{STEP}.start.key": "opportunity.number"}, {f"{STEP}.start.key": GONE}),
    case("step.start.start.input", sent("chain.start", "args", "input.number"), ["10248"], {},
         {f"{STEP}.start.input.number": "opportunity.id"}),
    case("step.start.start.wait", ends, "lost: ", {f"{STEP}.start.wait": "none"}, {f"{STEP}.start.wait": GONE}),
    case("step.start.start.wait=none", LINES, [ENDS[0], ENDS[2]], {f"{STEP}.start.wait": "none"},
         {f"{STEP}.start.wait": "end"}),
    case("step.start.start.wait=end", ends, "lost: completed", {f"{STEP}.start.wait": "end"},
         {f"{STEP}.start.wait": "none"}),
    case("step.start.start.on_cancel", way("undone", "stands", "remains"),
         ["child.start_other stands", "order.create_order undone"], {f"{STEP}.start.on_cancel": "leave"},
         {f"{STEP}.start.on_cancel": GONE}, NO, base=DEATH),
    case("step.start.start.on_cancel=cancel", way("undo chain"), ["child.start_other undo chain.cancel"],
         {f"{STEP}.start.on_cancel": "cancel", f"{STEP}.start.wait": "none"}, {f"{STEP}.start.on_cancel": "hold"}, NO,
         base=DEATH),
    case("step.start.start.on_cancel=leave", way("child.start_other stands"), ["child.start_other stands"],
         {f"{STEP}.start.on_cancel": "leave"}, {f"{STEP}.start.on_cancel": "cancel"}, NO, base=DEATH),
    case("step.start.start.on_cancel=hold", way("undo chain"), ["child.start_other undo chain.require_ended"],
         {f"{STEP}.start.on_cancel": "hold"}, {f"{STEP}.start.on_cancel": "leave"}, NO, base=DEATH),
    case("step.start.as", ends, "lost: completed", {}, {f"{STEP}.as": "kid"}, refused="LTC-D061"),
    case("step.start.into", ends, "lost: 1", {f"{STEP}.into": "kids", "legs.child.steps.1.reason": "string(size(kids))"},
         {f"{STEP}.into": GONE}, refused="LTC-D061"),
    case("step.start.on_refusal", ends, "lost: none", {f"{STEP}.on_refusal":
         "{cycle: {end: lost, reason: \"'none'\"}}"}, {f"{STEP}.on_refusal": GONE}, {"refuse": {"chain.start": ["cycle"]}}),
    case("step.start.retry", retried("chain.start", "first"), [7.0], {f"{STEP}.retry": "{first: 7s}"},
         {f"{STEP}.retry": GONE}),
    case("step.start.name", trail(Kind.WAITING, "step"), ["kid-end"], {f"{STEP}.name": "kid"}, {f"{STEP}.name": GONE}),
    case("step.start.title", drawn("A child"), True, {f"{STEP}.title": "A child"}, {f"{STEP}.title": GONE}),
    case("step.start.sla", way("breached"), ["breached step:child.start_other"], {f"{STEP}.sla": "{target: 2d}"},
         {f"{STEP}.sla": GONE}),
]  # fmt: skip
