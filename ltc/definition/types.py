"""The types of expressions, read off the pydantic models of operations, events and inputs."""

from __future__ import annotations

import types
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from ltc.model.money import Money

Kind = Literal["bool", "string", "int", "double", "timestamp", "duration", "message", "list", "map", "dyn"]
_SCALARS: dict[Any, Kind] = {
    bool: "bool", int: "int", str: "string", float: "double", Decimal: "string", datetime: "timestamp",
    date: "string", Any: "dyn",
}  # fmt: skip
_WORDS = {"string": "text", "int": "whole number", "bool": "condition", "timestamp": "instant", "dyn": "anything"}


@dataclass(frozen=True, slots=True)
class ExprType:
    """The type of an expression: its kind, the model of a message, the type of a list's or map's elements."""

    kind: Kind
    model: type[BaseModel] | None = None
    item: ExprType | None = None

    @classmethod
    def of(cls, annotation: Any) -> ExprType:
        """Read a type off an annotation: a model, list[X], dict[str, X], str, int, bool, datetime, Decimal, Literal.

        Raises:
            TypeError: the annotation has no counterpart in expressions.
        """
        if isinstance(annotation, ExprType):
            return annotation
        found = _of(annotation)
        if found is None:
            raise TypeError(f"{annotation!r} has no counterpart in expressions")
        return found

    @property
    def is_money(self) -> bool:
        """Whether this is an amount with a currency, not yet converted by base()."""
        return self.model is not None and issubclass(self.model, Money)

    def fields(self) -> dict[str, ExprType]:
        """Return the fields of a message, in order; nothing for any other type."""
        return _fields(self.model) if self.model is not None else {}

    def accepts(self, other: ExprType) -> bool:
        """Say whether a value of the other type fits where this one is wanted."""
        if "dyn" in (self.kind, other.kind):
            return True
        if self.kind != other.kind:
            return False
        if self.kind == "message" and self.model and other.model:
            return issubclass(other.model, self.model) or _says_enough(other.model, self.model)
        return self.item is None or other.item is None or self.item.accepts(other.item)

    def __str__(self) -> str:
        if self.model is not None:
            return self.model.__name__
        if self.item is not None:
            return f"{self.kind} of {self.item}"
        return _WORDS.get(self.kind, self.kind)


def _says_enough(given: type[BaseModel], wanted: type[BaseModel]) -> bool:
    """Say whether a value with less is one of what is wanted: all that it adds may be left out."""
    added = wanted.model_fields.keys() - given.model_fields.keys()
    return issubclass(wanted, given) and not any(wanted.model_fields[name].is_required() for name in added)


DYN = ExprType("dyn")
BOOL, INT, STRING, TIMESTAMP = ExprType("bool"), ExprType("int"), ExprType("string"), ExprType("timestamp")


def _of(annotation: Any) -> ExprType | None:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _of(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return _of_union([part for part in get_args(annotation) if part is not types.NoneType])
    if origin is Literal:
        return _of(type(get_args(annotation)[0]))
    if origin in (list, tuple):
        return ExprType("list", item=_of(get_args(annotation)[0]))
    if origin is dict:
        return ExprType("map", item=_of(get_args(annotation)[1]))
    return _of_class(annotation)


def _of_union(parts: list[Any]) -> ExprType | None:
    found = [_of(part) for part in parts]
    return found[0] if all(part == found[0] for part in found) else DYN


def _of_class(annotation: Any) -> ExprType | None:
    if annotation in _SCALARS:
        return ExprType(_SCALARS[annotation])
    if not isinstance(annotation, type):
        return None
    if issubclass(annotation, BaseModel):
        return ExprType("message", model=annotation)
    return STRING if issubclass(annotation, StrEnum) else None


@lru_cache(maxsize=512)
def _fields(model: type[BaseModel]) -> dict[str, ExprType]:
    return {name: ExprType.of(field.annotation) for name, field in model.model_fields.items()}
