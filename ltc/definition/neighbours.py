"""The definitions beside a definition: what each starts with, and which others it starts. Read, not compiled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ltc.definition.errors import DefinitionError
from ltc.definition.nodes import Listing, Source
from ltc.definition.nodes import Mapping as Keys
from ltc.definition.reader import read


@dataclass(frozen=True)
class Neighbour:
    """A definition, as far as another needs to know it."""

    event: str
    starts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Folder:
    """The definitions of a folder by process; read when somebody first asks, files that cannot be read left out."""

    path: Path
    known: dict[str, Neighbour] = field(default_factory=dict)

    @cached_property
    def processes(self) -> Mapping[str, Neighbour]:
        """Return them all."""
        found: dict[str, Neighbour] = {}
        for path in sorted(self.path.glob("*.yaml")):
            if path.name.endswith(".test.yaml"):
                continue
            try:
                tree = read(path.read_bytes(), str(path))
            except (OSError, DefinitionError):
                continue
            if tree.text("process") == path.stem:
                found[path.stem] = neighbour(tree)
        return found


def neighbour(tree: Keys) -> Neighbour:
    """Return what a definition starts with and what it starts."""
    return Neighbour(tree.mapping("start").text("event"), tuple(dict.fromkeys(_starts(tree.values.get("legs")))))


def _starts(source: Source | None) -> Iterator[str]:
    """Every process that a ``start`` step anywhere below names."""
    if isinstance(source, Listing):
        for item in source.items:
            yield from _starts(item)
    elif isinstance(source, Keys):
        for key, value in source.values.items():
            if key == "start" and isinstance(value, Keys) and value.text("process"):
                yield value.text("process")
            yield from _starts(value)


def cycle(process: str, starts: tuple[str, ...], known: Mapping[str, Neighbour]) -> list[str]:
    """Return the way from a process back to itself, if there is one; empty otherwise."""
    ways = [[one] for one in starts]
    seen: list[str] = []
    while ways:
        way = ways.pop(0)
        if way[-1] == process:
            return [process, *way]
        if way[-1] not in seen:
            seen.append(way[-1])
            ways += [[*way, one] for one in known[way[-1]].starts] if way[-1] in known else []
    return []
