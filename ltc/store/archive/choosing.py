"""Which chains may be archived: closed for long enough, with nothing left that anybody or anything waits for."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from ltc.store.records import ALARMS, CORRELATION, INBOX, INTENTS, LATE_EVENTS, STARTS, TRAIL, WRITEBACKS
from ltc.store.view_tables import VIEW_TABLES

_CHAINS = VIEW_TABLES["chains"]
_C = _CHAINS.c
_EFFECTS = VIEW_TABLES["effects"].c
_OTHER = aliased(_CHAINS)


class Wanted(NamedTuple):
    """Chains of one process (or of all) that ended before an instant of business time."""

    before: datetime
    process: str = ""

    def where(self) -> ColumnElement[bool]:
        """Say so to the database."""
        aged = and_(_C.ended.is_not(None), _C.ended < self.before)
        return and_(aged, _C.process == self.process) if self.process else aged


def _kept() -> dict[str, ColumnElement[bool]]:
    """Return why a closed chain stays, and when that is so."""
    intents, late, effects = INTENTS.c, LATE_EVENTS.c, _EFFECTS
    parent = select(_OTHER.c.chain).where(
        literal("chain:") + _OTHER.c.chain == STARTS.c.source, _OTHER.c.ended.is_(None)
    )
    child = and_(
        CORRELATION.c.chain == _C.chain, CORRELATION.c.system == "chain", CORRELATION.c.type == "child",
        CORRELATION.c.document == _OTHER.c.chain, _OTHER.c.ended.is_(None),
    )  # fmt: skip
    behind = select(func.max(TRAIL.c.seq)).where(TRAIL.c.chain == _C.chain, TRAIL.c.superseded.is_(False))
    return {
        "a late event is open": exists().where(late.chain == _C.chain, late.closed.is_(None)),
        "an effect is open": or_(
            exists().where(effects.chain == _C.chain, effects.status.in_(("scheduled", "unknown"))),
            exists().where(intents.chain == _C.chain, intents.state.in_(("sent", "unknown", "human"))),
        ),
        "an event is not dealt with": exists().where(
            INBOX.c.chain == _C.chain, INBOX.c.state.in_(("new", "unmatched"))
        ),
        "an alarm is open": exists().where(ALARMS.c.chain == _C.chain, ALARMS.c.closed.is_(None)),
        "the CRM does not know its end yet": exists().where(
            WRITEBACKS.c.chain == _C.chain, WRITEBACKS.c.finished.is_(False)
        ),
        "its trail has a hole": _C.gap.is_(True),
        "its views are behind its trail": _C.last_seq != behind.scalar_subquery(),
        "the chain that started it is open": exists().where(STARTS.c.chain == _C.chain, parent.exists()),
        "a chain that it started is open": exists().where(child),
    }


def eligible(connection: Connection, wanted: Wanted, after: tuple[datetime, str] | None, limit: int) -> list[Any]:
    """Return the next chains to archive, oldest end first, with what is noted of each."""
    columns = (_C.chain, _C.process, _C.number, _C.customer, _C.outcome, _C.started, _C.ended)
    query = select(*columns).where(wanted.where(), *(~reason for reason in _kept().values()))
    if after is not None:
        query = query.where(_C.ended >= after[0], or_(_C.ended > after[0], _C.chain > after[1]))
    return list(connection.execute(query.order_by(_C.ended, _C.chain).limit(limit)))


def why_kept(connection: Connection, chain: str) -> list[str]:
    """Return why a closed chain stays; nothing when it may be archived."""
    return [
        why
        for why, reason in _kept().items()
        if connection.execute(select(_C.chain).where(_C.chain == chain, reason)).first() is not None
    ]


def plan(connection: Connection, wanted: Wanted) -> dict[str, Any]:
    """Say how many chains would be archived, of which process, and how many stay for which reason."""
    reasons = _kept()
    free = and_(wanted.where(), *(~reason for reason in reasons.values()))
    counts = connection.execute(
        select(_C.process, func.count(), func.min(_C.ended), func.max(_C.ended)).where(free).group_by(_C.process)
    ).all()
    kept = {
        why: connection.execute(select(func.count()).select_from(_CHAINS).where(wanted.where(), reason)).scalar_one()
        for why, reason in reasons.items()
    }
    return {
        "chains": sum(row[1] for row in counts),
        "processes": {row[0]: row[1] for row in sorted(counts)},
        "first_ended": min((row[2] for row in counts), default=None),
        "last_ended": max((row[3] for row in counts), default=None),
        "kept": {why: number for why, number in kept.items() if number},
    }
