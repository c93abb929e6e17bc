"""Decides by a decision table: which row holds for given inputs, and what it gives. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ltc.definition.cells import fits, number
from ltc.definition.plan_tables import ORDERED, DecisionTable, Row


class TableError(ValueError):
    """A table that gives nothing for these inputs: why."""


@dataclass(frozen=True)
class Decision:
    """``row`` counts from 1; 0 is ``otherwise``."""

    row: int
    line: int
    outputs: dict[str, Any]


def decide(name: str, table: DecisionTable, values: dict[str, Any], base: str) -> Decision:
    """Return the row that holds, and its outputs.

    Args:
        name: the table, for complaints.
        table: the table.
        values: every input as a JSON value.
        base: the base currency: what whole minor units are in.

    Raises:
        TableError: an input is of another type, no row holds and nothing is said for otherwise, or (``unique``)
            several rows hold, or (``any``) rows that hold give different things.
    """
    try:
        for key, one in table.inputs.items():
            if one.type in ORDERED:
                number(one.type, values[key], base)
        hits = [at for at, row in enumerate(table.rows) if _holds(table, row, values, base)]
    except ValueError as error:
        raise TableError(f"table {name}: {error}") from None
    except KeyError as error:
        raise TableError(f"table {name}: no value for the input {error.args[0]!r}") from None
    if not hits:
        if table.otherwise is None:
            raise TableError(f"table {name}: no row holds for {_said(values)}")
        return Decision(0, 0, table.otherwise)
    first = table.rows[hits[0]]
    others = [at for at in hits[1:] if table.hit == "unique" or table.rows[at].then != first.then]
    if table.hit != "first" and others:
        raise TableError(f"table {name}: rows {hits[0] + 1} and {others[0] + 1} both hold for {_said(values)}")
    return Decision(hits[0] + 1, first.line, first.then)


def _holds(table: DecisionTable, row: Row, values: dict[str, Any], base: str) -> bool:
    return all(fits(cell, table.inputs[key].type, values[key], base) for key, cell in row.when.items())


def _said(values: dict[str, Any]) -> str:
    return ", ".join(f"{key} {str(value)[:40]}" for key, value in values.items())
