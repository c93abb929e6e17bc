"""Which chains may be stuck: found by small indexes on what is open, a page at a time; and what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, select, text, union

from ltc.model.messages import CHAINS_QUEUE
from ltc.store.columns import beside
from ltc.store.listing import overdue
from ltc.store.records import STARTS
from ltc.store.rows import VIEWS, ChainView, Key, Row, no_tables
from ltc.store.stuck_facts import EngineFacts
from ltc.store.view_tables import HELD, RESTING, VIEW_TABLES

_C = VIEW_TABLES["chains"].c
_STEPS = VIEW_TABLES["steps"].c
_SLAS = VIEW_TABLES["slas"].c
_TASKS = VIEW_TABLES["tasks"].c
_WAITS = VIEW_TABLES["waits"].c
_AT_ONCE = 400  # names in one statement

# What the rules ask of a chain: the rows that are open. The others may be many.
_OPEN: dict[str, tuple[str, ...]] = {
    "chains": (), "holds": ("released",), "tasks": ("closed",), "waits": (), "slas": ("ended",), "steps": (),
    "effects": (),
}  # fmt: skip
_STANDING = ("certain", "unknown", "scheduled")


def suspects(connection: Connection, now: datetime, engine: EngineFacts, reason: str = "") -> list[str]:
    """Return the open chains that may be stuck (for one reason), by name: the others need no closer look."""
    held = select(_C.chain).where(_C.ended.is_(None), text(f"chains.{HELD}"))
    resting = select(_WAITS.chain).where(text(f"waits.{RESTING}"))
    due = select(_C.chain).where(_C.ended.is_(None), _C.next_deadline <= now)
    idle = any(count == 0 for count in engine.pollers.values())
    flying = _standing(select(_STEPS.chain).where(_STEPS.state != "" if idle else _STEPS.state == "unknown"))
    told = sorted({*(one.chain for one in engine.pending), *(one.chain for one in engine.failures)})
    named = [_standing(select(_C.chain).where(_C.chain.in_(told[at : at + _AT_ONCE]))) for at in _steps(told)]
    people = overdue(now).where(beside(_SLAS.chain).in_(select(_TASKS.chain).where(_TASKS.closed.is_(None))))
    parts: dict[str, list[Select[Any]]] = {
        "held": [held, resting], "compensating": [held, *named], "human_overdue": [people],
        "event_late": [due, overdue(now)],
    }  # fmt: skip
    flights = [flying, *named] if reason else [held, resting, due, overdue(now), flying, *named]
    every = union(*parts.get(reason, flights)).subquery()
    return list(connection.execute(select(every.c.chain).order_by(every.c.chain)).scalars())


def _standing(query: Select[Any]) -> Select[Any]:
    """Return those of some chains that have not ended."""
    some = query.subquery()
    return select(_C.chain).where(_C.ended.is_(None), _C.chain.in_(select(some.c.chain)))


def _steps(names: Sequence[str]) -> range:
    return range(0, len(names), _AT_ONCE)


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
    for at in _steps(names):
        some = list(names[at : at + _AT_ONCE])
        for name in _OPEN:
            spec = VIEWS[name]
            mine = _undoing(found, some) if name == "effects" else some
            for row in connection.execute(_rows(name), {"names": mine}).mappings() if mine else ():
                key = tuple(row[column] for column in spec.key)
                found[row["chain"]][name][key] = {column: row[column] for column in spec.columns}
    return [ChainView(name, tables) for name, tables in found.items()]


def _undoing(found: dict[str, dict[str, dict[Key, Row]]], names: list[str]) -> list[str]:
    """Return the chains that are being undone: only of these the effects are asked for."""
    heads = {name: found[name]["chains"].get(()) for name in names}
    return [name for name, head in heads.items() if head and head["compensating_since"] is not None]


@cache
def _rows(name: str) -> Select[Any]:
    table = VIEW_TABLES[name]
    where: list[ColumnElement[bool]] = [table.c[column].is_(None) for column in _OPEN[name]]
    if name == "effects":
        where.append(table.c.status.in_(_STANDING))
    mine = table.c.chain.in_(bindparam("names", expanding=True))
    return select(table).where(mine, *where).order_by(*table.primary_key.columns)
