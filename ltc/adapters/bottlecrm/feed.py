"""What happens to deals, as a feed: BottleCRM's activities say that something did, the deals themselves say what.

``GET /api/activities/`` gives the newest 50 and cannot be asked for those after a point. So it is only the trigger: as
long as its page reaches back to what was seen before, the deals it names are read; when more happened than it shows, or
at the beginning, all won and lost deals are. What a deal says is dated by BottleCRM (``stage_changed_at``), and the
event's id is made of that, so that reading again gives the same events. A row that is committed late is dated earlier
than rows already seen: everything within ``OVERLAP`` before the watermark is looked at again, and the cursor names
what was already given.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field, ValidationError

from ltc.adapters.bottlecrm.api import Api, records
from ltc.adapters.bottlecrm.documents import moment, part
from ltc.adapters.bottlecrm.records import Records
from ltc.model import documents as d
from ltc.model.base import Value
from ltc.model.ids import digest
from ltc.ports.errors import BusinessRefusal, ContractBroken
from ltc.ports.systems import EventPage, FeedEvent

LOG = logging.getLogger("ltc.bottlecrm")
OVERLAP = timedelta(minutes=2)
SHOWN = 50  # activities that BottleCRM shows at most
ONE_BY_ONE = 5  # deals that are read one by one; more are read as a list
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_CANCELS_KEPT = 200


class Cursor(Value):
    """How far the feed has been read.

    ``at`` is the latest date of an event given; ``given`` names events dated within the overlap before it, and the
    cancellations given last. ``activity`` is the date of the newest activity seen, ``seen`` names those near it;
    empty: the deals have to be read as a list. ``unreadable`` are won deals that
    have to be mended before they are events.
    """

    at: datetime = _BEGINNING
    given: dict[str, datetime] = Field(default_factory=dict)
    cancels: list[str] = Field(default_factory=list)
    activity: datetime = _BEGINNING
    seen: list[str] = Field(default_factory=list)
    unreadable: list[str] = Field(default_factory=list)

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read a cursor; an empty one is the beginning.

        Raises:
            ContractBroken: it is none of this feed's.
        """
        try:
            return cls.model_validate_json(text) if text else cls()
        except ValidationError:
            raise ContractBroken("the cursor is none of bottlecrm's feed; begin with an empty one", text) from None

    def text(self) -> str:
        """Write the cursor."""
        return json.dumps(self.model_dump(mode="json"), separators=(",", ":"))


class Feed:
    """Deals won, and deals under way that were cancelled."""

    def __init__(
        self, api: Api, deals: Records, opportunity: Callable[[dict[str, Any]], Awaitable[d.Opportunity]]
    ) -> None:  # fmt: skip
        self._api = api
        self._deals = deals
        self._opportunity = opportunity

    async def events(self, after: str, limit: int) -> EventPage:
        """Return up to ``limit`` events after a cursor, oldest first."""
        cursor = Cursor.parse(after)
        path = "/api/activities/"
        asked = {"limit": str(SHOWN), "entity_type": "Opportunity"}
        activities = records(await self._api.read(path, asked), "activities", path)
        near = _near(cursor.activity)
        fresh = [one for one in activities if _short(one.get("id")) not in cursor.seen and _date(one) >= near]
        if cursor.seen and not fresh:
            return EventPage(events=[], next=after)
        everything = not cursor.seen or _overflows(activities, cursor)
        touched = list(dict.fromkeys([*cursor.unreadable, *(str(one.get("entity_id")) for one in fresh)]))
        if everything or len(touched) > ONE_BY_ONE:
            deals = await self._listed()
        else:
            deals = await self._read(touched)
        found = [event for deal in deals if (event := _event(deal)) is not None and _new(event, cursor)]
        found.sort(key=lambda event: (event.at, event.id))
        given = found[:limit]
        whole, unreadable = await self._filled(given)
        moved = _moved(cursor, given, activities, more=len(found) > limit)
        return EventPage(events=whole, next=moved.model_copy(update={"unreadable": unreadable}).text())

    async def _listed(self) -> list[dict[str, Any]]:
        deals: list[dict[str, Any]] = []
        for kind in ("won", "lost"):
            for code in await self._deals.stages(kind):
                rows = await self._api.listed("/api/opportunities/", "opportunities", {"stage": code})
                deals += [row for row in rows if row.get("stage") == code]
        return [self._deals.priced(deal) for deal in deals]

    async def _read(self, touched: Iterable[str]) -> list[dict[str, Any]]:
        deals = []
        for deal in touched:
            try:
                deals.append(await self._deals.deal(deal))
            except BusinessRefusal:  # deleted since
                continue
        return deals

    async def _filled(self, given: list[FeedEvent]) -> tuple[list[FeedEvent], list[str]]:
        """Give won deals' events the whole opportunity; a deal that cannot be read must not hold the others up.

        It is read again whenever something happens to it or to another deal.
        """
        whole: list[FeedEvent] = []
        unreadable: list[str] = []
        for event in given:
            if event.name != "crm.opportunity_won":
                whole.append(event)
                continue
            try:
                opportunity = await self._opportunity(event.fields["opportunity"])
            except ContractBroken as error:
                LOG.warning(
                    "the won deal %s starts nothing until it is mended: %s", event.fields["opportunity_id"], error
                )
                unreadable.append(event.fields["opportunity_id"])
                continue
            fields = {**event.fields, "opportunity": opportunity.model_dump(mode="json")}
            whole.append(event.model_copy(update={"fields": fields}))
        return whole, unreadable


