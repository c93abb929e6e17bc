"""The types of a task's answers in expressions: a model made of the form's fields."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from pydantic import create_model

from ltc.definition.plan_forms import FormField
from ltc.definition.types import ExprType
from ltc.model.base import Value
from ltc.model.files import FileRef
from ltc.model.money import Money

OWN = ("by", "at", "comment")  # what every answer tells beside the fields


class DecimalAnswer(Value):
    """A decimal: as text for operations, and scaled to a whole number for comparisons (12.50 is 1250)."""

    text: str
    scaled: int


_TYPES: dict[str, Any] = {
    "text": str, "whole": int, "decimal": DecimalAnswer, "money": Money, "date": date, "choice": str, "yes_no": bool,
    "document": str, "file": list[FileRef],
}  # fmt: skip


def answers_type(form: list[FormField]) -> ExprType:
    """Return the type of a form's answers. Equal forms have equal types, so that one name may stand for either."""
    return ExprType.of(_model(tuple((field.name, field.type) for field in form)))


@lru_cache(maxsize=512)
def _model(fields: tuple[tuple[str, str], ...]) -> type[Value]:
    made: dict[str, Any] = {name: (_TYPES[kind], ...) for name, kind in fields}
    made.update({"by": (str, ...), "at": (datetime, ...), "comment": (str, ...)})
    return create_model("Answers", __base__=Value, **made)


def always(field: FormField) -> bool:
    """Tell whether a field surely has a value once its form is filled in."""
    return field.required or field.default is not None
