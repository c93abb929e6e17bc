"""The steps of the process language: call, wait, delay, approve, choose, parallel, end, and how they react and undo."""

from __future__ import annotations

from ltc.definition.schema_common import INVOCATION, NAMING, OUTCOMES, STEP_RESERVED, TIMED, UNDO, WITH
from ltc.definition.schema_fragments import USE
from ltc.definition.schema_ladders import DUNNING, START_CHAIN
from ltc.definition.schema_people import APPROVE, FROM, LEVEL
from ltc.definition.schema_reactions import REACTION
from ltc.definition.schema_tasks import FIELD, TASK
from ltc.definition.shapes import Choice, Many, OneOf, Record, Ref, Shape, Table, Text, Whole

_VISIT = OneOf("on_revisit", "what a second visit does", words=("skip",), records={"call": INVOCATION})
_VISIT_WAIT = OneOf("on_revisit", "what a second visit does: skip, or wait again", words=("skip", "again"))

RETRY = Record(
    "retry",
    {
        "first": Text("real_time", "the first pause; default 1s"),
        "factor": Text("factor", "each pause is this many times the one before; default 2"),
        "most": Text("real_time", "the longest pause; default 1m"),
        "give_up": Text("real_time", "hold the step when it has failed for so long; default 15m"),
        "attempt": Text("real_time", "the time limit of one attempt; default 30s"),
    },
    "how a call is retried while the system is away, in real time",
)

CALL = Record(
    "call",
    {
        "call": Text("operation", "the operation"),
        "with": WITH,
        "as": Text("name", "the name of what it leaves"),
        "into": Text("name", "the collection that gathers what it leaves, over all items"),
        "undo": Ref("undo", "how the effect is undone; demanded for every effect"),
        "on_revisit": _VISIT,
        "on_refusal": Table(Ref("reaction"), "by the reason the system gives; 'default' for all others"),
        "retry": Ref("retry", "how it is retried"),
        **NAMING,
        **TIMED,
    },
    "call an operation",
    ("call",),
    STEP_RESERVED,
)

WAIT = Record(
    "wait",
    {
        "wait": OneOf(
            "wait",
            "the event, or a list of several of which any will do",
            text=Text("event", "the event"),
            listing=Many(
                Record(
                    "awaited event",
                    {
                        "event": Text("event", "the event"),
                        "match": Text("expression", "event.FIELD == NAME.id"),
                        "as": Text("name", "the name of its fields once it was taken; ask with has()"),
                        "into": Text("name", "the collection that gathers the documents it reports"),
                    },
                    "one of several events",
                    ("event", "match"),
                ),
                "several events, any of which will do",
            ),
        ),
        "match": Text("expression", "event.FIELD == NAME.id: which document it is about"),
        "until": Text("expression", "wait on until this holds; the document is read again at each event"),
        "as": Text("name", "the name of the fields of the last event taken; of several: NAME.event says which it was"),
        "into": Text("name", "the collection that gathers the documents the event reports"),
        "waits_for": Choice(("customer", "others"), "whose event it is; default: what the event's type says"),
        "within": Text("span", "the longest wait"),
        "on_timeout": Ref("reaction", "when the longest wait is over; default hold"),
        "poll": Text("span", "read again this often even without an event; default 1d"),
        "undo": Ref("undo", "how what was reported is undone"),
        "retry": Ref("retry", "how the reading is retried"),
        "on_revisit": _VISIT_WAIT,
        **NAMING,
        **TIMED,
    },
    "wait for an event",
    ("wait",),
    STEP_RESERVED,
)

DELAY = Record(
    "delay",
    {
        "delay": OneOf(
            "delay",
            "how long, or after which instant",
            text=Text("span", "so long from here on: 4h, 30d, 4bh, 5bd"),
            records={
                "due": Record(
                    "delay by a date",
                    {
                        "due": Text("expression", "an instant, by an expression; one that is past delays nothing"),
                        "after": Text("span", "so long after that instant"),
                    },
                    "until an instant",
                    ("due",),
                ),
            },
        ),
        "on_revisit": OneOf("on_revisit", "what a second visit does: skip, or delay again", words=("skip", "again")),
        **NAMING,
    },
    "let time pass",
    ("delay",),
    STEP_RESERVED,
)

_ARM = OneOf(
    "arm",
    "one arm of a choice",
    records={
        "when": Record(
            "arm",
            {
                "when": Text("expression", "take this arm if it holds"),
                "steps": Many(Ref("step"), "what is done then; may be empty", 0),
            },
            "an arm with a condition",
            ("when", "steps"),
        ),
        "otherwise": Record(
            "arm",
            {"otherwise": Many(Ref("step"), "what is done if no other arm was taken; may be empty", 0)},
            "the last arm",
            ("otherwise",),
        ),
    },
)
CHOOSE = Record(
    "choose",
    {"choose": Many(_ARM, "the first arm that holds is taken"), **NAMING},
    "take one way of several",
    ("choose",),
    STEP_RESERVED,
)

_BRANCH = Record("branch", {"steps": Many(Ref("step"), "what is done")}, "one branch", ("steps",))
PARALLEL = Record(
    "parallel",
    {
        "parallel": Many(_BRANCH, "branches that run at once", 2),
        "join": OneOf(
            "join", "how many must end: all (default), any, or a number",
            words=("all", "any"), text=Whole(1, 99, "so many branches"),
        ),
        "rest": Choice(("cancel", "keep"), "what becomes of the others: cancelled (default), or kept running"),
        **NAMING,
        **TIMED,
    },
    "do several things at once",
    ("parallel",),
    STEP_RESERVED,
)  # fmt: skip

END = Record(
    "end",
    {
        "end": Choice(OUTCOMES, "how the chain ends"),
        "reason": Text("expression", "why, as an expression that gives a text"),
        **NAMING,
    },
    "end the chain",
    ("end",),
    STEP_RESERVED,
)

STEP = OneOf(
    "step",
    "one action inside a leg",
    records={
        "call": CALL,
        "wait": WAIT,
        "delay": DELAY,
        "approve": APPROVE,
        "task": TASK,
        "choose": CHOOSE,
        "parallel": PARALLEL,
        "end": END,
        "use": USE,
        "dunning": DUNNING,
        "start": START_CHAIN,
    },
)

STEP_SHAPES: dict[str, Shape] = {
    "undo": UNDO,
    "retry": RETRY,
    "from": FROM,
    "level": LEVEL,
    "field": FIELD,
    "reaction": REACTION,
    "step": STEP,
}
