"""Which parts of its variables an expression reads: so that only those are handed to the runner, in microseconds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ltc.definition.syntax import Node


class Part:
    """What is read of a value. An element of a list shares the part of its list.

    ``whole``: the value itself is used. ``keys``: how many keys it has matters.
    """

    __slots__ = ("fields", "keys", "whole")

    def __init__(self) -> None:
        self.fields: dict[str, Part] = {}
        self.whole = False
        self.keys = False

    def field(self, name: str) -> Part:
        return self.fields.setdefault(name, Part())

    def cut(self, value: Any, element: bool = False) -> Any:
        """Return what is read of a value; a field that is null counts as absent."""
        if isinstance(value, Mapping):
            if self.whole or (self.keys and not element):
                return {name: cut_whole(inner) for name, inner in value.items() if inner is not None}
            return {name: part.cut(value[name]) for name, part in self.fields.items() if value.get(name) is not None}
        if isinstance(value, list | tuple):
            return [self.cut(inner, element=True) for inner in value]
        return runnable(value)


def cut_whole(value: Any) -> Any:
    """Return all of a value, without its null fields."""
    if isinstance(value, Mapping):
        return {name: cut_whole(inner) for name, inner in value.items() if inner is not None}
    return [cut_whole(element) for element in value] if isinstance(value, list | tuple) else runnable(value)


def runnable(value: Any) -> Any:
    """Return a scalar as the runner takes it: an instant in ISO form becomes an aware datetime."""
    if isinstance(value, str) and len(value) >= 20 and value[10] == "T" and value[4] == value[7] == "-":
        return _instant(value)
    return value


def _instant(text: str) -> Any:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment if moment.tzinfo is not None else text


def usage(node: Node) -> dict[str, Part]:
    """Return what an expression reads of each variable it names, in the order of first use."""
    roots: dict[str, Part] = {}
    _use(_Reader(roots).read(node, {}))
    return roots


def _use(part: Part | None) -> None:
    if part is not None:
        part.whole = True


class _Reader:
    """Follows values through an expression: each rule returns the part that its result is, if it is one."""

    def __init__(self, roots: dict[str, Part]) -> None:
        self.roots = roots

    def read(self, node: Node, bound: dict[str, Part | None]) -> Part | None:
        rule = getattr(self, f"_{node.kind}", self._value)
        found: Part | None = rule(node, bound)
        return found

    def _name(self, node: Node, bound: dict[str, Part | None]) -> Part | None:
        return bound[node.text] if node.text in bound else self.roots.setdefault(node.text, Part())

    def _select(self, node: Node, bound: dict[str, Part | None]) -> Part | None:
        owner = self.read(node.args[0], bound)
        return owner.field(node.text) if owner is not None else None

    def _index(self, node: Node, bound: dict[str, Part | None]) -> Part | None:
        owner, key = self.read(node.args[0], bound), node.args[1]
        if owner is not None and key.kind == "string":
            return owner.field(key.text)
        _use(self.read(key, bound))
        if key.kind != "int":
            _use(owner)
        return owner

    def _has(self, node: Node, bound: dict[str, Part | None]) -> Part | None:
        self.read(node.args[0], bound)
        return None

    def _macro(self, node: Node, bound: dict[str, Part | None]) -> Part | None:
        inner = {**bound, node.args[1].text: self.read(node.args[0], bound)}
        _use(self.read(node.args[2], inner))
        return None

    def _call(self, node: Node, bound: dict[str, Part | None]) -> Part | None:
        if node.text != "size" or len(node.args) != 1:
            return self._value(node, bound)
        counted = self.read(node.args[0], bound)
        if counted is not None:
            counted.keys = True
            counted.whole = counted.whole or node.args[0].kind == "index"
        return None

    def _method(self, node: Node, bound: dict[str, Part | None]) -> Part | None:
        return self._call(node, bound)

    def _value(self, node: Node, bound: dict[str, Part | None]) -> Part | None:
        for arg in node.args:
            _use(self.read(arg, bound))
        return None
