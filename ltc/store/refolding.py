"""All views anew, by several processes: each takes a part of the chains, reads its trails in the order of their key.

A part is one transaction: its views are replaced, and it is noted as done. So a refold that was cut short goes on where
it was, and what is appended meanwhile waits for one part at most. What the views count for is added up by each process
and written once, in the end; of a refold that was cut short the counters are made anew.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, delete, func, insert, literal, select, update
from sqlalchemy.exc import DBAPIError

from ltc.store import tally, tally_anew, trail, trail_whole
from ltc.store.columns import Names, among, lock_chains
from ltc.store.engines import conflicted, keep_pages, make_engine, set_lasting, translate
from ltc.store.prepared import insert_all
from ltc.store.records import REFOLD_PARTS as PARTS
from ltc.store.records import RUNS
from ltc.store.rows import VIEWS, ChainView, Row
from ltc.store.view_tables import VIEW_TABLES, indexes
from ltc.store.views import advance
from ltc.store.views import load as load_view

PART = 400  # chains in one transaction
_TRIES = 5
_CACHE = 128 * 1024  # kibibytes of pages that a process keeps in memory, on SQLite


class Refolded(NamedTuple):
    """What a refold did."""

    chains: int
    entries: int
    processes: int


def refold_all(url: str, processes: int = 0) -> Refolded:
    """Replace the views of every chain by a fold of its trail; goes on with a refold that was cut short.

    Where there are no views at all, their indexes are made when all rows are there.

    Args:
        url: the database.
        processes: how many at once; 0: as many as there are processors.

    Raises:
        StoreError: the database cannot be used.
    """
    count = processes or os.cpu_count() or 1
    engine = make_engine(url, writes=True)
    try:
        resumed = cut(engine)
        done = share_out(url, count)
        _index(engine)
        if resumed:  # what the processes counted that were cut short is lost
            with engine.begin() as connection:
                tally_anew.rebuild(connection)
        with engine.begin() as connection:
            connection.execute(delete(PARTS))
    except DBAPIError as error:
        raise translate(error, url) from error
    finally:
        engine.dispose()
    return Refolded(sum(one[0] for one in done), sum(one[1] for one in done), count)


def share_out(url: str, count: int) -> list[tuple[int, int]]:
    """Have so many processes refold the parts that wait; returns chains and entries of each."""
    shares = [(url, number, count) for number in range(count)]
    if count == 1:
        return [_work(*shares[0])]
    with multiprocessing.get_context("spawn").Pool(count) as pool:
        return pool.starmap(_work, shares)


def cut(engine: Engine) -> bool:
    """Cut all chains into parts, unless an earlier refold has left some: then tells so."""
    with engine.begin() as connection:
        if unfinished(connection):
            return True
        names = connection.execute(select(RUNS.c.chain).distinct().order_by(RUNS.c.chain)).scalars().all()
        rows = [
            {"first": part[0], "last": part[-1], "state": "waiting", "chains": len(part)}
            for part in (names[at : at + PART] for at in range(0, len(names), PART))
        ]
        if rows:
            connection.execute(insert(PARTS), rows)
        if len(rows) > 1 and connection.execute(select(VIEW_TABLES["chains"].c.chain).limit(1)).first() is None:
            for index in indexes():
                index.drop(connection, checkfirst=True)
    return False


def unfinished(connection: Connection) -> bool:
    """Tell whether a refold of all views is under way, or was cut short: ``refold_all`` goes on with it."""
    return connection.execute(select(PARTS.c.first).limit(1)).first() is not None


def _index(engine: Engine) -> None:
    """Make the indexes that are not there."""
    for index in indexes():
        with engine.begin() as connection:
            index.create(connection, checkfirst=True)


def _work(url: str, number: int, of: int) -> tuple[int, int]:
    """Refold every ``of``-th part that is not done; returns chains and entries. What it counted is written last."""
    engine = make_engine(url, writes=True)
    reader = make_engine(url, writes=False)
    chains = entries = 0
    changes = tally.Changes()
    try:
        with engine.connect() as connection:
            _prepare(connection)
            with connection.begin():
                parts = connection.execute(
                    select(PARTS).where(PARTS.c.state == "waiting").order_by(PARTS.c.first)
                ).all()
            for part in parts[number::of]:
                folded, seen = _part(connection, reader, part, changes)
                chains, entries = chains + folded, entries + seen
            with connection.begin():
                changes.write(connection)
    finally:
        engine.dispose()
        reader.dispose()
    return chains, entries


def _prepare(connection: Connection) -> None:
    """A power cut may cost parts of the refold, which are then not noted as done either."""
    set_lasting(connection, lasting=False)
    keep_pages(connection, _CACHE)


def _part(connection: Connection, reader: Engine, part: Any, changes: tally.Changes) -> tuple[int, int]:
    """Fold outside, then write what has not moved meanwhile; the few that have are folded again under the lock."""
    with reader.begin() as reading:
        reached = _reached(reading, part)
        folded = list(_folded(reading, part))
    for tries in range(_TRIES):
        counted = tally.Changes()
        try:
            with connection.begin():
                _replace(connection, part, reached, folded, counted)
            break
        except DBAPIError as error:
            if not conflicted(error) or tries + 1 == _TRIES:
                raise
    changes.add_all(counted)
    return len(folded), sum(view.head["last_seq"] for view in folded)


def _reached(connection: Connection, part: Any) -> dict[str, tuple[int, int]]:
    """Return of each chain how many runs it has and how far they reach: different once anything is appended."""
    runs = RUNS.c
    query = select(runs.chain, func.count(), func.max(runs.last_seq) + func.min(runs.first_seq)).group_by(runs.chain)
    rows = connection.execute(query.where(runs.chain.between(part.first, part.last)))
    return {row[0]: (row[1], row[2]) for row in rows}


def _folded(connection: Connection, part: Any) -> Iterator[ChainView]:
    for name, entries in trail_whole.between(connection, part.first, part.last):
        yield advance(ChainView(name), sorted(entries, key=lambda one: one[1].seq))


def _replace(
    connection: Connection,
    part: Any,
    reached: Mapping[str, tuple[int, int]],
    folded: Sequence[ChainView],
    changes: tally.Changes,
) -> None:
    names = sorted(view.chain for view in folded)
    lock_chains(connection, names)
    now = _reached(connection, part)
    views = [
        view if now.get(view.chain) == reached.get(view.chain) else _again(connection, view.chain) for view in folded
    ]
    for name in names if _any_views(connection, part) else ():
        changes.move(load_view(connection, name, ("chains", "slas")), ChainView(name))
    for table, spec in VIEW_TABLES.items():
        connection.execute(delete(spec).where(among(spec.c.chain, literal(names, Names))))
        insert_all(connection, spec, [row for view in views for row in _rows(table, view)])
    for view in views:
        changes.move(ChainView(view.chain), view)
    connection.execute(update(PARTS).where(PARTS.c.first == part.first).values(state="done"))


def _any_views(connection: Connection, part: Any) -> bool:
    chain = VIEW_TABLES["chains"].c.chain
    return connection.execute(select(chain).where(chain.between(part.first, part.last)).limit(1)).first() is not None


def _again(connection: Connection, name: str) -> ChainView:
    return advance(ChainView(name), trail.entries(connection, name))


def _rows(table: str, view: ChainView) -> Iterator[Row]:
    names = tuple(VIEWS[table].key)
    for key, row in view.each(table):
        yield {"chain": view.chain, **dict(zip(names, key, strict=True)), **row}
