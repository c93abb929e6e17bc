"""Reports over many chains: how promised times were kept, what is in danger, what is stuck."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Connection, Subquery, Text, and_, func, select, text, type_coerce

from ltc.store import suspects, tally
from ltc.store.records import STARTS
from ltc.store.rows import ChainView
from ltc.store.stuck import classify
from ltc.store.stuck_facts import EngineFacts, Stuck, WorkingTime
from ltc.store.view_tables import DANGER, VIEW_TABLES

Record = dict[str, Any]
_CHAINS = VIEW_TABLES["chains"]
_SLAS = VIEW_TABLES["slas"]
_URGENT = (_SLAS.c.deadline, _SLAS.c.chain, _SLAS.c.sla)
_PAGE = 100  # chains looked at together
EXACT = 5_000  # clocks of which every row is read for a report


def sla_report(connection: Connection, process: str = "", since: datetime | None = None) -> list[Record]:
    """Say per promised time how it was kept.

    ``count`` of clocks; ``not_started``: their target could not be had;
    ``met``: ended in time; ``warned``, ``breached``: that often; ``running`` still.
    ``since`` means from the beginning of its day in UTC, however many clocks there are; ``since`` of a row is that
    instant. ``median`` and ``p90`` are of the time used by ended clocks, in seconds of their own clock (working time
    where the promise is in working time). ``lag`` is the largest lag of the engine itself, in real seconds; ``lag_p90``
    likewise. ``planned``: clocks whose delay the scenario planned.

    Up to EXACT clocks all rows are read. Of more, the counts come from counters that the fold keeps, and ``median``,
    ``p90``, ``lag`` and ``lag_p90`` are then within 2.5 %.
    """
    begin = tally.day_of(since) if since is not None else None
    if tally.clocks(connection) > EXACT:
        return [{**_told(one), "since": begin} for one in tally.report(connection, process, begin)]
    groups: dict[tuple[str, str], list[Record]] = {}
    for row in _clocks_since(connection, process, begin):
        groups.setdefault((row["process"], tally.name_of(row["sla"], row["item"])), []).append(dict(row))
    return [
        {"process": of, "sla": name, **_summary(rows), "since": begin} for (of, name), rows in sorted(groups.items())
    ]


def _clocks_since(connection: Connection, process: str, since: datetime | None) -> Iterable[Any]:
    """Return of every clock started at or after an instant what counts; ``planned``: whether a delay was."""
    named = ("sla", "item", "leg", "state", "warned", "breached", "rung", "used", "lag")
    planned = type_coerce(_SLAS.c.planned, Text).is_not(None).label("planned")
    query = select(*(_SLAS.c[name] for name in named), planned, _CHAINS.c.process).join(
        _CHAINS, _CHAINS.c.chain == _SLAS.c.chain
    )
    asked = [_CHAINS.c.process == process] if process else []
    asked += [_SLAS.c.started >= since] if since is not None else []
    return connection.execute(query.where(*asked)).mappings()


def _told(one: tally.Group) -> Record:
    used, lag = one.spread.get("used", {}), one.spread.get("lag", {})
    return {
        "process": one.process, "sla": one.sla, "leg": one.leg, **one.counts, "median": tally.share(used, 0.5),
        "p90": tally.share(used, 0.9), "lag": tally.share(lag, 1.0), "lag_p90": tally.share(lag, 0.9),
    }  # fmt: skip


def _summary(rows: list[Record]) -> Record:
    used = sorted(row["used"] for row in rows if row["state"] == "ended")
    lags = sorted(row["lag"] for row in rows if tally.alarmed(row))
    return {
        "leg": min(row["leg"] for row in rows),
        **{name: sum(tally.counted(row)[name] for row in rows) for name in tally.COUNTS},
        "median": float(median(used)) if used else None,
        "p90": _share(used, 0.9),
        "lag": lags[-1] if lags else None,
        "lag_p90": _share(lags, 0.9),
    }


def _share(ordered: list[float], share: float) -> float | None:
    """Return the smallest value that so large a share does not exceed."""
    if not ordered:
        return None
    return float(ordered[min(len(ordered) - 1, max(0, -int(-len(ordered) * share // 1) - 1))])


def _most_urgent(process: str, limit: int) -> tuple[Subquery, ColumnElement[bool]]:
    """Return the keys of running clocks that warned or are breached, and how rows are joined to them.

    A chain's name begins with its process: the index alone answers, however many clocks of others come before.
    """
    clocks = _SLAS.alias("clocks")
    names = [column.name for column in _SLAS.primary_key.columns]
    keys = select(*(clocks.c[name] for name in names)).where(text(DANGER))
    if process:
        keys = keys.where(func.substr(clocks.c.chain, 1, len(process) + 1) == f"{process}:")
    order = [clocks.c[column.name] for column in _URGENT]
    found = keys.order_by(*order).limit(limit).subquery("urgent")
    return found, and_(*(_SLAS.c[name] == found.c[name] for name in names))


def slas_in_danger(connection: Connection, process: str = "", limit: int = 100) -> list[Record]:
    """List running clocks that have warned or are breached, the most urgent first.

    Behind them those of open chains whose target could not be had, with ``why``, the newest first.
    """
    query = select(_SLAS, _CHAINS.c.process, _CHAINS.c.number, _CHAINS.c.customer).join(
        _CHAINS, _CHAINS.c.chain == _SLAS.c.chain
    )
    late = query.join(*_most_urgent(process, limit)).order_by(*_URGENT)
    without = query.where(_SLAS.c.state == "not_started", _CHAINS.c.state != "ended")
    without = without.order_by(_SLAS.c.started.desc(), _SLAS.c.chain, _SLAS.c.sla)
    if process:
        without = without.where(_CHAINS.c.process == process)
    found = [dict(row) for row in connection.execute(late).mappings()]
    more = connection.execute(without.limit(limit - len(found))).mappings() if len(found) < limit else ()
    return [*found, *(dict(row) for row in more)]


def stuck(
    connection: Connection,
    now: datetime,
    wall: datetime,
    engine: EngineFacts,
    chain: str = "",
    working: WorkingTime | None = None,
    *,
    reason: str = "",
    leg: str = "",
    limit: int = 0,
) -> list[Stuck]:
    """Say which chains do not move, and why; see ``ltc.store.stuck``. ``now`` is business time, ``wall`` real time.

    ``reason`` and ``leg`` leave out the other answers; no chain is looked at once ``limit`` (0: none) are found.
    """
    found: list[Stuck] = []
    for names in _looked_at(connection, now, engine, chain, reason):
        unknown = []
        for view in suspects.load(connection, names):
            unknown += [] if view.known else [view.chain]
            found += classify(view, now, wall, engine, working) if view.known else []
        found += [
            one for view, at in _starts(connection, unknown) for one in classify(view, now, wall, engine, working, at)
        ]
        found = [one for one in found if reason in ("", one.reason) and leg in ("", one.leg)]
        if limit and len(found) >= limit:
            return found[:limit]
    return found


def _looked_at(
    connection: Connection, now: datetime, engine: EngineFacts, chain: str, reason: str
) -> Iterator[list[str]]:
    """Return the chains to look at, a page at a time."""
    if chain:
        yield [chain]
        return
    wanted = suspects.Suspects(connection, now, engine, reason)
    last = ""
    while names := wanted.page(last, _PAGE):
        yield names
        last = names[-1]
    silent = suspects.silent(connection, engine)
    yield from [silent] if silent else []


def _starts(connection: Connection, names: list[str]) -> list[tuple[ChainView, datetime | None]]:
    """Return chains that left no trail, and when they were started."""
    rows = connection.execute(select(STARTS.c.chain, STARTS.c.at).where(STARTS.c.chain.in_(names))) if names else ()
    began = {row.chain: row.at for row in rows}
    return [(ChainView(name), began.get(name)) for name in names]
