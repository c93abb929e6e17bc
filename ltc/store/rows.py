"""The rows that views are made of, said once: keys, columns and blanks; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from ltc.model.ids import digest

Cell = Literal["text", "int", "float", "bool", "instant", "json"]
Key = tuple[str | int, ...]
Row = dict[str, Any]


# Characters of one part of a key. An index row of PostgreSQL holds 2,704 bytes, and a key has up to five parts.
LONGEST = 150


def short(name: str) -> str:
    """Return a name fit for a key: what is too long is cut, and told from others by the digest of the whole."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 9]}~{digest(name)[:8]}"


def _key(key: Key) -> Key:
    for part in key:
        if type(part) is str and len(part) > LONGEST:
            return tuple(short(one) if isinstance(one, str) else one for one in key)
    return key


@dataclass(frozen=True)
class Spec:
    """One view table: the columns of its key within a chain, and all other columns with their types."""

    key: dict[str, Cell]
    columns: dict[str, Cell]


def _columns(**types: str) -> dict[str, Cell]:
    """Read ``text="a b", int="c"`` as columns with their types."""
    return {name: kind for kind, names in types.items() for name in names.split()}  # type: ignore[misc]


_PLACE: dict[str, Cell] = {"leg": "text", "item": "text", "step": "text"}

VIEWS: dict[str, Spec] = {
    "chains": Spec(
        {},
        _columns(
            text="process plan number customer requester currency state leg outcome reason run last_kind",
            int="net last_seq rounds faults imbalances",
            bool="pivot gap",
            instant="started started_wall ended ended_wall rests_since compensating_since next_deadline "
            "last_at last_wall",
        ),
    ),
    "legs": Spec(
        {"leg": "text", "item": "text"}, _columns(text="status why", int="visits ordinal", instant="entered left_at")
    ),
    "steps": Spec(
        {**_PLACE, "op": "text"}, _columns(text="mode effect state", int="visit unknowns", instant="since since_wall")
    ),
    "waits": Spec(
        {**_PLACE}, _columns(json="events", text="until state", int="taken", instant="deadline since since_wall")
    ),
    "tasks": Spec(
        {"task": "text", "level": "text"},
        {
            **_PLACE,
            **_columns(
                text="subject digest state",
                int="votes",
                json="levels source candidates figures decided_by work rule",
                instant="opened opened_wall closed",
            ),
        },
    ),
    "decisions": Spec(
        {"seq": "int"}, _columns(text="task level actor decision decision_id comment door", instant="at")
    ),
    "slas": Spec(
        {"sla": "text", "item": "text", "round": "int"},
        _columns(
            text="on_what leg step state why",
            json="budget planned",
            int="rung extensions",
            float="used late lag",
            instant="started deadline warn paused warned breached ended",
        ),
    ),
    "documents": Spec(
        {"system": "text", "type": "text", "document": "text"},
        {**_PLACE, **_columns(text="digest", int="version", instant="seen")},
    ),
    "holds": Spec(
        {"seq": "int"},
        {
            **_PLACE,
            **_columns(
                text="scope reason owner released_by", json="detail", instant="since since_wall released"
            ),
        },
    ),
    "effects": Spec(
        {"effect": "text"},
        {**_PLACE, **_columns(text="op status system type document why", int="ordinal", bool="sure", instant="at")},
    ),
    "events_kept": Spec(
        {"event": "text", "event_id": "text"}, _columns(text="leg item", instant="kept taken")
    ),
}  # fmt: skip

_ZERO: dict[str, Any] = {"text": "", "int": 0, "float": 0.0, "bool": False, "instant": None, "json": None}
BLANKS: Mapping[str, Row] = MappingProxyType(
    {name: {column: _ZERO[kind] for column, kind in spec.columns.items()} for name, spec in VIEWS.items()}
)


def no_tables() -> dict[str, dict[Key, Row]]:
    """Return the tables of a chain of which nothing is known."""
    return {name: {} for name in VIEWS}


@dataclass(frozen=True)
class ChainView:
    """All view rows of one chain: what a fold of its trail gives. Never changed, only replaced."""

    chain: str
    tables: Mapping[str, Mapping[Key, Row]] = field(default_factory=no_tables)

    @property
    def head(self) -> Row:
        """The row of the chain itself."""
        return self.tables["chains"].get((), BLANKS["chains"])

    @property
    def known(self) -> bool:
        """Whether anything was folded into it yet (a chain of which only a hole is known has a row, too)."""
        return bool(self.head["last_kind"])

    def get(self, table: str, key: Key) -> Row | None:
        """Return one row."""
        return self.tables[table].get(_key(key))

    def each(self, table: str) -> Iterator[tuple[Key, Row]]:
        """Return the rows of one table, in the order in which they came to be known."""
        return iter(self.tables[table].items())

    def put(self, table: str, key: Key, **changes: Any) -> ChainView:
        """Return the view with one row changed, or made of the blank one."""
        rows, key = self.tables[table], _key(key)
        row = {**rows.get(key, BLANKS[table]), **changes}
        return ChainView(self.chain, {**self.tables, table: {**rows, key: row}})

    def set(self, **changes: Any) -> ChainView:
        """Return the view with the chain's own row changed."""
        return self.put("chains", (), **changes)

    def drop(self, table: str, key: Key) -> ChainView:
        """Return the view without one row."""
        rows, key = self.tables[table], _key(key)
        if key not in rows:
            return self
        return ChainView(self.chain, {**self.tables, table: {k: row for k, row in rows.items() if k != key}})

    def settled(self) -> ChainView:
        """Return what this is, never to change again."""
        return self


@dataclass(frozen=True)
class Growing(ChainView):
    """A view that changes in place, for the one who folds: copying a table for every entry is most of a fold.

    Made by ``of``. A table is copied when it is first written to, so that the view it began as stays what it is; rows
    are replaced, not changed.
    """

    own: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, view: ChainView) -> Growing:
        """Begin with what a view says."""
        return cls(view.chain, dict(view.tables))

    def settled(self) -> ChainView:
        return ChainView(self.chain, self.tables)

    def put(self, table: str, key: Key, **changes: Any) -> ChainView:
        rows, key = self._mine(table), _key(key)
        rows[key] = {**rows.get(key, BLANKS[table]), **changes}
        return self

    def drop(self, table: str, key: Key) -> ChainView:
        key = _key(key)
        if key in self.tables[table]:
            del self._mine(table)[key]
        return self

    def _mine(self, table: str) -> dict[Key, Row]:
        tables: dict[str, dict[Key, Row]] = self.tables  # type: ignore[assignment]
        if table not in self.own:
            self.own.add(table)
            tables[table] = dict(tables[table])
        return tables[table]
