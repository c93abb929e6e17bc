"""The trail on record: idempotent, superseded by newer runs, healed where it has holes; its views always fold it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from sqlalchemy import Connection, select

from ltc.core.stand_in import Script
from ltc.model.trail import Entry, Kind, pack, unpack
from ltc.store import Store, appending, views, writer
from ltc.store.records import TRAIL
from tests.support.chains import simulate
from tests.support.databases import direct, run

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)


@cache
def whole_trail() -> tuple[Entry, ...]:
    return tuple(unpack(pack(simulate(net=250_000, script=Script(parts=[40, 60])).trail)))


@pytest.fixture
def trail() -> list[Entry]:
    """The trail of a chain with an approval, two deliveries, two invoices."""
    return list(whole_trail())


def parts(trail: list[Entry], size: int = 7) -> list[list[Entry]]:
    return [trail[start : start + size] for start in range(0, len(trail), size)]


async def numbers(store: Store, chain: str = "c") -> list[int]:
    return [row["seq"] for row in await store.timeline(chain)]


def changed(entry: Entry, **data: object) -> Entry:
    return entry.model_copy(update={"data": {**entry.data, **data}})


async def verified(store: Store) -> None:
    assert await store.verify() == []


async def test_the_same_entries_twice_are_kept_once(store: Store, trail: list[Entry]) -> None:
    for part in parts(trail):
        first = await store.append("c", "r1", part)
        again = await store.append("c", "r1", part)
        assert (first.inserted, again.inserted, again.alarms) == (len(part), 0, 0)
    assert await numbers(store) == list(range(1, len(trail) + 1))
    assert (await store.chains({}))[0]["outcome"] == "completed"
    await verified(store)


async def test_overlapping_batches_insert_what_is_new(store: Store, trail: list[Entry]) -> None:
    await store.append("c", "r1", trail[:10])
    appended = await store.append("c", "r1", trail[5:20])
    assert (appended.inserted, appended.alarms, appended.gap) == (10, 0, False)
    await verified(store)


async def test_the_same_key_with_other_content_raises_one_alarm_and_changes_nothing(
    store: Store, trail: list[Entry]
) -> None:
    await store.append("c", "r1", trail[:10])
    before = await store.dump()
    forged = changed(trail[3], op="erp.other")
    for _ in range(2):
        appended = await store.append("c", "r1", [forged, trail[4]])
        assert appended.inserted == 0
    alarms = await store.alarms("c")
    assert [(alarm["kind"], alarm["detail"]["seq"]) for alarm in alarms] == [("trail_conflict", trail[3].seq)]
    assert await store.dump() == before
    assert await store.close_alarm(alarms[0]["id"])
    assert await store.alarms() == []


async def test_an_entry_read_from_history_equals_the_one_that_rode_along(store: Store, trail: list[Entry]) -> None:
    finer = [entry.model_copy(update={"at": entry.at + timedelta(microseconds=400)}) for entry in trail[:5]]
    await store.append("c", "r1", finer)
    assert (await store.append("c", "r1", unpack(pack(finer)))).alarms == 0


async def test_a_newer_run_takes_over_from_its_first_number_on(store: Store, trail: list[Entry]) -> None:
    await store.append("c", "r1", trail[:30])
    again = [changed(entry, run="second") for entry in trail[20:40]]
    await store.append("c", "r2", again)
    rows = await store.timeline("c")
    assert [(row["seq"], row["run"]) for row in rows] == [
        (entry.seq, "r1" if entry.seq <= 20 else "r2") for entry in trail[:40]
    ]
    late = await store.append("c", "r1", trail[30:35])
    assert late.inserted == 5
    assert await numbers(store) == list(range(1, 41))
    assert len(await store.timeline("c", superseded=True)) == 40 + 10 + 5
    await verified(store)


async def test_runs_are_ordered_by_when_they_began_if_that_is_told(store: Store, trail: list[Entry]) -> None:
    await store.append("c", "new", trail[20:40], started=AT + timedelta(hours=1))
    await store.append("c", "old", trail[:30], started=AT)
    assert [row["run"] for row in await store.timeline("c")] == ["old"] * 20 + ["new"] * 20
    await verified(store)


async def test_the_order_of_runs_is_set_right_when_it_is_told_later(store: Store, trail: list[Entry]) -> None:
    await store.append("c", "new", [changed(entry, run="new") for entry in trail[20:40]])
    await store.append("c", "old", trail[:30])
    assert [row["run"] for row in await store.timeline("c")] == ["old"] * 30
    await store.append("c", "new", [changed(trail[20], run="new")], started=AT + timedelta(hours=1))
    await store.append("c", "old", trail[:1], started=AT)
    assert [row["run"] for row in await store.timeline("c")] == ["old"] * 20 + ["new"] * 20
    assert (await store.chains({}))[0]["last_seq"] == 40
    await verified(store)


async def test_a_run_that_goes_on_after_another_supersedes_nothing(store: Store, trail: list[Entry]) -> None:
    await store.append("c", "r1", trail[:30])
    await store.append("c", "r2", trail[30:])
    assert len(await store.timeline("c", superseded=True)) == len(trail)
    assert (await store.chains({}))[0]["state"] == "ended"
    await verified(store)


async def test_a_hole_stops_the_views_and_its_filling_lets_them_go_on(store: Store, trail: list[Entry]) -> None:
    await store.append("c", "r1", trail[:10])
    appended = await store.append("c", "r1", trail[15:20])
    assert appended.gap
    await store.append("c", "r1", trail[25:])
    assert await store.missing("c") == [(11, 15), (21, 25)]
    assert await store.holes() == ["c"]
    row = (await store.chains({}))[0]
    assert (row["gap"], row["last_seq"]) == (True, 10)
    assert (await store.append("c", "r1", trail[20:25])).gap
    assert not (await store.append("c", "r1", trail[10:15])).gap
    row = (await store.chains({}))[0]
    assert (row["gap"], row["state"], await store.missing("c")) == (False, "ended", [])
    await verified(store)


async def test_a_trail_that_lacks_its_beginning_is_a_hole(store: Store, trail: list[Entry]) -> None:
    assert (await store.append("c", "r1", trail[5:10])).gap
    assert await store.missing("c") == [(0, 5)]
    await verified(store)
    assert not (await store.append("c", "r1", trail[:5])).gap
    assert await store.missing("c") == []
    await verified(store)


@pytest.mark.parametrize("where", ["seq between 10 and 12", "seq > 60", "seq < 4", "seq > 0"])
async def test_rows_that_were_deleted_are_missed_and_healed(
    store: Store, url: str, trail: list[Entry], where: str
) -> None:
    for part in parts(trail):
        await store.append("c", "r1", part)
    before = await store.dump()
    assert run(url, f"delete from trail where {where}") > 0
    assert await store.holes() == ["c"]
    assert await store.verify() != []
    await store.append("c", "r1", trail)
    assert await store.missing("c") == []
    assert await store.dump() == before
    await verified(store)


async def test_batches_in_any_order_give_the_same_views(store: Store, trail: list[Entry]) -> None:
    for part in parts(trail):
        await store.append("a", "r1", part)
    for part in reversed(parts(trail)):
        await store.append("b", "r1", part)
    forward, backward = await store.dump("a"), await store.dump("b")
    assert [line.split("\t", 1)[1] for line in forward] == [line.split("\t", 1)[1] for line in backward]


async def test_many_chains_at_once_and_two_stores_on_one_database(store: Store, url: str, trail: list[Entry]) -> None:
    async with await Store.open(url) as other:

        async def chain(name: str) -> None:
            for number, part in enumerate(parts(trail)):
                await (store, other)[number % 2].append(name, "r1", part)

        await asyncio.gather(*(chain(f"c{number}") for number in range(8)))
    assert len(await store.chains({"state": "ended"})) == 8
    await verified(store)


async def test_two_stores_append_the_same_entries_at_the_same_time(store: Store, url: str, trail: list[Entry]) -> None:
    async with await Store.open(url) as other:
        for part in parts(trail):
            both = await asyncio.gather(store.append("c", "r1", part), other.append("c", "r1", part))
            assert sum(one.inserted for one in both) == len(part)
    assert await store.alarms() == []
    await verified(store)


# Views


async def test_refolded_views_equal_the_live_ones(store: Store, trail: list[Entry]) -> None:
    for name in ("a", "b"):
        for part in parts(trail, 5):
            await store.append(name, "r1", part)
    before = await store.dump()
    await store.drop_views()
    assert await store.dump() == []
    assert await store.refold() == 2
    assert await store.dump() == before


async def test_an_append_after_the_views_were_dropped_folds_the_whole_chain(store: Store, trail: list[Entry]) -> None:
    await store.append("c", "r1", trail[:40])
    await store.drop_views()
    await store.append("c", "r1", trail[40:])
    assert (await store.chains({}))[0]["state"] == "ended"
    await verified(store)


CHANGES = [
    ("chains", "update chains set leg = 'elsewhere'"),
    ("chains", "delete from chains"),
    ("slas", "update slas set used = used + 1 where sla = 'leg:order'"),
    ("documents", "delete from documents where type = 'Order'"),
    ("effects", "update effects set status = 'undone' where op = 'erp.create_order'"),
    ("decisions", "update decisions set actor = 'mallory'"),
    ("holds", "insert into holds (chain, seq, leg, item, step, scope, reason, owner, released_by) "
              "values ('c', 99, '', '', '', 'chain', 'forged', '', '')"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "change"), CHANGES)
async def test_an_altered_row_is_seen_and_refolded_away(
    store: Store, url: str, trail: list[Entry], table: str, change: str
) -> None:
    await store.append("c", "r1", trail)
    before = await store.dump()
    assert run(url, change) > 0
    differences = await store.verify()
    assert [(one.chain, one.table) for one in differences] == [("c", table)]
    assert differences[0].columns
    await store.refold()
    assert await store.dump() == before
    await verified(store)


async def test_a_view_of_a_chain_without_a_trail_is_seen_and_refolded_away(store: Store, url: str) -> None:
    run(
        url, "insert into legs (chain, leg, item, status, why, visits, ordinal) values ('ghost', 'x', '', '', '', 1, 1)"
    )
    assert [one.table for one in await store.verify()] == ["legs"]
    await store.refold()
    await verified(store)


async def test_an_altered_trail_row_is_seen(store: Store, url: str, trail: list[Entry]) -> None:
    await store.append("c", "r1", trail)
    run(url, "update trail set data = '{}' where kind = 'rested'")
    assert "trail" in {one.table for one in await store.verify()}


async def test_odd_data_is_kept_as_it_is(store: Store) -> None:
    odd = {"op": "nul \x00 and \ud800 half", "list": [1, {"a": None}], "中": "文"}
    start = Entry(seq=1, at=AT, wall=AT, kind=Kind.CHAIN_STARTED, data={"number": "a\x00b", "customer": "c" * 5000})
    await store.append("c", "r1", [start, Entry(seq=2, at=AT, wall=AT, kind=Kind.NOTIFIED, data=odd)])
    row = (await store.timeline("c"))[1]
    assert row["data"]["中"] == "文"
    assert (await store.chains({}))[0]["number"] == "ab"
    await verified(store)


async def test_many_odd_entries_at_once_are_kept_as_they_are(store: Store) -> None:
    """Enough for PostgreSQL's COPY, whose text has signs of its own: a tab, a new line, a backslash, nothing."""
    told = ["tab\there", "new\nline", "re\rturn", "\\N", "\\\\x41 and \\t", "\\.", "", "文 🙂", '"{,}"', "end\\"]
    entries = [
        Entry(seq=n, at=AT, wall=AT, kind=Kind.NOTIFIED, leg=one, item=one, step=one, data={"said": one, one: None})
        for n, one in enumerate(told)
    ]
    await store.append("c\t\\", "r\n1", entries)
    rows = await store.timeline("c\t\\")
    assert [row["data"] for row in rows] == [entry.data for entry in entries]
    assert [(row["leg"], row["item"], row["step"]) for row in rows] == [(one, one, one) for one in told]
    assert {row["run"] for row in rows} == {"r\n1"}
    assert (await store.append("c\t\\", "r\n1", entries)).inserted == 0
    await verified(store)


