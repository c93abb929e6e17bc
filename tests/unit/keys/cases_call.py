"""Cases: calls, choices, parallels and ends."""

from ltc.model.trail import Kind
from tests.support.keys_case import GONE, Case
from tests.support.keys_look import all_of, drawn, ends, retried, sent, shown, trail, way

UP_TO_CONFIRM = "order confirm"
BACK_ONCE = {"refuse": {"erp.confirm_order": ["credit_limit"]}}
SENDS_BACK = {"legs.confirm.steps.0.on_refusal": "{default: {send_back: order}}"}
UPDATES = "{call: erp.update_order, with: {order: order.id, lines: opportunity.lines}}"
CREATE = "legs.order.steps.1"

CALLS = [
    Case("step.call.call", way("confirm_order"), ["confirm.confirm_order do erp.confirm_order"], legs=UP_TO_CONFIRM,
         change={"legs.confirm.steps.0.name": "confirm_order"},
         ignored={"legs.confirm.steps.0.call": "erp.unconfirm_order"}),
    Case(
        "step.call.with", sent("erp.create_order", "args", "customer"), ["E-VINET"], legs="order",
        ignored={f"{CREATE}.with.customer": "opportunity.customer.id"},
    ),
    Case(
        "step.call.as", way("held", "ended"), ["ended completed"], legs="order",
        change={"legs": "{order: {steps: [{call: customer.resolve, with: {customer: opportunity.customer}, "
                "as: customer}, {end: completed, reason: customer.name}]}}"},
        ignored={"legs.order.steps.0.as": GONE}, refused="LTC-D061",
    ),
    Case(
        "step.call.into", trail(Kind.ITEM_OPENED, "item"), ["D-1", "INV-D-1"],
        ignored={"legs.invoice.steps.0.into": GONE}, refused="LTC-D065",
    ),
    Case(
        "step.call.undo", way("undone", "stands"), ["order.create_order undone"], legs="order",
        world={"cancel_after": "erp.create_order"}, change={"legs.order.steps+": "{wait: crm.order_cancelled, match: "
        "event.opportunity == order.customer}"},
        ignored={f"{CREATE}.undo": GONE}, refused="LTC-D080",
    ),
    Case(
        "step.call.on_revisit", way("revisited"), ["order.create_order revisited skip"], legs=UP_TO_CONFIRM,
        world=BACK_ONCE, change=SENDS_BACK, ignored={f"{CREATE}.on_revisit": GONE}, refused="LTC-D087",
    ),
    Case(
        "step.call.on_revisit=skip", way("revisited"), ["order.create_order revisited skip"], legs=UP_TO_CONFIRM,
        world=BACK_ONCE, change=SENDS_BACK, ignored={f"{CREATE}.on_revisit": UPDATES},
    ),
    Case(
        "step.call.on_revisit.call", way("update"), ["order.create_order do erp.update_order"], legs=UP_TO_CONFIRM,
        world=BACK_ONCE, change={**SENDS_BACK, f"{CREATE}.on_revisit": UPDATES},
        ignored={f"{CREATE}.on_revisit": "skip"},
    ),
    Case(
        "step.call.on_revisit.with", sent("erp.update_order", "args", "order"), ["SO-1"], legs=UP_TO_CONFIRM,
        world=BACK_ONCE, change={**SENDS_BACK, f"{CREATE}.on_revisit": UPDATES},
        ignored={f"{CREATE}.on_revisit.with.order": "order.reference"},
    ),
    Case(
        "step.call.on_refusal", way("refused", "held", "undone", "ended"),
        ["confirm.confirm_order refused out_of_stock", "order.create_order undone", "ended cancelled"],
        legs=UP_TO_CONFIRM, world={"refuse": {"erp.confirm_order": ["out_of_stock"]}},
        change={"legs.confirm.steps.0.on_refusal": "{out_of_stock: compensate}"},
        ignored={"legs.confirm.steps.0.on_refusal": GONE},
    ),
    Case("step.call.retry", retried("erp.create_order", "give_up"), [120.0], legs="order",
         change={f"{CREATE}.retry": "{give_up: 2m}"}, ignored={f"{CREATE}.retry": GONE}),
    Case("step.call.name", way("order.new"), ["order.new do erp.create_order"], legs="order",
         change={f"{CREATE}.name": "new"}, ignored={f"{CREATE}.name": GONE}),
    Case("step.call.title", drawn("Write the order"), True, legs="order",
         change={f"{CREATE}.title": "Write the order"}, ignored={f"{CREATE}.title": GONE}),
    Case("step.call.sla", trail(Kind.SLA_STARTED, "sla", "on"), [("step:order.create_order", "order.create_order")],
         legs="order", change={f"{CREATE}.sla": "{target: 1h}"}, ignored={f"{CREATE}.sla": GONE}),
    Case("retry.first", retried("erp.create_order", "first"), [7.0], legs="order",
         change={f"{CREATE}.retry": "{first: 7s}"}, ignored={f"{CREATE}.retry.first": GONE, f"{CREATE}.retry": GONE}),
    Case("retry.factor", retried("erp.create_order", "factor"), [3.0], legs="order",
         change={f"{CREATE}.retry": "{factor: 3, first: 1s}"}, ignored={f"{CREATE}.retry.factor": GONE}),
    Case("retry.most", retried("erp.create_order", "most"), [90.0], legs="order",
         change={f"{CREATE}.retry": "{most: 90s, first: 1s}"}, ignored={f"{CREATE}.retry.most": GONE}),
    Case("retry.give_up", retried("erp.create_order", "give_up"), [600.0], legs="order",
         change={f"{CREATE}.retry": "{give_up: 10m, first: 1s}"}, ignored={f"{CREATE}.retry.give_up": GONE}),
    Case("retry.attempt", retried("erp.create_order", "attempt"), [5.0], legs="order",
         change={f"{CREATE}.retry": "{attempt: 5s, first: 1s}"}, ignored={f"{CREATE}.retry.attempt": GONE}),
    *(
        Case(f"real time={unit}", retried("erp.create_order", "give_up"), [seconds], legs="order",
             change={f"{CREATE}.retry": f"{{give_up: 2{unit}}}"}, ignored={f"{CREATE}.retry.give_up": f"2{other}"})
        for unit, seconds, other in (("s", 2.0, "m"), ("m", 120.0, "h"), ("h", 7200.0, "s"))
    ),
    Case("factor=whole", retried("erp.create_order", "factor"), [4.0], legs="order",
         change={f"{CREATE}.retry": "{factor: 4}"}, ignored={f"{CREATE}.retry.factor": "1"}),
    Case("factor=decimal", retried("erp.create_order", "factor"), [1.25], legs="order",
         change={f"{CREATE}.retry": "{factor: 1.25}"}, ignored={f"{CREATE}.retry.factor": "1"}),
]  # fmt: skip

