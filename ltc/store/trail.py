"""The trail on record: normal form of entries, runs and what they supersede, holes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    false,
    func,
    not_,
    select,
    update,
)

from ltc.model.trail import Entry, Kind
from ltc.store.columns import ENCODER, Encoded, Names, among, db_now, is_json
from ltc.store.prepared import fetch, insert_all, update_keys
from ltc.store.reading import Line, fit
from ltc.store.records import RUNS, STARTS, TRAIL
from ltc.store.rows import short
from ltc.store.view_tables import VIEW_TABLES

INFINITE = 2**31 - 1  # no sequence number gets there
Run = dict[str, Any]  # a row of RUNS, and how far its chain is folded


@lru_cache(maxsize=4096)
def _milliseconds(moment: datetime) -> datetime:
    """Round as the trail's wire form does: an entry healed from a history equals the one that rode along."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=0) + timedelta(milliseconds=round(moment.microsecond / 1000))


class Offered(NamedTuple):
    """An entry to be stored: in its normal form, its data as text, and the digest of its content."""

    line: Line
    data: str
    digest: str


def offer(entry: Entry) -> Offered:
    """Return an entry as it is stored: UTC to the millisecond, data as its JSON reads."""
    data = entry.data
    text = ENCODER.encode(data) if data else "{}"
    if not (is_json(data) and text.isascii()):
        data = json.loads(text.encode("utf-8", "replace"))
        text = ENCODER.encode(data)
    line = Line(
        entry.seq, _milliseconds(entry.at), _milliseconds(entry.wall), entry.kind, _name(entry.leg), _name(entry.item),
        _name(entry.step), entry.visit, data,
    )  # fmt: skip
    return Offered(line, text, _digest(line, text))


@lru_cache(maxsize=4096)
def _name(said: str) -> str:
    """Return the name of a leg, item or step as every database keeps it; an item's may be any text."""
    return short(fit(said))


def entry_digest(entry: Line) -> str:
    """Return the digest of an entry's content in its normal form (the sequence number is part of the key)."""
    return _digest(entry, ENCODER.encode(entry.data))


def _digest(entry: Line, data: str) -> str:
    parts = (
        _said(entry.at), _said(entry.wall), entry.kind, entry.leg, entry.item, entry.step, str(entry.visit), data
    )  # fmt: skip
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]


