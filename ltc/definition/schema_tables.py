"""Decision tables in the language: inputs, outputs, rows, or a CSV file beside the definition."""

from __future__ import annotations

from ltc.definition.plan_tables import INPUT_TYPES, OUTPUT_TYPES
from ltc.definition.shapes import Choice, Many, OneOf, Record, Table, Text

_CELL = Text("cell", "a value, a comparison or a range")
_GIVES = Table(Text("given", "what the output is"), "every output with its value")

DECISION_TABLE = Record(
    "table",
    {
        "inputs": Table(
            Record(
                "input",
                {
                    "is": Text("expression", "what is looked up; read where the table is used"),
                    "type": Choice(
                        INPUT_TYPES,
                        "its type; money compares in its own currency, or through base(); an instant is a date, too",
                    ),
                },
                "what a row asks about",
                ("is", "type"),
            ),
            "what is looked up, by column",
        ),
        "outputs": Table(Choice(OUTPUT_TYPES, "its type"), "what the table gives, by column"),
        "hit": Choice(
            ("first", "unique", "any"),
            "which row counts: the first that holds (default), the only one, or any, as all that hold give the same",
        ),
        "rows": Many(
            Record(
                "row",
                {
                    "when": Table(
                        OneOf(
                            "cell", "a condition, or a list of which any will do", text=_CELL,
                            listing=Many(_CELL, "any of these", distinct=True),
                        ),
                        "the condition of each input; an input that is left out may be anything",
                        least=0,
                    ),
                    "then": _GIVES,
                },
                "one rule",
                ("when", "then"),
            ),
            "the rules, in order",
        ),
        "file": Text("csv", "a CSV file beside the definition with the rules: a column for each input and output"),
        "otherwise": _GIVES,
    },
    "a decision table: its outputs are fields of its name, in every expression",
    required=("inputs", "outputs"),
)  # fmt: skip