CHOICE = {
    "legs.order.steps+": "{choose: [{when: order.version == 1, steps: [{end: lost}]}, {otherwise: [{end: rejected}]}]}"
}
CHOSEN = "legs.order.steps.2"
CHOICES = [
    Case("step.choose.choose", way("ended"), ["ended lost"], legs="order", change=CHOICE,
         ignored={f"{CHOSEN}.choose": "[{otherwise: []}]"}),
    Case("step.choose.choose.when.when", way("ended"), ["ended lost"], legs="order", change=CHOICE,
         ignored={f"{CHOSEN}.choose.0.when": "order.version == 2"}),
    Case("step.choose.choose.when.steps", way("ended"), ["ended lost"], legs="order", change=CHOICE,
         ignored={f"{CHOSEN}.choose.0.steps": "[]"}),
    Case("step.choose.choose.otherwise.otherwise", way("ended"), ["ended rejected"], legs="order",
         change={**CHOICE, f"{CHOSEN}.choose.0.when": "order.version == 2"},
         ignored={f"{CHOSEN}.choose.1.otherwise": "[]"}),
    Case("step.choose.name", trail(Kind.CONDITION, "step", "on"), [("which", "arm 1")], legs="order",
         change={**CHOICE, f"{CHOSEN}.name": "which"}, ignored={f"{CHOSEN}.name": GONE}),
    Case("step.choose.title", drawn("Which way?"), True, legs="order",
         change={**CHOICE, f"{CHOSEN}.title": "Which way?"}, ignored={f"{CHOSEN}.title": GONE}),
]  # fmt: skip

