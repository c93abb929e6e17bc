"""What several kinds of steps share: names, promises, calls of operations and how they are undone."""

from __future__ import annotations

from ltc.definition.schema_reserved import PLACE
from ltc.definition.shapes import Many, OneOf, Record, Ref, Shape, Table, Text

OUTCOMES = ("completed", "lost", "cancelled", "rejected", "written_off")

NAMING: dict[str, Shape] = {
    "name": Text("name", "the step's name in its leg; default: from what it does"),
    "title": Ref("title", "what people see"),
}
TIMED: dict[str, Shape] = {"sla": Ref("sla", "a promised time for this step")}
WITH = Table(Text("expression", "what the operation takes"), "the operation's arguments")
STEP_RESERVED = PLACE

INVOCATION = Record(
    "operation call",
    {"call": Text("operation", "the operation"), "with": WITH},
    "a call of an operation",
    required=("call",),
)
INVOCATIONS = Many(INVOCATION, "calls, in order")
_CONSENT = OneOf(
    "with_consent",
    "what is called once a person has consented",
    records={
        "call": INVOCATION,
        "steps": Record("with_consent", {"steps": INVOCATIONS}, "several calls", ("steps",)),
    },
)

UNDO = OneOf(
    "undo",
    "how the effect is undone when the chain compensates",
    records={
        "call": INVOCATION,
        "steps": Record("undo", {"steps": INVOCATIONS}, "several calls, in order", ("steps",)),
        "none": Record("undo", {"none": Text("text", "why nothing needs undoing")}, "nothing to undo", ("none",)),
        "irreversible": Record(
            "undo",
            {
                "irreversible": Text("text", "why it cannot be undone, and who must consent"),
                "with_consent": _CONSENT,
            },
            "cannot be undone without a person's consent",
            ("irreversible",),
        ),
    },
)
