"""The change feed of K3Cloud, by polling: goods issues and receipts in the order they were audited.

K3Cloud pushes nothing. A document's audit date is set before its transaction commits, so a row may appear behind the
watermark: every poll reads an overlap again and drops what the cursor already names.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ltc.adapters.kingdee.answers import SaidNo
from ltc.adapters.kingdee.client import K3Client
from ltc.adapters.kingdee.forms import OUTSTOCK, RECEIPT, Form
from ltc.adapters.kingdee.reading import moment
from ltc.ports.errors import ContractBroken, Misconfigured
from ltc.ports.systems import EventPage, FeedEvent

LONGEST_COMMIT = 60.0  # seconds that a transaction of K3Cloud may take beyond the settings' settle time


@dataclass(frozen=True)
class Source:
    """What is polled: a form, the event it makes, the lines' field of the event's subject, and the event's fields."""

    form: Form
    event: str
    about: str
    subject: str
    document: str


SOURCES = (
    Source(OUTSTOCK, "erp.goods_shipped", "FSoorDerno", "order", "delivery"),
    Source(RECEIPT, "erp.payment_allocated", "FSRCBILLNO", "invoice", "payment"),
)


@dataclass
class Mark:
    """How far one form is read: the latest audit date seen, and every event of the overlap before it."""

    at: str = ""
    seen: dict[str, str] = field(default_factory=dict)  # event id → its audit date


class Feed:
    """Pages of events after a cursor.

    Args:
        client: where to ask.
        settle: seconds that an abandoned call may still take effect.
    """

    def __init__(self, client: K3Client, settle: float) -> None:
        self._client = client
        self._overlap = timedelta(seconds=settle + LONGEST_COMMIT)

    async def page(self, after: str, limit: int, wait: float) -> EventPage:
        """Return up to ``limit`` events after a cursor. ``wait`` has no use: there is nothing to wait on."""
        marks = _marks(after)
        fresh: list[tuple[str, int, Source, FeedEvent]] = []
        for place, source in enumerate(SOURCES):
            found = await self._fresh(source, marks[source.form.id], limit)
            fresh += [(date, place, source, event) for date, event in found]
        fresh.sort(key=lambda one: (one[0], one[1], one[3].id))
        taken = fresh[:limit]
        for date, _, source, event in taken:
            mark = marks[source.form.id]
            mark.at = max(mark.at, date)
            mark.seen[event.id] = date
        for mark in marks.values():
            mark.seen = {name: date for name, date in mark.seen.items() if date >= self._from(mark)}
        return EventPage(events=[event for _, _, _, event in taken], next=_cursor(marks))

    async def _fresh(self, source: Source, mark: Mark, limit: int) -> list[tuple[str, FeedEvent]]:
        """Return the events of a form that the cursor does not name, oldest first; at least ``limit`` if there are."""
        which = "FDocumentStatus = 'C' and FCancelStatus = 'A'"
        if mark.at:
            which += f" and FApproveDate >= '{self._from(mark)}'"
        keys = (source.form.key, "FBillNo", "FApproveDate", source.about)
        order = f"FApproveDate ASC, {source.form.key} ASC"
        most = 1 + 20 * (limit + len(mark.seen))  # a document has a row for each of its lines
        while True:
            try:
                rows = await self._client.query(source.form.id, keys, which, order, most)
            except SaidNo as no:
                raise Misconfigured(
                    f"{self._client.system}: the feed of {source.form.id} is refused: {no.text}"
                ) from None
            events = {event.id: (date, event) for date, event in (self._event(source, row) for row in rows)}
            fresh = [one for name, one in events.items() if name not in mark.seen]
            if len(rows) < most or len(fresh) > limit:
                return fresh
            most *= 4

    def _event(self, source: Source, row: dict[str, Any]) -> tuple[str, FeedEvent]:
        number, about, date = str(row["FBillNo"]), str(row[source.about] or ""), str(row["FApproveDate"] or "")
        if not about or not date:
            raise ContractBroken(
                f"kingdee: {source.form.title} {number} names no {source.subject} or audit date", str(row)
            )
        stamp = moment(date)
        event = FeedEvent(
            id=f"{source.form.id}:{number}:{about}:{date}", name=source.event,
            fields={source.subject: about, source.document: number},
            at=stamp.replace(tzinfo=self._client.account.zone),
        )  # fmt: skip
        return stamp.isoformat(timespec="milliseconds"), event

    def _from(self, mark: Mark) -> str:
        if not mark.at:
            return ""
        return (datetime.fromisoformat(mark.at) - self._overlap).isoformat(timespec="milliseconds")


def _marks(after: str) -> dict[str, Mark]:
    """Read a cursor.

    Raises:
        ContractBroken: it is none of ours.
    """
    try:
        said = json.loads(after) if after else {}
        return {
            source.form.id: Mark(str(at), {str(name): str(date) for name, date in seen.items()})
            for source in SOURCES
            for at, seen in [said.get(source.form.id, ("", {}))]
        }
    except (ValueError, AttributeError, TypeError):
        raise ContractBroken("kingdee: the feed's cursor is none of this adapter", after[:200]) from None


def _cursor(marks: dict[str, Mark]) -> str:
    return json.dumps({name: [mark.at, mark.seen] for name, mark in marks.items()}, separators=(",", ":"))
