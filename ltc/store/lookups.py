"""Small questions that the client and the sweep ask of the views; each runs on one snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from ltc.store.columns import db_now
from ltc.store.records import STARTS
from ltc.store.view_tables import VIEW_TABLES


def digest_shown(connection: Connection, chain: str, task: str) -> str | None:
    """Return the digest of the figures that people see for a task; None when it is not on record."""
    table = VIEW_TABLES["tasks"].c
    query = select(table.digest).where(table.chain == chain, table.task == task).order_by(table.opened.desc()).limit(1)
    return connection.execute(query).scalar()


def chains_with_gaps(connection: Connection, limit: int) -> list[str]:
    """Return chains whose views wait for missing entries (by an index; the records themselves say more, slower)."""
    table = VIEW_TABLES["chains"].c
    query = select(table.chain).where(table.gap.is_(True)).order_by(table.chain).limit(limit)
    return list(connection.execute(query).scalars())


def quiet_chains(connection: Connection, before: datetime, after: str, limit: int) -> list[tuple[str, datetime, str]]:
    """Return open chains not heard of since ``before``, by id, from behind ``after``.

    Each with when it was heard of last (real time), and the state it is in as far as the views know.
    """
    table = VIEW_TABLES["chains"].c
    query = (
        select(table.chain, table.last_wall, table.state)
        .where(table.ended.is_(None), table.last_wall < before, table.chain > after)
        .order_by(table.chain)
        .limit(limit)
    )
    return [(row.chain, row.last_wall, row.state) for row in connection.execute(query)]


def silent_starts(connection: Connection, before: datetime, limit: int) -> list[str]:
    """Return chains that were started before an instant and have left no trail at all."""
    unheard = (STARTS.c.heard.is_(False), STARTS.c.confirmed.is_(True), STARTS.c.at < before)
    query = select(STARTS.c.chain).where(*unheard).order_by(STARTS.c.chain).limit(limit)
    return list(connection.execute(query).scalars())


def unheard(connection: Connection, chains: Sequence[str]) -> list[str]:
    """Return those of some chains that the views know nothing of."""
    table = VIEW_TABLES["chains"].c
    known: list[str] = []
    for first in range(0, len(chains), 500):
        part = chains[first : first + 500]
        known += connection.execute(select(table.chain).where(table.chain.in_(part))).scalars()
    there = frozenset(known)
    return [chain for chain in chains if chain not in there]


def unrecorded(connection: Connection, chains: Sequence[str]) -> list[str]:
    """Return those of some chains whose start is not on record, in their order."""
    known: set[str] = set()
    for first in range(0, len(chains), 500):
        part = chains[first : first + 500]
        known.update(connection.execute(select(STARTS.c.chain).where(STARTS.c.chain.in_(part))).scalars())
    return [chain for chain in chains if chain not in known]


def suspects(connection: Connection, before: datetime, limit: int) -> list[str]:
    """Return open chains that Temporal should be asked about: with something under way, or quiet since ``before``."""
    chains, steps = VIEW_TABLES["chains"].c, VIEW_TABLES["steps"].c
    busy = select(steps.chain).where(steps.state.in_(("in_flight", "unknown")))
    query = (
        select(chains.chain)
        .where(chains.ended.is_(None), chains.chain.in_(busy) | (chains.last_wall < before))
        .order_by(chains.last_wall)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def ended(connection: Connection, chain: str) -> bool:
    """Tell whether the views know a chain as ended."""
    table = VIEW_TABLES["chains"].c
    return connection.execute(select(table.state).where(table.chain == chain)).scalar() == "ended"


def clocks(connection: Connection) -> tuple[datetime, datetime | None]:
    """Return the time by the database's clock, and when the newest entry of an open chain was made (real time)."""
    table = VIEW_TABLES["chains"].c
    newest = select(table.last_wall).where(table.ended.is_(None)).order_by(table.last_wall.desc()).limit(1)
    return connection.execute(select(db_now())).scalar_one(), connection.execute(newest).scalar()
