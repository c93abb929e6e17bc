"""What a mapping file is compiled to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from ltc.definition.errors import Mark
from ltc.mapping.paths import ABSENT, Path
from ltc.mapping.transforms.base import Side, Transform


@dataclass(frozen=True)
class Field:
    """One field's way from source to target. Either ``transform`` or ``fields`` (a record's own fields) is set."""

    target: Path
    sources: tuple[Path, ...]
    word: str
    transform: Transform | None
    mark: Mark
    required: bool = False
    default: Any = ABSENT
    leave_out: bool = False
    fields: tuple[Field, ...] = ()
    args: Mapping[str, Any] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """Where the value comes from, for people."""
        return " or ".join(path.text for path in self.sources) or self.word

    @property
    def many(self) -> bool:
        """Whether it makes a list."""
        return any(path.many for path in self.sources)

    def flat(self, target: str = "", source: str = "") -> Iterator[tuple[str, str, Field]]:
        """Yield this field and those inside it, with their whole target and source."""
        whole, origin = _joined(target, self.target.text), _joined(source, self.source)
        yield whole, origin, self
        for inner in self.fields:
            yield from inner.flat(whole + ("[*]" if self.many else ""), origin)


@dataclass(frozen=True)
class Entity:
    """What is mapped under one name."""

    name: str
    model: type[BaseModel]
    mark: Mark
    read: tuple[Field, ...] = ()
    write: tuple[Field, ...] = ()
    by_code: tuple[Path, ...] = ()

    def side(self, side: Side) -> tuple[Field, ...]:
        """Return the fields of one direction."""
        return self.read if side == "read" else self.write


def _joined(before: str, after: str) -> str:
    return f"{before}.{after}" if before and not after.startswith("/") else after
