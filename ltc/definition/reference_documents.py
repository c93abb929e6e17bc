"""Writes the reference of what expressions may read: documents with their fields, and the functions there are."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from ltc.definition.types import ExprType
from ltc.ports.operations import EVENTS, OPERATIONS

_FUNCTIONS = (
    ("base(amount)", "an amount in minor units of the base currency, at the rate an `erp.exchange_rate` step fetched"),
    ("money('10.00 USD')", "a constant amount in minor units of the base currency"),
    (
        "delivered(order)",
        "what was shipped or cancelled is all ordered, in all and in each line, less the tolerance of `billing:`",
    ),
    ("has(name.field)", "the name is set, and holds this field"),
    ("size(list)", "how many elements a list has, or keys a map"),
    ("string(number)", "a number as text"),
    ("list.exists(one, …), list.all(one, …), list.exists_one(one, …)", "a condition over a list, one level deep"),
    ("text.contains('…'), text.startsWith('…'), text.endsWith('…')", "a condition over a text"),
)


def documents() -> Iterator[str]:
    """Write every document and value that an operation or event leaves, with its fields and their types."""
    yield "| document | its fields |"
    yield "|---|---|"
    for model in _reachable():
        fields = ", ".join(f"{name} ({kind})" for name, kind in ExprType("message", model=model).fields().items())
        yield f"| {model.__name__} | {fields} |"


def functions() -> Iterator[str]:
    """Write the functions of expressions."""
    yield "| function | what it gives |"
    yield "|---|---|"
    for name, meaning in _FUNCTIONS:
        yield f"| `{name}` | {meaning} |"


def _reachable() -> list[type[BaseModel]]:
    found: dict[str, type[BaseModel]] = {}
    open_ends = [
        *(ExprType.of(operation.gives) for operation in OPERATIONS.values()),
        *(kind for event in EVENTS.values() for kind in ExprType.of(event.fields).fields().values()),
    ]
    while open_ends:
        kind = open_ends.pop()
        if kind.item is not None:
            open_ends.append(kind.item)
        if kind.model is not None and kind.model.__name__ not in found:
            found[kind.model.__name__] = kind.model
            open_ends += kind.fields().values()
    return [found[name] for name in sorted(found)]
