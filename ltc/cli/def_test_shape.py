"""What a test file beside a definition may say."""

from __future__ import annotations

from ltc.definition.schema_common import OUTCOMES
from ltc.definition.shapes import Choice, Flag, Many, Record, Table, Text, Whole

_WORDS = Many(Text("word", "a word"), "words, one per call", 0)


def _shares(doc: str) -> Many:
    return Many(Whole(0, 100, "a share in percent"), f"{doc}, as shares in percent", 0)


def _lasting(doc: str) -> Text:
    return Text("elapsed", doc)


DECISIONS = ("approve", "reject", "send_back", "silent")

_ANSWER = Record(
    "answer",
    {
        "task": Text("name", "the task"),
        "fields": Table(
            Text("text", "a value as people write it"), "answers by field; the others are filled in plainly"
        ),
        "says": Choice(("reject", "silent"), "decline the task, or let it lie"),
    },
    "what somebody does with a task",
    ("task",),
)

GIVEN = Record(
    "given",
    {
        "net": Text("text", "the deal's net amount: 2500.00 USD"),
        "opportunity": Table(Text("text", "a value"), "other fields of the deal"),
        "discount": Text("text", "the discount of the deal's line, as a share such as 0.15; default 0"),
        "tier": Text("word", "the tier of the customer that is found; default standard"),
        "refuse": Table(
            _WORDS, "by operation: the reason of each refusal, call by call; '' does not refuse", "operation"
        ),
        "fail": Table(
            _WORDS, "by operation: the error of each failed call (Unavailable, Misconfigured, …)", "operation"
        ),
        "lost": Table(Flag("whether it took effect"), "operations whose first reply is lost", "operation"),
        "decisions": Many(
            Table(Text("text", ", ".join(DECISIONS)), "level: decision"),
            "what people decide, in order; otherwise they approve; 'reject, approve': one word for each of them",
        ),
        "people": Table(
            _WORDS,
            "by level, or by who is asked (role:x, managers): who may decide; 'wen for maria' stands in",
            "asked",
        ),
        "answers": Many(_ANSWER, "what people do with tasks, in order; otherwise they fill the form in plainly"),
        "parts": _shares("the deliveries; default one of all"),
        "pays": _shares("the payments of each invoice; default one of all, [] none"),
        "ship_after": _lasting("how long after its release goods leave; default 1d"),
        "calls": _shares("the call-offs of a contract; default one of all"),
        "call_every": _lasting("how long between two call-offs; default 7d"),
        "children": Many(Text("text", "an outcome, or never"), "how chains that it starts end, in order", 0),
        "child_after": _lasting("how long a chain that it starts takes; default 5d"),
        "pay_after": _lasting("how long after its invoice money comes; default 7d"),
        "fee_after": _lasting("how long after its invoice a reminder's fee is paid; default as other money"),
        "events": Many(
            Record(
                "event",
                {
                    "event": Text("event", "the event"),
                    "after": Text("operation", "the operation after which it comes"),
                    "in": Text("elapsed", "how much later; default at once"),
                    "with": Table(
                        Text("text", "an expression over opportunity, order and invoice (the newest)"), "its fields"
                    ),
                    "quantity": Whole(1, 9999, "lines as they are, with this quantity in the first: the field 'lines'"),
                    "twice": Flag("whether it comes twice"),
                },
                "something that an outside system reports",
                ("event", "after"),
            ),
            "what else happens",
        ),
        "lacks": Whole(
            0, 100, "the share of the order, in percent, that is to be made, of parts to be bought; default 100"
        ),
        "elsewhere": Whole(0, 100, "the share of the order, in percent, that only the second warehouse has; default 0"),
        "back_after": _lasting("how long after they were announced goods come back; default 3d"),
        "cancel_after": Text("operation", "the operation after which the customer cancels"),
        "for": _lasting("how long the case is followed; default 400d"),
    },
    "the deal, and what meets it",
    may_be_empty=True,
)

EXPECT = Record(
    "expect",
    {
        "outcome": Text("text", f"how it ends ({', '.join(OUTCOMES)}), or rests: 'held: REASON', 'waiting'"),
        "reason": Text("text", "why it ended so"),
        "path": Many(
            Text("text", "a line of the path"),
            "lines that come, in this order, each in full or its beginning; what a failed case prints shows how "
            "they read",
            0,
        ),
        "never": Many(Text("text", "a line of the path"), "lines that must not come, each in full or its beginning", 0),
        "effects": Many(Text("text", "a word"), "what took effect: exactly these operations, in this order", 0),
    },
    "what happens then",
    ("outcome",),
)

CASE = Record(
    "case",
    {"name": Text("text", "what the case shows"), "given": GIVEN, "expect": EXPECT},
    "one case",
    ("name", "expect"),
)

TABLE_CASE = Record(
    "table case",
    {
        "table": Text("name", "the table"),
        "given": Table(Text("text", "a value: gold, 12, 0.05, 100.00 USD, true"), "every input of the table"),
        "expect": Table(Text("text", "a value as the table writes it"), "what it gives; other outputs are not asked"),
    },
    "one question to a decision table",
    ("table", "given", "expect"),
)

TESTS = Record(
    "tests",
    {"cases": Many(CASE, "the cases", 0), "tables": Many(TABLE_CASE, "questions to the decision tables by themselves")},
    "tests of a definition",
    ("cases",),
)
