"""Versions of definitions, bulk actions and what systems answered: how they are kept and found."""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update

from ltc.store.columns import Names, among, db_now, insert_new
from ltc.store.doors import deflate, inflate
from ltc.store.records import INBOX, PLANS, STARTS
from ltc.store.records_versions import ANSWERS, BULK_ITEMS, BULKS
from ltc.store.view_tables import VIEW_TABLES

Record = dict[str, Any]
LOOKED_AT = 2_000  # closed chains looked at together
SHOWN = 12  # characters of a digest that views keep and people type
_CHAINS = VIEW_TABLES["chains"]
_SLAS = VIEW_TABLES["slas"]
_HOLDS = VIEW_TABLES["holds"].c


def keep_plan(connection: Connection, plan: Record, definition: str) -> bool:
    """Put a compiled definition on record under its digest; False: it was there."""
    row = {"digest": plan["digest"], "process": plan["process"], "first_used": db_now()}
    return insert_new(connection, PLANS, {**row, "definition": deflate(definition), "plan": deflate(plan)})


def plans(connection: Connection, process: str = "") -> list[Record]:
    """Return the definitions on record, newest first, with how many chains run each now."""
    query = select(PLANS.c.digest, PLANS.c.process, PLANS.c.first_used).order_by(
        PLANS.c.process, PLANS.c.first_used.desc()
    )
    if process:
        query = query.where(PLANS.c.process == process)
    running = _running(connection)
    return [
        {
            **row,
            "version": f"{row['process']}@{row['digest'][:SHOWN]}",
            "running": running.get(row["digest"][:SHOWN], 0),
        }
        for row in connection.execute(query).mappings()
    ]


def _running(connection: Connection) -> dict[str, int]:
    query = select(_CHAINS.c.plan, func.count()).where(_CHAINS.c.ended.is_(None)).group_by(_CHAINS.c.plan)
    return {row[0]: row[1] for row in connection.execute(query)}


def find_plans(connection: Connection, process: str, digest: str) -> list[Record]:
    """Return the definitions on record whose digest begins so: digest, text and plan."""
    query = select(PLANS).where(PLANS.c.digest.startswith(digest, autoescape=True))
    if process:
        query = query.where(PLANS.c.process == process)
    return [
        {
            "digest": row["digest"], "process": row["process"], "plan": inflate(row["plan"]),
            "definition": zlib.decompress(row["definition"]).decode(),
        }
        for row in connection.execute(query.limit(5)).mappings()
    ]  # fmt: skip


def running_on(
    connection: Connection, process: str, plan: str = "", leg: str = "", held: str = "", limit: int = 100_000
) -> list[str]:
    """Return the chains of a process that have not ended, oldest first: of one plan, in one leg, held for a reason."""
    query = select(_CHAINS.c.chain).where(_CHAINS.c.ended.is_(None)).order_by(_CHAINS.c.started, _CHAINS.c.chain)
    for column, wanted in (("process", process), ("plan", plan[:SHOWN]), ("leg", leg)):
        if wanted:
            query = query.where(_CHAINS.c[column] == wanted)
    if held:
        mine = select(_HOLDS.chain).where(_HOLDS.released.is_(None), _HOLDS.reason == held)
        query = query.where(_CHAINS.c.chain.in_(mine))
    return list(connection.execute(query.limit(limit)).scalars())


def holding(
    connection: Connection, process: str, leg: str = "", step: str = "", held: str = "", limit: int = 100_000
) -> list[str]:
    """Return the open chains of a process that hold something: in a leg, at a step, for a reason; oldest first."""
    mine = select(_HOLDS.chain).where(_HOLDS.released.is_(None))
    for column, wanted in ((_HOLDS.leg, leg), (_HOLDS.step, step), (_HOLDS.reason, held)):
        if wanted:
            mine = mine.where(column == wanted)
    query = select(_CHAINS.c.chain).where(_CHAINS.c.ended.is_(None), _CHAINS.c.process == process)
    query = query.where(_CHAINS.c.chain.in_(mine)).order_by(_CHAINS.c.started, _CHAINS.c.chain)
    return list(connection.execute(query.limit(limit)).scalars())


def started_since(connection: Connection, process: str, since: datetime | None) -> list[Record]:
    """Return the starts of chains, oldest first, with what their views say of when they began."""
    query = (
        select(STARTS.c.chain, STARTS.c.process, STARTS.c.plan_digest, _CHAINS.c.started, _CHAINS.c.plan)
        .join(_CHAINS, _CHAINS.c.chain == STARTS.c.chain)
        .order_by(_CHAINS.c.started, STARTS.c.chain)
    )
    if process:
        query = query.where(STARTS.c.process == process)
    if since is not None:
        query = query.where(_CHAINS.c.started >= since)
    return [dict(row) for row in connection.execute(query).mappings()]


def open_deadlines(connection: Connection) -> list[Record]:
    """Return every open deadline of promises and the plan of its chain: chain, plan, process, sla, deadline."""
    query = (
        select(_SLAS.c.chain, _CHAINS.c.plan, _CHAINS.c.process, _SLAS.c.sla, _SLAS.c.deadline)
        .join(_CHAINS, _CHAINS.c.chain == _SLAS.c.chain)
        .where(_SLAS.c.state == "running", _CHAINS.c.ended.is_(None), _SLAS.c.deadline.is_not(None))
    )
    return [dict(row) for row in connection.execute(query).mappings()]


