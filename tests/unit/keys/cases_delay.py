"""Cases: delays."""

from ltc.model.trail import Kind
from tests.support.keys_case import GONE, Case
from tests.support.keys_look import all_of, drawn, trail, way

AGREED = "order confirm"
DELAY = "legs.confirm.steps.1"
PAUSE = {"legs.confirm.steps+": "{delay: 2d}"}
# What is billed is due in thirty days.
BILL = (
    "{call: erp.post_order_invoice, with: {order: order.id}, as: invoice, undo: {call: erp.credit_note, "
    "with: {invoice: invoice.id}}%s}"
)
DUE = {
    "legs.billing": f"{{steps: [{BILL % ''}, {{delay: {{due: invoice.due_date}}}}]}}",
}
LAST = "legs.billing.steps.1"
# A later leg sends the chain back over the delay.
BACK = {**PAUSE, "legs.billing": f"{{steps: [{BILL % ', on_refusal: {default: {send_back: confirm}}'}]}}"}
BACK_ONCE = {"refuse": {"erp.post_order_invoice": ["closed"]}}
OVER = trail(Kind.DELAY_OVER, "at")

CASES = [
    Case("step.delay.delay", all_of(way("delayed"), OVER), [["confirm.delay delayed"], ["03-04 01:00"]], legs=AGREED,
         change=PAUSE, ignored={DELAY: GONE}),
    Case("step.delay.delay=(text)", OVER, ["03-04 01:00"], legs=AGREED, change=PAUSE,
         ignored={f"{DELAY}.delay": "1s"}),
    Case("step.delay.delay.due", OVER, ["04-01 01:00"], legs=AGREED, change=DUE,
         ignored={f"{LAST}.delay": "1s"}),
    Case("step.delay.delay.after", OVER, ["04-08 01:00"], legs=AGREED, change={**DUE, f"{LAST}.delay.after": "7d"},
         ignored={f"{LAST}.delay.after": GONE}),
    Case("step.delay.on_revisit", way("delay"), ["confirm.delay delayed", "confirm.delay revisited skip"], legs=AGREED,
         world=BACK_ONCE, change={**BACK, f"{DELAY}.on_revisit": "skip"}, ignored={f"{DELAY}.on_revisit": GONE},
         refused="LTC-D087"),
    Case("step.delay.on_revisit=skip", OVER, ["03-04 01:00"], legs=AGREED, world=BACK_ONCE,
         change={**BACK, f"{DELAY}.on_revisit": "skip"}, ignored={f"{DELAY}.on_revisit": "again"}),
    Case("step.delay.on_revisit=again", OVER, ["03-04 01:00", "03-06 01:00"], legs=AGREED, world=BACK_ONCE,
         change={**BACK, f"{DELAY}.on_revisit": "again"}, ignored={f"{DELAY}.on_revisit": "skip"}),
    Case("step.delay.name", way("delayed"), ["confirm.think delayed"], legs=AGREED,
         change={**PAUSE, f"{DELAY}.name": "think"}, ignored={f"{DELAY}.name": GONE}),
    Case("step.delay.title", drawn("Think it over"), True, legs=AGREED,
         change={**PAUSE, f"{DELAY}.title": "Think it over"}, ignored={f"{DELAY}.title": GONE}),
]  # fmt: skip
