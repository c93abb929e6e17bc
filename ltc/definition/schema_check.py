"""Holds a definition's tree against the shapes of the language: unknown, missing, reserved, wrong kind."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ltc.definition.errors import Mark, Problems, listing, nearest
from ltc.definition.nodes import Listing, Mapping, Scalar, Source, kind
from ltc.definition.schema import DOCUMENT, SHAPES
from ltc.definition.shapes import FORMATS, Choice, Flag, Many, OneOf, Record, Ref, Shape, Table, Text, Whole
from ltc.definition.timespans import parse_percent, parse_rung, parse_share, parse_span

_PARSERS = {"span": parse_span, "rung": parse_rung, "percent": parse_percent, "tolerance": parse_share}
_SHOWN = 40


def check(document: Mapping, problems: Problems) -> None:
    """Complain about everything in a tree that the language does not have."""
    version = document.values.get("ltc")
    if isinstance(version, Scalar) and version.text != "1" and not isinstance(version.value, bool):
        problems.add("LTC-D030", version.mark, word=version.text[:_SHOWN])
        return
    _Checker(problems).check(document, DOCUMENT, "the definition")


def check_shape(node: Source, shape: Shape, where: str, problems: Problems) -> None:
    """Complain about everything in a tree that a shape does not have; for files beside definitions."""
    _Checker(problems).check(node, shape, where)


@dataclass
class _Checker:
    problems: Problems

    def check(self, node: Source, shape: Shape, where: str) -> None:
        while isinstance(shape, Ref):
            shape = SHAPES[shape.name]
        if isinstance(shape, OneOf):
            self.one_of(node, shape, where)
        elif isinstance(shape, Record):
            self.record(node, shape, where)
        elif isinstance(shape, Table):
            self.table(node, shape, where)
        elif isinstance(shape, Many):
            self.many(node, shape, where)
        else:
            self.scalar(node, shape, where)

    def wrong_kind(self, node: Source, wanted: str, where: str) -> None:
        self.problems.add("LTC-D023", node.mark, where=where, wanted=wanted, found=kind(node))

    def scalar(self, node: Source, shape: Text | Choice | Flag | Whole, where: str) -> None:
        if not isinstance(node, Scalar):
            self.wrong_kind(node, _wanted(shape), where)
        elif isinstance(shape, Text):
            self.text(node, shape, where)
        elif isinstance(shape, Choice):
            self.word(node, shape.words, shape.reserved, where)
        elif isinstance(shape, Flag):
            if not isinstance(node.value, bool) or (shape.only is not None and node.value is not shape.only):
                self.wrong_kind(node, _wanted(shape), where)
        else:
            self.whole(node, shape, where)

    def whole(self, node: Scalar, shape: Whole, where: str) -> None:
        if isinstance(node.value, bool) or not isinstance(node.value, int):
            self.wrong_kind(node, _wanted(shape), where)
        elif not shape.low <= node.value <= shape.high:
            self.problems.add("LTC-D029", node.mark, word=node.text, low=shape.low, high=shape.high, where=where)

    def text(self, node: Scalar, shape: Text, where: str) -> None:
        pattern, wanted = FORMATS[shape.format]
        parser = _PARSERS.get(shape.format)
        if parser is None:
            if not re.fullmatch(pattern or "", node.text):
                self.wrong_kind(node, wanted, where)
            return
        try:
            parser(node.text)
        except ValueError as error:
            self.problems.add("LTC-D025", node.mark, where=where, problem=str(error), remedy=f"write {wanted}")

    def word(self, node: Scalar, words: Iterable[str], reserved: Iterable[str], where: str) -> None:
        text = node.text[:_SHOWN]
        if text in tuple(reserved):
            self.problems.add("LTC-D021", node.mark, word=text, where=where, instead=f"use one of: {listing(words)}")
        elif text not in tuple(words):
            self.problems.add("LTC-D024", node.mark, word=text, where=where, known=words)

    def many(self, node: Source, shape: Many, where: str) -> None:
        if not isinstance(node, Listing):
            self.wrong_kind(node, "a list: […]", where)
            return
        if len(node.items) < shape.least:
            self.problems.add("LTC-D028", node.mark, where=where)
        for item in node.items:
            self.check(item, shape.of, where)
        if shape.distinct:
            self.distinct(node, where)

    def distinct(self, node: Listing, where: str) -> None:
        seen: list[str] = []
        for item in node.items:
            if isinstance(item, Scalar) and item.text in seen:
                self.problems.add("LTC-D115", item.mark, word=item.text[:_SHOWN], where=where)
            seen += [item.text] if isinstance(item, Scalar) else []

    def table(self, node: Source, shape: Table, where: str) -> None:
        if not isinstance(node, Mapping):
            self.wrong_kind(node, "a mapping: {NAME: …}", where)
            return
        if len(node.values) < shape.least:
            self.problems.add("LTC-D028", node.mark, where=where)
        pattern, wanted = FORMATS[shape.key]
        for key, value in node.values.items():
            if not re.fullmatch(pattern or "", key):
                self.problems.add(
                    "LTC-D023", node.keys[key], where=f"a key of {where}", wanted=wanted, found=repr(key[:_SHOWN])
                )
            self.check(value, shape.of, f"'{key[:_SHOWN]}' in {where}")

    def record(self, node: Source, shape: Record, where: str) -> None:
        if not isinstance(node, Mapping):
            self.wrong_kind(node, f"a mapping: {{{', '.join(f'{key}: …' for key in _main(shape))}}}", where)
            return
        for key, value in node.values.items():
            known = shape.keys.get(key)
            if known is None:
                self.unknown(node.keys[key], key, shape.keys, shape.reserved, where)
            else:
                self.check(value, known, f"'{key}' of {where}")
        if not (node.values or shape.required or shape.may_be_empty):
            self.problems.add("LTC-D028", node.mark, where=where)
        meant = [nearest(key, shape.keys) for key in node.values if key not in shape.keys]
        for key in shape.required:
            if key not in node.values and key not in meant:
                self.problems.add("LTC-D022", node.mark, key=key, where=where, doc=shape.keys[key].doc)

    def unknown(self, mark: Mark, key: str, known: Iterable[str], reserved: dict[str, str], where: str) -> None:
        if key in reserved:
            self.problems.add("LTC-D021", mark, word=key, where=where, instead=reserved[key])
        else:
            self.problems.add("LTC-D020", mark, word=key[:_SHOWN], where=where, known=known)

    def one_of(self, node: Source, shape: OneOf, where: str) -> None:
        if isinstance(node, Mapping) and shape.records:
            self.pick(node, shape, where)
        elif isinstance(node, Listing) and shape.listing:
            self.many(node, shape.listing, where)
        elif isinstance(node, Listing) and "[]" in shape.reserved:
            self.problems.add("LTC-D021", node.mark, word="a list", where=where, instead=shape.reserved["[]"])
        elif isinstance(node, Scalar) and (shape.words or shape.text):
            self.bare(node, shape, where)
        else:
            self.wrong_kind(node, _wanted(shape), where)

    def bare(self, node: Scalar, shape: OneOf, where: str) -> None:
        if node.text in shape.words:
            return
        if node.text in shape.reserved or not shape.text:
            self.word(node, (*shape.words, *(f"{{{key}: …}}" for key in shape.records)), shape.reserved, where)
        else:
            self.scalar(node, shape.text, where)

    def pick(self, node: Mapping, shape: OneOf, where: str) -> None:
        found = [key for key in shape.records if key in node.values]
        if len(found) > 1:
            self.problems.add("LTC-D027", node.keys[found[1]], where=where, first=found[0], second=found[1])
        elif found:
            self.record(node, shape.records[found[0]], _named(shape, found[0], where))
        elif reserved := [key for key in node.values if key in shape.reserved]:
            self.unknown(node.keys[reserved[0]], reserved[0], (), shape.reserved, where)
        elif len(shape.records) == 1:
            self.record(node, next(iter(shape.records.values())), where)
        else:
            self.none_of(node, shape, where)

    def none_of(self, node: Mapping, shape: OneOf, where: str) -> None:
        everything = {key for record in shape.records.values() for key in record.keys}
        for key, mark in node.keys.items():
            if key not in everything:
                self.problems.add("LTC-D020", mark, word=key[:_SHOWN], where=where, known=shape.records)
                return
        self.problems.add("LTC-D026", node.mark, where=where, known=shape.records)


def _named(shape: OneOf, key: str, where: str) -> str:
    return f"a '{key}' step" if shape.title == "step" else where


def _main(shape: Record) -> list[str]:
    """The keys that show what a mapping looks like: those it needs, else its first three."""
    return list(shape.required) or list(shape.keys)[:3]


def _wanted(shape: Shape) -> str:
    """Say in words what a shape wants."""
    if isinstance(shape, Text):
        return FORMATS[shape.format][1]
    if isinstance(shape, Choice):
        return f"one of {listing(shape.words)}"
    if isinstance(shape, Flag):
        return "true or false" if shape.only is None else ("true" if shape.only else "false")
    if isinstance(shape, Whole):
        return (
            f"a whole number from {shape.low} to {shape.high}" if shape.low < shape.high else f"the number {shape.low}"
        )
    if isinstance(shape, OneOf):
        words = [*shape.words, *(f"{{{key}: …}}" for key in shape.records)]
        words += [FORMATS[shape.text.format][1]] if isinstance(shape.text, Text) else []
        words += ["a list"] if shape.listing else []
        return "one of " + listing(words) if len(words) > 1 else words[0]
    return "a list" if isinstance(shape, Many) else "a mapping"
