"""How the outside systems are doing, as the worker processes saw them: one row for each system and worker."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Column, Connection, Integer, Table, Text, delete, insert, select

from ltc.ports.health import SystemHealth
from ltc.store.columns import Instant, db_now
from ltc.store.records import METADATA

HEALTH = Table(
    "system_health",
    METADATA,
    Column("system", Text, primary_key=True),
    Column("worker", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("next_try", Instant),
    Column("error", Text, nullable=False, default=""),
    Column("waiting", Integer, nullable=False),
    Column("seen", Instant, nullable=False),
)
FRESH = timedelta(seconds=120)  # a worker that says nothing for longer has ended, or nobody calls the system
_KEPT = timedelta(days=7)


def record(connection: Connection, health: SystemHealth) -> None:
    """Replace a worker's view of a system; views of workers long gone are dropped with it."""
    now = connection.execute(select(db_now())).scalar_one()
    mine = (HEALTH.c.system == health.system) & (HEALTH.c.worker == health.worker)
    connection.execute(delete(HEALTH).where(mine | (HEALTH.c.seen < now - _KEPT)))
    connection.execute(insert(HEALTH).values(**health.model_dump(exclude={"seen"}), seen=now))


def troubled(connection: Connection, system: str = "") -> list[SystemHealth]:
    """Return the systems that do not do well, one answer each.

    Workers may differ; the one that saw the system away for longest speaks, and the calls that wait are added up.
    Where the newest word is that the system is well, it is.
    """
    now = connection.execute(select(db_now())).scalar_one()
    query = select(HEALTH).where(HEALTH.c.seen >= now - FRESH).order_by(HEALTH.c.system, HEALTH.c.seen.desc())
    if system:
        query = query.where(HEALTH.c.system == system)
    by_system: dict[str, list[SystemHealth]] = {}
    for row in connection.execute(query).mappings():
        by_system.setdefault(row["system"], []).append(SystemHealth.model_validate(dict(row)))
    return [_together(views) for views in by_system.values() if views[0].state != "well"]


def _together(views: list[SystemHealth]) -> SystemHealth:
    ill = [one for one in views if one.state != "well"]
    first = min(ill, key=lambda one: one.since)
    tries = [one.next_try for one in ill if one.next_try is not None]
    return first.model_copy(
        update={
            "waiting": sum(one.waiting for one in ill), "next_try": min(tries, default=None), "error": ill[0].error,
            "state": ill[0].state,
        }
    )  # fmt: skip
