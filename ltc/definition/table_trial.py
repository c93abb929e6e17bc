"""Tries a decision table by itself: inputs as people write them, outputs as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ltc.definition import cells
from ltc.definition.plan import Plan
from ltc.definition.tables import Decision, TableError, decide


def attempt(plan: Plan, name: str, given: Mapping[str, str]) -> Decision:
    """Decide by a table of a plan; every input is given as text: ``gold``, ``12``, ``0.05``, ``100.00 USD``, ``true``.

    Raises:
        TableError: there is no such table or input, an input is missing or of another type, or no row holds.
    """
    table = plan.tables.get(name)
    if table is None:
        raise TableError(f"there is no table {name!r} in {plan.process}; there are: {', '.join(plan.tables) or 'none'}")
    for key in given:
        if key not in table.inputs:
            raise TableError(f"table {name} has no input {key!r}; it has: {', '.join(table.inputs)}")
    values = {}
    for key, one in table.inputs.items():
        if key not in given:
            raise TableError(f"table {name}: the input {key!r} ({one.type}) is not given")
        try:
            values[key] = cells.parse_output(given[key], one.type)
        except ValueError as error:
            raise TableError(f"table {name}: input {key!r} ({one.type}): {error}") from None
    return decide(name, table, values, plan.currency)


def written(outputs: Mapping[str, Any]) -> dict[str, str]:
    """Return what a row gives as people write it."""
    return {key: cells.given(value) for key, value in outputs.items()}
