"""Appends of many chains at once leave what each would have left by itself."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from ltc.core.stand_in import Script
from ltc.model.trail import Entry, Kind
from ltc.ports.store import StartRequest
from ltc.store import Store, appending, appending_many
from ltc.store.appending_many import Offer, append_many
from ltc.store.records import ALARMS, RUNS, STARTS, TRAIL
from ltc.store.views import Views
from tests.support.chains import MONDAY, simulate
from tests.support.databases import direct

CHAINS = 9


def offers(seed: int) -> list[list[Offer]]:
    """Batches of appends as they may come: in order, twice, with a newer run, out of order, two of one chain."""
    dice = random.Random(seed)
    batches: list[list[Offer]] = [[] for _ in range(14)]
    for number in range(CHAINS):
        one = simulate(net=250_000 + number, script=Script(pays=[]) if number % 3 else Script(), run=False)
        one.run(MONDAY + timedelta(days=40))
        at, run, batch = 0, "r1", dice.randrange(3)
        began = MONDAY if number % 2 else None
        while at < len(one.trail):
            size = dice.randint(1, 12)
            part = one.trail[at : at + size]
            batches[min(batch, 13)].append(Offer.of(str(number), run, part, began))
            if dice.random() < 0.2:
                batches[min(batch + dice.randrange(2), 13)].append(Offer.of(str(number), run, part, began))  # once more
            if dice.random() < 0.1:
                run, began, size = f"{run}'", MONDAY + timedelta(days=batch + 1), max(1, size - 3)  # a newer run
            at, batch = at + size, batch + dice.randrange(3)
        batches[dice.randrange(14)].append(Offer.of(str(number), run, [], None))
    for some in batches:
        dice.shuffle(some)
    return batches


def named(prefix: str, offer: Offer) -> Offer:
    return offer._replace(chain=prefix + offer.chain)


def rows(connection: Connection, table: Any, prefix: str, leave: tuple[str, ...] = ()) -> list[tuple[Any, ...]]:
    """What is on record of the chains of a prefix, the prefix left out."""
    keys = list(table.primary_key.columns)
    query = select(table).where(table.c.chain.startswith(prefix)).order_by(*keys)
    return [
        tuple(cell.removeprefix(prefix) if name == "chain" else cell for name, cell in row.items() if name not in leave)
        for row in connection.execute(query).mappings()
    ]


@pytest.mark.parametrize("seed", range(3))
async def test_many_at_once_are_what_one_by_one_are(store: Store, url: str, seed: int) -> None:
    for number in range(CHAINS):
        for prefix in ("one", "many"):
            start = StartRequest(
                chain=f"{prefix}{number}", installation="i", process="p", key=f"{prefix}{number}", plan_digest="d",
                source="file",
            )  # fmt: skip
            await store.record_start(start)
    alone, together = Views(), Views()
    with direct(url) as connection:
        for batch in offers(seed):
            wanted = [appending.append(connection, alone, *named("one", offer)) for offer in batch]
            assert append_many(connection, together, [named("many", offer) for offer in batch]) == wanted
            if seed == 1:
                together.write_behind(connection)
                alone.write_behind(connection)
        alone.write_behind(connection)
        together.write_behind(connection)
        for table in (TRAIL, RUNS, STARTS, ALARMS):
            leave = ("seen", "at", "key", "id") if table is not TRAIL else ()
            assert sorted(rows(connection, table, "many", leave), key=str) == sorted(
                rows(connection, table, "one", leave), key=str
            )
    lines = [line.split("\t", 1) for line in await store.dump()]
    assert [rest for name, rest in lines if name.startswith("many")] == [
        rest for name, rest in lines if name.startswith("one")
    ]
    assert await store.verify() == []


async def test_appends_that_are_queued_together_are_written_together(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many chains cost hardly more statements than one; a chain's end still reaches the chain that started it."""
    seen: list[int] = []
    real = appending_many._together

    def noted(connection: Connection, views: Views, wave: Any, done: Any) -> Any:
        seen.append(len(wave))
        return real(connection, views, wave, done)

    monkeypatch.setattr(appending_many, "_together", noted)
    one = simulate(net=250_000, run=False)
    one.run(MONDAY + timedelta(days=60))
    for number in range(20):
        start = StartRequest(
            chain=f"c{number:02}", installation="i", process="p", key=str(number), plan_digest="d",
            source="chain:parent" if number == 7 else "file",
        )  # fmt: skip
        await store.record_start(start)
        await store.confirm_start(f"c{number:02}")
    done = await asyncio.gather(*(store.append(f"c{n:02}", "r1", one.trail) for n in range(20)))
    assert {(one.inserted, one.alarms, one.gap) for one in done} == {(len(one.trail), 0, False) for _ in done}
    assert sum(seen) >= 18, "the first may go alone, the others wait for it together"
    assert len(seen) <= 3
    assert await store.verify() == []
    (told,) = await store.inbox()
    assert (told.name, told.fields["child"]) == ("chain.ended", "c07")


async def test_an_entry_with_other_content_among_many_raises_an_alarm(store: Store) -> None:
    one = simulate(net=250_000, run=False)
    one.run(MONDAY + timedelta(days=2))
    twice = Entry(seq=one.trail[4].seq, at=MONDAY, wall=MONDAY, kind=Kind.NOTIFIED, data={"other": True})
    results = await asyncio.gather(
        *(store.append(f"c{n}", "r1", [*one.trail[:8], twice] if n == 3 else one.trail[:8]) for n in range(6))
    )
    assert [one.alarms for one in results] == [int(n == 3) for n in range(6)]
    (alarm,) = await store.alarms()
    assert (alarm["chain"], alarm["kind"]) == ("c3", "trail_conflict")
    assert await store.verify() == []
