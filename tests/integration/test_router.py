"""The door for events: each finds its chain, whenever its document becomes known; nothing is lost, nothing counts twice."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from ltc.ports.errors import Unavailable
from ltc.ports.store import DocumentRef, InboxEvent, Route
from ltc.ports.systems import EventPage, FeedEvent
from starter.events import Inlet, Router, StartRules
from tests.integration.rig import Rig, in_state, until

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


class Feed:
    """A feed of events whose cursor is a count. ``away`` makes it fail."""

    def __init__(self, *events: FeedEvent) -> None:
        self.all = list(events)
        self.away = False

    async def events(self, after: str, limit: int = 100, wait: float = 0.0) -> EventPage:
        if self.away:
            raise Unavailable("the feed is away")
        start = int(after or "0")
        found = self.all[start : start + limit]
        return EventPage(events=found, next=str(start + len(found)))


def shipped(number: int, order: str = "SO-X") -> FeedEvent:
    return FeedEvent(
        id=f"X{number}", name="erp.goods_shipped", fields={"order": order, "delivery": f"DN-{number}"}, at=NOW
    )


async def put(rig: Rig, source: str, name: str, kind: str, fields: dict[str, Any]) -> None:
    document = DocumentRef(system="erp", type="order", id=str(fields["order"])) if "order" in fields else None
    await rig.parts.store.receive(InboxEvent(source=source, id=name, name=kind, fields=fields, document=document))


async def test_a_feed_is_read_once_whatever_happens_between(rig: Rig) -> None:
    feed = Feed(*(shipped(n) for n in range(3)))
    inlet = Inlet("feed1", feed, rig.parts.store, rig.parts.registry)
    assert await inlet.pull() == 3
    assert await rig.parts.store.cursor("feed1") == "3"
    assert await inlet.pull() == 0
    feed.away = True
    with pytest.raises(Unavailable):
        await inlet.pull()
    feed.away = False
    feed.all += [shipped(1), shipped(7)]  # one comes a second time
    again = Inlet("feed1", feed, rig.parts.store, rig.parts.registry)
    assert await again.pull() == 2
    # The rig's router moves events on between these reads, so that one may be read in two states; none is missed.
    everything = [one for state in ("new", "routed", "unmatched") for one in await rig.parts.store.inbox(state, 1000)]  # type: ignore[arg-type]
    assert {one.id for one in everything if one.source == "feed1"} == {"X0", "X1", "X2", "X7"}


async def test_an_event_waits_until_its_document_is_known(rig: Rig) -> None:
    chain, _ = await rig.begin()
    await rig.order_of(chain)
    await put(rig, "early", "E1", "erp.goods_shipped", {"order": "SO-LATER", "delivery": "DN-1"})
    await in_state(rig, "early", "E1", "unmatched")
    document = DocumentRef(system="erp", type="order", id="SO-LATER")
    assert await rig.parts.store.correlate(document, Route(chain=chain)) == 1
    assert (await in_state(rig, "early", "E1", "routed")).chain == chain


async def test_the_same_event_twice_counts_once(rig: Rig) -> None:
    chain, deal = await rig.begin()
    order = await rig.order_of(chain)
    fields = {"opportunity": deal["opportunity_id"], "reason": "changed my mind"}
    opportunity = DocumentRef(system="crm", type="opportunity", id=deal["opportunity_id"])
    for name in ("C1", "C2"):
        await rig.parts.store.receive(
            InboxEvent(source="twice", id=name, name="crm.order_cancelled", fields=fields, document=opportunity)
        )
    result = await rig.ended(chain)
    assert result["outcome"] == "cancelled"
    assert (await rig.erp.get(f"/orders/{order['id']}")).json()["status"] == "cancelled"
    cancels = [one for one in await rig.parts.store.intents_of(chain) if one.operation == "erp.cancel_order"]
    assert len(cancels) == 1


async def test_an_event_for_a_chain_that_ended_gets_an_owner(rig: Rig) -> None:
    chain, _ = await rig.begin()
    order = await rig.order_of(chain)
    await rig.client.intervene(chain, "cancel", "olga", "test")
    await rig.ended(chain)
    await put(rig, "late", "L1", "erp.goods_shipped", {"order": order["id"], "delivery": "DN-9"})
    await in_state(rig, "late", "L1", "late")
    late = [row for row in await rig.parts.store.late_events() if row["event"] == "L1"]
    assert [(row["chain"], row["owner"], row["why"]) for row in late] == [
        (chain, "role:operator", "the chain has ended")
    ]


async def test_what_a_chain_heard_before_it_ended_is_not_late_when_the_inbox_was_lost(rig: Rig) -> None:
    chain, _ = await rig.begin()
    order = await rig.order_of(chain)
    about = {"order": order["id"], "delivery": "DN-8"}
    await put(rig, "lost", "E1", "erp.goods_shipped", about)
    await in_state(rig, "lost", "E1", "routed")
    await rig.client.intervene(chain, "cancel", "olga", "test")
    await rig.ended(chain)

    async def told() -> bool:
        return await rig.parts.store.heard_event(chain, "lost:E1")

    await until(told)
    await rig.parts.store.mark_event("lost", "E1", "new")  # as the feed gives it once more
    await in_state(rig, "lost", "E1", "routed")
    await put(rig, "lost", "E2", "erp.goods_shipped", about)
    await in_state(rig, "lost", "E2", "late")


async def test_news_that_a_chain_kept_to_its_end_gets_an_owner(rig: Rig) -> None:
    chain, _ = await rig.begin()
    order = await rig.order_of(chain)
    bounced = {"order": order["id"], "invoice": "INV-9", "payment": "PAY-9"}
    await put(rig, "bank:two", "B:1", "erp.payment_reversed", bounced)
    hint = {"order": order["id"], "delivery": "DN-7"}  # what can be read again is no news
    await put(rig, "bank:two", "H:1", "erp.goods_shipped", hint)
    await in_state(rig, "bank:two", "B:1", "routed")
    await rig.client.intervene(chain, "cancel", "olga", "test")
    await rig.ended(chain)
    await in_state(rig, "bank:two", "B:1", "late")
    late = [row for row in await rig.parts.store.late_events() if row["source"] == "bank:two"]
    assert [(row["event"], row["chain"], row["owner"], row["why"]) for row in late] == [
        ("B:1", chain, "role:operator", "the chain ended, and nothing had taken it")
    ]


@pytest.mark.parametrize(
    ("name", "kind", "fields", "why"),
    [
        ("M1", "erp.goods_shipped", {"order": 7, "delivery": "x"}, "malformed: order"),
        ("M2", "erp.goods_shipped", {"order": "SO-1"}, "malformed: delivery"),
        ("M3", "erp.goods_shipped", {"order": "SO-1", "delivery": "x", "drop": "table"}, "malformed: drop"),
        ("M4", "erp.no_such_event", {}, "knows the event"),
        ("M5", "erp.goods_shipped", {"order": "", "delivery": "x"}, "names no document"),
    ],
)
async def test_a_malformed_event_is_set_aside_with_its_place(
    rig: Rig, name: str, kind: str, fields: dict[str, Any], why: str
) -> None:
    found = Feed(FeedEvent(id=name, name=kind, fields=fields, at=NOW))
    await Inlet(f"bad{name}", found, rig.parts.store, rig.parts.registry).pull()
    await in_state(rig, f"bad{name}", name, "late")
    late = [row for row in await rig.parts.store.late_events() if row["event"] == name]
    assert why in late[0]["why"]


async def test_a_won_deal_starts_its_chain_where_the_settings_say_so(rig: Rig) -> None:
    deal = rig.deal()
    await rig.enter(deal)
    router = Router(
        rig.client.temporal, rig.parts.store, rig.parts.registry, rig.client,
        StartRules({"crm.opportunity_won": "lead_to_cash"}, ["crm.opportunity_won"]),
    )  # fmt: skip
    feed = Feed(FeedEvent(id="W1", name="crm.opportunity_won", fields=deal, at=NOW))
    await Inlet("won", feed, rig.parts.store, rig.parts.registry).pull()
    arrived = asyncio.Event()
    loop = asyncio.create_task(router.run(0.05, arrived))
    try:
        chain = f"lead_to_cash:{deal['opportunity']['number']}"

        async def begun() -> bool:  # the rig's own router, which starts nothing, may have looked at it first
            await rig.parts.store.mark_event("won", "W1", "new")
            return await rig.parts.store.start_of(chain) is not None

        await until(begun)
        await rig.order_of(chain)
    finally:
        loop.cancel()
