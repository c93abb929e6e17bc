"""Append to the trail: idempotent, in order of runs; what it changes in the views is folded with it, written later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select, update

from ltc.model.ids import digest
from ltc.model.trail import Kind
from ltc.ports.store import Appended, DocumentRef, InboxEvent
from ltc.store import doors, trail
from ltc.store.columns import db_now, insert_new, lock_chain
from ltc.store.prepared import fetch
from ltc.store.reading import Line
from ltc.store.records import ALARMS, STARTS
from ltc.store.trail import Offered
from ltc.store.views import Mark, Views


def raise_alarm(connection: Connection, chain: str, kind: str, detail: Mapping[str, object]) -> bool:
    """Record an alarm once. Returns whether it is a new one."""
    identity = digest([chain, kind, dict(detail)])
    row = {"id": identity, "chain": chain, "kind": kind, "detail": dict(detail), "at": db_now(), "closed": None}
    return insert_new(connection, ALARMS, row)


def alarms(connection: Connection, chain: str) -> list[dict[str, Any]]:
    """Return alarms that nobody has closed, of one chain or of all, oldest first."""
    query = select(ALARMS).where(ALARMS.c.closed.is_(None)).order_by(ALARMS.c.at, ALARMS.c.id)
    rows = connection.execute(query.where(ALARMS.c.chain == chain) if chain else query)
    return [dict(row) for row in rows.mappings()]


def close_alarm(connection: Connection, identity: str) -> bool:
    """Record that an alarm has been dealt with."""
    where = (ALARMS.c.id == identity) & ALARMS.c.closed.is_(None)
    return connection.execute(update(ALARMS).where(where).values(closed=db_now())).rowcount == 1


def append(
    connection: Connection, views: Views, chain: str, run: str, entries: Sequence[Offered], started: datetime | None
) -> Appended:
    """Append entries of one run; see ``ltc.ports.store.TrailStore``."""
    if not entries:
        return Appended()
    lock_chain(connection, chain)
    first, last = reach(entries)
    there = trail.register(connection, chain, run, first, last, started)
    if there.new:
        trail.note_heard(connection, [chain])
    known = trail.stored(connection, chain, run, first, last) if there.met else {}
    fresh, raised = new_ones(connection, chain, run, entries, known)
    limit = trail.reach(there.runs, run)
    if fresh:
        trail.insert_rows(connection, chain, run, fresh, limit)
        announce(connection, chain, fresh)
    if there.reordered and trail.supersede(connection, chain, there.runs):
        return Appended(inserted=len(fresh), alarms=raised, gap=views.refold(connection, chain).head["gap"])
    valid = sorted((one.line for one in fresh if one.line.seq < limit), key=lambda line: line.seq)
    return Appended(inserted=len(fresh), alarms=raised, gap=fold(connection, views, chain, run, there, valid))


def reach(entries: Sequence[Offered]) -> tuple[int, int]:
    """Return the lowest and the highest sequence number of some entries."""
    numbers = [one.line.seq for one in entries]
    return min(numbers), max(numbers)


def announce(connection: Connection, chain: str, fresh: list[Offered]) -> None:
    """A chain has ended: people hear of the news it left, and the chain that started it hears of it as of any event."""
    for one in fresh:
        if one.line.kind is not Kind.ENDED:
            continue
        for event in one.line.data.get("news") or ():
            doors.leave_to_people(connection, chain, str(event))
        if not _is_child(connection, chain):
            continue
        fields = {
            "child": chain,
            "outcome": one.line.data.get("outcome", ""),
            "reason": one.line.data.get("reason", ""),
        }
        about = DocumentRef(system="chain", type="child", id=chain)
        told = InboxEvent(
            source="chain", id=f"{chain}@{one.line.seq}", name="chain.ended", fields=fields, document=about
        )
        doors.receive(connection, told)


@cache
def _source() -> Select[Any]:
    return select(STARTS.c.source).where(STARTS.c.chain == bindparam("chain_"))


def _is_child(connection: Connection, chain: str) -> bool:
    return any(row["source"].startswith("chain:") for row in fetch(connection, _source, {"chain_": chain}))


def fold(
    connection: Connection, views: Views, chain: str, run: str, there: trail.Registered, valid: list[Line]
) -> bool:
    """Bring the views up to what was appended; tells whether the chain's trail has a hole."""
    if there.new:
        return bool(views.begin(chain, run, valid).head["gap"])
    mark = Mark(there.runs[0]["folded"], there.runs[0]["folded_run"], there.runs[0]["gap"])
    return bool(views.follow(connection, chain, mark, run, valid).head["gap"] if valid else mark.gap)


def new_ones(
    connection: Connection, chain: str, run: str, offered: Sequence[Offered], known: dict[int, str]
) -> tuple[list[Offered], int]:
    """Tell entries that are new from those on record; those with other content raise an alarm and are left out."""
    fresh: list[Offered] = []
    raised = 0
    for one in offered:
        entry, content = one.line, one.digest
        there = known.setdefault(entry.seq, "")
        if not there:
            known[entry.seq] = content
            fresh.append(one)
        elif there != content:
            detail = {
                "run": run, "seq": entry.seq, "stored": there, "offered": content, "kind": entry.kind.value,
                "data": entry.data,
            }  # fmt: skip
            raised += raise_alarm(connection, chain, "trail_conflict", detail)
    return fresh, raised