FORK = {
    "legs.order.steps+": "[{parallel: ["
    "{steps: [{call: erp.get_order, name: a, with: {order: order.id}}]}, "
    "{steps: [{call: erp.get_order, name: b, with: {order: order.id}}, "
    "{call: erp.get_order, name: b2, with: {order: order.id}}]}, "
    "{steps: [{call: erp.get_order, name: c, with: {order: order.id}}, "
    "{call: erp.get_order, name: c2, with: {order: order.id}}, "
    "{call: erp.get_order, name: c3, with: {order: order.id}}]}], join: all}, "
    "{call: erp.get_order, name: after, with: {order: order.id}}]",
}
FORKED = "legs.order.steps.2"
KEPT = {**FORK, f"{FORKED}.rest": "keep"}
STEPS = trail(Kind.DONE, "step")
BEFORE = ["resolve", "create_order"]
EVERY = [*BEFORE, "a", "b", "c", "b2", "c2", "c3", "after"]
AFTER_ONE = [*BEFORE, "a", "b", "c", "after", "b2", "c2", "c3"]
PARALLELS = [
    Case("step.parallel.parallel", STEPS, EVERY, legs="order", change=FORK, ignored={f"{FORKED}.parallel.0.steps": "[]"},
         refused="LTC-D028"),
    Case("step.parallel.parallel.steps", STEPS, EVERY, legs="order", change=FORK,
         ignored={f"{FORKED}.parallel.2.steps": "[{call: erp.get_order, name: d, with: {order: order.id}}]"}),
    Case("step.parallel.join", STEPS, AFTER_ONE, legs="order",
         change={**KEPT, f"{FORKED}.join": "any"}, ignored={f"{FORKED}.join": GONE}, refused="LTC-D120"),
    Case("step.parallel.join=all", STEPS, EVERY, legs="order", change=FORK, ignored={f"{FORKED}.join": "any"}),
    Case("step.parallel.join=any", STEPS, AFTER_ONE, legs="order", change={**KEPT, f"{FORKED}.join": "any"},
         ignored={f"{FORKED}.join": "all"}, refused="LTC-D120"),
    Case("step.parallel.join=(number)", STEPS, [*BEFORE, "a", "b", "c", "b2", "c2", "after", "c3"], legs="order", change={**KEPT, f"{FORKED}.join": "2"},
         ignored={f"{FORKED}.join": "3"}, refused="LTC-D120"),
    Case("step.parallel.rest", STEPS, AFTER_ONE, legs="order",
         change={**KEPT, f"{FORKED}.join": "any"}, ignored={f"{FORKED}.rest": GONE}),
    Case("step.parallel.rest=cancel", STEPS, [*BEFORE, "a", "", "", "after"], legs="order",
         change={**KEPT, f"{FORKED}.join": "any", f"{FORKED}.rest": "cancel"}, ignored={f"{FORKED}.rest": "keep"}),
    Case("step.parallel.rest=keep", STEPS, AFTER_ONE, legs="order",
         change={**KEPT, f"{FORKED}.join": "any"}, ignored={f"{FORKED}.rest": "cancel"}),
    Case("step.parallel.name", all_of(shown("both:"), trail(Kind.SLA_STARTED, "on")),
         [["both: in parallel, 3 of 3 must end, then cancel the rest"], ["order.both"]], legs="order",
         change={**FORK, f"{FORKED}.name": "both", f"{FORKED}.sla": "{target: 1h}"}, ignored={f"{FORKED}.name": GONE}),
    Case("step.parallel.title", drawn("All at once"), True, legs="order",
         change={**FORK, f"{FORKED}.title": "All at once"}, ignored={f"{FORKED}.title": GONE}),
    Case("step.parallel.sla", trail(Kind.SLA_STARTED, "sla", "on"), [("step:order.parallel", "order.parallel")],
         legs="order", change={**FORK, f"{FORKED}.sla": "{target: 1h}"}, ignored={f"{FORKED}.sla": GONE}),
]  # fmt: skip

STOP = {"legs.order.steps+": "{end: lost, reason: opportunity.number}"}
STOPPED = "legs.order.steps.2"
ENDS = [
    Case("step.end.end", ends, "lost: 10248", legs="order", change=STOP, ignored={f"{STOPPED}.end": "written_off"}),
    *(
        Case(f"step.end.end={word}", way("undone", "ended"), [*undone, f"ended {word}"], legs="order",
             change={**STOP, f"{STOPPED}.end": word},
             ignored={f"{STOPPED}.end": "lost" if word != "lost" else "completed"})
        for word, undone in (
            ("completed", []), ("lost", []), ("cancelled", ["order.create_order undone"]),
            ("rejected", ["order.create_order undone"]), ("written_off", []),
        )
    ),
    Case("step.end.reason", ends, "lost: 10248", legs="order", change=STOP, ignored={f"{STOPPED}.reason": GONE}),
    Case("step.end.name", shown("end lost"), ["stop: end lost: opportunity.number"], legs="order",
         change={**STOP, f"{STOPPED}.name": "stop"}, ignored={f"{STOPPED}.name": GONE}),
    Case("step.end.title", drawn("Given up"), True, legs="order", change={**STOP, f"{STOPPED}.title": "Given up"},
         ignored={f"{STOPPED}.title": GONE}),
]  # fmt: skip

CASES = [*CALLS, *CHOICES, *PARALLELS, *ENDS]
