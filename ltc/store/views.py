"""Views in the database: load, save what changed, refold, drop."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, delete, select, union

from ltc.store import trail
from ltc.store.fold import fold_all
from ltc.store.prepared import delete_keys, update_keys, upsert
from ltc.store.reading import Line
from ltc.store.records import METADATA, TRAIL
from ltc.store.rows import VIEWS, ChainView, Key, Row
from ltc.store.view_tables import VIEW_TABLES

_REMEMBERED = 2_000  # chains whose views the writer keeps in memory


class Mark(NamedTuple):
    """How far the views of a chain have come, as the database says; ``seq`` None: there are none."""

    seq: int | None
    run: str | None
    gap: bool | None


def load(connection: Connection, chain: str) -> ChainView:
    """Read the view rows of a chain."""
    tables: dict[str, dict[Key, Row]] = {}
    for name, spec in VIEWS.items():
        rows = connection.execute(_rows(name), {"chain_": chain})
        tables[name] = {
            tuple(row[column] for column in spec.key): {column: row[column] for column in spec.columns}
            for row in rows.mappings()
        }
    return ChainView(chain, tables)


def save(connection: Connection, before: ChainView, after: ChainView) -> None:
    """Write the rows that differ, and of rows that were there only the columns that do."""
    for name, table in VIEW_TABLES.items():
        old, new = before.tables[name], after.tables[name]
        if old is new:
            continue
        whole = partial(_whole, after.chain, VIEWS[name].key)
        delete_keys(connection, table, [whole(key) for key in old if key not in new])
        fresh, changed = _changes(old, new)
        upsert(connection, table, [{**whole(key), **row} for key, row in fresh])
        for columns, rows in changed.items():
            update_keys(connection, table, columns, [{**whole(key), **row} for key, row in rows])


def _whole(chain: str, names: Iterable[str], key: Key) -> Row:
    return {"chain": chain, **dict(zip(names, key, strict=True))}


def _changes(
    old: Mapping[Key, Row], new: Mapping[Key, Row]
) -> tuple[list[tuple[Key, Row]], dict[tuple[str, ...], list[tuple[Key, Row]]]]:
    """Return the rows that came to be, and those that changed, by the columns that did."""
    fresh: list[tuple[Key, Row]] = []
    changed: dict[tuple[str, ...], list[tuple[Key, Row]]] = {}
    for key, row in new.items():
        was = old.get(key)
        if was is None:
            fresh.append((key, row))
        elif was is not row:
            columns = tuple([name for name, cell in row.items() if was[name] is not cell and was[name] != cell])
            if columns:
                changed.setdefault(columns, []).append((key, row))
    return fresh, changed


def forget(connection: Connection, chain: str) -> None:
    """Delete the view rows of a chain."""
    for table in VIEW_TABLES.values():
        connection.execute(delete(table).where(table.c.chain == chain))


def advance(view: ChainView, entries: Iterable[tuple[str, Line]]) -> ChainView:
    """Fold what follows without a hole; what lies beyond the first hole is only noted as ``gap``."""
    ready, run, gap = [], view.head["run"], False
    expected = view.head["last_seq"] + 1 if view.known else None
    for writer, entry in entries:
        if expected is None:
            gap = not trail.may_begin(entry)
        if gap or (expected is not None and entry.seq != expected):
            gap = True
            break
        ready.append(entry)
        run, expected = writer, entry.seq + 1
    if not ready:
        return view.set(gap=gap) if gap or view.known else view
    return fold_all(view, ready).set(run=run, gap=gap)


def fresh(connection: Connection, chain: str) -> ChainView:
    """Fold a chain's whole trail from nothing, as it is on record; the views are not looked at."""
    return advance(ChainView(chain), trail.entries(connection, chain))


@cache
def _rows(name: str) -> Select[Any]:
    table = VIEW_TABLES[name]
    return select(table).where(table.c.chain == bindparam("chain_")).order_by(*table.primary_key.columns)


class Views:
    """Keeps the views up with the trail. Lives on the writer's thread; remembers chains it folded lately."""

    def __init__(self) -> None:
        self._recent: OrderedDict[str, ChainView] = OrderedDict()

    def forget_all(self) -> None:
        """Remember nothing: a transaction did not commit, or the views were dropped."""
        self._recent.clear()

    def drop(self, connection: Connection) -> None:
        """Drop the views and remember nothing of them."""
        drop(connection)
        self.forget_all()

    def refold(self, connection: Connection, chain: str) -> ChainView:
        """Replace the views of a chain by a fold of its whole trail."""
        forget(connection, chain)
        view = fresh(connection, chain)
        save(connection, ChainView(chain), view)
        return self._remember(view)

    def begin(self, connection: Connection, chain: str, run: str, appended: list[Line]) -> ChainView:
        """Fold the first entries of a chain of which nothing was known."""
        view = advance(ChainView(chain), ((run, entry) for entry in appended))
        save(connection, ChainView(chain), view)
        return self._remember(view)

    def follow(self, connection: Connection, chain: str, mark: Mark, run: str, appended: list[Line]) -> ChainView:
        """Fold entries just appended, which no newer run has taken over, sorted by their sequence."""
        view = self._current(connection, chain, mark)
        if not view.known or appended[0].seq <= view.head["last_seq"]:
            return self.refold(connection, chain)
        source: Iterable[tuple[str, Line]] = ((run, entry) for entry in appended)
        if view.head["gap"]:
            source = trail.entries(connection, chain, after=view.head["last_seq"])
        moved = advance(view, source)
        save(connection, view, moved)
        return self._remember(moved)

    def _current(self, connection: Connection, chain: str, mark: Mark) -> ChainView:
        """Return the views as they stand; what is remembered counts if no other process has moved them since."""
        if mark.seq is None:
            return ChainView(chain)
        known = self._recent.get(chain)
        if known and Mark(known.head["last_seq"], known.head["run"], known.head["gap"]) == mark:
            return known
        return load(connection, chain)

    def _remember(self, view: ChainView) -> ChainView:
        self._recent[view.chain] = view
        self._recent.move_to_end(view.chain)
        if len(self._recent) > _REMEMBERED or view.head["ended"] is not None:
            self._recent.pop(view.chain if view.head["ended"] is not None else next(iter(self._recent)))
        return view


def all_chains(connection: Connection) -> Iterator[str]:
    """Return every chain that has a trail or a view, in order."""
    sources = [select(TRAIL.c.chain).distinct(), *(select(table.c.chain).distinct() for table in VIEW_TABLES.values())]
    yield from connection.execute(union(*sources).order_by("chain")).scalars()


def drop(connection: Connection, anew: bool = True) -> None:
    """Drop the view tables and make them anew, empty: as the records say, and as this program wants them."""
    tables = list(VIEW_TABLES.values())
    METADATA.drop_all(connection, tables)
    if anew:
        METADATA.create_all(connection, tables)
