"""Odoo's change feed, by polling ``write_date``: complete, ordered, resumable.

Odoo stamps a row with the time at which its transaction *began*, to the microsecond, and tells it to the second. So
rows share a second, and a long transaction commits rows older than some already read. Each page therefore reads again
what was written in the ``overlap`` before the newest row seen, and leaves out the events that the cursor names.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ltc.adapters.odoo.records import STAMP, Record
from ltc.adapters.odoo.texts import moment
from ltc.adapters.odoo.wire import PAGE, Domain, Odoo
from ltc.ports.errors import ContractBroken
from ltc.ports.systems import EventPage, FeedEvent

Make = Callable[[Sequence[Record]], Awaitable[dict[int, FeedEvent]]]


@dataclass(frozen=True)
class Source:
    """A kind of row that means an event. ``make`` turns rows into events, by the row's id; a row may give none.

    An event's id must not change when its row is written again: ids name the change, not the writing.
    """

    model: str
    domain: Domain
    fields: tuple[str, ...]
    make: Make


@dataclass(frozen=True)
class _Found:
    stamp: str
    event: FeedEvent


class Feed:
    """The events of one port."""

    def __init__(self, odoo: Odoo, sources: list[Source], overlap: float) -> None:
        self._odoo = odoo
        self._sources = sources
        self._overlap = timedelta(seconds=overlap)

    async def page(self, after: str, limit: int) -> EventPage:
        """Return up to ``limit`` events that the cursor does not name, oldest first.

        Raises:
            ContractBroken: the cursor is none of ours, or Odoo answered nonsense.
        """
        mark, seen = _cursor(after)
        start = _back(mark, self._overlap)
        found = [one for source in self._sources for one in await self._new(source, start, seen, limit)]
        found.sort(key=lambda one: (one.stamp, one.event.id))
        taken = found[:limit]
        if taken:
            mark = max(mark, taken[-1].stamp)
        named = {**seen, **{one.event.id: one.stamp for one in taken}}
        keep = _back(mark, self._overlap)
        named = {name: stamp for name, stamp in named.items() if stamp >= keep}
        taken.sort(key=lambda one: (one.event.at, one.event.id))
        cursor = json.dumps({"at": mark, "seen": named}, separators=(",", ":")) if mark else after
        return EventPage(events=[one.event for one in taken], next=cursor)

    async def _new(self, source: Source, start: str, seen: dict[str, str], limit: int) -> list[_Found]:
        """Return at least ``limit`` new events of a source, or all there are.

        Pages go on from the last stamp, without the rows of that second that were read: counting rows would skip one
        whenever a row that was counted is written again and moves to the end.
        """
        new: list[_Found] = []
        read: set[int] = set()
        while True:
            domain = [*source.domain, *([["write_date", ">=", start]] if start else []), ["id", "not in", sorted(read)]]
            rows = await self._odoo.page(source.model, domain, ("write_date", *source.fields), "write_date, id", PAGE)
            events: dict[int, FeedEvent] = await source.make(rows)
            stamps = {row["id"]: str(row["write_date"]) for row in rows}
            new += [_Found(stamps[number], one) for number, one in events.items() if one.id not in seen]
            if len(rows) < PAGE or len(new) >= limit:
                return new
            last = stamps[rows[-1]["id"]]
            read = {number for number, stamp in stamps.items() if stamp == last} | (read if last == start else set())
            start = last


def event(name: str, number: str, at: Any, **fields: str) -> FeedEvent:
    """Return an event; ``number`` names the change for ever."""
    return FeedEvent(id=number, name=name, fields=fields, at=moment(at))


def _cursor(after: str) -> tuple[str, dict[str, str]]:
    if not after:
        return "", {}
    try:
        said = json.loads(after)
        mark, seen = said["at"], said["seen"]
        datetime.strptime(mark, STAMP)  # noqa: DTZ007 - Odoo's stamps are UTC without saying so
        return mark, {str(name): str(stamp) for name, stamp in seen.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ContractBroken("odoo: this is no cursor of its feed; begin again with an empty one", after) from None


def _back(mark: str, overlap: timedelta) -> str:
    if not mark:
        return ""
    return (datetime.strptime(mark, STAMP) - overlap).strftime(STAMP)  # noqa: DTZ007 - as above
