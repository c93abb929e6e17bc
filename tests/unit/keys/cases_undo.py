"""Cases: how effects are undone."""

from datetime import timedelta

from ltc.model.trail import Kind
from tests.support.keys_case import GONE, Case
from tests.support.keys_look import sent, trail, way

ORDER = "legs.order.steps.1"
CONFIRM = "legs.confirm.steps.0"
LEGS = "order confirm"
REJECTS = {"legs.confirm.steps+": "{end: rejected}"}  # undoes everything
UNDOING = trail(Kind.DONE, "op", only="'undo'")
WHY = trail(Kind.STANDS, "why")
TWO = "{call: erp.update_order, with: {order: order.id, lines: order.lines}}, {call: erp.cancel_order, with: {order: order.id}}"
CREDIT_OF = sent("erp.unconfirm_order", "args", "order")
# A person consents to what is irreversible while the chain waits for goods.
CONSENTS = {"ship_after": timedelta(days=9), "acts": [(2, {"action": "cancel", "consent": True})]}
SHIPS = "order confirm shipment"
FINAL = {f"{CONFIRM}.undo": "{irreversible: ask the customer}"}
ONE_CALL = {**FINAL, f"{CONFIRM}.undo.with_consent": "{call: erp.unconfirm_order, with: {order: order.id}}"}
CALLS = {
    **FINAL,
    f"{CONFIRM}.undo.with_consent": "{steps: [{call: erp.update_order, with: {order: order.id, lines: order.lines}}, "
    "{call: erp.unconfirm_order, with: {order: order.id}}]}",
}
CONSENT = f"{CONFIRM}.undo.with_consent"

CASES = [
    Case("undo.call.call", UNDOING, ["erp.unconfirm_order", "erp.cancel_order"], legs=LEGS, change=REJECTS,
         ignored={f"{ORDER}.undo.call": "erp.unconfirm_order"}),
    Case("undo.call.with", sent("erp.cancel_order", "args", "order"), ["SO-1"], legs=LEGS, change=REJECTS,
         ignored={f"{ORDER}.undo.with.order": "order.reference"}),
    Case("undo.steps.steps", UNDOING, ["erp.unconfirm_order", "erp.update_order", "erp.cancel_order"], legs=LEGS,
         change={**REJECTS, f"{ORDER}.undo": f"{{steps: [{TWO}]}}"}, ignored={f"{ORDER}.undo.steps.0": GONE}),
    Case("undo.steps.steps.call", UNDOING, ["erp.unconfirm_order", "erp.update_order", "erp.cancel_order"], legs=LEGS,
         change={**REJECTS, f"{ORDER}.undo": f"{{steps: [{TWO}]}}"},
         ignored={f"{ORDER}.undo.steps.1.call": "erp.unconfirm_order"}),
    Case("undo.steps.steps.with", sent("erp.cancel_order", "args", "order"), ["SO-1"], legs=LEGS,
         change={**REJECTS, f"{ORDER}.undo": f"{{steps: [{TWO}]}}"},
         ignored={f"{ORDER}.undo.steps.1.with.order": "order.reference"}),
    Case("undo.none.none", WHY, ["people tidy up"], legs=LEGS, change={**REJECTS, f"{ORDER}.undo": "{none: people tidy up}"},
         ignored={f"{ORDER}.undo.none": "nothing"}),
    Case("undo.irreversible.irreversible", WHY, ["ask the customer"], legs=LEGS, change={**REJECTS, **FINAL},
         ignored={f"{CONFIRM}.undo.irreversible": "never"}),
    Case("undo.irreversible.with_consent", way("confirm.confirm_order undone", "confirm.confirm_order stands"),
         ["confirm.confirm_order undone"], legs=SHIPS, world=CONSENTS, change=ONE_CALL,
         ignored={CONSENT: GONE}),
    Case("undo.irreversible.with_consent.call.call", UNDOING,
         ["erp.cancel_delivery", "erp.unconfirm_order", "erp.cancel_order"], legs=SHIPS, world=CONSENTS,
         change=ONE_CALL, ignored={f"{CONSENT}.call": "erp.cancel_order"}),
    Case("undo.irreversible.with_consent.call.with", CREDIT_OF, ["SO-1"], legs=SHIPS, world=CONSENTS, change=ONE_CALL,
         ignored={f"{CONSENT}.with.order": "order.reference"}),
    Case("undo.irreversible.with_consent.steps.steps", UNDOING,
         ["erp.cancel_delivery", "erp.update_order", "erp.unconfirm_order", "erp.cancel_order"], legs=SHIPS,
         world=CONSENTS, change=CALLS, ignored={f"{CONSENT}.steps.0": GONE}),
    Case("undo.irreversible.with_consent.steps.steps.call", UNDOING,
         ["erp.cancel_delivery", "erp.update_order", "erp.unconfirm_order", "erp.cancel_order"], legs=SHIPS,
         world=CONSENTS, change=CALLS, ignored={f"{CONSENT}.steps.1.call": "erp.cancel_order"}),
    Case("undo.irreversible.with_consent.steps.steps.with", CREDIT_OF, ["SO-1"], legs=SHIPS, world=CONSENTS,
         change=CALLS, ignored={f"{CONSENT}.steps.1.with.order": "order.reference"}),
]  # fmt: skip
