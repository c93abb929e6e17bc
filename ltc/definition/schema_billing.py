"""The shape of ``billing:``: what is billed, by which parts, and what deviation still counts as balanced."""

from __future__ import annotations

from ltc.definition.shapes import Choice, Many, Record, Text

_AFTER = Text("name", "the leg after which it falls due: a loop over the list that starts on_item runs it then")

INSTALMENT = Record(
    "instalment",
    {
        "name": Text("name", "what it is called"),
        "share": Text("share", "its share of the order; all shares make 100%"),
        "after": _AFTER,
    },
    "a part of the order's price that is billed by itself",
    ("name", "share"),
)

MILESTONE = Record(
    "milestone",
    {
        "name": Text("name", "what it is called"),
        "share": Text("share", "its share of the order; all shares make 100%"),
        "amount": Text("amount", "what is billed for it, gross; all milestones say amounts, or none"),
        "accepted_by": Text("text", "who accepts it; the system refuses anybody else"),
        "after": _AFTER,
    },
    "a result that the customer accepts and is billed for",
    ("name",),
)

BILLING = Record(
    "billing",
    {
        "basis": Choice(
            ("order", "delivery", "milestone"),
            "what is billed: the order, each delivery, or accepted milestones; picks the balance equations",
        ),
        "tolerance": Record(
            "tolerance",
            {
                "over": Text("tolerance", "how much more than ordered may be delivered"),
                "under": Text("tolerance", "how much less than ordered counts as all"),
            },
            "what deviation still counts as balanced; delivered(order) asks for it",
        ),
        "cash_discount": Record(
            "cash discount",
            {
                "rate": Text("share", "what may be deducted, in percent of the invoice"),
                "within": Text("days", "calendar days from the invoice's date"),
            },
            "who pays in time may deduct this",
            ("rate", "within"),
        ),
        "instalments": Many(INSTALMENT, "the parts that an order is billed by"),
        "milestones": Many(MILESTONE, "the results that an order is billed by"),
    },
    "what is billed, and which balance equations hold; ``billing`` is a name in expressions",
    required=("basis",),
)