# --- bulk actions


def open_bulk(
    connection: Connection, identity: str, action: str, actor: str, reason: str, detail: Record, chains: list[str]
) -> None:
    """Put a bulk action on record with its frozen set of chains, before the first of them is touched."""
    row = {"id": identity, "action": action, "actor": actor, "reason": reason, "detail": detail, "at": db_now()}
    connection.execute(insert(BULKS).values(**row))
    blank = {"bulk": identity, "state": "waiting", "message": "", "tries": 0, "at": None}
    items = [{**blank, "chain": chain, "ordinal": number} for number, chain in enumerate(dict.fromkeys(chains), 1)]
    if items:
        connection.execute(insert(BULK_ITEMS), items)


def item_done(connection: Connection, bulk: str, chain: str, state: str, message: str) -> None:
    """Record how it went with one chain."""
    where = (BULK_ITEMS.c.bulk == bulk) & (BULK_ITEMS.c.chain == chain)
    changes = {"state": state, "message": message, "tries": BULK_ITEMS.c.tries + 1, "at": db_now()}
    connection.execute(update(BULK_ITEMS).where(where).values(**changes))


def bulks(connection: Connection, limit: int = 50) -> list[Record]:
    """Return bulk actions, newest first, each with how many chains are in which state."""
    found = connection.execute(select(BULKS).order_by(BULKS.c.at.desc(), BULKS.c.id).limit(limit)).mappings()
    return [{**row, **_counts(connection, row["id"])} for row in found]


def _counts(connection: Connection, bulk: str) -> dict[str, int]:
    query = select(BULK_ITEMS.c.state, func.count()).where(BULK_ITEMS.c.bulk == bulk).group_by(BULK_ITEMS.c.state)
    found = {row[0]: row[1] for row in connection.execute(query)}
    states = {name: found.get(name, 0) for name in ("waiting", "done", "refused", "failed")}
    return {"count": sum(found.values()), **states}


def bulk(connection: Connection, identity: str) -> Record | None:
    """Return a bulk action with its items, in their order."""
    row = connection.execute(select(BULKS).where(BULKS.c.id == identity)).mappings().first()
    if row is None:
        return None
    query = select(BULK_ITEMS).where(BULK_ITEMS.c.bulk == identity).order_by(BULK_ITEMS.c.ordinal)
    items = [dict(one) for one in connection.execute(query).mappings()]
    return {**row, **_counts(connection, identity), "items": items}


# --- what systems answered, and what they reported


def events_of(connection: Connection, chain: str) -> dict[str, Record]:
    """Return the fields of the events routed to a chain, by the ids that the chain knows them by."""
    rows = connection.execute(select(INBOX.c.source, INBOX.c.event, INBOX.c.fields).where(INBOX.c.chain == chain))
    return {f"{row.source}:{row.event}": row.fields for row in rows}


def keep_answer(connection: Connection, row: Record) -> None:
    """Keep what a system answered to a read; the first answer of an activity stays."""
    insert_new(connection, ANSWERS, {**row, "result": deflate(row["result"])})


def answers_of(connection: Connection, chain: str) -> list[Record]:
    """Return what systems answered to a chain's reads, oldest first."""
    rows = connection.execute(
        select(ANSWERS).where(ANSWERS.c.chain == chain).order_by(ANSWERS.c.at, ANSWERS.c.activity)
    )
    return [{**row, "result": inflate(row["result"])} for row in rows.mappings()]


class Forgotten(NamedTuple):
    """How many chains' answers were deleted, and the place among closed chains where to go on (None: at the first)."""

    chains: int
    place: tuple[datetime, str] | None


def forget_answers(connection: Connection, before: datetime, place: tuple[datetime, str] | None) -> Forgotten:
    """Delete what systems answered to reads of chains that ended before an instant of real time.

    Closed chains are gone through some at a time, the one that ended first first. Only answers go: effects, their
    intents, the inbox, starts and the trail stay as they are, so that nothing can happen a second time.
    """
    closed = select(_CHAINS.c.chain, _CHAINS.c.ended, _CHAINS.c.ended_wall).where(_CHAINS.c.ended.is_not(None))
    if place is not None:
        at, name = place
        behind = or_(_CHAINS.c.ended > at, _CHAINS.c.chain > name)
        closed = closed.where(_CHAINS.c.ended >= at, behind)
    rows = connection.execute(closed.order_by(_CHAINS.c.ended, _CHAINS.c.chain).limit(LOOKED_AT)).all()
    old = [row.chain for row in rows if row.ended_wall < before]
    mine = among(ANSWERS.c.chain, bindparam("names", type_=Names))
    kept = connection.execute(select(ANSWERS.c.chain).where(mine).distinct(), {"names": old}).scalars().all()
    if kept:
        connection.execute(delete(ANSWERS).where(mine), {"names": list(kept)})
    last = rows[-1] if len(rows) == LOOKED_AT else None
    return Forgotten(len(kept), (last.ended, last.chain) if last else None)
