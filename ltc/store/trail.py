"""The trail on record: normal form of entries, runs and what they supersede, holes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, false, func, insert, not_, select, update

from ltc.model.ids import digest
from ltc.model.trail import Entry, Kind
from ltc.store.columns import db_now
from ltc.store.records import RUNS, TRAIL

INFINITE = 2**31 - 1  # no sequence number gets there


def _milliseconds(moment: datetime) -> datetime:
    """Round as the trail's wire form does: an entry healed from a history equals the one that rode along."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=0) + timedelta(milliseconds=round(moment.microsecond / 1000))


def normal(entry: Entry) -> Entry:
    """Return an entry as it is stored: UTC to the millisecond, data as its JSON reads."""
    text = json.dumps(entry.data, ensure_ascii=False, default=str).encode("utf-8", "replace")
    return Entry.model_construct(
        seq=entry.seq, at=_milliseconds(entry.at), wall=_milliseconds(entry.wall), kind=entry.kind, leg=entry.leg,
        item=entry.item, step=entry.step, visit=entry.visit, data=json.loads(text),
    )  # fmt: skip


def entry_digest(entry: Entry) -> str:
    """Return the digest of an entry's content in its normal form (the sequence number is part of the key)."""
    return digest(
        [
            entry.at.isoformat(), entry.wall.isoformat(), entry.kind.value, entry.leg, entry.item, entry.step,
            entry.visit, entry.data,
        ]
    )  # fmt: skip


def to_entry(row: RowMapping) -> Entry:
    """Read an entry from its row."""
    return Entry.model_construct(
        seq=row["seq"], at=row["at"], wall=row["wall"], kind=Kind(row["kind"]), leg=row["leg"], item=row["item"],
        step=row["step"], visit=row["visit"], data=row["data"],
    )  # fmt: skip


def stored(connection: Connection, chain: str, run: str, first: int, last: int) -> dict[int, str]:
    """Return the digests of the rows of one run within a range of sequence numbers."""
    rows = connection.execute(
        select(TRAIL.c.seq, TRAIL.c.digest).where(
            TRAIL.c.chain == chain, TRAIL.c.run == run, TRAIL.c.seq.between(first, last)
        )
    )
    return {row.seq: row.digest for row in rows}


def entries(connection: Connection, chain: str, after: int = -1) -> Iterator[tuple[str, Entry]]:
    """Return the valid entries of a chain with the run that wrote each, in order."""
    rows = connection.execute(
        select(TRAIL)
        .where(TRAIL.c.chain == chain, TRAIL.c.superseded.is_(False), TRAIL.c.seq > after)
        .order_by(TRAIL.c.seq)
    )
    for row in rows.mappings():
        yield row["run"], to_entry(row)


def runs_of(connection: Connection, chain: str) -> list[dict[str, Any]]:
    """Return the runs of a chain, oldest first: by when they began, or else by when they were first seen."""
    began = func.coalesce(RUNS.c.started, RUNS.c.seen)
    rows = connection.execute(select(RUNS).where(RUNS.c.chain == chain).order_by(began, RUNS.c.number))
    return [dict(row) for row in rows.mappings()]


def register(
    connection: Connection, chain: str, run: str, first: int, last: int, started: datetime | None
) -> tuple[list[dict[str, Any]], bool]:
    """Note that a run wrote these sequence numbers. Returns all runs in order, and whether order or reach changed.

    Only then can rows of another run become superseded.
    """
    runs = runs_of(connection, chain)
    known = next((row for row in runs if row["run"] == run), None)
    if known is None:
        row = {"chain": chain, "run": run, "number": len(runs) + 1, "started": started}
        connection.execute(insert(RUNS).values(**row, seen=db_now(), first_seq=first, last_seq=last))
        return (runs_of(connection, chain), True) if runs else ([{**row, "first_seq": first, "last_seq": last}], False)
    changes: dict[str, Any] = {}
    if first < known["first_seq"]:
        changes["first_seq"] = first
    if last > known["last_seq"]:
        changes["last_seq"] = last
    if started is not None and known["started"] is None and len(runs) > 1:
        changes["started"] = started
    if not changes:
        return runs, False
    connection.execute(update(RUNS).where(RUNS.c.chain == chain, RUNS.c.run == run).values(**changes))
    if len(runs) == 1:
        return [{**known, **changes}], False
    return runs_of(connection, chain), "first_seq" in changes or "started" in changes


def reach(runs: Sequence[dict[str, Any]], run: str) -> int:
    """Return the first sequence number that a newer run has taken over from this one (INFINITE if none)."""
    place = next(number for number, row in enumerate(runs) if row["run"] == run)
    return min((row["first_seq"] for row in runs[place + 1 :]), default=INFINITE)


def supersede(connection: Connection, chain: str, runs: Sequence[dict[str, Any]]) -> bool:
    """Mark every row that a newer run has taken over, and no other. Returns whether any mark changed."""
    changed = 0
    for row in runs:
        limit = reach(runs, row["run"])
        over = TRAIL.c.seq >= limit if limit != INFINITE else false()
        wrong = (TRAIL.c.superseded & not_(over)) | (not_(TRAIL.c.superseded) & over)
        where = and_(TRAIL.c.chain == chain, TRAIL.c.run == row["run"], wrong)
        changed += connection.execute(update(TRAIL).where(where).values(superseded=not_(TRAIL.c.superseded))).rowcount
    return changed > 0


def missing(connection: Connection, chain: str) -> list[tuple[int, int]]:
    """Return the holes of a chain's trail as inclusive ranges, up to the highest number any valid run reached."""
    runs = runs_of(connection, chain)
    if not runs:
        return []
    last = max(min(row["last_seq"], reach(runs, row["run"]) - 1) for row in runs)
    rows = connection.execute(
        select(TRAIL.c.seq, TRAIL.c.kind)
        .where(TRAIL.c.chain == chain, TRAIL.c.superseded.is_(False))
        .order_by(TRAIL.c.seq)
    ).all()
    begins = rows[0].seq if rows and rows[0].kind == Kind.CHAIN_STARTED else 0
    holes, expected = [], begins
    for seq, _ in [*rows, (last + 1, "")]:
        if seq > expected:
            holes.append((expected, seq - 1))
        expected = max(expected, seq + 1)
    return holes


def insert_rows(connection: Connection, chain: str, run: str, fresh: Sequence[tuple[Entry, str]], limit: int) -> None:
    """Insert entries of one run; those from ``limit`` on are superseded already."""
    connection.execute(
        insert(TRAIL),
        [
            {
                "chain": chain, "run": run, "seq": entry.seq, "at": entry.at, "wall": entry.wall,
                "kind": entry.kind.value, "leg": entry.leg, "item": entry.item, "step": entry.step,
                "visit": entry.visit, "data": entry.data, "digest": content, "superseded": entry.seq >= limit,
            }
            for entry, content in fresh
        ],
    )  # fmt: skip


def may_begin(entry: Entry) -> bool:
    """Tell whether a trail may begin with this entry: the start of the chain, or the lowest number there is."""
    return entry.kind == Kind.CHAIN_STARTED or entry.seq == 0
