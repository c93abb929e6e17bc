"""The change feed of Tryton, by polling: complete although transactions commit later than their rows are stamped.

A row carries the time its transaction began. One that commits late therefore appears behind rows already seen. The
cursor holds, for each kind of event, the newest stamp seen and the ids of all rows within the overlap before it: the
next poll reads the overlap again and leaves out what the cursor names. A transaction that stays open for longer than
``OVERLAP`` is the only thing that could be missed: Tryton's own requests end within seconds.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ltc.adapters.tryton.rpc import Record, Rpc
from ltc.ports.errors import ContractBroken
from ltc.ports.systems import EventPage, FeedEvent

OVERLAP = timedelta(seconds=120)
_START = datetime(1970, 1, 1, tzinfo=UTC)


Tell = Callable[[Record], Awaitable[list[tuple[str, dict[str, Any]]]]]
"""Says the events of a row: what tells each apart from other events of its kind, and its fields."""


@dataclass(frozen=True)
class Source:
    """One kind of event: the rows that tell of it, the column they are ordered by, and what the event says."""

    kind: str
    event: str
    model: str
    domain: list[Any]
    stamp: str
    fields: Sequence[str]
    tell: Tell


def won(tell: Tell) -> Source:
    """Deals that were won: converted in Tryton, or 100 % sure."""
    sure = [["state", "=", "opportunity"], ["conversion_probability", ">=", 1.0]]
    domain = [["OR", ["state", "in", ["converted", "won"]], sure], ["party", "!=", None]]
    return Source("won", "crm.opportunity_won", "sale.opportunity", domain, "write_date", ["write_date"], tell)


def shipped(tell: Tell) -> Source:
    """Shipments that left."""
    fields = ["write_date", "outgoing_moves"]
    domain = [["state", "=", "done"]]
    return Source("shipped", "erp.goods_shipped", "stock.shipment.out", domain, "write_date", fields, tell)


def paid(tell: Tell) -> Source:
    """Invoices with payments: each payment that is put on one, however it is entered, changes the invoice's row."""
    domain = [["type", "=", "out"], ["payment_lines", "!=", None]]
    fields = ["write_date", "payment_lines"]
    return Source("paid", "erp.payment_allocated", "account.invoice", domain, "write_date", fields, tell)


def reversed_(tell: Tell) -> Source:
    """Moves that cancel another move: that of a payment, or of anything else."""
    domain = [["origin", "like", "account.move,%"]]
    return Source(
        "reversed", "erp.payment_reversed", "account.move", domain, "create_date", ["create_date", "origin"], tell
    )


async def read_feed(rpc: Rpc, after: str, limit: int, sources: Sequence[Source]) -> EventPage:
    """Return up to ``limit`` events of several sources after a cursor, oldest first."""
    marks = _unpack(after)
    rows: list[tuple[datetime, Source, Record]] = []
    for source in sources:
        rows += [(row[source.stamp], source, row) for row in await _new(rpc, source, marks.get(source.kind), limit)]
    rows.sort(key=lambda one: (one[0], one[1].kind, one[2]["id"]))
    events = []
    for stamp, source, row in rows[:limit]:
        for name, fields in await source.tell(row):
            events.append(FeedEvent(id=f"{source.kind}:{name}", name=source.event, fields=fields, at=stamp))
        marks[source.kind] = _advance(marks.get(source.kind), stamp, row["id"])
    return EventPage(events=events, next=_pack(marks))


@dataclass(frozen=True)
class Mark:
    """How far one source was read: the newest stamp, and the rows seen within the overlap before it, with stamps."""

    newest: datetime
    seen: dict[int, datetime]


async def _new(rpc: Rpc, source: Source, mark: Mark | None, limit: int) -> list[Record]:
    """Return rows not seen yet as they stand now: a row that was written again is new."""
    seen = mark.seen if mark else {}
    domain = [*source.domain, [source.stamp, ">=", mark.newest - OVERLAP]] if mark else source.domain
    order = [[source.stamp, "ASC"], ["id", "ASC"]]
    rows = await rpc.find(source.model, domain, source.fields, limit=limit + len(seen), order=order)
    return [row for row in rows if seen.get(row["id"]) != row[source.stamp]]


def _advance(mark: Mark | None, stamp: datetime, row: int) -> Mark:
    newest = max(mark.newest, stamp) if mark else stamp
    seen = {**(mark.seen if mark else {}), row: stamp}
    return Mark(newest, {number: at for number, at in seen.items() if at >= newest - OVERLAP})


def _pack(marks: dict[str, Mark]) -> str:
    """Write the cursor: per kind the newest stamp and the rows seen, in microseconds."""
    packed = {
        kind: [_micro(mark.newest), {str(number): _micro(mark.newest) - _micro(at) for number, at in mark.seen.items()}]
        for kind, mark in sorted(marks.items())
    }
    return json.dumps(packed, separators=(",", ":")) if packed else ""


def _unpack(cursor: str) -> dict[str, Mark]:
    try:
        packed = json.loads(cursor) if cursor else {}
        return {kind: _mark(*value) for kind, value in packed.items()}
    except (ValueError, TypeError, AttributeError):
        raise ContractBroken("tryton: the cursor of its feed cannot be read", cursor[:100]) from None


def _mark(newest: int, seen: dict[str, int]) -> Mark:
    return Mark(_moment(newest), {int(number): _moment(newest - before) for number, before in seen.items()})


def _micro(moment: datetime) -> int:
    return (moment - _START) // timedelta(microseconds=1)


def _moment(micro: int) -> datetime:
    return _START + timedelta(microseconds=micro)
