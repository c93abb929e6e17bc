"""The shape of an expression: its small tree, its errors, and the words it may use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MACROS = ("all", "exists", "exists_one")
FUNCTIONS = ("base", "has", "money", "size", "string")
METHODS = ("contains", "endsWith", "size", "startsWith")


class ExpressionError(ValueError):
    """An expression that cannot be used: where in it (column, line, from 1), why, and the nearest valid word."""

    def __init__(self, column: int, message: str, nearest: str | None = None, line: int = 1) -> None:
        hint = f"; did you mean {nearest!r}?" if nearest else ""
        super().__init__(f"column {column}: {message}{hint}")
        self.column = column
        self.line = line
        self.message = message
        self.nearest = nearest


@dataclass(frozen=True, slots=True)
class Node:
    """One node of an expression.

    ``kind`` is int, string, bool, name, select, index, call, method, has, macro, list, map, unary, binary or choice.
    ``text`` is the literal, the name, the field, the function or the operator. ``start`` and ``end`` are offsets in
    the source. The arguments of a method or macro begin with what it is called on.
    """

    kind: str
    text: str
    args: tuple[Node, ...]
    column: int
    line: int
    start: int
    end: int


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it, in the order of the source."""
    yield node
    for arg in node.args:
        yield from walk(arg)


def path(node: Node) -> str:
    """Return the dotted path a node is (``order.net``), or nothing when it is not a bare path."""
    parts = []
    while node.kind == "select":
        parts.append(node.text)
        node = node.args[0]
    return ".".join([node.text, *reversed(parts)]) if node.kind == "name" else ""
