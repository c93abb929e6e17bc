"""The counters of promised times compared with the clocks they count, and made anew from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, delete, insert, select, text

from ltc.store.tally import COUNTS, KEY, SPREAD, TABLES, TALLY, Change, Changes, spread_rows, tally_rows
from ltc.store.view_tables import VIEW_TABLES

_SLAS = VIEW_TABLES["slas"]
_CHAINS = VIEW_TABLES["chains"].c


def count_all(connection: Connection) -> Changes:
    """Count every clock there is."""
    changes = Changes()
    query = select(_SLAS, _CHAINS.process).join(VIEW_TABLES["chains"], _CHAINS.chain == _SLAS.c.chain)
    for row in connection.execute(query, execution_options={"yield_per": 5_000}).mappings():
        changes.add(row["process"], row["sla"], row["item"], row)
    return changes


def rebuild(connection: Connection) -> None:
    """Make the counters anew from the clocks; nobody writes views meanwhile."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("lock table slas, sla_tally in share row exclusive mode"))
    for table in TABLES:
        connection.execute(delete(table))
    changes = count_all(connection)
    for table, rows in ((TALLY, tally_rows(changes.counts)), (SPREAD, spread_rows(changes.spread))):
        given = list(rows)
        if given:
            connection.execute(insert(table), given)


def differences(connection: Connection) -> Iterator[tuple[str, str, int, int]]:
    """Return the counters that are not what the clocks say: table, key, stored, counted."""
    changes = count_all(connection)
    wanted = _flat(tally_rows(changes.counts), spread_rows(changes.spread))
    there = _flat(*(connection.execute(select(table)).mappings() for table in TABLES))
    for key in sorted(wanted.keys() | there.keys(), key=str):
        if there.get(key, 0) != wanted.get(key, 0):
            yield key[0], " ".join(str(part) for part in key[1:]), there.get(key, 0), wanted.get(key, 0)


def _flat(counts: Iterable[Any], spread: Iterable[Any]) -> dict[Change, int]:
    found: dict[Change, int] = {
        ("sla_tally", *(row[name] for name in KEY), what): row[what] for row in counts for what in COUNTS
    }
    found.update({("sla_spread", *(row[name] for name in (*KEY, "what", "bucket"))): row["number"] for row in spread})
    return found


def differs(connection: Connection) -> bool:
    """Tell whether any counter is not what the clocks say."""
    return next(differences(connection), None) is not None
