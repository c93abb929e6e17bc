"""What is known to be there once a condition held, or did not: ``has(rate.rate)`` says it of a name and a field."""

from __future__ import annotations

from functools import lru_cache

from ltc.definition.expressions import ExpressionError
from ltc.definition.parsing import parse
from ltc.definition.syntax import Node, path

Paths = frozenset[str]
_NOTHING: Paths = frozenset()


@lru_cache(maxsize=1024)
def told(condition: str) -> tuple[Paths, Paths]:
    """Return the paths that are there where a condition held, and those that are there where it did not.

    Of ``has(a.b) && c`` the first says ``a.b``; of ``!has(a.b)`` the second does.
    """
    try:
        return _told(parse(condition)) if condition else (_NOTHING, _NOTHING)
    except ExpressionError:
        return _NOTHING, _NOTHING  # said where expressions are checked


def _told(node: Node) -> tuple[Paths, Paths]:
    if node.kind == "has":
        return _up(path(node.args[0])), _NOTHING
    if node.kind == "unary" and node.text == "!":
        held, not_held = _told(node.args[0])
        return not_held, held
    if node.kind == "binary" and node.text in ("&&", "||"):
        (left, no_left), (right, no_right) = (_told(arg) for arg in node.args)
        return (left | right, no_left & no_right) if node.text == "&&" else (left & right, no_left | no_right)
    return _NOTHING, _NOTHING


def _up(asked: str) -> Paths:
    """A field that is there has everything above it: ``a.b.c`` tells of ``a.b``, too."""
    parts = asked.split(".")
    return frozenset(".".join(parts[:end]) for end in range(2, len(parts) + 1))
