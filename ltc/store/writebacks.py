"""How far the CRM knows of each chain's outcomes: a mark per chain, and what its trail says beyond it.

Entries come in late and out of order, holes are healed hours later. The views stand at the last entry before the first
hole (``chains.last_seq``), so what lies between the mark and there is complete and in order. A run that superseded
entries (a reset) takes the mark back to where it began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, exists, func, or_, select, update

from ltc.model.trail import Kind
from ltc.store import trail
from ltc.store.columns import db_now, insert_new
from ltc.store.doors import inflate
from ltc.store.reading import Line
from ltc.store.records import FEEDS, STARTS, TRAIL, WRITEBACKS
from ltc.store.view_tables import VIEW_TABLES

OUTCOMES = (
    Kind.LEG_LEFT, Kind.LEG_SKIPPED, Kind.ITEM_CLOSED, Kind.DONE, Kind.DOCUMENT, Kind.REFUSED, Kind.TASK_CLOSED,
    Kind.SENT_BACK, Kind.HELD, Kind.RELEASED, Kind.COMPENSATING, Kind.UNDONE, Kind.REMAINS, Kind.ENDED,
)  # fmt: skip
_CHAINS = VIEW_TABLES["chains"].c
_W = WRITEBACKS.c
_BEGINNING = "writeback"  # the row of FEEDS that says since when outcomes are written


@dataclass(frozen=True)
class Mark:
    """How far the CRM knows of a chain.

    ``since_sent``: how long ago the note ``sending`` left; None: none did. ``reached``: how far it knew before a newer
    run took entries back; what is said again up to there may be there already.
    """

    chain: str
    opportunity: str
    seq: int
    reached: int
    sending: str
    since_sent: timedelta | None
    tries: int
    run: str
    last: int
    ended: bool


@dataclass(frozen=True)
class Lag:
    """What waits: outcomes, over how many chains, since when (real time), and the last trouble there was."""

    outcomes: int
    chains: int
    since: datetime | None
    trouble: str


def begin(connection: Connection) -> datetime:
    """Return since when outcomes are written, by the database's clock: chains that ended before are left alone."""
    insert_new(connection, FEEDS, {"source": _BEGINNING, "cursor": "", "at": db_now()})
    found: datetime = connection.execute(select(FEEDS.c.at).where(FEEDS.c.source == _BEGINNING)).scalar_one()
    return found


def unmarked(connection: Connection, since: datetime, thorough: bool, limit: int) -> list[str]:
    """Return chains to be marked: open ones without a mark, thoroughly also ended ones, and those begun anew."""
    which = or_(_open(), _CHAINS.ended_wall >= since) if thorough else _open()
    fresh = (
        select(_CHAINS.chain)
        .join(STARTS, STARTS.c.chain == _CHAINS.chain)
        .outerjoin(WRITEBACKS, _W.chain == _CHAINS.chain)
        .where(or_(_W.chain.is_(None), and_(_W.finished, _W.opportunity != "", _CHAINS.ended.is_(None))), which)
        .limit(limit)
    )
    return list(connection.execute(fresh).scalars())


def register(connection: Connection, chains: Sequence[str]) -> None:
    """Give chains a mark; one whose mark is finished was begun anew (a reset), and its mark is taken up again."""
    for chain in chains:
        given = connection.execute(select(STARTS.c.input).where(STARTS.c.chain == chain)).scalar()
        deal = _deal(inflate(given)) if given is not None else ""
        blank = {
            "chain": chain, "opportunity": deal, "run": "", "seq": -1, "sending": "", "owner": "", "tries": 0,
            "trouble": "", "finished": not deal,
        }  # fmt: skip
        if not insert_new(connection, WRITEBACKS, blank):
            again = update(WRITEBACKS).where(_W.chain == chain, _W.opportunity != "")
            connection.execute(again.values(finished=False))


