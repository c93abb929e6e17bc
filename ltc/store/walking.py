"""All chains on record, some at a time in the order of their names: whoever looks at all of them holds nobody up.

A stretch of chains is everything behind one name up to another. Both are compared as the database does, so no stretch
leaves a chain out, whatever its order of letters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, union

from ltc.store import trail
from ltc.store.records import RUNS, TRAIL
from ltc.store.view_tables import VIEW_TABLES

SPAN = 20_000  # chains in a stretch
PAGE = 1_000  # names read at once
_VIEW = VIEW_TABLES["chains"]


class Stretch(NamedTuple):
    """The chains behind ``after``, up to and with ``last``; empty: to the end."""

    after: str = ""
    last: str = ""

    def holds(self, chain: Any) -> ColumnElement[bool]:
        """Tell whether a chain is one of them."""
        return and_(chain > self.after, chain <= self.last) if self.last else chain > self.after


def stretch(connection: Connection, after: str = "") -> Stretch:
    """Return the next so many chains with a trail."""
    names = select(RUNS.c.chain).where(RUNS.c.chain > after).distinct().order_by(RUNS.c.chain)
    return Stretch(after, connection.execute(names.limit(1).offset(SPAN - 1)).scalar() or "")


def behind(connection: Connection, here: Stretch, limit: int) -> list[str]:
    """Return chains whose views know less than their trail, without a hole that would explain it."""
    view = _VIEW.c
    less = view.chain.is_(None) | (view.gap.is_(False) & (RUNS.c.last_seq > view.last_seq))
    both = RUNS.outerjoin(_VIEW, view.chain == RUNS.c.chain)
    query = select(RUNS.c.chain).distinct().select_from(both).where(here.holds(RUNS.c.chain), less)
    return list(connection.execute(query.order_by(RUNS.c.chain).limit(limit)).scalars())


def holes(connection: Connection, here: Stretch) -> list[str]:
    """Return chains whose trail lacks entries, as the records themselves say; the views are not asked."""
    return [name for name in _suspects(connection, here) if trail.missing(connection, name)]


def _suspects(connection: Connection, here: Stretch) -> list[str]:
    """Return chains that may have holes: fewer valid entries than their numbers span, or than their runs reached."""
    counts = (
        select(TRAIL.c.chain, func.count().label("n"), func.min(TRAIL.c.seq).label("low"))
        .where(here.holds(TRAIL.c.chain), TRAIL.c.superseded.is_(False))
        .group_by(TRAIL.c.chain)
        .subquery()
    )
    reached = (
        select(RUNS.c.chain, func.max(RUNS.c.last_seq).label("last"))
        .where(here.holds(RUNS.c.chain))
        .group_by(RUNS.c.chain)
        .subquery()
    )
    query = (
        select(reached.c.chain)
        .outerjoin(counts, counts.c.chain == reached.c.chain)
        .where(or_(counts.c.n.is_(None), counts.c.low > 1, reached.c.last - counts.c.low + 1 > counts.c.n))
        .order_by(reached.c.chain)
    )
    return list(connection.execute(query).scalars())


def names(connection: Connection, after: str = "") -> list[str]:
    """Return the next chains that have a trail or a view, in order."""
    sources = [
        select(table.c.chain).where(table.c.chain > after).distinct().order_by(table.c.chain).limit(PAGE).subquery()
        for table in (RUNS, TRAIL, *VIEW_TABLES.values())
    ]
    every = union(*[select(one.c.chain) for one in sources]).subquery()
    return list(connection.execute(select(every.c.chain).order_by(every.c.chain).limit(PAGE)).scalars())


def everyone(connection: Connection) -> Iterator[str]:
    """Return every chain that has a trail or a view, in order."""
    found = names(connection)
    while found:
        yield from found
        found = names(connection, found[-1])


def count(connection: Connection) -> int:
    """Return how many chains have a trail."""
    return int(connection.execute(select(func.count(RUNS.c.chain.distinct()))).scalar_one())