@lru_cache(maxsize=4096)
def _said(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def to_line(row: RowMapping) -> Line:
    """Read an entry from its row."""
    return Line(
        row["seq"], row["at"], row["wall"], Kind(row["kind"]), row["leg"], row["item"], row["step"], row["visit"],
        row["data"],
    )  # fmt: skip


@cache
def _stored() -> Select[Any]:
    """Statements that every append runs are built once: building takes longer than running."""
    reach = TRAIL.c.seq.between(bindparam("first_"), bindparam("last_"))
    return select(TRAIL.c.seq, TRAIL.c.digest).where(
        TRAIL.c.chain == bindparam("chain_"), TRAIL.c.run == bindparam("run_"), reach
    )


@cache
def _standing() -> Select[Any]:
    """Runs of a chain, oldest first (by when they began, or else by when they were seen), and how far it is folded."""
    return _joined().where(RUNS.c.chain == bindparam("chain_")).order_by(*_began())


def _began() -> tuple[ColumnElement[Any], ...]:
    return func.coalesce(RUNS.c.started, RUNS.c.seen), RUNS.c.number


def _joined() -> Select[Any]:
    chains = VIEW_TABLES["chains"].c
    folded = (chains.last_seq.label("folded"), chains.run.label("folded_run"), chains.gap.label("gap"))
    both = RUNS.outerjoin(VIEW_TABLES["chains"], chains.chain == RUNS.c.chain)
    return select(RUNS, *folded).select_from(both)


@cache
def _standing_of_many() -> Select[Any]:
    mine = among(RUNS.c.chain, bindparam("names_", type_=Names))
    return _joined().where(mine).order_by(RUNS.c.chain, *_began())


@cache
def _now() -> Select[Any]:
    return select(db_now().label("now"))


def now(connection: Connection) -> datetime:
    """Return the database's time."""
    moment: datetime = fetch(connection, _now, {})[0]["now"]
    return moment


def note_heard(connection: Connection, chains: Iterable[str]) -> None:
    """Note at their starts that these chains have left a trail."""
    update_keys(connection, STARTS, ("heard",), [{"chain": chain, "heard": True} for chain in chains])


def stored(connection: Connection, chain: str, run: str, first: int, last: int) -> dict[int, str]:
    """Return the digests of the rows of one run within a range of sequence numbers."""
    where = {"chain_": chain, "run_": run, "first_": first, "last_": last}
    return {row["seq"]: row["digest"] for row in fetch(connection, _stored, where)}


def entries(connection: Connection, chain: str, after: int = -1) -> Iterator[tuple[str, Line]]:
    """Return the valid entries of a chain with the run that wrote each, in order."""
    rows = connection.execute(
        select(TRAIL)
        .where(TRAIL.c.chain == chain, TRAIL.c.superseded.is_(False), TRAIL.c.seq > after)
        .order_by(TRAIL.c.seq)
    )
    for row in rows.mappings():
        yield row["run"], to_line(row)


def runs_of(connection: Connection, chain: str) -> list[Run]:
    """Return the runs of a chain, oldest first: by when they began, or else by when they were first seen."""
    return fetch(connection, _standing, {"chain_": chain})


def runs_of_many(connection: Connection, chains: Sequence[str]) -> dict[str, list[Run]]:
    """Return the runs of some chains, each oldest first."""
    found: dict[str, list[Run]] = {chain: [] for chain in chains}
    for row in fetch(connection, _standing_of_many, {"names_": chains}):
        found[row["chain"]].append(row)
    return found


class Registered(NamedTuple):
    """What is known once a run has been noted.

    ``runs`` in order; ``new``: nothing was known of the chain; ``reordered``: rows of another run may be superseded
    now; ``met``: some of these sequence numbers may be on record already.
    """

    runs: list[Run]
    new: bool = False
    reordered: bool = False
    met: bool = False


def register(
    connection: Connection, chain: str, run: str, first: int, last: int, started: datetime | None
) -> Registered:
    """Note that a run wrote these sequence numbers."""
    runs = runs_of(connection, chain)
    known = next((row for row in runs if row["run"] == run), None)
    if known is None:
        row = {"chain": chain, "run": run, "number": len(runs) + 1, "started": started, "seen": now(connection)}
        row.update(first_seq=first, last_seq=last)
        insert_all(connection, RUNS, [row])
        return Registered(runs_of(connection, chain) if runs else [row], new=not runs, reordered=bool(runs))
    changes = {
        "first_seq": min(first, known["first_seq"]),
        "last_seq": max(last, known["last_seq"]),
        "started": known["started"] or started,
    }
    if any(known[name] != value for name, value in changes.items()):
        update_keys(connection, RUNS, ("first_seq", "last_seq", "started"), [{**known, **changes}])
    moved = len(runs) > 1 and any(known[name] != changes[name] for name in ("first_seq", "started"))
    met = first <= known["last_seq"]
    if moved:
        return Registered(runs_of(connection, chain), reordered=True, met=met)
    known.update(changes)
    return Registered(runs, met=met)


def reach(runs: Sequence[Run], run: str) -> int:
    """Return the first sequence number that a newer run has taken over from this one (INFINITE if none)."""
    place = next(number for number, row in enumerate(runs) if row["run"] == run)
    return min((row["first_seq"] for row in runs[place + 1 :]), default=INFINITE)


def supersede(connection: Connection, chain: str, runs: Sequence[Run]) -> bool:
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


def insert_rows(connection: Connection, chain: str, run: str, fresh: Sequence[Offered], limit: int) -> None:
    """Insert entries of one run; those from ``limit`` on are superseded already."""
    insert_all(connection, TRAIL, rows_of(chain, run, fresh, limit))


def rows_of(chain: str, run: str, fresh: Sequence[Offered], limit: int) -> list[dict[str, Any]]:
    """Return the rows of entries of one run."""
    return [
        {
            "chain": chain, "run": run, "seq": entry.seq, "at": entry.at, "wall": entry.wall,
            "kind": entry.kind.value, "leg": entry.leg, "item": entry.item, "step": entry.step,
            "visit": entry.visit, "data": Encoded(data), "digest": content, "superseded": entry.seq >= limit,
        }
        for entry, data, content in fresh
    ]  # fmt: skip


def may_begin(entry: Line) -> bool:
    """Tell whether a trail may begin with this entry: the start of the chain, or the lowest number there is."""
    return entry.kind == Kind.CHAIN_STARTED or entry.seq == 0