def due(connection: Connection, owner: str, limit: int) -> list[str]:
    """Return chains of which the CRM does not know everything and that nobody else has in hand, longest quiet first."""
    now = _now(connection)
    query = (
        select(_W.chain)
        .join(VIEW_TABLES["chains"], _CHAINS.chain == _W.chain)
        .where(
            _W.finished.is_(False),
            _behind(),
            or_(_W.next_try.is_(None), _W.next_try <= now),
            or_(_W.until.is_(None), _W.until <= now, _W.owner == owner),
        )
        .order_by(_CHAINS.last_wall, _W.chain)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def claim(connection: Connection, chain: str, owner: str, lease: timedelta) -> Mark | None:
    """Take a chain in hand; None: somebody else has it, or there is nothing to do."""
    now = _now(connection)
    free = or_(_W.until.is_(None), _W.until <= now, _W.owner == owner)
    taken = update(WRITEBACKS).where(_W.chain == chain, _W.finished.is_(False), free)
    if connection.execute(taken.values(owner=owner, until=now + lease)).rowcount != 1:
        return None
    query = select(WRITEBACKS, _CHAINS.last_seq, _CHAINS.run.label("now_in"), _CHAINS.state)
    row = connection.execute(
        query.join(VIEW_TABLES["chains"], _CHAINS.chain == _W.chain).where(_W.chain == chain)
    ).first()
    if row is None:
        return None
    return Mark(
        chain=chain, opportunity=row.opportunity, seq=_standing(connection, chain, row.run, row.seq),
        reached=row.seq, sending=row.sending, tries=row.tries,
        since_sent=None if row.sent_at is None else now - row.sent_at, run=row.now_in, last=row.last_seq,
        ended=row.state == "ended",
    )  # fmt: skip


def beyond(connection: Connection, chain: str, after: int, last: int, superseded: bool = False) -> list[Line]:
    """Return the outcomes of a chain after an entry up to another, in order: those that stand, or the superseded."""
    query = (
        select(TRAIL)
        .where(
            TRAIL.c.chain == chain, TRAIL.c.seq > after, TRAIL.c.seq <= last, TRAIL.c.superseded.is_(superseded),
            TRAIL.c.kind.in_([kind.value for kind in OUTCOMES]),
        )
        .order_by(TRAIL.c.seq)
    )  # fmt: skip
    return [trail.to_line(row) for row in connection.execute(query).mappings()]


def leaving(connection: Connection, chain: str, owner: str, key: str, lease: timedelta) -> bool:
    """Record that a note leaves now, and keep the chain in hand. False: somebody else has taken it over."""
    now = _now(connection)
    mine = update(WRITEBACKS).where(_W.chain == chain, _W.owner == owner, _W.until > now)
    return connection.execute(mine.values(sending=key, sent_at=now, until=now + lease)).rowcount == 1


def arrived(connection: Connection, chain: str, owner: str, run: str, seq: int, finished: bool = False) -> bool:
    """Record that the CRM knows of a chain up to an entry. False: somebody else has taken it over."""
    values: dict[str, Any] = {
        "run": run, "seq": seq, "sending": "", "sent_at": None, "tries": 0, "next_try": None, "trouble": "",
        "finished": finished,
    }  # fmt: skip
    mine = update(WRITEBACKS).where(_W.chain == chain, _W.owner == owner)
    return connection.execute(mine.values(**values)).rowcount == 1


def let_go(connection: Connection, chain: str, owner: str) -> None:
    """Put a chain down again."""
    connection.execute(update(WRITEBACKS).where(_W.chain == chain, _W.owner == owner).values(owner="", until=None))


def failed(connection: Connection, chain: str, owner: str, why: str, wait: timedelta, not_sent: bool) -> None:
    """Record that a note did not get there, and when to try again; ``not_sent``: it is certain that it did not."""
    values: dict[str, Any] = {
        "tries": _W.tries + 1, "next_try": _now(connection) + wait, "trouble": why[:500], "owner": "", "until": None,
    }  # fmt: skip
    if not_sent:
        values |= {"sending": "", "sent_at": None}
    connection.execute(update(WRITEBACKS).where(_W.chain == chain, _W.owner == owner).values(**values))


def lag(connection: Connection) -> Lag:
    """Say what waits to be written into the CRM."""
    query = (
        select(func.count(), func.count(TRAIL.c.chain.distinct()), func.min(TRAIL.c.wall))
        .join(WRITEBACKS, _W.chain == TRAIL.c.chain)
        .where(
            _W.finished.is_(False), TRAIL.c.seq > _W.seq, TRAIL.c.superseded.is_(False),
            TRAIL.c.kind.in_([kind.value for kind in OUTCOMES]),
        )
    )  # fmt: skip
    outcomes, chains, since = connection.execute(query).one()
    trouble = select(_W.trouble).where(_W.finished.is_(False), _W.trouble != "").order_by(_W.next_try.desc()).limit(1)
    return Lag(outcomes, chains, since, connection.execute(trouble).scalar() or "")


def _behind() -> Any:
    """Tell that a chain's trail says something beyond the mark, or was superseded up to before it."""
    entry = TRAIL.alias()
    told = exists().where(
        entry.c.chain == _W.chain, entry.c.seq > _W.seq, entry.c.seq <= _CHAINS.last_seq,
        entry.c.superseded.is_(False), entry.c.kind.in_([kind.value for kind in OUTCOMES]),
    )  # fmt: skip
    return or_(told, and_(_W.run != "", _W.run != _CHAINS.run))


def _standing(connection: Connection, chain: str, run: str, seq: int) -> int:
    """Return the last entry before the mark that still stands: a newer run may have superseded what was written."""
    runs = trail.runs_of(connection, chain)
    if not any(row["run"] == run for row in runs):
        return seq
    return min(seq, trail.reach(runs, run) - 1)


def _open() -> Any:
    return _CHAINS.ended.is_(None)


def _deal(given: Any) -> str:
    """Return the deal that a chain was started with: its input says it as a whole, or by its id."""
    if not isinstance(given, dict):
        return ""
    opportunity = given.get("opportunity")
    found = opportunity.get("id") if isinstance(opportunity, dict) else opportunity or given.get("opportunity_id")
    return found if isinstance(found, str) else ""


def _now(connection: Connection) -> datetime:
    found: datetime = connection.execute(select(db_now())).scalar_one()
    return found


def marks(connection: Connection, chains: Sequence[str]) -> dict[str, int]:
    """Return the last entry that the CRM knows of, by chain."""
    rows = connection.execute(select(_W.chain, _W.seq).where(_W.chain.in_(chains)))
    return {row.chain: row.seq for row in rows}
