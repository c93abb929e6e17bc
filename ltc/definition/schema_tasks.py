"""The step that a person carries out: whom it is given to, its form, its checklist."""

from __future__ import annotations

from dataclasses import replace

from ltc.definition.schema_common import NAMING, TIMED
from ltc.definition.schema_people import LEVEL
from ltc.definition.shapes import Choice, Flag, Many, OneOf, Record, Ref, Shape, Table, Text, Whole

FIELD_TYPES = ("text", "whole", "decimal", "money", "date", "choice", "yes_no", "document", "file")
_LABEL = Ref("title", "what people see")

ASSIGN = LEVEL.keys["from"]
if isinstance(ASSIGN, OneOf):
    ASSIGN = replace(ASSIGN, doc="who does it, as a level says who decides", reserved={})

FIELD = Record(
    "field",
    {
        "type": Choice(FIELD_TYPES, "what is written into it"),
        "label": Ref("title", "what people see beside the field; default: its name"),
        "help": Ref("title", "a hint for whoever fills it in"),
        "required": Flag("it must be filled in; default true"),
        "default": Text("text", "what counts when it is left empty"),
        "min": Text("text", "the least value; of a text its shortest length, of a file how many"),
        "max": Text("text", "the greatest value; of a text its longest length (default 400), of a file how many"),
        "pattern": Text("text", "a regular expression (RE2) that the whole text must match"),
        "options": Table(_LABEL, "of a choice: the words to choose from, with what people see"),
        "places": Whole(0, 6, "of a decimal: how many decimal places; default 2"),
        "currency": Text("currency", "of money: its currency; default: the base currency"),
        "from": Text("name", "of a document: the 'into:' collection that it must be one of"),
        "kinds": Many(Text("file_kind", "a kind, such as pdf"), "of a file: the kinds that are taken", distinct=True),
        "size": Text("bytes", "of a file: the most that one may hold, such as 5MB"),
    },
    "one field of a form",
    required=("type",),
)

TASK_KEYS: dict[str, Shape] = {
    "task": Text("name", "what is to be done, as a name; also the step's name"),
    "assign": ASSIGN,
    "help": Ref("title", "how it is done, for whoever does it"),
    "show": Table(Text("expression", "a figure"), "what the person is shown, by name"),
    "form": Table(Ref("field"), "what the person fills in, by name"),
    "checklist": Table(_LABEL, "what must be ticked, each by somebody, before the task is done"),
    "claim": Flag("whoever does it must claim it first, so that others do not double the work", only=True),
    "as": Text("name", "the name of the answers, with 'by', 'at' and 'comment' of whoever gave them"),
    "within": Text("span", "the longest time it may take"),
    "on_timeout": Ref("reaction", "when the longest time is over; default hold"),
    "none_found": Ref("reaction", "when there is nobody to do it; default hold"),
    "on_reject": Ref("reaction", "when it is declined; without it a task cannot be declined"),
    "undo": Ref("undo", "how what was done is undone; demanded where a checklist says that something is done"),
    "on_revisit": OneOf("on_revisit", "what a second visit does: skip, or ask again", words=("skip", "again")),
}

TASK = Record(
    "task",
    {**TASK_KEYS, **NAMING, **TIMED},
    "have a person do something and fill in a form",
    ("task", "assign"),
)
