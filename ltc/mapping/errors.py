"""What can go wrong with a value, as against with a mapping file."""

from __future__ import annotations

from typing import Any

_SHOWN = 80


class Unusable(ValueError):
    """A value that a transform cannot take; the text says why, without the value."""


class MappingError(ValueError):
    """A record or a document cannot be mapped: which field, from where, why, and what stood there (cut short).

    An adapter makes it ``ContractBroken`` when it reads and ``Misconfigured`` when it writes; ``Mapping.document``
    and ``Mapping.fields`` do so by themselves.
    """

    def __init__(self, entity: str, target: str, source: str, why: str, value: Any = None) -> None:
        self.entity, self.target, self.source, self.why = entity, target, source, why
        self.value = excerpt(value)
        if self.value:
            super().__init__(f"{entity}: '{target}' from '{source}': {why} (found {self.value})")
        else:
            super().__init__(f"{entity}: '{target}' from '{source}': {why}")


def excerpt(value: Any) -> str:
    """Return a value as short text for a message; empty when there is none."""
    if value is None:
        return ""
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
