"""The tree that the reader gives: texts, numbers, lists and mappings, each with its place in the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ltc.definition.errors import Mark


@dataclass(frozen=True)
class Scalar:
    """A text, whole number or truth value. ``start`` is where its first character stands (inside quotes)."""

    mark: Mark
    value: str | int | bool
    start: Mark
    lines: int = 1

    @property
    def text(self) -> str:
        """The value as written in an expression or a name."""
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        return str(self.value)


@dataclass(frozen=True)
class Listing:
    """A list of values."""

    mark: Mark
    items: list[Source] = field(default_factory=list)

    def mappings(self) -> Iterator[Mapping]:
        """Those items that are mappings."""
        return (item for item in self.items if isinstance(item, Mapping))


@dataclass(frozen=True)
class Mapping:
    """Keys and values in the order of the file; ``keys`` holds where each key stands."""

    mark: Mark
    values: dict[str, Source] = field(default_factory=dict)
    keys: dict[str, Mark] = field(default_factory=dict)

    def text(self, key: str, default: str = "") -> str:
        """Return the scalar at ``key`` as text, or the default."""
        value = self.values.get(key)
        return value.text if isinstance(value, Scalar) else default

    def whole(self, key: str, default: int = 0) -> int:
        """Return the whole number at ``key``, or the default."""
        value = self.values.get(key)
        number = value.value if isinstance(value, Scalar) else default
        return number if isinstance(number, int) else default

    def flag(self, key: str, default: bool = False) -> bool:
        """Return the truth value at ``key``, or the default."""
        value = self.values.get(key)
        return value.value is True if isinstance(value, Scalar) else default

    def mapping(self, key: str) -> Mapping:
        """Return the mapping at ``key``, or an empty one."""
        value = self.values.get(key)
        return value if isinstance(value, Mapping) else Mapping(self.at(key))

    def listing(self, key: str) -> Listing:
        """Return the list at ``key``, or an empty one."""
        value = self.values.get(key)
        return value if isinstance(value, Listing) else Listing(self.at(key))

    def at(self, key: str) -> Mark:
        """Return the place of the value at ``key``; of the mapping itself when the key is absent."""
        value = self.values.get(key)
        if value is None:
            return self.mark
        return value.start if isinstance(value, Scalar) else value.mark


Source = Scalar | Listing | Mapping


def kind(node: Source) -> str:
    """Say in words what a node is."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Listing):
        return "a list"
    if isinstance(node.value, bool):
        return f"'{node.text}'"
    return f"the number {node.text}" if isinstance(node.value, int) else f"'{node.text[:40]}'"


def texts(source: Source | None) -> dict[str, str]:
    """Read what people see, by language (a title, a help text, a label): one text stands for English."""
    if isinstance(source, Mapping):
        return {key: source.text(key) for key in source.values}
    return {"en": source.text} if isinstance(source, Scalar) else {}
