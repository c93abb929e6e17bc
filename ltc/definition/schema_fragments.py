"""Fragments: blocks of steps in files beside the definitions, and the step that uses one."""

from __future__ import annotations

from ltc.definition.shapes import Record, Shape, Table, Text, Whole

USE_KEYS: dict[str, Shape] = {
    "use": Text("name", "the fragment: fragments/NAME.yaml beside the definition"),
    "with": Table(Text("expression", "what is handed over"), "the fragment's parameters"),
    "as": Table(Text("name", "its name here"), "names of what the fragment leaves; others begin with the use's name"),
    "name": Text("name", "what the fragment's own names begin with here; default: the fragment's name"),
}
USE = Record("use", USE_KEYS, "run the steps of a fragment here", ("use",))

_PARAMETER = Record(
    "parameter",
    {
        "about": Text("text", "what it is"),
        "default": Text("expression", "what it is when a use does not say; without it each use must"),
    },
    "a parameter",
    may_be_empty=True,
)
FRAGMENT = Record(
    "fragment",
    {
        "ltc": Whole(1, 1, "the version of the language"),
        "fragment": Text("name", "its name, that of the file"),
        "about": Text("text", "what it is for"),
        "parameters": Table(_PARAMETER, "what it is handed; written $name in its steps", least=0),
    },
    "a fragment",
    ("ltc", "fragment"),
)
