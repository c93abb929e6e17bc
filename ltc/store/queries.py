"""Questions to the views: lists, one chain, the timeline, tasks."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy import ColumnElement, Connection, Select, Text, and_, exists, or_, select, type_coerce

from ltc.store import trail, views
from ltc.store.records import CORRELATION, STARTS, TRAIL
from ltc.store.rows import VIEWS
from ltc.store.view_tables import VIEW_TABLES

Record = dict[str, Any]
_CHAINS = VIEW_TABLES["chains"]
_TASKS = VIEW_TABLES["tasks"]
_SLAS = VIEW_TABLES["slas"]


class Filters(TypedDict, total=False):
    """What chains to list; empty values do not filter. ``overdue`` needs ``now`` (business time)."""

    state: str
    outcome: str
    leg: str
    process: str
    customer: str
    number: str
    since: datetime | None
    overdue: bool
    now: datetime


def chains(connection: Connection, filters: Filters, limit: int = 50, offset: int = 0) -> list[Record]:
    """List chains, newest first. ``late``: how many seconds past its own promised time an ended chain ended."""
    query = select(_CHAINS).order_by(_CHAINS.c.started.desc(), _CHAINS.c.chain)
    for name in ("state", "outcome", "leg", "process", "customer", "number"):
        wanted = filters.get(name)
        if wanted:
            query = query.where(_CHAINS.c[name] == wanted)
    since = filters.get("since")
    if since is not None:
        query = query.where(_CHAINS.c.started >= since)
    if filters.get("overdue"):
        query = query.where(_overdue(filters["now"]))
    rows = [dict(row) for row in connection.execute(query.limit(limit).offset(offset)).mappings()]
    late = _lateness(connection, [row["chain"] for row in rows])
    return [{**row, "late": late.get(row["chain"], 0.0)} for row in rows]


def _overdue(now: datetime) -> ColumnElement[bool]:
    """An open chain with a promised time behind it. A finished one is late, never overdue."""
    late = exists().where(and_(_SLAS.c.chain == _CHAINS.c.chain, _SLAS.c.state == "running", _SLAS.c.deadline <= now))
    return and_(_CHAINS.c.state != "ended", late)


def _lateness(connection: Connection, named: list[str]) -> dict[str, float]:
    query = select(_SLAS.c.chain, _SLAS.c.late).where(_SLAS.c.chain.in_(named), _SLAS.c.on_what == "chain")
    return {row.chain: row.late for row in connection.execute(query)}


def chain(connection: Connection, name: str) -> Record | None:
    """Return a chain with all its rows, by table: legs, steps, waits, tasks, slas, documents, holds and so on."""
    view = views.load(connection, name)
    if not view.tables["chains"]:
        return None
    record: Record = {"chain": name, **view.head}
    for table, spec in VIEWS.items():
        if table != "chains":
            record[table] = [{**dict(zip(spec.key, key, strict=True)), **row} for key, row in view.each(table)]
    record["parent"], record["children"] = _parent(connection, name), _children(connection, name)
    own = [row for row in record["slas"] if row["on_what"] == "chain"]
    return {**record, "late": own[-1]["late"] if own else 0.0}


def _parent(connection: Connection, name: str) -> str:
    """Return the chain that started this one; empty when it was no chain."""
    source = connection.execute(select(STARTS.c.source).where(STARTS.c.chain == name)).scalar()
    return source.removeprefix("chain:") if source and source.startswith("chain:") else ""


def _children(connection: Connection, name: str) -> list[Record]:
    """Return the chains that a chain has started, oldest first, with the place that started each."""
    at = CORRELATION.c
    query = (
        select(at.document, at.leg, at.item, _CHAINS.c.state, _CHAINS.c.outcome, _CHAINS.c.started, _CHAINS.c.ended)
        .outerjoin(_CHAINS, _CHAINS.c.chain == at.document)
        .where(at.chain == name, at.system == "chain", at.type == "child")
        .order_by(at.at, at.document)
    )
    return [{**row, "child": row["document"]} for row in connection.execute(query).mappings()]


def timeline(
    connection: Connection, name: str, after: int = -1, before: int | None = None, superseded: bool = False
) -> list[Record]:
    """Return the trail of a chain in order; with ``superseded`` also what newer runs have taken over."""
    query = select(TRAIL).where(TRAIL.c.chain == name, TRAIL.c.seq > after)
    if before is not None:
        query = query.where(TRAIL.c.seq < before)
    if not superseded:
        query = query.where(TRAIL.c.superseded.is_(False))
    rows = connection.execute(query.order_by(TRAIL.c.seq, TRAIL.c.run)).mappings()
    return [{name: value for name, value in row.items() if name not in ("chain", "digest")} for row in rows]


def tasks(connection: Connection, to: str = "", name: str = "", state: str = "open", limit: int = 50) -> list[Record]:
    """List approvals, oldest first: of one person (who has not decided yet), of one chain, in one state (or any).

    ``ref`` names a task for people: ``chain/task``.
    """
    query = _task_query().order_by(_TASKS.c.opened, _TASKS.c.chain, _TASKS.c.task, _TASKS.c.level)
    if name:
        query = query.where(_TASKS.c.chain == name)
    if state:
        query = query.where(_TASKS.c.state == state)
    if to:
        asked = type_coerce(_TASKS.c.candidates, Text)
        query = query.where(asked.contains(json.dumps(to, ensure_ascii=False), autoescape=True))
    else:
        query = query.limit(limit)
    rows = [_task(dict(row)) for row in connection.execute(query).mappings()]
    if to:
        rows = [row for row in rows if to in row["candidates"] and to not in _deciders(row)]
    return rows[:limit]


def _task_query() -> Select[Any]:
    named = [_CHAINS.c[column] for column in ("process", "number", "customer", "requester", "currency", "net")]
    return select(_TASKS, *named).join(_CHAINS, _CHAINS.c.chain == _TASKS.c.chain)


def _task(row: Record) -> Record:
    return {**row, "ref": f"{row['chain']}/{row['task']}", "candidates": row["candidates"] or []}


def _deciders(row: Record) -> list[str]:
    return [vote["actor"] for vote in row["decided_by"] or []]


def task(connection: Connection, ref: str) -> Record | None:
    """Return a task at its newest level, with all decisions taken on it. ``ref`` is ``chain/task``."""
    found = connection.execute(
        _task_query()
        .where(or_((_TASKS.c.chain + "/" + _TASKS.c.task) == ref, _TASKS.c.task == ref))
        .order_by(_TASKS.c.opened.desc(), (_TASKS.c.state == "open").desc())
        .limit(1)
    ).mappings()
    row = found.first()
    if row is None:
        return None
    table = VIEW_TABLES["decisions"].c
    said = connection.execute(
        select(VIEW_TABLES["decisions"])
        .where(table.chain == row["chain"], table.task == row["task"])
        .order_by(table.seq)
    ).mappings()
    return {**_task(dict(row)), "decisions": [dict(one) for one in said]}


def holes(connection: Connection, limit: int = 100) -> list[str]:
    """Return chains whose trail lacks entries, as the records themselves say; the views are not asked."""
    return [name for name in trail.suspects(connection) if trail.missing(connection, name)][:limit]
