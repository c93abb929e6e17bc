"""Tells which items of ``process_defs/schema.json`` a definition uses, named as ``keys.listed`` names them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ltc.definition.compile_reactions import ALLOWED
from tests.support.keys import schema

Shape = dict[str, Any]


def used(definition: dict[str, Any]) -> Iterator[str]:
    """Give every key, word and way of writing that a definition, read as YAML, uses; some more than once."""
    yield from _object("", schema(), definition)


def _value(at: str, shape: Shape, value: Any) -> Iterator[str]:
    if "$ref" in shape:
        at = shape["$ref"].rsplit("/", 1)[-1]
        shape = schema()["$defs"][at]
    if "anyOf" in shape:
        yield from _way(at, shape["anyOf"], value)
    elif isinstance(value, dict):
        yield from _object(at, shape, value)
    elif isinstance(value, list):
        for one in value:
            yield from _value(at, shape.get("items", {}), one)
    elif isinstance(value, bool):
        yield f"{at}={str(value).lower()}"
    elif value in shape.get("enum", ()):
        yield f"{at}={value}"


def _object(at: str, shape: Shape, value: dict[str, Any]) -> Iterator[str]:
    known, others = shape.get("properties", {}), shape.get("additionalProperties")
    for said, inner in value.items():
        key = "on" if said is True else said  # which YAML 1.1 takes for a truth
        if key in known:
            path = f"{at}.{key}" if at else key
            yield path
            yield from _reaction(key, inner)
            yield from _value(path, known[key], inner)
        elif isinstance(others, dict):
            yield from _value(at, others, inner)


def _way(at: str, ways: list[Shape], value: Any) -> Iterator[str]:
    """The way in which a value is written that may be written in several."""
    way = next((one for one in ways if _fits(one, value)), None)
    if way is None:
        return
    if isinstance(value, dict):
        several = len([one for one in ways if one.get("type") == "object"]) > 1
        yield from _object(f"{at}.{way['required'][0]}" if several and way.get("required") else at, way, value)
        return
    if "enum" not in way and len(ways) > 1:
        yield f"{at}=({'list' if isinstance(value, list) else 'number' if isinstance(value, int) else 'text'})"
    yield from _value(at, way, value)


def _fits(way: Shape, value: Any) -> bool:
    if "$ref" in way:
        return True
    if isinstance(value, dict):
        return way.get("type") == "object" and all(key in value for key in way.get("required", [])[:1])
    if "enum" in way:
        return value in way["enum"]
    kind = "array" if isinstance(value, list) else "integer" if isinstance(value, int) else "string"
    return kind in way.get("type", ())  # one word, or a list of words


def _reaction(key: str, value: Any) -> Iterator[str]:
    """Which reactions a place is given."""
    if key not in ALLOWED:
        return
    given = value.values() if key == "on_refusal" else [value["then"]] if key == "hand_over" else [value]
    for one in given:
        kind = one if isinstance(one, str) else next((word for word in ALLOWED[key] if word in one), "")
        yield f"{key}={kind}"
