"""Expressions: checked against types when a definition is loaded, evaluated over JSON values when it runs.

Three CEL libraries, each for what it can: cel-python's grammar gives the tree and its limits, cel-expr-python checks
types, common-expression-language runs. Only what all three understand alike is let in.
"""

from __future__ import annotations

import re
from typing import Literal

from ltc.definition.evaluation import EvaluationError, NoRate, evaluate
from ltc.definition.parsing import parse
from ltc.definition.scope import TypeEnv
from ltc.definition.syntax import ExpressionError, Node, path, walk
from ltc.definition.typecheck import infer
from ltc.definition.types import BOOL, INT, STRING, TIMESTAMP, ExprType

__all__ = [
    "EvaluationError", "ExprType", "ExpressionError", "NoRate", "TypeEnv",
    "asked", "check", "evaluate", "names", "selects",
]  # fmt: skip

Want = Literal["bool", "string", "int", "timestamp", "any"]
_WANTED = {"bool": BOOL, "string": STRING, "int": INT, "timestamp": TIMESTAMP}
_ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_OVERLOAD = re.compile(r"found no matching overload for '([^']*)' applied to '\((.*)\)'")


def check(source: str, env: TypeEnv, want: Want | ExprType = "any") -> ExprType:
    """Check an expression against the names in scope and the type wanted.

    Args:
        source: the expression.
        env: names, their types, and the base currency of money constants.
        want: the type its value must have; ``any`` takes all but durations.

    Returns:
        The type of its value.

    Raises:
        ExpressionError: it passes a limit, does not parse, names what is not there, or has the wrong type.
    """
    node = parse(source)
    kind = infer(node, env)
    try:
        env.native.compile(source)
    except RuntimeError as error:
        raise _translated(str(error)) from None
    wanted = want if isinstance(want, ExprType) else _WANTED.get(want)
    if wanted is not None and not wanted.accepts(kind):
        hint = "; convert it with base()" if kind.is_money and wanted.kind == "int" else ""
        raise ExpressionError(1, f"gives {kind}, wanted is {wanted}{hint}")
    if kind.kind == "duration":
        raise ExpressionError(node.column, "a length of time is no value here; lengths are written as spans, like 4h")
    return kind


def names(source: str) -> tuple[str, ...]:
    """Return the names an expression uses, without the names its comprehensions bind, in the order of first use."""
    return tuple(dict.fromkeys(node.text for node in _free(parse(source))))


def asked(source: str) -> tuple[str, ...]:
    """Return the paths an expression asks for with has(): ``('order.net',)``."""
    found = (path(node.args[0]) for node in walk(parse(source)) if node.kind == "has")
    return tuple(dict.fromkeys(text for text in found if text))


def selects(source: str) -> tuple[str, ...]:
    """Return every dotted path an expression reads or asks for, from the names in scope, longest form only."""
    found: dict[str, None] = {}
    _collect(parse(source), frozenset(), found)
    return tuple(found)


def _free(node: Node, bound: frozenset[str] = frozenset()) -> list[Node]:
    if node.kind == "name":
        return [] if node.text in bound else [node]
    if node.kind != "macro":
        return [found for arg in node.args for found in _free(arg, bound)]
    inner = bound | {node.args[1].text}
    return _free(node.args[0], bound) + [found for arg in node.args[2:] for found in _free(arg, inner)]


def _collect(node: Node, bound: frozenset[str], found: dict[str, None]) -> None:
    text = path(node)
    if text:
        if text.split(".", 1)[0] not in bound:
            found[text] = None
        return
    inner = bound | {node.args[1].text} if node.kind == "macro" else bound
    for place, arg in enumerate(node.args):
        _collect(arg, bound if place == 0 else inner, found)


def _translated(text: str) -> ExpressionError:
    """Say in our words what the checker said."""
    match = _ERROR.search(text)
    if not match:
        return ExpressionError(1, "too large for the checker" if "recursion" in text else text[:200])
    line, column, message = int(match[1]), int(match[2]), match[3]
    overload = _OVERLOAD.search(message)
    if overload:
        message = _no_overload(overload[1], overload[2])
    elif message.startswith("undeclared reference"):
        message = f"there is no {message.split(chr(39))[1]!r} here"
    return ExpressionError(column, message.replace("'ltc.", "'"), line=line)


def _no_overload(function: str, operands: str) -> str:
    shown = {"_?_:_": "? :", "@in": "in", "!_": "!", "-_": "-", "_[_]": "[ ]"}.get(function, function.strip("_"))
    types = operands.replace("ltc.", "").replace("google.protobuf.Timestamp", "instant").replace("string", "text")
    return f"{shown!r} does not go with ({types})"
