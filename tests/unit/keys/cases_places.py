"""Cases: every reaction at every place that takes it."""

from datetime import timedelta

from tests.support.keys_case import Case
from tests.support.keys_look import way

SAYS = {
    "hold": "hold",
    "compensate": "compensate",
    "skip": "skip",
    "end": "{end: lost}",
    "send_back": "{send_back: order, max_rounds: 1}",
    "approve": "{approve: order, levels: [{name: boss, from: 'role:sales'}]}",
    "steps": "{steps: [{call: erp.get_order, name: look, with: {order: order.id}}, {end: written_off}]}",
}
SEEN = way("held", "ended", "undone", "sent back", "look", "boss approve")
UNDONE = "order.create_order undone"
# place: the step's edits, where the reaction stands, what happens, and what each reaction makes of it.
REFUSED = (
    {}, "legs.confirm.steps.0.on_refusal.default", "order confirm", {"refuse": {"erp.confirm_order": ["out_of_stock"] * 2}},
    {
        "hold": ["confirm.confirm_order held out_of_stock"],
        "compensate": [UNDONE, "ended cancelled"],
        "skip": ["chain held balance"],
        "end": ["ended lost"],
        "send_back": ["confirm.confirm_order sent back to order", UNDONE, "ended rejected"],
        "approve": ["confirm.approve_order boss approve", "chain held balance"],
        "steps": ["confirm.look read erp.get_order", "ended written_off"],
    },
)  # fmt: skip
LATE = (
    {"legs.shipment.steps.1.within": "1d"}, "legs.shipment.steps.1.on_timeout", "order confirm shipment",
    {"ship_after": timedelta(days=9), "days": 8},
    {
        "hold": ["shipment.goods_shipped held event_late"],
        "compensate": ["shipment.release_delivery undone", "confirm.confirm_order undone", UNDONE, "ended cancelled"],
        "skip": ["chain held balance"],
        "end": ["ended lost"],
        "send_back": ["shipment.goods_shipped sent back to order", "shipment.release_delivery undone",
                      "confirm.confirm_order undone", UNDONE, "ended rejected"],
        "steps": ["shipment.look read erp.get_order", "ended written_off"],
    },
)  # fmt: skip
NOBODY = (
    {}, "legs.approval.steps.0.none_found", "order approval", {"people": {"manager": []}},
    {
        "hold": ["approval.approve_order held no_approver"],
        "compensate": [UNDONE, "ended cancelled"],
        "skip": ["chain held balance"],
        "end": ["ended lost"],
        "steps": ["approval.look read erp.get_order", "ended written_off"],
    },
)  # fmt: skip
REJECTED = (
    {}, "legs.approval.steps.0.on_reject", "order approval", {"decisions": [("manager", "reject")] * 2},
    {
        "hold": ["approval.approve_order held rejected"],
        "compensate": [UNDONE, "ended rejected"],
        "end": ["ended lost"],
        "send_back": ["approval.approve_order sent back to order", UNDONE, "ended rejected"],
        "steps": ["approval.look read erp.get_order", "ended written_off"],
    },
)  # fmt: skip
SENT_BACK = (
    {}, "legs.approval.steps.0.on_send_back", "order approval", {"decisions": [("manager", "send_back")] * 2},
    {"send_back": ["approval.approve_order sent back to order", UNDONE, "ended rejected"]},
)  # fmt: skip
PLACES = {
    "on_refusal": REFUSED, "on_timeout": LATE, "none_found": NOBODY, "on_reject": REJECTED, "on_send_back": SENT_BACK,
}  # fmt: skip


def _cases(place: str) -> list[Case]:
    edits, path, legs, world, table = PLACES[place]
    record, _, key = path.rpartition(".")
    start = {**edits, record: "{}"} if key == "default" else edits
    found = []
    for kind, sees in table.items():
        if place == "on_send_back":
            other = "{send_back: order, max_rounds: 2}"
        else:
            other = SAYS["end"] if kind == "hold" else "hold"
        found.append(Case(f"{place}={kind}", SEEN, sees, {**start, path: SAYS[kind]}, {path: other}, legs, world))
    return found


CASES = [case for place in PLACES for case in _cases(place)]
