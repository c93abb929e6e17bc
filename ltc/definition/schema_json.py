"""Writes the language as JSON Schema, so that editors complete and check."""

from __future__ import annotations

import json
from typing import Any

from ltc.definition.schema import DOCUMENT, SHAPES
from ltc.definition.shapes import FORMATS, Choice, Flag, Many, OneOf, Record, Ref, Shape, Table, Text, Whole
from ltc.ports.operations import EVENTS, OPERATIONS

_MOST = {"expression": 512, "text": 400, "cell": 200, "given": 200}
_EXAMPLES = {"operation": tuple(OPERATIONS), "event": tuple(EVENTS)}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a definition: every key and every word, each with its sentence."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ltc process definition, language version 1",
        **_schema(DOCUMENT),
        "$defs": {name: _schema(shape) for name, shape in SHAPES.items()},
    }


def written() -> str:
    """Return the text of ``process_defs/schema.json``."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _schema(shape: Shape) -> dict[str, Any]:
    if isinstance(shape, Ref):
        said = {"description": shape.doc} if shape.doc else {}
        return {"$ref": f"#/$defs/{shape.name}", **said}
    if isinstance(shape, Record):
        return _record(shape)
    if isinstance(shape, Table):
        names = {"pattern": _anchored(FORMATS[shape.key][0])}
        return {
            "type": "object", "description": shape.doc, "minProperties": shape.least, "propertyNames": names,
            "additionalProperties": _schema(shape.of),
        }  # fmt: skip
    if isinstance(shape, Many):
        told = {"uniqueItems": True} if shape.distinct else {}
        return {
            "type": "array", "description": shape.doc, "minItems": shape.least, **told, "items": _schema(shape.of),
        }  # fmt: skip
    return _one_of(shape) if isinstance(shape, OneOf) else _scalar(shape)


def _scalar(shape: Text | Choice | Flag | Whole) -> dict[str, Any]:
    if isinstance(shape, Choice):
        return {"enum": list(shape.words), "description": shape.doc}
    if isinstance(shape, Flag):
        kind: dict[str, Any] = {"type": "boolean"} if shape.only is None else {"const": shape.only}
        return {**kind, "description": shape.doc}
    if isinstance(shape, Whole):
        if shape.low == shape.high:
            return {"const": shape.low, "description": shape.doc}
        return {"type": "integer", "minimum": shape.low, "maximum": shape.high, "description": shape.doc}
    return _text(shape)


def _text(shape: Text) -> dict[str, Any]:
    """A text; an expression or a factor may also be written as a bare number or truth value."""
    if shape.format in _MOST:
        most = _MOST[shape.format]
        return {"type": ["string", "integer", "boolean"], "maxLength": most, "description": shape.doc}
    kinds = ["string", "number"] if shape.format == "factor" else "string"
    said = {"type": kinds, "pattern": _anchored(FORMATS[shape.format][0]), "description": shape.doc}
    return {**said, "examples": list(_EXAMPLES[shape.format])} if shape.format in _EXAMPLES else said


def _anchored(pattern: str | None) -> str:
    return f"^({pattern})$" if pattern else ""


def _record(shape: Record) -> dict[str, Any]:
    return {
        "type": "object",
        "description": shape.doc,
        "properties": {key: _schema(inner) for key, inner in shape.keys.items()},
        "required": list(shape.required),
        "additionalProperties": False,
    }


def _one_of(shape: OneOf) -> dict[str, Any]:
    ways: list[dict[str, Any]] = []
    if shape.words:
        ways.append({"enum": list(shape.words)})
    if shape.text:
        ways.append(_schema(shape.text))
    if shape.listing:
        ways.append(_schema(shape.listing))
    ways += [_schema(record) for record in shape.records.values()]
    return {"description": shape.doc, "anyOf": ways}
