"""Reports over many chains: how promised times were kept, what is in danger, what is stuck."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from ltc.model.messages import CHAINS_QUEUE
from ltc.store import views
from ltc.store.records import STARTS
from ltc.store.stuck import classify
from ltc.store.stuck_facts import EngineFacts, Stuck, WorkingTime
from ltc.store.view_tables import VIEW_TABLES

Record = dict[str, Any]
_CHAINS = VIEW_TABLES["chains"]
_SLAS = VIEW_TABLES["slas"]


def sla_report(connection: Connection, process: str = "", since: datetime | None = None) -> list[Record]:
    """Say per promised time how it was kept.

    ``count`` of clocks started; ``met``: ended in time; ``warned``, ``breached``: that often; ``running`` still.
    ``median`` and ``p90`` are of the time used by ended clocks, in seconds of their own clock (working time where
    the promise is in working time). ``lag`` is the largest lag of the engine itself, in real seconds; ``lag_p90``
    likewise. ``planned``: clocks whose delay the scenario planned.
    """
    query = select(_SLAS, _CHAINS.c.process).join(_CHAINS, _CHAINS.c.chain == _SLAS.c.chain)
    if process:
        query = query.where(_CHAINS.c.process == process)
    if since is not None:
        query = query.where(_SLAS.c.started >= since)
    groups: dict[tuple[str, str], list[Record]] = {}
    for row in connection.execute(query.order_by(_CHAINS.c.process, _SLAS.c.sla)).mappings():
        groups.setdefault((row["process"], _name(row)), []).append(dict(row))
    return [{"process": of, "sla": name, **_summary(rows)} for (of, name), rows in sorted(groups.items())]


def _name(row: Any) -> str:
    """Return the name in the definition: a clock of an item carries the item's key behind it."""
    name: str = row["sla"]
    return name.removesuffix(f"[{row['item']}]") if row["item"] else name


def _summary(rows: list[Record]) -> Record:
    ended = [row for row in rows if row["state"] == "ended"]
    used = sorted(row["used"] for row in ended)
    lags = sorted(row["lag"] for row in rows if row["warned"] or row["breached"] or row["rung"])
    return {
        "leg": rows[0]["leg"],
        "count": len(rows),
        "met": sum(1 for row in ended if row["breached"] is None),
        "warned": sum(1 for row in rows if row["warned"] is not None),
        "breached": sum(1 for row in rows if row["breached"] is not None),
        "running": sum(1 for row in rows if row["state"] in ("running", "paused")),
        "planned": sum(1 for row in rows if row["planned"]),
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


def slas_in_danger(connection: Connection, process: str = "", limit: int = 100) -> list[Record]:
    """List running clocks that have warned or are breached, the most urgent first."""
    query = (
        select(_SLAS, _CHAINS.c.process, _CHAINS.c.number, _CHAINS.c.customer)
        .join(_CHAINS, _CHAINS.c.chain == _SLAS.c.chain)
        .where(_SLAS.c.state == "running", or_(_SLAS.c.warned.is_not(None), _SLAS.c.breached.is_not(None)))
        .order_by(_SLAS.c.deadline, _SLAS.c.chain, _SLAS.c.sla)
    )
    if process:
        query = query.where(_CHAINS.c.process == process)
    return [dict(row) for row in connection.execute(query.limit(limit)).mappings()]


def stuck(
    connection: Connection,
    now: datetime,
    wall: datetime,
    engine: EngineFacts,
    chain: str = "",
    working: WorkingTime | None = None,
) -> list[Stuck]:
    """Say which chains do not move, and why; see ``ltc.store.stuck``. ``now`` is business time, ``wall`` real time."""
    named = [chain] if chain else [*_suspects(connection, now, engine), *_silent(connection, engine)]
    found: list[Stuck] = []
    for name in named:
        view = views.load(connection, name)
        started = None if view.known else connection.execute(select(STARTS.c.at).where(STARTS.c.chain == name)).scalar()
        found += classify(view, now, wall, engine, working, started)
    return found


def _silent(connection: Connection, engine: EngineFacts) -> Iterable[str]:
    """Return chains that were started and have left no trail, where the engine has something to say about that."""
    if engine.pollers.get(CHAINS_QUEUE, 1) and not engine.failures:
        return []
    query = (
        select(STARTS.c.chain)
        .outerjoin(_CHAINS, _CHAINS.c.chain == STARTS.c.chain)
        .where(STARTS.c.confirmed.is_(True), or_(_CHAINS.c.chain.is_(None), _CHAINS.c.last_kind == ""))
        .order_by(STARTS.c.chain)
    )
    return connection.execute(query).scalars()


def _suspects(connection: Connection, now: datetime, engine: EngineFacts) -> Iterable[str]:
    """Return the open chains that may be stuck: the others need no closer look."""
    steps = VIEW_TABLES["steps"].c
    idle = any(count == 0 for count in engine.pollers.values())
    in_flight = select(steps.chain) if idle else select(steps.chain).where(steps.state == "unknown")
    late = select(_SLAS.c.chain).where(_SLAS.c.state == "running", _SLAS.c.deadline <= now)
    told = [*(one.chain for one in engine.pending), *(one.chain for one in engine.failures)]
    query = select(_CHAINS.c.chain).where(
        and_(
            _CHAINS.c.state != "ended",
            or_(
                _CHAINS.c.state.in_(("held", "compensating")),
                _CHAINS.c.next_deadline <= now,
                _CHAINS.c.chain.in_(in_flight),
                _CHAINS.c.chain.in_(late),
                _CHAINS.c.chain.in_(told),
            ),
        )
    )
    return connection.execute(query.order_by(_CHAINS.c.chain)).scalars()
