"""The process language, version 1: every key there is, and every key kept for later."""

from __future__ import annotations

from ltc.definition import schema_reserved
from ltc.definition.schema_billing import BILLING
from ltc.definition.schema_handlers import HANDLER, KEEP_OPEN
from ltc.definition.schema_ladders import EVERY
from ltc.definition.schema_steps import STEP_SHAPES
from ltc.definition.schema_tables import DECISION_TABLE
from ltc.definition.shapes import Choice, Flag, Many, OneOf, Record, Ref, Shape, Table, Text, Whole

EXPRESSION = Text("expression", "a CEL expression")

TITLE = OneOf(
    "title",
    "what people see: one text, or one per language",
    text=Text("text", "the title in every language"),
    records={
        "en": Record(
            "title", {"en": Text("text", "the English title"), "zh": Text("text", "the Chinese title")}, "per language"
        )
    },
)

START = Record(
    "start",
    {
        "event": Text("event", "the event that starts a chain; a file or a command gives the same fields"),
        "key": Text("expression", "the business key: starting twice with one key finds the same chain"),
        "input": Table(EXPRESSION, "the names that steps may use, each taken from the event"),
        "requester": Text("expression", "who asks: approvals keep this person apart from the approvers"),
    },
    "what starts a chain, and what it starts with",
    required=("event", "key", "input"),
    reserved=schema_reserved.START,
)

TARGET = OneOf(
    "target",
    "the promised time: a span, an instant taken from a document, or a span from a decision table",
    text=Text("span", "a span from the start of what is promised: 4h, 30d, 4bh, 5bd"),
    records={
        "due": Record(
            "due target",
            {"due": Text("expression", "an expression that gives an instant")},
            "due at an instant",
            ("due",),
        ),
        "table": Record(
            "table target",
            {"table": Text("column", "TABLE.OUTPUT: the span that a decision table gives when the promise begins")},
            "a span from a decision table",
            ("table",),
        ),
    },
)

RUNG = Record(
    "rung",
    {
        "at": Text("rung", "when: a share of the target (150%), or an offset from the due instant (due + 7d)"),
        "notify": Text("notify", "who is told"),
        "hold": Flag("hold what is promised until a person acts", only=True),
        "reassign": Text("reassign", "who is asked instead of those who have not decided; manager: theirs"),
        "decide": Choice(("approve", "reject"), "what the open approval is taken for; marked as automatic"),
    },
    "one rung of an escalation",
    required=("at",),
)

_PROMISE: dict[str, Shape] = {
    "name": Text("name", "what tells several promises of one place apart; needed in a list"),
    "target": TARGET,
    "warn_at": Text("percent", "warn when this share of the target is used"),
    "pause_while": Text("expression", "the clock stands still while this holds; may ask waiting_for"),
    "escalate": Many(Ref("rung"), "what happens when the promise is late, in rising order"),
    "calendar": Text("calendar", "the working time it is measured in; default: the process's"),
}
SLA = OneOf(
    "sla",
    "a promised time, or a list of several with names",
    listing=Many(
        Record("named sla", _PROMISE, "one of several promised times", ("name", "target")), "several promised times"
    ),
    records={"target": Record("sla", _PROMISE, "a promised time, with warning and escalation", ("target",))},
)

PIVOT = Record(
    "pivot",
    {
        "after": Text("after", "the event (or the step of this leg) after which undo never runs by itself"),
        "per": Choice(("item", "chain"), "whether each item passes it by itself, or the chain as a whole"),
    },
    "the point of no return",
    required=("after",),
)

FOR_EACH = Record(
    "for_each",
    {
        "in": Text("expression", "the collection: a name of 'into:', or an expression that gives a list"),
        "as": Text("name", "the name of the item inside this leg"),
        "key": Text("expression", "the item's own stable key"),
        "starts": Choice(
            ("on_item", "when_complete"), "start with each item as it appears, or when the collection is complete"
        ),
        "sla": Ref("sla", "a promised time for each item"),
    },
    "run the leg once per item",
    required=("in", "as", "key"),
)

LEG = Record(
    "leg",
    {
        "title": Ref("title", "what people see"),
        "when": Text("expression", "enter the leg only if this holds; read when it is entered"),
        "for_each": Ref("for_each", "run the leg once per item"),
        "every": EVERY,
        "steps": Many(Ref("step"), "what is done, in order"),
        "sla": Ref("sla", "a promised time for the leg"),
        "pivot": Ref("pivot", "the point of no return"),
    },
    "a stage of the chain",
    required=("steps",),
    reserved=schema_reserved.PLACE,
)

DOCUMENT = Record(
    "definition",
    {
        "ltc": Whole(1, 1, "the version of the language"),
        "process": Text("name", "the name of the process"),
        "title": Ref("title", "what people see"),
        "calendar": Text("calendar", "the working time that promises are measured in"),
        "currency": Text("currency", "the base currency: what base() converts to and money() is written in"),
        "start": START,
        "billing": BILLING,
        "sla": Ref("sla", "a promised time for the whole chain"),
        "legs": Table(Ref("leg"), "the stages, in order"),
        "tables": Table(DECISION_TABLE, "decision tables, by name"),
        "handlers": Table(HANDLER, "events that may come at any time"),
        "keep_open": KEEP_OPEN,
    },
    "a process definition",
    required=("ltc", "process", "calendar", "currency", "start", "legs"),
    reserved=schema_reserved.DOCUMENT,
)

SHAPES: dict[str, Shape] = {
    "title": TITLE,
    "sla": SLA,
    "rung": RUNG,
    "pivot": PIVOT,
    "for_each": FOR_EACH,
    "leg": LEG,
    **STEP_SHAPES,
}
