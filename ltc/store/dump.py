"""A canonical dump of views, and the comparison of the live ones with a fresh fold of the records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Index, select

from ltc.model.base import Value
from ltc.model.ids import canonical
from ltc.store import tally_anew, trail, views, walking
from ltc.store.records import TRAIL
from ltc.store.rows import ChainView
from ltc.store.view_tables import missing_indexes


class Difference(Value):
    """One row that is not what the records say. ``live`` or ``fresh`` is empty where the row is not there."""

    chain: str
    table: str
    key: str
    columns: list[str]
    live: dict[str, Any] | None
    fresh: dict[str, Any] | None


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _lines(view: ChainView) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Return table, key and row of every row, in one order only."""
    for table in sorted(view.tables):
        rows = {canonical(list(key)).decode(): row for key, row in view.each(table)}
        for key in sorted(rows):
            yield table, key, {name: _plain(value) for name, value in rows[key].items()}


def dump(connection: Connection, chain: str = "") -> Iterator[str]:
    """Write the live views of one chain, or of all, as lines that are equal if and only if the views are."""
    for one in [chain] if chain else walking.everyone(connection):
        for table, key, row in _lines(views.load(connection, one)):
            yield "\t".join((one, table, key, canonical(row).decode()))


def compare(connection: Connection, chains: Iterable[str], most: int = 1000) -> list[Difference]:
    """Compare live views of some chains with a fresh fold of the records, row by row; at most ``most`` differences.

    Trail rows whose content is not what their digest says are reported, too, under the table ``trail``.
    """
    found: list[Difference] = []
    for one in chains:
        found += _altered_trail(connection, one)
        found += _compare(one, views.load(connection, one), views.fresh(connection, one))
        if len(found) >= most:
            return found[:most]
    return found


def beside_rows(connection: Connection) -> list[Difference]:
    """Return the counters of promised times that are not what the views say, and the indexes that are missing."""
    counters = [
        Difference(chain="", table=table, key=key, columns=["number"], live={"number": live}, fresh={"number": fresh})
        for table, key, live, fresh in tally_anew.differences(connection)
    ]
    return [*counters, *(_missing(index) for index in missing_indexes(connection))]


def _missing(index: Index) -> Difference:
    named = ", ".join(column.name for column in index.columns)
    where = "" if index.table is None else index.table.name
    return Difference(chain="", table=where, key=str(index.name), columns=["index"], live=None, fresh={"index": named})


def _compare(chain: str, live: ChainView, fresh: ChainView) -> Iterator[Difference]:
    there = {(table, key): row for table, key, row in _lines(live)}
    wanted = {(table, key): row for table, key, row in _lines(fresh)}
    for table, key in sorted(there.keys() | wanted.keys()):
        one, other = there.get((table, key)), wanted.get((table, key))
        if one == other:
            continue
        columns = [name for name in (one or other or {}) if (one or {}).get(name) != (other or {}).get(name)]
        yield Difference(chain=chain, table=table, key=key, columns=columns, live=one, fresh=other)


def _altered_trail(connection: Connection, chain: str) -> Iterator[Difference]:
    rows = connection.execute(select(TRAIL).where(TRAIL.c.chain == chain).order_by(TRAIL.c.run, TRAIL.c.seq))
    for row in rows.mappings():
        content = trail.entry_digest(trail.to_line(row))
        if content != row["digest"]:
            key = canonical([row["run"], row["seq"]]).decode()
            digests = {"live": {"digest": content}, "fresh": {"digest": row["digest"]}}
            yield Difference(chain=chain, table="trail", key=key, columns=["digest"], **digests)