def _event(deal: dict[str, Any]) -> FeedEvent | None:
    """Return what a deal's state says, if it says anything.

    A won deal with a reason for cancelling on it, or a deal that was lost although a chain works on it, is an order
    cancelled. The chain's own word ``lost`` is none.
    """
    identity, fields = str(deal.get("id")), part(deal, "custom_fields")
    changed = moment(deal.get("stage_changed_at"), deal)
    reason = str(fields.get("ltc_cancel_reason") or "")
    kind = deal.get("stage_kind")
    if (kind == "won" and reason) or (kind == "lost" and fields.get("ltc_stage") not in (None, "", "lost", "reopened")):
        said = {"opportunity": identity, "reason": reason or "closed as lost in BottleCRM"}
        mark = digest([identity, changed.isoformat(), said["reason"]])
        return FeedEvent(id=f"cancelled:{mark}", name="crm.order_cancelled", fields=said, at=changed)
    if kind == "won":
        won = {"opportunity_id": identity, "opportunity": deal}
        mark = digest([identity, changed.isoformat()])
        return FeedEvent(id=f"won:{mark}", name="crm.opportunity_won", fields=won, at=changed)
    return None


def _new(event: FeedEvent, cursor: Cursor) -> bool:
    if event.name == "crm.order_cancelled":  # the reason may be written long after the deal was won
        return _short(event.id) not in cursor.cancels
    if event.fields["opportunity_id"] in cursor.unreadable:
        return True
    return event.at > cursor.at - OVERLAP and _short(event.id) not in cursor.given


def _overflows(activities: list[dict[str, Any]], cursor: Cursor) -> bool:
    """Tell whether more may have happened since the cursor than BottleCRM shows."""
    return len(activities) >= SHOWN and not any(_short(one.get("id")) in cursor.seen for one in activities)


def _moved(cursor: Cursor, given: list[FeedEvent], activities: list[dict[str, Any]], more: bool) -> Cursor:
    """Return the cursor after these events; with more to come, the deals are read as a list again."""
    at = max([cursor.at, *(event.at for event in given if event.name == "crm.opportunity_won")])
    names = {**cursor.given, **{_short(event.id): event.at for event in given if event.id.startswith("won:")}}
    cancels = [*cursor.cancels, *(_short(event.id) for event in given if event.id.startswith("cancelled:"))]
    newest = max((_date(one) for one in activities), default=_BEGINNING)
    seen = [_short(one.get("id")) for one in activities if _date(one) >= _near(newest)]
    return Cursor(
        at=at,
        given={name: date for name, date in names.items() if date > at - OVERLAP},
        cancels=cancels[-_CANCELS_KEPT:],
        activity=_BEGINNING if more else newest,
        seen=[] if more else seen,
    )


def _near(date: datetime) -> datetime:
    return max(date, _BEGINNING + OVERLAP) - OVERLAP


def _date(activity: dict[str, Any]) -> datetime:
    return moment(activity.get("timestamp"), activity)


def _short(identity: Any) -> str:
    """Return enough of an id to know it again among a few hundred."""
    return str(identity).rpartition(":")[2][:13]
