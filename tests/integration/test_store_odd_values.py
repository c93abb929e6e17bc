"""Values that no database takes as they are: one chain that has them costs no other chain its trail or its views."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from ltc.model.trail import Entry, Kind
from ltc.ports.store import DocumentRef, InboxEvent, Route
from ltc.store import Store
from tests.support.chains import MONDAY, simulate

PAGE = "".join(map(chr, range(0x4E00, 0x4E00 + 3000)))  # no database makes it shorter by itself
ODD = {
    "an item with NUL": {"item": "a\x00b"},
    "an item as long as a page": {"item": PAGE},
    "an item that is no text": {"item": "a\ud800b"},
    "a step with NUL": {"step": "a\x00b"},
    "money beyond 64 bits": {"kind": Kind.CHAIN_STARTED, "data": {"net": {"minor": 2**70, "currency": "USD"}}},
    "a number with NUL": {"kind": Kind.CHAIN_STARTED, "data": {"number": "1\x002", "customer": "\ud800"}},
    "a version beyond 32 bits": {
        "kind": Kind.DONE, "data": {"op": "erp.x", "document": {"system": "erp", "type": "Order", "id": "X", "version": 2**40}},
    },
    "a document as long as a page": {
        "kind": Kind.DONE, "data": {"op": "erp.x", "document": {"system": "erp", "type": "Order", "id": PAGE, "version": 1}},
    },
    "a key with NUL in the data": {"data": {"a\x00": "b"}},
    "an event as long as a page": {"kind": Kind.EVENT_KEPT, "data": {"event": PAGE, "id": PAGE[::-1]}},
    "votes beyond 32 bits": {"kind": Kind.TASK_OPENED, "data": {"task": "t", "level": "l", "votes": 2**40}},
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
async def test_one_chain_with_odd_values_costs_no_other_anything(store: Store, odd: str) -> None:
    one = simulate(net=250_000, run=False)
    one.run(MONDAY + timedelta(days=2))
    last = one.trail[-1]
    more = {"seq": last.seq + 1, "at": last.at, "wall": last.wall, "kind": Kind.ITEM_OPENED, "leg": "invoice"}
    poisoned = [
        *one.trail,
        Entry.model_construct(**{"item": "", "step": "", "visit": 0, "data": {}, **more, **ODD[odd]}),
    ]
    said = await asyncio.gather(
        *(store.append(f"c{number}", "r1", poisoned if number == 3 else one.trail) for number in range(5)),
        return_exceptions=True,
    )
    assert [one for one in said if isinstance(one, Exception)] == []
    assert await store.verify() == []
    for number in range(5):
        shown = await store.timeline(f"c{number}")
        assert len(shown) == len(one.trail) + (number == 3)


LETTERS = [("a\x00", "D1"), ("a\ud800", "D2"), (PAGE, "D3"), ("b", "d\x00"), ("c", PAGE)]


@pytest.mark.parametrize(("event", "document"), LETTERS)
async def test_an_event_with_odd_values_is_kept_once_and_found(store: Store, event: str, document: str) -> None:
    about = DocumentRef(system="erp", type="order", id=document)
    letter = InboxEvent(
        source="erp", id=event, name="erp.goods_shipped", fields={"order": document, "said": "\x00\ud800号"}, document=about
    )  # fmt: skip
    assert await store.receive(letter)
    assert not await store.receive(letter)
    (kept,) = await store.inbox()
    assert kept.fields["said"] == "\x00?号"
    assert kept.document is not None
    await store.mark_event("erp", kept.id, "unmatched")
    await store.correlate(about, Route(chain="c", item="a\x00"))
    assert [route.chain for route in await store.routes(about)] == ["c"]
    assert [one.state for one in await store.inbox()] == ["new"]
