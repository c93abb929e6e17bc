"""What recurs and what rises in steps: legs that run by the calendar, dunning ladders, chains started by a chain."""

from __future__ import annotations

from ltc.definition.recurrence import DAYS, WEEKDAYS
from ltc.definition.schema_common import NAMING, TIMED
from ltc.definition.shapes import Choice, Many, OneOf, Record, Ref, Table, Text, Whole

EVERY = Record(
    "every",
    {
        "each": Text("period", "how often: day, week, month, quarter, year, or several of them (2 weeks)"),
        "on": OneOf(
            "on",
            "the day: a day of the month, a weekday, or the first or last (working) day; default: the day of the start",
            words=(*DAYS, *WEEKDAYS),
            text=Whole(1, 31, "a day of the month; where a month has none, its last"),
        ),
        "at": Text("time", "the time of the day in the calendar's zone; default 00:00"),
        "from": Text("expression", "the instant from which it runs; default: when the leg is entered"),
        "until": Text("expression", "no period begins at this instant or later"),
        "count": Whole(1, 1200, "so many periods"),
        "while": Text("expression", "asked as each period comes: the first time that it does not hold ends the leg"),
        "stop": Record(
            "stop",
            {"event": Text("event", "the event"), "match": Text("expression", "event.FIELD == NAME.id")},
            "the event after which no period begins any more",
            ("event", "match"),
        ),
        "as": Text("name", "the name of the period inside this leg: key, number, begins, ends"),
        "overlap": Choice(
            ("beside", "queue", "skip"),
            "a period comes while an earlier one still runs: beside it (default), after it, or not at all",
        ),
        "missed": Choice(
            ("catch_up", "skip"),
            "several periods came while the chain was held or nothing ran: all are made up for (default), or the last",
        ),
        "sla": Ref("sla", "a promised time for each period"),
    },
    "run the leg again and again by the calendar",
    required=("each", "as"),
)

RISE = Record(
    "dunning level",
    {
        "name": Text("name", "the level's name"),
        "after": Text("span", "how long after the due date; what was paused, or came late, moves it on"),
        "notify": Text("notify", "who is told"),
        "steps": Many(Ref("step"), "what is done: a document, an approval, a task; then the ladder goes on"),
    },
    "one level of a dunning ladder",
    ("name", "after"),
)

DUNNING = Record(
    "dunning",
    {
        "dunning": Text(
            "name", "the document that is due: it has due_date, open, settled; read again before each level"
        ),
        "levels": Many(RISE, "the levels, in rising order; each is taken once"),
        "hand_over": Record(
            "hand-over",
            {
                "after": Text("span", "how long after the due date, pauses apart"),
                "then": Ref("reaction", "what becomes of the claim: hold, steps, end or skip"),
            },
            "when all levels were in vain",
            ("after", "then"),
        ),
        "pause_while": Text("expression", "the ladder rests while this holds, besides disputes, blocks and promises"),
        "promises": Whole(
            1, 99, "so many broken promises of payment; those after them do not stop the ladder any more"
        ),
        "into": Text("name", "the collection that gathers what was received"),
        "poll": Text("span", "read again this often even without an event; default 1d"),
        "undo": Ref("undo", "how what was received is undone"),
        "retry": Ref("retry", "how the reading is retried"),
        **NAMING,
        **TIMED,
    },
    "remind of what is due, level by level, until it is settled",
    ("dunning", "levels", "hand_over"),
)

START_CHAIN = Record(
    "start",
    {
        "start": Record(
            "child chain",
            {
                "process": Text("name", "the process: another definition of this folder"),
                "key": Text("expression", "the business key; default: what that definition makes of the input"),
                "input": Table(Text("expression", "a value"), "the fields of the event that the process starts with"),
                "wait": Choice(("end", "none"), "wait until the child has ended (default), or go on at once"),
                "on_cancel": Choice(
                    ("cancel", "leave", "hold"),
                    "when this chain is undone: cancel the child (default), let it go on, or have people decide",
                ),
            },
            "a chain of another process",
            ("process", "input"),
        ),
        "as": Text("name", "the name of the child: id, process, key, status, ended, outcome, reason"),
        "into": Text("name", "the collection that gathers the children, over all items"),
        "on_refusal": Table(Ref("reaction"), "by the reason it is refused for; 'default' for all others"),
        "retry": Ref("retry", "how it is retried"),
        **NAMING,
        **TIMED,
    },
    "start a chain of another process",
    ("start", "as"),
)
