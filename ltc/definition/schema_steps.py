"""The steps of the process language: call, wait, approve, choose, parallel, end, and how they react and undo."""

from __future__ import annotations

from ltc.definition.shapes import LATER, Choice, Flag, Many, OneOf, Record, Ref, Shape, Table, Text, Whole

OUTCOMES = ("completed", "lost", "cancelled", "rejected", "written_off")

_NAMING: dict[str, Shape] = {
    "name": Text("name", "the step's name in its leg; default: from what it does"),
    "title": Ref("title", "what people see"),
}
_TIMED: dict[str, Shape] = {"sla": Ref("sla", "a promised time for this step")}
_WITH = Table(Text("expression", "what the operation takes"), "the operation's arguments")
_STEP_RESERVED = dict.fromkeys(
    (
        "assign", "form", "checklist", "use", "every", "table", "dunning", "keep_open", "same_person_again",
        "on_first_reject", "substitutes", "policies",
    ),
    LATER,
)  # fmt: skip

INVOCATION = Record(
    "operation call",
    {"call": Text("operation", "the operation"), "with": _WITH},
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

LEVEL = Record(
    "level",
    {
        "name": Text("name", "the level's name"),
        "when": Text("expression", "the level decides only if this holds"),
        "from": OneOf(
            "from",
            "who may decide",
            text=Text("who", "everybody of a role, or one person"),
            records={
                "manager_of": Record(
                    "manager",
                    {
                        "manager_of": Text("expression", "whose manager"),
                        "up": Whole(1, 9, "how many levels up; default 1"),
                    },
                    "somebody's manager",
                    ("manager_of",),
                )
            },
            reserved={"owner_of": LATER, "table": LATER, "external": LATER, "substitute": LATER},
        ),
        "rule": OneOf(
            "rule",
            "how many of them must agree",
            words=("any", "all"),
            records={
                "votes": Record("votes", {"votes": Whole(1, 99, "how many must agree")}, "so many votes", ("votes",))
            },
            reserved={"percent": LATER, "sequence": LATER},
        ),
        "sla": Ref("sla", "a promised time for this level"),
    },
    "one level of an approval",
    required=("name", "from"),
    reserved={"same_person_again": LATER, "on_first_reject": LATER, "substitutes": LATER},
)

SEND_BACK = Record(
    "sending back",
    {
        "send_back": Text("name", "the leg to go back to"),
        "max_rounds": Whole(1, 99, "how often; then the chain is rejected; default 3"),
    },
    "go back to an earlier leg; effects are kept",
    ("send_back",),
)

_APPROVAL: dict[str, Shape] = {
    "approve": Text("name", "the document to decide on"),
    "binds": Many(Text("expression", "a field"), "a change to one of these re-opens the decision"),
    "four_eyes": Flag("nobody decides who asked, and nobody decides twice; default true"),
    "levels": Many(Ref("level"), "who decides, level by level"),
    "none_found": Ref("reaction", "when nobody can decide; default hold"),
    "on_reject": Ref("reaction", "when somebody rejects; default hold"),
    "on_send_back": SEND_BACK,
}

_OVERRIDE = Table(Text("text", "a value for an argument of the call"), "arguments to call again with")

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
                **_NAMING,
                **_APPROVAL,
                **_TIMED,
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
        "steps": Record("steps", {"steps": Many(Ref("step"), "what is done")}, "run steps, then go on", ("steps",)),
    },
    reserved={"task": LATER, "retry": LATER},
)

CALL = Record(
    "call",
    {
        "call": Text("operation", "the operation"),
        "with": _WITH,
        "as": Text("name", "the name of what it leaves"),
        "into": Text("name", "the collection that gathers what it leaves, over all items"),
        "undo": Ref("undo", "how the effect is undone; demanded for every effect"),
        "on_revisit": _VISIT,
        "on_refusal": Table(Ref("reaction"), "by the reason the system gives; 'default' for all others"),
        "retry": Ref("retry", "how it is retried"),
        **_NAMING,
        **_TIMED,
    },
    "call an operation",
    ("call",),
    _STEP_RESERVED,
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
                    {"event": Text("event", "the event"), "match": Text("expression", "event.FIELD == NAME.id")},
                    "one of several events",
                    ("event", "match"),
                ),
                "several events, any of which will do",
            ),
        ),
        "match": Text("expression", "event.FIELD == NAME.id: which document it is about"),
        "until": Text("expression", "wait on until this holds; the document is read again at each event"),
        "as": Text("name", "the name of the fields of the last event taken"),
        "into": Text("name", "the collection that gathers the documents the event reports"),
        "within": Text("span", "the longest wait"),
        "on_timeout": Ref("reaction", "when the longest wait is over; default hold"),
        "poll": Text("span", "read again this often even without an event; default 1d"),
        "undo": Ref("undo", "how what was reported is undone"),
        "retry": Ref("retry", "how the reading is retried"),
        "on_revisit": _VISIT_WAIT,
        **_NAMING,
        **_TIMED,
    },
    "wait for an event",
    ("wait",),
    _STEP_RESERVED,
)

APPROVE = Record(
    "approve", {**_APPROVAL, **_NAMING, **_TIMED}, "have people decide", ("approve", "levels"), _STEP_RESERVED
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
    {"choose": Many(_ARM, "the first arm that holds is taken"), **_NAMING},
    "take one way of several",
    ("choose",),
    _STEP_RESERVED,
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
        **_NAMING,
        **_TIMED,
    },
    "do several things at once",
    ("parallel",),
    _STEP_RESERVED,
)  # fmt: skip

END = Record(
    "end",
    {
        "end": Choice(OUTCOMES, "how the chain ends"),
        "reason": Text("expression", "why, as an expression that gives a text"),
        **_NAMING,
    },
    "end the chain",
    ("end",),
    _STEP_RESERVED,
)

STEP = OneOf(
    "step",
    "one action inside a leg",
    records={"call": CALL, "wait": WAIT, "approve": APPROVE, "choose": CHOOSE, "parallel": PARALLEL, "end": END},
    reserved={"task": LATER, "use": LATER, "every": LATER, "sub": LATER},
)

STEP_SHAPES: dict[str, Shape] = {
    "undo": UNDO,
    "retry": RETRY,
    "level": LEVEL,
    "reaction": REACTION,
    "step": STEP,
}
