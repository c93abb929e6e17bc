"""Whether conditions can come out as wanted at all: tried with every way in which what they ask about may fall.

A condition is taken apart into what it asks about: conditions of their own, and things that are compared with constants
or with each other. Each of these is given one value for every part of its range that the comparisons tell apart. What
no combination of values gives can never be. What is not understood may be anything, so that nothing is claimed of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from ltc.definition.parsing import parse
from ltc.definition.syntax import ExpressionError, Node, path
from ltc.model.money import Money

MOST = 1_000  # combinations; whoever asks more at once is believed
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
_TURNED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
Bounds = Mapping[str, tuple[int | None, int | None]]  # what is known of a whole number: its least and greatest value
_Key = tuple[Any, ...]


def possible(wanted: Sequence[tuple[str, bool]], bounds: Bounds) -> bool:
    """Tell whether all these conditions can come out as wanted at one moment; unsure means yes.

    Args:
        wanted: conditions, each with what it is to be.
        bounds: what is known of the numbers they ask about, by path (``period.number``).
    """
    asked = _Asked(bounds)
    try:
        trees = [(parse(source), want) for source, want in wanted]
    except ExpressionError:
        return True  # said already
    for tree, _ in trees:
        asked.condition(tree)
    values = [asked.values(key) for key in asked.found]
    if prod(len(some) for some in values) > MOST:
        return True
    return any(
        all(asked.holds(tree, dict(zip(asked.found, chosen, strict=True))) is want for tree, want in trees)
        for chosen in product(*values)
    )


def constant_of(node: Node) -> int | str | None:
    """Return the constant that a node is: a whole number, a text, an amount in minor units; None for all others."""
    if node.kind == "string":
        return node.text
    if node.kind == "int":
        return int(node.text, 0)
    if node.kind == "unary" and node.text == "-" and node.args[0].kind == "int":
        return -int(node.args[0].text, 0)
    if node.kind == "call" and node.text == "money" and len(node.args) == 1 and node.args[0].kind == "string":
        try:
            return Money.parse(node.args[0].text).minor
        except ValueError:
            return None  # said where expressions are checked
    return None


@dataclass
class _Asked:
    """What conditions ask about: each thing with the constants that it is compared with; empty for a condition."""

    bounds: Bounds
    found: dict[_Key, list[Any]] = field(default_factory=dict)
    named: dict[_Key, str] = field(default_factory=dict)

    def condition(self, node: Node) -> None:
        """Note what a condition asks about."""
        if node.kind == "bool":
            return
        if node.kind == "choice" or (node.kind, node.text) in (("unary", "!"), ("binary", "&&"), ("binary", "||")):
            for arg in node.args:
                self.condition(arg)
        elif (compared := _comparison(node)) is not None:
            key, _, constants = compared
            self.found.setdefault(key, []).extend(constants)
            self.named[key] = _number(node)
        else:
            self.found.setdefault(_shape(node), [])

    def values(self, key: _Key) -> list[Any]:
        """Return a value for every part of a thing's range that its comparisons tell apart."""
        if key[0] == "pair":
            return [-1, 0, 1]
        constants = list(dict.fromkeys(self.found[key]))
        if not constants:
            return [False, True]
        if all(isinstance(one, str) for one in constants):
            return list(dict.fromkeys(["", *constants, *(f"{one}\0" for one in constants)]))
        if not all(isinstance(one, int) for one in constants):
            return [None] * (MOST + 1)  # a text or a number: not understood
        low, high = self.bounds.get(self.named[key], (None, None))
        ends = [one for one in (low, high) if one is not None]
        tried = {*ends, *(value for one in constants for value in (one - 1, one, one + 1))}
        return sorted(one for one in tried if (low is None or one >= low) and (high is None or one <= high))

    def holds(self, node: Node, chosen: Mapping[_Key, Any]) -> bool:
        """Work a condition out with the values chosen."""
        if node.kind == "bool":
            return node.text == "true"
        if node.kind == "choice":
            return self.holds(node.args[1 if self.holds(node.args[0], chosen) else 2], chosen)
        if node.kind == "unary" and node.text == "!":
            return not self.holds(node.args[0], chosen)
        if node.kind == "binary" and node.text in ("&&", "||"):
            left, right = (self.holds(arg, chosen) for arg in node.args)
            return (left and right) if node.text == "&&" else (left or right)
        compared = _comparison(node)
        if compared is None:
            return bool(chosen[_shape(node)])
        key, operator, constants = compared
        if operator == "in":
            return chosen[key] in constants
        return _COMPARE[operator](chosen[key], constants[0] if constants else 0)


def _comparison(node: Node) -> tuple[_Key, str, list[Any]] | None:
    """Return what is compared, how, and with which constants; of two others their order with 0."""
    if node.kind != "binary" or len(node.args) != 2:
        return None
    left, right = node.args
    if node.text == "in" and right.kind == "list" and right.args:
        words = [constant_of(arg) for arg in right.args]
        return None if None in words else (_shape(left), "in", words)
    if node.text not in _COMPARE or "bool" in (left.kind, right.kind):
        return None
    if (word := constant_of(right)) is not None:
        return _shape(left), node.text, [word]
    if (word := constant_of(left)) is not None:
        return _shape(right), _TURNED[node.text], [word]
    shapes = (_shape(left), _shape(right))
    if repr(shapes[0]) <= repr(shapes[1]):
        return ("pair", *shapes), node.text, []
    return ("pair", shapes[1], shapes[0]), _TURNED[node.text], []


def _number(node: Node) -> str:
    """Return the path whose bounds count for what is compared with a constant; of every ``size(…)``: ``size``."""
    side = next((arg for arg in node.args if constant_of(arg) is None and arg.kind != "list"), node)
    if side.kind in ("call", "method") and side.text == "size":
        return "size"
    if side.kind == "call" and side.text == "base" and len(side.args) == 1:
        return f"base({path(side.args[0])})"
    return path(side)


def _shape(node: Node) -> _Key:
    """Return an expression without its places, so that the same words are the same thing."""
    return node.kind, node.text, *(_shape(arg) for arg in node.args)
