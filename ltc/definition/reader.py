"""Reads the YAML subset of the language: stops at limits, keeps places, turns no word into something else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from ltc.definition.errors import DefinitionError, Mark, Problems
from ltc.definition.nodes import Listing, Mapping, Scalar, Source

MAX_BYTES = 64 * 1024
MAX_DEPTH = 20
MAX_NODES = 5000
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
# Control characters, zero-width and bidirectional marks, line separators, surrogates, byte order marks.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def read(data: bytes | str, file: str = "definition") -> Mapping:
    """Read one definition.

    Args:
        data: the file's bytes, or its text.
        file: the name to show in complaints.

    Raises:
        DefinitionError: it is not of the YAML subset, or goes beyond a limit.
    """
    text = _decode(data, file)
    _refuse_unseen(text, file)
    walker = _Walker(file, yaml.parse(text, Loader=yaml.CSafeLoader))
    try:
        return walker.document()
    except (yaml.YAMLError, RecursionError) as error:
        raise walker.not_yaml(error) from None


def _decode(data: bytes | str, file: str) -> str:
    problems = Problems(file)
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if len(raw) > MAX_BYTES:
        problems.add("LTC-D001", Mark(), size=len(raw), limit=MAX_BYTES)
        problems.stop()
    if isinstance(data, str):
        return data
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.add("LTC-D002", Mark(line, error.start - raw.rfind(b"\n", 0, error.start)))
        problems.stop()
        raise


def _refuse_unseen(text: str, file: str) -> None:
    problems = Problems(file)
    tab, unseen = text.find("\t"), _UNSEEN.search(text)
    if tab >= 0:
        problems.add("LTC-D011", _mark_of(text, tab))
    if unseen:
        problems.add("LTC-D012", _mark_of(text, unseen.start()), point=f"{ord(unseen[0]):04X}")
    problems.stop()


def _mark_of(text: str, offset: int) -> Mark:
    return Mark(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


@dataclass
class _Walker:
    """Builds the tree from libyaml's events, one at a time, so that a limit stops the parser too."""

    file: str
    events: Iterator[yaml.Event]
    count: int = 0

    def document(self) -> Mapping:
        next(self.events)
        start = next(self.events)
        if isinstance(start, yaml.StreamEndEvent):
            raise self.wrong("LTC-D015", Mark())
        if getattr(start, "version", None) or getattr(start, "tags", None):
            raise self.wrong("LTC-D008", _mark(start))
        root = self.value(next(self.events), 1, "definition")
        next(self.events)
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise self.wrong("LTC-D010", _mark(after))
        if not isinstance(root, Mapping):
            raise self.wrong("LTC-D015", root.mark)
        return root

    def value(self, event: yaml.Event, depth: int, key: str) -> Source:
        self.count += 1
        if self.count > MAX_NODES:
            raise self.wrong("LTC-D005", _mark(event), limit=MAX_NODES)
        if depth > MAX_DEPTH:
            raise self.wrong("LTC-D004", _mark(event), limit=MAX_DEPTH)
        self.plain(event)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, key)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(event, depth, key)
        return self.mapping(event, depth)

    def plain(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise self.wrong("LTC-D006", _mark(event))
        if getattr(event, "tag", None) is not None:
            raise self.wrong("LTC-D008", _mark(event))

    def scalar(self, event: yaml.ScalarEvent, key: str) -> Scalar:
        mark, text = _mark(event), event.value
        inside = Mark(mark.line, mark.column + (1 if event.style in ("'", '"') else 0))
        end = event.end_mark
        lines = end.line + 2 - mark.line if end else 1
        if event.style is None or event.style == "":
            if text in _NULLS:
                raise self.wrong("LTC-D014", mark, key=key)
            if text in ("true", "false"):
                return Scalar(mark, text == "true", inside)
            if _WHOLE.fullmatch(text):
                return Scalar(mark, int(text), inside)
        return Scalar(mark, text, inside, lines)

    def sequence(self, event: yaml.Event, depth: int, key: str) -> Listing:
        items = []
        while not isinstance(inner := next(self.events), yaml.SequenceEndEvent):
            items.append(self.value(inner, depth + 1, key))
        return Listing(_mark(event), items)

    def mapping(self, event: yaml.Event, depth: int) -> Mapping:
        result = Mapping(_mark(event))
        while not isinstance(inner := next(self.events), yaml.MappingEndEvent):
            key = self.key(inner)
            if key in result.values:
                raise self.wrong("LTC-D009", _mark(inner), key=key, first=result.keys[key].line)
            result.keys[key] = _mark(inner)
            result.values[key] = self.value(next(self.events), depth + 1, key)
        return result

    def key(self, event: yaml.Event) -> str:
        self.plain(event)
        if not isinstance(event, yaml.ScalarEvent):
            raise self.wrong("LTC-D013", _mark(event))
        if event.value == "<<":
            raise self.wrong("LTC-D007", _mark(event))
        return str(event.value)

    def wrong(self, code: str, mark: Mark, **particulars: Any) -> DefinitionError:
        return DefinitionError([Problems(self.file).problem(code, mark, **particulars)])

    def not_yaml(self, error: Exception) -> DefinitionError:
        mark = getattr(error, "problem_mark", None)
        place = Mark(mark.line + 1, mark.column + 1) if mark else Mark()
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        return self.wrong("LTC-D003", place, problem=problem)


def _mark(event: yaml.Event) -> Mark:
    start = event.start_mark
    return Mark(start.line + 1, start.column + 1) if start else Mark()
