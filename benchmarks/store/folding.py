"""How fast entries are stored and folded: as they come in, and all anew; and whether the generated views are right."""

import asyncio
import os
import random
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, delete, select

from benchmarks.store.load import Variant, chain_name
from benchmarks.store.stories import PROCESSES
from ltc.model.trail import Entry
from ltc.running import settle
from ltc.store import Store, dump, refolding, tally_anew, views
from ltc.store.engines import make_engine

APPENDED = 600  # chains, at least


def check(url: str, count: int, say: Callable[[str], None], counters: bool = False) -> None:
    """Compare some of the views with a fold of their trails, and the counters with all clocks.

    Raises:
        RuntimeError: they differ: what follows would measure something else than what users have.
    """
    dice = random.Random(5)
    engine = make_engine(url, writes=False)
    seen = 0
    with engine.connect() as connection:
        for _ in range(60):
            name = chain_name(dice.randrange(count), dice.choice(PROCESSES))
            wrong = dump.compare(connection, [name])
            if wrong:
                raise RuntimeError(f"{name}: {wrong[0]}")
            seen += bool(list(dump.dump(connection, name)))
        if counters and tally_anew.differs(connection):
            raise RuntimeError("the counters of promised times are not what the clocks say")
    engine.dispose()
    say(f"  {seen} chains looked at: their views are what a fold of their trails gives")


async def appended(url: str, told: list[Variant], abreast: int, prefix: str) -> float:
    """Store the trails of new chains through ``Store.append`` as they come in, some entries at a time; entries/s.

    ``abreast`` chains are under way at once, each of which waits for one append before it makes the next. The garbage
    collector is set as a worker sets it.
    """
    settle()
    some = [one.story.trail for one in told]
    count = max(APPENDED, 12 * abreast)
    chosen = [some[number % len(some)] for number in range(count)]
    async with await Store.open(url) as store:
        await store.append(f"{prefix}:first", "r1", chosen[0][:2])
        places = asyncio.Semaphore(abreast)
        began = time.perf_counter()
        await asyncio.gather(*(_play(store, places, f"{prefix}:{n}", trail) for n, trail in enumerate(chosen)))
        await store.chain(f"{prefix}:0")  # views are written with this at the latest
        took = time.perf_counter() - began
    return sum(len(trail) for trail in chosen) / took


async def _play(store: Store, places: asyncio.Semaphore, name: str, trail: list[Entry]) -> None:
    dice = random.Random(name)
    async with places:
        at = 0
        while at < len(trail):
            size = dice.randint(2, 8)  # what rides on one activity
            await store.append(name, "r1", trail[at : at + size], started=trail[0].wall + timedelta(0))
            at += size


def refolded(url: str, most: int) -> dict[str, Any]:
    """Drop all views and fold all chains anew, as ``ltc views refold --drop`` does; or fold so many over what is there.

    Returns seconds, and what 30 million entries or a million chains would take at that pace.
    """
    engine = make_engine(url, writes=True)
    if most:
        done, took = _some(engine, url, most)
    else:
        with engine.begin() as connection:
            views.drop(connection)
        began = time.perf_counter()
        done = refolding.refold_all(url)
        took = time.perf_counter() - began
    engine.dispose()
    return {
        "whole": not most, "chains": done.chains, "entries": done.entries, "processes": done.processes,
        "seconds": took, "issue": took * 30_000_000 / max(1, done.entries),
        "million": took * 1_000_000 / max(1, done.chains),
    }  # fmt: skip


def _some(engine: Engine, url: str, most: int) -> tuple[refolding.Refolded, float]:
    """Fold some parts anew, from everywhere, and leave the others."""
    refolding.cut(engine)
    with engine.begin() as connection:
        firsts = connection.execute(select(refolding.PARTS.c.first)).scalars().all()
        random.Random(9).shuffle(firsts)  # type: ignore[arg-type]
        for first in firsts[most // refolding.PART :]:
            connection.execute(delete(refolding.PARTS).where(refolding.PARTS.c.first == first))
    began = time.perf_counter()
    done = refolding.share_out(url, os.cpu_count() or 1)
    took = time.perf_counter() - began
    with engine.begin() as connection:
        connection.execute(delete(refolding.PARTS))
    return refolding.Refolded(sum(one[0] for one in done), sum(one[1] for one in done), len(done)), took
