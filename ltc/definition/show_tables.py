"""Says the decision tables of a plan in words: what a row asks about, and what it gives."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from ltc.definition.cells import given, shown
from ltc.definition.plan_tables import Cell, DecisionTable, Part

_HITS = {"first": "the first row that holds", "unique": "the only row that holds", "any": "any row that holds"}


def table_lines(name: str, table: DecisionTable) -> Iterator[str]:
    """Yield what a table looks up and gives, and its rows."""
    gives = ", ".join(f"{output} ({kind})" for output, kind in table.outputs.items())
    yield f"table {name}: {_HITS[table.hit]} gives {gives}"
    for key, one in table.inputs.items():
        yield f"  {key} ({one.type}) = {one.source}"
    for row in table.rows:
        asked = [f"{key} {cell_words(cell, table.inputs[key].type)}" for key, cell in row.when.items()]
        yield f"  line {row.line}: {', '.join(asked) or 'anything'} -> {_given(row.then)}"
    if table.otherwise is not None:
        yield f"  otherwise -> {_given(table.otherwise)}"


def cell_words(cell: Cell, kind: str) -> str:
    """Say what an input must be."""
    said = " or ".join(_part(part, kind) for part in cell.parts)
    return f"is not {said}" if cell.but_not else f"is {said}"


def _part(part: Part, kind: str) -> str:
    if part.equals is not None:
        return part.equals
    low, high = ("" if bound is None else shown(Decimal(bound), kind, part.currency) for bound in (part.low, part.high))
    if low == high and not part.above and not part.below:
        return low
    told = [f"above {low}" if part.above else f"from {low}"] if low else []
    told += [f"below {high}" if part.below else f"up to {high}"] if high else []
    return " ".join(told)


def _given(outputs: dict[str, Any]) -> str:
    return ", ".join(f"{name} {given(value)}" for name, value in outputs.items())
