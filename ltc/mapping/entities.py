"""What ltc has on its side of a mapping: documents and requests, and the kind of each of their fields."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from ltc.mapping.paths import EACH, Path
from ltc.model import documents
from ltc.model.money import Money
from ltc.ports import requests

_PLAIN = {Money: "money", datetime: "instant", int: "integer", Decimal: "decimal", str: "text", bool: "boolean"}
_IN_WORDS = {"money": "money", "instant": "an instant", "integer": "a whole number", "decimal": "a decimal number",
             "text": "a text", "boolean": "true or false", "record": "a record"}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """The kind of a field: a word, the model behind it if it is a record, and whether it is a list of them."""

    name: str
    model: type[BaseModel] | None = None
    many: bool = False

    def __str__(self) -> str:
        return f"a list ({_IN_WORDS[self.name]} each)" if self.many else _IN_WORDS[self.name]


@cache
def models() -> dict[str, type[BaseModel]]:
    """Return every document and request by its name in mapping files: ``CreateOrder`` is ``create_order``."""
    found: dict[str, type[BaseModel]] = {}
    for module in (documents, requests):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == module.__name__:
                found[name_of(value)] = value
    return dict(sorted(found.items()))


def name_of(model: type[BaseModel]) -> str:
    """Return a model's name in mapping files."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", model.__name__).lower()


@cache
def fields_of(model: type[BaseModel]) -> dict[str, Kind]:
    """Return the kinds of a model's fields."""
    return {name: _kind(field.annotation) for name, field in model.model_fields.items()}


def resolve(model: type[BaseModel], path: Path) -> Kind | str:
    """Return the kind of what stands at a path of a model; a text that says what is wrong when nothing does."""
    kind = Kind("record", model)
    many = False
    for part in path.parts:
        if isinstance(part, str):
            if kind.many or kind.model is None or part not in fields_of(kind.model):
                return part
            kind = fields_of(kind.model)[part]
        elif not kind.many:
            return "[*]" if part is EACH else f"[{part}]"
        else:
            many = many or part is EACH
            kind = Kind(kind.name, kind.model)
    return Kind(kind.name, kind.model, many or kind.many)


def required(model: type[BaseModel]) -> Iterator[str]:
    """Yield the fields that a model cannot do without."""
    return (name for name, field in model.model_fields.items() if field.is_required())


def _kind(annotation: Any) -> Kind:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _kind(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return _kind(next(one for one in get_args(annotation) if one is not type(None)))
    if origin is list:
        inner = _kind(get_args(annotation)[0])
        return Kind(inner.name, inner.model, many=True)
    if annotation in _PLAIN:
        return Kind(_PLAIN[annotation], Money if annotation is Money else None)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Kind("record", annotation)
    raise TypeError(f"mapping files know no kind for {annotation!r}")
