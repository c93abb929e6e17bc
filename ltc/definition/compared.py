"""Which constants an expression compares a name or a field with, in every way to write that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ltc.definition.build import Use
from ltc.definition.errors import Mark
from ltc.definition.expressions import ExpressionError, evaluate, names
from ltc.definition.parsing import parse
from ltc.definition.syntax import Node, path, walk


@dataclass(frozen=True)
class Compared:
    """One comparison of a path with a constant; ``column`` is where the constant's own text begins."""

    path: str
    word: str
    line: int
    column: int


def compared(source: str) -> Iterator[Compared]:
    """Yield every comparison of a path with a constant text or number: ``a == 'x'``, ``'x' != a``, ``a in ['x']``."""
    try:
        tree = parse(source)
    except ExpressionError:
        return  # said where expressions are checked
    for node in walk(tree):
        if node.kind != "binary" or node.text not in ("==", "!=", "in"):
            continue
        left, right = node.args
        if node.text == "in":
            words = right.args if right.kind == "list" else ()
            yield from (_said(left, word) for word in words if path(left) and _constant(word))
        elif path(left) and _constant(right):
            yield _said(left, right)
        elif path(right) and _constant(left):
            yield _said(right, left)


def _constant(node: Node) -> bool:
    return node.kind in ("string", "int")


def _said(name: Node, word: Node) -> Compared:
    text = word.text if word.kind == "string" else str(int(word.text, 0))
    return Compared(path(name), text, word.line, word.column + (1 if word.kind == "string" else 0))


def place_of(use: Use, one: Compared) -> Mark:
    """Return where a constant stands in the file."""
    return replace(use.mark, column=use.mark.column + one.column - 1) if use.exact else use.mark


def constant(source: str, currency: str) -> str:
    """Return what a condition always is: one that names nothing, or compares a thing with itself; empty for all others.

    Raises:
        EvaluationError: it names nothing, and cannot be worked out.
    """
    tree = parse(source)
    if tree.kind == "binary" and tree.text in _ITSELF and names(source):
        left, right = (source[arg.start : arg.end] for arg in tree.args)
        return _ITSELF[tree.text] if left == right else ""
    if names(source):
        return ""
    value = evaluate(source, {}, currency=currency, rates={})
    return ("true" if value else "false") if isinstance(value, bool) else ""


_ITSELF = {"==": "true", "<=": "true", ">=": "true", "!=": "false", "<": "false", ">": "false"}
