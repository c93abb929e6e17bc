"""Decision tables as a plan pins them: typed inputs, rows of conditions, typed outputs."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ltc.definition.plan_values import Expr
from ltc.model.base import Value

InputType = Literal["text", "whole", "decimal", "money", "date", "condition"]
OutputType = Literal["text", "whole", "decimal", "money", "condition", "span", "who"]
INPUT_TYPES: tuple[InputType, ...] = ("text", "whole", "decimal", "money", "date", "condition")
OUTPUT_TYPES: tuple[OutputType, ...] = ("text", "whole", "decimal", "money", "condition", "span", "who")
ORDERED = ("whole", "decimal", "money", "date")


class Part(Value):
    """One condition on a value: equal to a text, or within bounds.

    Bounds are decimals: of money, minor units; of dates, the number of the day (the first of January of year 1 is 1).
    """

    equals: str | None = None
    low: str | None = None
    high: str | None = None
    above: bool = False  # the low bound itself is out
    below: bool = False  # the high bound itself is out
    currency: str = ""


class Cell(Value):
    """What one input must be: any of the parts, or (``but_not``) none of them."""

    parts: list[Part]
    but_not: bool = False


class Row(Value):
    """One rule: every input that has a cell must fit it. ``line`` is where it stands, for people."""

    when: dict[str, Cell] = Field(default_factory=dict)
    then: dict[str, Any]
    line: int = 0


class TableInput(Value):
    """An input: an expression read where the table is used, and its type."""

    type: InputType
    source: Expr


class DecisionTable(Value):
    """A decision table. ``otherwise`` holds where no row does; None: the rows hold for every input."""

    inputs: dict[str, TableInput]
    outputs: dict[str, OutputType]
    hit: Literal["first", "unique", "any"] = "first"
    rows: list[Row]
    otherwise: dict[str, Any] | None = None
