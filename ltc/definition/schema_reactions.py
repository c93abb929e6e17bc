"""What a definition may say for when something went another way."""

from __future__ import annotations

from ltc.definition import schema_reserved
from ltc.definition.schema_common import NAMING, OUTCOMES, TIMED
from ltc.definition.schema_people import APPROVAL, SEND_BACK
from ltc.definition.schema_tasks import TASK_KEYS
from ltc.definition.shapes import Choice, Many, OneOf, Record, Ref, Table, Text

_OVERRIDE = Table(Text("text", "a value for an argument of the call"), "arguments to call again with")
_AGAIN = Table(
    Text("text", "a value for an argument of the call"), "try again; of a call: with these arguments", least=0
)

REACTION = OneOf(
    "reaction",
    "what happens when something went another way",
    words=("hold", "compensate", "skip"),
    records={
        "end": Record(
            "ending",
            {"end": Choice(OUTCOMES, "how the chain ends"), "reason": Text("expression", "why, as an expression")},
            "end the chain",
            ("end",),
        ),
        "send_back": SEND_BACK,
        "approve": Record(
            "approval",
            {
                **NAMING,
                **APPROVAL,
                **TIMED,
                "then": Record(
                    "then",
                    {"retry": _OVERRIDE},
                    "what an approval leads to",
                    ("retry",),
                ),
            },
            "have people decide; then go on, or call again",
            ("approve", "levels"),
        ),
        "task": Record(
            "task",
            {
                **TASK_KEYS,
                **NAMING,
                **TIMED,
                "then": Record("then", {"retry": _AGAIN}, "what the task leads to", ("retry",)),
            },
            "have a person do something; then go on, or try again what went another way",
            ("task", "assign"),
        ),
        "steps": Record("steps", {"steps": Many(Ref("step"), "what is done")}, "run steps, then go on", ("steps",)),
    },
    reserved=schema_reserved.REACTION,
)
