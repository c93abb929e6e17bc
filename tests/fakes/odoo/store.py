"""Fields and tables of the fake, with a log that undoes what a transaction changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class F:
    """A field. ``to``: the other model; ``by``: of a one2many, the field there that points back."""

    kind: str = "char"
    to: str = ""
    by: str = ""
    default: Any = None
    compute: Callable[[Any, Row], Any] | None = None
    required: bool = False


@dataclass
class Store:
    """All rows, and what is pending of the transaction under way."""

    models: dict[str, dict[str, F]]
    rows: dict[str, dict[int, Row]] = field(default_factory=dict)
    serials: dict[str, int] = field(default_factory=dict)
    undo: list[tuple[str, int, Row | None]] = field(default_factory=list)
    _index: dict[tuple[str, str], dict[Any, list[Row]]] = field(default_factory=dict)
    _stale: bool = True

    def table(self, model: str) -> dict[int, Row]:
        return self.rows.setdefault(model, {})

    def children(self, model: str, by: str, number: int) -> list[Row]:
        """The rows of a model that point to a row, by id; kept until something is written."""
        if self._stale:
            self._index, self._stale = {}, False
        found = self._index.get((model, by))
        if found is None:
            found = self._index[model, by] = {}
            for row in self.table(model).values():
                value = row.get(by)
                for one in value if isinstance(value, list) else [value]:
                    found.setdefault(one, []).append(row)
        return found.get(number, [])

    def note(self, model: str, number: int, before: Row | None) -> None:
        """Remember how a row was before it is changed."""
        self._stale = True
        self.undo.append((model, number, before))

    def next(self, name: str) -> int:
        self.serials[name] = self.serials.get(name, 0) + 1
        return self.serials[name]

    def begin(self) -> None:
        self.undo = []

    def rollback(self) -> None:
        """Undo what the transaction did; numbers that it took from sequences stay taken, as in PostgreSQL."""
        for model, number, before in reversed(self.undo):
            if before is None:
                self.table(model).pop(number, None)
            else:
                self.table(model)[number] = before
                self.rows[model] = dict(sorted(self.table(model).items()))
        self.undo = []
        self._stale = True

    def touched(self) -> list[tuple[str, int, str]]:
        """What the transaction changed: model, id, whether it was created, written or unlinked."""
        first: dict[tuple[str, int], Row | None] = {}
        for model, number, before in self.undo:
            first.setdefault((model, number), before)
        kinds = {True: "created", False: "written"}
        return [
            (model, number, kinds[before is None] if number in self.table(model) else "unlinked")
            for (model, number), before in first.items()
        ]
