"""Which chains may be stuck: found by small indexes on what is open, a page at a time; and what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, literal, or_, select, text, union

from ltc.model.messages import CHAINS_QUEUE
from ltc.store.columns import Names, among, beside
from ltc.store.listing import few, few_overdue, is_overdue, overdue
from ltc.store.prepared import fetch
from ltc.store.records import STARTS
from ltc.store.rows import VIEWS, ChainView, Key, Row, no_tables
from ltc.store.stuck_facts import EngineFacts
from ltc.store.view_tables import HELD, RESTING, VIEW_TABLES

_C = VIEW_TABLES["chains"].c
_STEPS = VIEW_TABLES["steps"].c
_SLAS = VIEW_TABLES["slas"].c
_TASKS = VIEW_TABLES["tasks"].c
_WAITS = VIEW_TABLES["waits"].c

_Part = tuple[Select[Any], Any]  # a query for chains, and the column that it is in the order of
_FLIGHTS = ("flying", "told")
_KINDS = {
    "held": ("held", "resting"), "compensating": ("held", "told"), "human_overdue": ("people",),
    "event_late": ("due", "waiting"),
}  # fmt: skip

# What the rules ask of a chain: the rows that are open. The others may be many.
_OPEN: dict[str, tuple[str, ...]] = {
    "chains": (), "holds": ("released",), "tasks": ("closed",), "waits": (), "slas": ("ended",), "steps": (),
    "effects": (),
}  # fmt: skip
_STANDING = ("certain", "unknown", "scheduled")


class Suspects:
    """The open chains that may be stuck (for one reason), by name, a page at a time: the others need no closer look.

    Each kind of trouble is looked through in the order of names, by an index of what is open. What is due is looked up
    by its instant first: where few are, nobody walks past all the others to find them.
    """

    def __init__(self, connection: Connection, now: datetime, engine: EngineFacts, reason: str = "") -> None:
        self._connection = connection
        self._now = now
        self._idle = any(count == 0 for count in engine.pollers.values())
        self._named = sorted({*(one.chain for one in engine.pending), *(one.chain for one in engine.failures)})
        kinds = _KINDS.get(reason, _FLIGHTS if reason else ("held", "resting", "due", "overdue", *_FLIGHTS))
        self._parts: list[_Part] = [getattr(self, f"_{kind}")() for kind in kinds]

    def page(self, after: str, most: int) -> list[str]:
        """Return the next chains behind one, in the database's order."""
        parts = [query.where(chain > after).order_by(chain).limit(most).subquery() for query, chain in self._parts]
        both = union(*[select(part.c.chain) for part in parts]).subquery()
        return list(self._connection.execute(select(both.c.chain).order_by(both.c.chain).limit(most)).scalars())

    def _held(self) -> _Part:
        return select(_C.chain).where(_C.ended.is_(None), text(f"chains.{HELD}")), _C.chain

    def _resting(self) -> _Part:
        return select(_WAITS.chain).where(text(f"waits.{RESTING}")).distinct(), _WAITS.chain

    def _due(self) -> _Part:
        due = select(_C.chain).where(_C.ended.is_(None), _C.next_deadline <= self._now)
        named = few(self._connection, due.order_by(_C.next_deadline))
        return (due, _C.chain) if named is None else _these(named)

    def _overdue(self) -> _Part:
        named = few_overdue(self._connection, self._now)
        return (overdue(self._now).distinct(), _SLAS.chain) if named is None else _these(named)

    def _people(self) -> _Part:
        """Those with a promised time behind them and a task for people."""
        return self._late(_TASKS.chain, _TASKS.closed.is_(None))

    def _waiting(self) -> _Part:
        """Those with a promised time behind them that wait for an event."""
        return self._late(_WAITS.chain, _WAITS.state == "waiting")

    def _late(self, chain: ColumnElement[str], open_: ColumnElement[bool]) -> _Part:
        named = few_overdue(self._connection, self._now)
        asked = select(chain).where(open_, is_overdue(chain, named, self._now))
        return asked.distinct(), chain if named is None else beside(chain)

    def _flying(self) -> _Part:
        flying = select(_STEPS.chain).where(_STEPS.state != "" if self._idle else _STEPS.state == "unknown").distinct()
        return flying.where(select(_C.chain).where(_C.chain == _STEPS.chain, _C.ended.is_(None)).exists()), _STEPS.chain

    def _told(self) -> _Part:
        """Those that the engine says something about."""
        return _these(self._named)


def _these(names: Sequence[str]) -> _Part:
    """Return those of some chains that have not ended: each is looked up, nobody walks to it."""
    return select(_C.chain).where(_C.ended.is_(None), among(_C.chain, literal(names, Names))), beside(_C.chain)


def silent(connection: Connection, engine: EngineFacts) -> list[str]:
    """Return chains that were started and have left no trail, where the engine has something to say about that."""
    if engine.pollers.get(CHAINS_QUEUE, 1) and not engine.failures:
        return []
    unheard = select(STARTS.c.chain).where(STARTS.c.heard.is_(False), STARTS.c.confirmed.is_(True))
    nothing_yet = select(_C.chain).where(_C.started.is_(None), _C.last_kind == "")
    both = union(unheard, nothing_yet).subquery()
    return list(connection.execute(select(both.c.chain).order_by(both.c.chain)).scalars())


def load(connection: Connection, names: Sequence[str]) -> list[ChainView]:
    """Read of some chains the rows that are open, in their order; one that is not known has none."""
    found: dict[str, dict[str, dict[Key, Row]]] = {name: no_tables() for name in names}
    for name in _OPEN:
        spec = VIEWS[name]
        mine = _undoing(found, names) if name == "effects" else names
        for row in fetch(connection, _reading(name), {"names_": mine}) if mine else ():
            key = tuple([row[column] for column in spec.key])
            found[row["chain"]][name][key] = {column: row[column] for column in spec.columns}
    return [ChainView(name, tables) for name, tables in found.items()]


def _undoing(found: dict[str, dict[str, dict[Key, Row]]], names: Sequence[str]) -> list[str]:
    """Return the chains that are being undone: only of these the effects are asked for."""
    heads = {name: found[name]["chains"].get(()) for name in names}
    return [name for name, head in heads.items() if head and head["compensating_since"] is not None]


@cache
def _reading(name: str) -> Callable[[], Select[Any]]:
    return partial(_rows, name)


def _rows(name: str) -> Select[Any]:
    table = VIEW_TABLES[name]
    where: list[ColumnElement[bool]] = [table.c[column].is_(None) for column in _OPEN[name]]
    if name == "effects":
        where.append(or_(*[table.c.status == one for one in _STANDING]))
    mine = among(table.c.chain, bindparam("names_", type_=Names))
    return select(table).where(mine, *where).order_by(*table.primary_key.columns)