async def test_a_failing_neighbour_does_not_take_a_batch_along(
    store: Store, url: str, trail: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., object] = appending.fold

    def failing(connection: Connection, views: object, chain: str, *rest: object) -> object:
        result = real(connection, views, chain, *rest)
        if chain == "bad":
            raise ValueError("after it has written")
        return result

    monkeypatch.setattr(appending, "fold", failing)
    names = ["a", "bad", "b", "d"]
    results = await asyncio.gather(*(store.append(name, "r1", trail[:20]) for name in names), return_exceptions=True)
    assert [isinstance(result, ValueError) for result in results] == [False, True, False, False]
    with direct(url) as connection:
        kept = set(connection.execute(select(TRAIL.c.chain).distinct()).scalars())
    assert kept == {"a", "b", "d"}
    monkeypatch.undo()
    await store.append("bad", "r1", trail[:20])
    await verified(store)


async def test_what_was_rolled_back_is_not_remembered(
    store: Store, url: str, trail: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.append("c", "r1", trail[:10])
    real: Callable[..., object] = appending.append

    def failing(*given: object) -> object:
        real(*given)
        raise ValueError("after it has written and folded")

    monkeypatch.setattr(appending, "append", failing)
    with pytest.raises(ValueError, match="after it has written"):
        await store.append("c", "r1", [entry.model_copy(update={"kind": Kind.BALANCE}) for entry in trail[10:20]])
    monkeypatch.undo()
    async with await Store.open(url) as other:
        await other.append("c", "r1", trail[10:20])
    await store.append("c", "r1", trail[20:30])
    await verified(store)


async def test_two_processes_fold_one_chain_in_turn(url: str, trail: list[Entry]) -> None:
    """Each appends while the other has folded in memory what it has not written yet."""
    async with await Store.open(url) as one, await Store.open(url) as other:
        for number, part in enumerate(parts(trail)):
            await (one, other)[number % 2].append("c", "r1", part)
        assert (await one.chains({}))[0]["state"] == "ended"
    async with await Store.open(url) as store:
        await verified(store)


async def test_views_that_a_dead_process_left_behind_catch_up(
    url: str, trail: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It died between the append and the writing of what it had folded."""
    with monkeypatch.context() as patch:
        patch.setattr("ltc.store.views.Views.behind", False)
        async with await Store.open(url) as dead:
            await dead.append("a", "r1", trail[:20])
            await dead.append("b", "r1", trail[:20])
    async with await Store.open(url) as store:
        assert await store.chains({}) == []
        await store.append("b", "r1", trail[20:25])
        assert [row["last_seq"] for row in await store.chains({})] == [25]
        assert [await store.catch_up(), await store.catch_up()] == [1, 0]
        assert sorted(row["last_seq"] for row in await store.chains({})) == [20, 25]
        await verified(store)


async def test_views_that_could_not_be_written_are_written_later(
    url: str, trail: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failed = views.save, threading.Event()

    def fails_once(connection: Connection, moves: list[Any]) -> None:
        real(connection, moves)
        if not failed.is_set():
            failed.set()
            raise OSError("the disk is full")

    monkeypatch.setattr(writer, "_AGAIN", 0.0)
    monkeypatch.setattr(views, "save", fails_once)
    async with await Store.open(url) as store:
        await store.append("c", "r1", trail[:20])
        assert await asyncio.to_thread(failed.wait, 10)
        await store.append("c", "r1", trail[20:])
        await verified(store)
        assert (await store.chains({}))[0]["state"] == "ended"
