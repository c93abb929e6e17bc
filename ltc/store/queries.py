"""Questions to the views: one chain, the timeline, tasks; lists of chains are in ``listing``."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, and_, or_, select, type_coerce

from ltc.store import views
from ltc.store.listing import Filters, chains
from ltc.store.records import CORRELATION, STARTS, TRAIL
from ltc.store.rows import VIEWS
from ltc.store.view_tables import VIEW_TABLES

__all__ = ["Filters", "Record", "chain", "chains", "task", "tasks", "timeline"]

Record = dict[str, Any]
_CHAINS = VIEW_TABLES["chains"]
_TASKS = VIEW_TABLES["tasks"]


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


def _splits(ref: str) -> list[ColumnElement[bool]]:
    """Return each way to read ``chain/task``: either may hold a slash itself."""
    at = [place for place, letter in enumerate(ref) if letter == "/"]
    return [and_(_TASKS.c.chain == ref[:place], _TASKS.c.task == ref[place + 1 :]) for place in at]


def task(connection: Connection, ref: str) -> Record | None:
    """Return a task at its newest level, with all decisions taken on it. ``ref`` is ``chain/task``."""
    found = connection.execute(
        _task_query()
        .where(or_(_TASKS.c.task == ref, *_splits(ref)))
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
