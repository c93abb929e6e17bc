"""What a definition may say of events that come at any time, and of the time after a chain has completed."""

from __future__ import annotations

from ltc.definition.shapes import Flag, Many, OneOf, Record, Ref, Text, Whole

_THEN = OneOf(
    "handler's reaction",
    "what happens then",
    records={
        "cancel": Record(
            "cancellation",
            {"cancel": Flag("cancel the chain: undo what took effect; hold instead once past the pivot", only=True)},
            "cancel the chain",
            ("cancel",),
        ),
        "send_back": Record(
            "going back",
            {
                "send_back": Text("name", "the leg to go back to; past the pivot the chain is held instead"),
                "max_rounds": Whole(1, 99, "how often; from then on the chain is held instead; default 3"),
            },
            "go back to an earlier leg; effects are kept",
            ("send_back",),
        ),
        "hold": Record(
            "hold",
            {"hold": Flag("hold the chain until a person acts", only=True)},
            "hold the chain",
            ("hold",),
        ),
        "steps": Record(
            "side line",
            {
                "steps": Many(Ref("step"), "what is done beside the legs, one event after another"),
                "amend": Text(
                    "name",
                    "the document that these steps change: approvals whose bound fields changed are asked for again",
                ),
            },
            "run steps beside the legs",
            ("steps",),
        ),
    },
)

HANDLER = Record(
    "handler",
    {
        "event": Text("event", "the event that may come at any time"),
        "match": Text("expression", "event.FIELD == NAME.id: which chain it is about"),
        "when": Text("expression", "take it only if this holds, too; may ask about the event"),
        "as": Text("name", "the name of the event: in its steps, else in every step, to be asked for with has()"),
        "while": Many(Text("name", "a leg"), "only while one of these legs runs; default: always", distinct=True),
        "then": _THEN,
    },
    "an event that may come at any time",
    required=("event", "match", "then"),
)

KEEP_OPEN = Record(
    "keep_open",
    {
        "for": Text("span", "how long a completed chain stays open for what may still come, such as returns"),
        "handlers": Many(Text("name", "a handler"), "the handlers that still work then", distinct=True),
    },
    "what a completed chain stays open for",
    required=("for", "handlers"),
)
