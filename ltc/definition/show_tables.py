"""Says the decision tables of a plan in words: what a row asks about, and what it gives."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from ltc.definition.cells import given, shown
from ltc.definition.plan_tables import Cell, DecisionTable, Part
from ltc.model.phrase import Phrase, listed, phrase, together

_HITS = {
    "first": "table {name}: the first row that holds gives {gives}",
    "unique": "table {name}: the only row that holds gives {gives}",
    "any": "table {name}: any row that holds gives {gives}",
}


def table_lines(name: str, table: DecisionTable) -> Iterator[Phrase]:
    """Yield what a table looks up and gives, and its rows."""
    gives = listed(together(output, " (", phrase(kind), ")") for output, kind in table.outputs.items())
    yield phrase(_HITS[table.hit], name=name, gives=gives)
    for key, one in table.inputs.items():
        yield together("  ", key, " (", phrase(one.type), ") = ", one.source)
    for row in table.rows:
        asked = [cell_words(key, cell, table.inputs[key].type) for key, cell in row.when.items()]
        said = listed(asked) if asked else phrase("anything")
        yield together(
            "  ", phrase("line {line}: {asked} -> {given}", line=row.line, asked=said, given=_given(row.then))
        )
    if table.otherwise is not None:
        yield together("  ", phrase("otherwise -> {given}", given=_given(table.otherwise)))


def cell_words(key: str, cell: Cell, kind: str) -> Phrase:
    """Say what an input must be."""
    said = listed((_part(part, kind) for part in cell.parts), phrase(" or "))
    return phrase("{key} is not {said}" if cell.but_not else "{key} is {said}", key=key, said=said)


def _part(part: Part, kind: str) -> str:
    if part.equals is not None:
        return part.equals
    low, high = ("" if bound is None else shown(Decimal(bound), kind, part.currency) for bound in (part.low, part.high))
    if low == high and not part.above and not part.below:
        return low
    told = [phrase("above {low}" if part.above else "from {low}", low=low)] if low else []
    told += [phrase("below {high}" if part.below else "up to {high}", high=high)] if high else []
    return listed(told, " ")


def _given(outputs: dict[str, Any]) -> str:
    return ", ".join(f"{name} {given(value)}" for name, value in outputs.items())
