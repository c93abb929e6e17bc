"""The names of a fragment: its own are renamed at each use, others must be parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from ltc.definition.errors import Problems
from ltc.definition.expressions import ExpressionError, names
from ltc.definition.nodes import Listing, Mapping, Scalar, Source
from ltc.definition.parsing import parse
from ltc.definition.schema import SHAPES
from ltc.definition.schema_steps import STEP
from ltc.definition.shapes import Many, OneOf, Record, Ref, Shape, Table, Text
from ltc.definition.syntax import walk

PLACE = "P7q__"  # stands for '$' while an expression is parsed; no name begins so, for names are in lower case
_DOLLAR = re.compile(r"\$([a-z][a-z0-9_]*)")
_ALWAYS = ("requester", "event", "waiting_for")
_SETS = ("as", "into")


def locals_of(steps: Source) -> list[str]:
    """Return the names that a fragment's steps set, in order."""
    found: dict[str, None] = {}
    if isinstance(steps, Listing):
        for item in steps.items:
            found.update(dict.fromkeys(locals_of(item)))
    elif isinstance(steps, Mapping):
        for key, value in steps.values.items():
            if isinstance(value, Scalar) and key in _SETS:
                found[value.text] = None
            elif key == "as" and isinstance(value, Mapping):
                found.update(dict.fromkeys(value.text(one) for one in value.values))
            else:
                found.update(dict.fromkeys(locals_of(value)))
    return [name for name in found if not name.startswith("$")]


def renamed(node: Source, own: dict[str, str], given: Iterable[str], problems: Problems) -> Source:
    """Rename a fragment's own names in a step; complain about names and parameters that it does not have."""

    def change(scalar: Scalar, key: str, kind: str) -> Scalar:
        text = _DOLLAR.sub(lambda found: _parameter(found, scalar, given, problems), scalar.text)
        if kind == "expression":
            text = _expression(text, scalar, own, problems)
        elif kind == "name" and key in (*_SETS, "approve") and not text.startswith(PLACE):
            if key == "approve" and text not in own:
                problems.add("LTC-D149", scalar.start, word=text)
            text = own.get(text, text)
        return scalar if text == scalar.text else replace(scalar, value=text, lines=2 if PLACE in text else 1)

    return _walked(node, STEP, "", change)


def _parameter(found: re.Match[str], scalar: Scalar, given: Iterable[str], problems: Problems) -> str:
    if found[1] in list(given):
        return PLACE + found[1]
    problems.add("LTC-D147", scalar.start, word=found[1], name="this", known=given)
    return "''"


def _expression(text: str, scalar: Scalar, own: dict[str, str], problems: Problems) -> str:
    try:
        free, tree = names(text), parse(text)
    except ExpressionError:
        return text  # said where expressions are checked
    for word in free:
        if word not in own and word not in _ALWAYS and not word.startswith(PLACE):
            problems.add("LTC-D149", scalar.start, word=word)
    spans = {(node.start, node.end): own[node.text] for node in walk(tree) if node.kind == "name" and node.text in own}
    for (start, end), name in sorted(spans.items(), reverse=True):
        text = text[:start] + name + text[end:]
    return text


Change = Callable[[Scalar, str, str], Scalar]


def _walked(node: Source, shape: Shape | None, key: str, change: Change) -> Source:
    """Walk a tree along its shape; what has no shape is a text."""
    while isinstance(shape, Ref):
        shape = SHAPES[shape.name]
    if isinstance(node, Scalar):
        inner = shape.text if isinstance(shape, OneOf) else shape
        return change(node, key, inner.format if isinstance(inner, Text) else "")
    if isinstance(node, Listing):
        many = shape.listing if isinstance(shape, OneOf) else shape
        of = many.of if isinstance(many, Many) else None
        return Listing(node.mark, [_walked(item, of, "", change) for item in node.items])
    record = _record(node, shape)
    values = {
        name: _walked(one, _inner(record, shape, name), "as" if key == "as" else name, change)  # a use's names
        for name, one in node.values.items()
    }
    return Mapping(node.mark, values, node.keys)


def _record(node: Mapping, shape: Shape | None) -> Record | None:
    if isinstance(shape, OneOf):
        return next((record for key, record in shape.records.items() if key in node.values), None)
    return shape if isinstance(shape, Record) else None


def _inner(record: Record | None, shape: Shape | None, name: str) -> Shape | None:
    if record is not None:
        return record.keys.get(name)
    return shape.of if isinstance(shape, Table) else None
