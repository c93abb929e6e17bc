"""Appends of many chains in one transaction: what each would ask and write by itself is asked and written together.

Most appends go on where their run stood, or begin a chain; these go together. A newer run, numbers that are on record
already, a second append to one chain: each goes its own way, as it would alone, once those before it are through.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from ltc.model.trail import Entry, Kind
from ltc.ports.store import Appended
from ltc.store import appending, trail
from ltc.store.columns import lock_chains
from ltc.store.prepared import insert_all, upsert
from ltc.store.records import RUNS, TRAIL
from ltc.store.trail import Offered, Registered, Run
from ltc.store.views import Views


class Offer(NamedTuple):
    """Entries of one run of a chain, to be appended; ``started``: when the run began, if its writer says so."""

    chain: str
    run: str
    entries: Sequence[Offered]
    started: datetime | None

    @classmethod
    def of(cls, chain: str, run: str, entries: Sequence[Entry], started: datetime | None) -> Offer:
        """Bring entries into their normal form: before they queue up, while the writer waits for the database."""
        return cls(chain, run, [trail.offer(entry) for entry in entries], started)


class _Plain(NamedTuple):
    """An append that needs nothing but to be written: its place among the offers, its run's row, its new entries."""

    place: int
    offer: Offer
    runs: list[Run]
    row: Run
    new: bool
    fresh: list[Offered]
    raised: int
    limit: int


def append_many(connection: Connection, views: Views, offers: Sequence[Offer]) -> list[Appended]:
    """Append for many chains; what each gets is what ``appending.append`` would give it."""
    done: list[Appended] = [Appended()] * len(offers)
    for wave in _waves(offers):
        if len(wave) > 1:
            wave = _together(connection, views, wave, done)
        for place, offer in wave:
            done[place] = appending.append(connection, views, *offer)
    return done


def _waves(offers: Sequence[Offer]) -> Iterator[list[tuple[int, Offer]]]:
    """Give offers in their order, no chain twice at once."""
    left = list(enumerate(offers))
    while left:
        wave: dict[str, tuple[int, Offer]] = {}
        later: list[tuple[int, Offer]] = []
        for one in left:
            if one[1].chain in wave:
                later.append(one)
            else:
                wave[one[1].chain] = one
        yield list(wave.values())
        left = later


def _together(
    connection: Connection, views: Views, wave: list[tuple[int, Offer]], done: list[Appended]
) -> list[tuple[int, Offer]]:
    """Write the plain ones among some offers; returns the others."""
    names = sorted(offer.chain for _, offer in wave if offer.entries)
    lock_chains(connection, names)
    standing = trail.runs_of_many(connection, names)
    plain: list[_Plain] = []
    others: list[tuple[int, Offer]] = []
    now = trail.now(connection) if any(not runs for runs in standing.values()) else None
    for place, offer in wave:
        if not offer.entries:
            continue
        row = _goes_on(standing[offer.chain], offer, now)
        if row is None:
            others.append((place, offer))
            continue
        fresh, raised = appending.new_ones(connection, offer.chain, offer.run, offer.entries, {})
        runs = standing[offer.chain] or [row]
        new = not standing[offer.chain]
        plain.append(_Plain(place, offer, runs, row, new, fresh, raised, trail.reach(runs, offer.run)))
    _write(connection, plain)
    _fold(connection, views, plain, done)
    return others


def _goes_on(runs: list[Run], offer: Offer, now: datetime | None) -> Run | None:
    """Return the row of a run that goes on behind what is on record, or of a chain's first; None: it is neither."""
    first, last = appending.reach(offer.entries)
    if not runs:
        return {
            "chain": offer.chain, "run": offer.run, "number": 1, "started": offer.started, "seen": now,
            "first_seq": first, "last_seq": last, "folded": None, "folded_run": None, "gap": None,
        }  # fmt: skip
    known = next((row for row in runs if row["run"] == offer.run), None)
    if known is None or first <= known["last_seq"]:
        return None
    if known["started"] is None and offer.started is not None:
        if len(runs) > 1:
            return None  # it may come before another now
        known["started"] = offer.started
    known["last_seq"] = last
    return known


def _write(connection: Connection, plain: Sequence[_Plain]) -> None:
    """Write runs and entries."""
    upsert(connection, RUNS, [one.row for one in plain])
    rows = [row for one in plain for row in trail.rows_of(one.offer.chain, one.offer.run, one.fresh, one.limit)]
    if rows:
        insert_all(connection, TRAIL, rows)
    for one in plain:
        if any(entry.line.kind is Kind.ENDED for entry in one.fresh):
            appending.announce(connection, one.offer.chain, one.fresh)
    trail.note_heard(connection, [one.offer.chain for one in plain if one.new])


def _fold(connection: Connection, views: Views, plain: Sequence[_Plain], done: list[Appended]) -> None:
    for one in plain:
        valid = sorted((entry.line for entry in one.fresh if entry.line.seq < one.limit), key=lambda line: line.seq)
        there = Registered(one.runs, new=one.new)
        gap = appending.fold(connection, views, one.offer.chain, one.offer.run, there, valid)
        done[one.place] = Appended(inserted=len(one.fresh), alarms=one.raised, gap=gap)
