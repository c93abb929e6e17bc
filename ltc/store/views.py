"""Views in the database: load, save what changed, refold, drop."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, delete, select

from ltc.store import tally, trail
from ltc.store.columns import Names, among, lock_chains
from ltc.store.fold import fold_all
from ltc.store.prepared import delete_keys, fetch, update_keys, upsert, whole_rows
from ltc.store.reading import Line
from ltc.store.records import METADATA
from ltc.store.rows import VIEWS, ChainView, Key, Row, no_tables
from ltc.store.view_tables import VIEW_TABLES

_REMEMBERED = 2_000  # chains whose views the writer keeps in memory


class Mark(NamedTuple):
    """How far the views of a chain have come, as the database says; ``seq`` None: there are none."""

    seq: int | None
    run: str | None
    gap: bool | None


NOTHING = Mark(None, None, None)


def load(connection: Connection, chain: str, named: Iterable[str] = tuple(VIEWS)) -> ChainView:
    """Read the view rows of a chain, of all tables or of some."""
    tables: dict[str, dict[Key, Row]] = no_tables()
    for name in named:
        spec = VIEWS[name]
        rows = fetch(connection, _reading(name), {"chain_": chain})
        tables[name] = {
            tuple([row[column] for column in spec.key]): {column: row[column] for column in spec.columns}
            for row in rows
        }
    return ChainView(chain, tables)


def save(connection: Connection, moves: Sequence[tuple[ChainView, ChainView]]) -> None:
    """Write the rows that differ between before and after, and of rows that were there only the columns that do.

    Chains are written together, table by table: ten of them take hardly more statements than one. PostgreSQL writes
    a row anew whatever changes in it, so that there rows that changed go along with those that came to be.
    """
    for name, table in VIEW_TABLES.items():
        gone: list[Row] = []
        fresh: list[Row] = []
        changed: dict[tuple[str, ...], list[Row]] = {}
        for before, after in moves:
            old, new = before.tables[name], after.tables[name]
            if old is not new:
                whole = partial(_whole, after.chain, VIEWS[name].key)
                gone += [whole(key) for key in old if key not in new]
                _differ(old, new, whole, fresh, changed)
        delete_keys(connection, table, gone)
        if whole_rows(connection):
            fresh += [row for rows in changed.values() for row in rows]
            changed.clear()
        upsert(connection, table, fresh)
        for columns, rows in changed.items():
            update_keys(connection, table, columns, rows)


def count(connection: Connection, moves: Iterable[tuple[ChainView, ChainView]]) -> None:
    """Keep the counters of promised times up with what is written of chains."""
    changes = tally.Changes()
    for before, after in moves:
        changes.move(before, after)
    changes.write(connection)


def _whole(chain: str, names: Iterable[str], key: Key) -> Row:
    return {"chain": chain, **dict(zip(names, key, strict=True))}


def _differ(
    old: Mapping[Key, Row],
    new: Mapping[Key, Row],
    whole: Callable[[Key], Row],
    fresh: list[Row],
    changed: dict[tuple[str, ...], list[Row]],
) -> None:
    """Gather the rows that came to be, and those that changed, by the columns that did."""
    for key, row in new.items():
        was = old.get(key)
        if was is None:
            fresh.append({**whole(key), **row})
        elif was is not row:
            columns = tuple([name for name, cell in row.items() if was[name] is not cell and was[name] != cell])
            if columns:
                changed.setdefault(columns, []).append({**whole(key), **row})


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
def _reading(name: str) -> Callable[[], Select[Any]]:
    return partial(_rows, name)


def _rows(name: str) -> Select[Any]:
    table = VIEW_TABLES[name]
    return select(table).where(table.c.chain == bindparam("chain_")).order_by(*table.primary_key.columns)


class Views:
    """Keeps the views up with the trail. Lives on the writer's thread; remembers chains it folded lately.

    Entries are folded when they are appended, in memory; what that changes in the database is written a moment later,
    for many chains at once (``write_behind``). Whoever folds goes on from what the database holds unless it is what
    this process wrote there itself, so that several processes may fold one chain, and one that dies leaves nothing
    behind that the trail does not tell.
    """

    def __init__(self) -> None:
        self._recent: OrderedDict[str, ChainView] = OrderedDict()  # as folded
        self._saved: dict[str, ChainView] = {}  # as this process knows the database; a chain only if it is in _recent
        self._behind: dict[str, None] = {}  # chains folded further than what the database holds
        self._writing: dict[str, None] = {}  # chains written last: perhaps in a transaction that does not commit

    @property
    def behind(self) -> bool:
        """Whether something that was folded is not written yet."""
        return bool(self._behind)

    def forget_all(self) -> None:
        """Remember nothing but what is still to be written: a transaction did not commit, or the views were dropped."""
        self._recent.clear()
        self._saved.clear()
        self._behind = {**self._writing, **self._behind}

    def drop(self, connection: Connection) -> None:
        """Drop the views and remember nothing of them."""
        drop(connection)
        self._writing.clear()
        self.forget_all()
        self._behind.clear()

    def refold(self, connection: Connection, chain: str) -> ChainView:
        """Replace the views of a chain by a fold of its whole trail."""
        before, view = load(connection, chain), fresh(connection, chain)
        forget(connection, chain)
        save(connection, [(ChainView(chain), view)])
        count(connection, [(before, view)])
        self._behind.pop(chain, None)
        self._saved[chain] = view
        return self._remember(view)

    def begin(self, chain: str, run: str, appended: list[Line]) -> ChainView:
        """Fold the first entries of a chain of which nothing was known."""
        self._saved[chain] = ChainView(chain)
        return self._moved(advance(ChainView(chain), ((run, entry) for entry in appended)))

    def follow(self, connection: Connection, chain: str, mark: Mark, run: str, appended: list[Line]) -> ChainView:
        """Fold entries just appended, which no newer run has taken over, sorted by their sequence."""
        view = self._current(connection, chain, mark)
        first = appended[0].seq
        if not view.known or first <= view.head["last_seq"]:
            return self.refold(connection, chain)
        source: Iterable[tuple[str, Line]] = ((run, entry) for entry in appended)
        if view.head["gap"] or first != view.head["last_seq"] + 1:
            source = trail.entries(connection, chain, after=view.head["last_seq"])
        return self._moved(advance(view, source))

    def catch_up(self, connection: Connection, chains: Iterable[str]) -> None:
        """Bring the views of chains up to their trails: whoever appended may have died before it wrote them."""
        self._behind.update(dict.fromkeys(chains))
        self.write_behind(connection)

    def write_behind(self, connection: Connection) -> None:
        """Write what was folded and is not written yet."""
        self._writing, names = dict(self._behind), sorted(self._behind)
        lock_chains(connection, names)
        marks = marks_of(connection, names)
        moves = [self._caught_up(connection, name, marks.get(name, NOTHING)) for name in names]
        save(connection, moves)
        count(connection, moves)
        self._behind.clear()
        for _, view in moves:
            self._saved[view.chain] = view
            self._remember(view)

    def _caught_up(self, connection: Connection, chain: str, mark: Mark) -> tuple[ChainView, ChainView]:
        """Return a chain's views as the database holds them, and as the trail says."""
        view, saved = self._recent.get(chain), self._saved.get(chain)
        if view is not None and saved is not None and mark_of(saved) == mark:
            return saved, view
        saved = load(connection, chain) if mark.seq is not None else ChainView(chain)
        if not saved.known:
            return saved, fresh(connection, chain)
        return saved, advance(saved, trail.entries(connection, chain, after=saved.head["last_seq"]))

    def _current(self, connection: Connection, chain: str, mark: Mark) -> ChainView:
        """Return the views as folded; what is remembered counts if no other process has moved the database since."""
        view, saved = self._recent.get(chain), self._saved.get(chain)
        if view is not None and saved is not None and mark_of(saved) == mark:
            return view
        self._saved[chain] = load(connection, chain) if mark.seq is not None else ChainView(chain)
        return self._saved[chain]

    def _moved(self, view: ChainView) -> ChainView:
        self._behind[view.chain] = None
        return self._remember(view)

    def _remember(self, view: ChainView) -> ChainView:
        """Remember a chain; of too many, and of those that ended, what is written is forgotten again."""
        self._recent[view.chain] = view
        self._recent.move_to_end(view.chain)
        oldest = next(iter(self._recent))
        for name in (view.chain if view.head["ended"] is not None else "", oldest):
            full = name != oldest or len(self._recent) > _REMEMBERED
            if name in self._recent and name not in self._behind and full:
                del self._recent[name]
                self._saved.pop(name, None)
        return view


def mark_of(view: ChainView) -> Mark:
    """Return how far a view has come, as the database would say it once it is written."""
    head = view.tables["chains"].get(())
    return Mark(head["last_seq"], head["run"], head["gap"]) if head else NOTHING


@cache
def _marks() -> Select[Any]:
    table = VIEW_TABLES["chains"].c
    mine = among(table.chain, bindparam("names_", type_=Names))
    return select(table.chain, table.last_seq, table.run, table.gap).where(mine)


def marks_of(connection: Connection, chains: Sequence[str]) -> dict[str, Mark]:
    """Return how far the views of these chains have come in the database."""
    rows = fetch(connection, _marks, {"names_": chains}) if chains else []
    return {row["chain"]: Mark(row["last_seq"], row["run"], row["gap"]) for row in rows}


def drop(connection: Connection, anew: bool = True) -> None:
    """Drop the view tables and make them anew, empty: as the records say, and as this program wants them."""
    tables = [*VIEW_TABLES.values(), *tally.TABLES]
    METADATA.drop_all(connection, tables)
    if anew:
        METADATA.create_all(connection, tables)
