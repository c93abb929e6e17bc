"""How fast entries are stored and folded: as they come in, and all anew; and whether the generated views are right."""

import asyncio
import random
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from benchmarks.store.load import Variant, chain_name
from benchmarks.store.stories import PROCESSES
from ltc.model.trail import Entry
from ltc.store import Store, dump, refolding
from ltc.store.engines import make_engine

APPENDED = 300  # chains
ABREAST = 64
SAMPLE = 30_000  # chains that are folded anew


def check(url: str, count: int, say: Callable[[str], None]) -> None:
    """Compare some of the generated views with a fold of their trails.

    Raises:
        RuntimeError: they differ: what follows would measure something else than what users have.
    """
    dice = random.Random(5)
    engine = make_engine(url, writes=False)
    seen = 0
    with engine.connect() as connection:
        for _ in range(60):
            name = chain_name(dice.randrange(count), dice.choice(PROCESSES))
            wrong = dump.verify(connection, name)
            if wrong:
                raise RuntimeError(f"{name}: {wrong[0]}")
            seen += bool(list(dump.dump(connection, name)))
    engine.dispose()
    say(f"  {seen} chains looked at: their views are what a fold of their trails gives")


async def appended(url: str, told: list[Variant]) -> float:
    """Store the trails of new chains through ``Store.append`` as they come in, some entries at a time; entries/s."""
    chosen = [told[number % len(told)].story.trail for number in range(APPENDED)]
    async with await Store.open(url) as store:
        await store.append("bench:first", "r1", chosen[0][:2])
        places = asyncio.Semaphore(ABREAST)
        began = time.perf_counter()
        await asyncio.gather(*(_play(store, places, f"bench:{n}", trail) for n, trail in enumerate(chosen)))
        await store.chain("bench:0")  # views are written with this at the latest
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


def refolded(url: str, count: int) -> dict[str, Any]:
    """Fold chains anew, all or as many as SAMPLE; seconds, and what 30 million entries or a million chains would."""
    if count > SAMPLE:
        _sample(url)
    began = time.perf_counter()
    done = refolding.refold_all(url)
    took = time.perf_counter() - began
    return {
        "chains": done.chains, "entries": done.entries, "processes": done.processes, "seconds": took,
        "issue": took * 30_000_000 / max(1, done.entries), "million": took * 1_000_000 / max(1, done.chains),
    }  # fmt: skip


def _sample(url: str) -> None:
    """Leave some parts, from everywhere, for a refold to go on with."""
    engine = make_engine(url, writes=True)
    refolding._cut(engine)
    with engine.begin() as connection:
        firsts = connection.execute(select(refolding.PARTS.c.first)).scalars().all()
        random.Random(9).shuffle(firsts)  # type: ignore[arg-type]
        for first in firsts[SAMPLE // refolding.PART :]:
            connection.execute(delete(refolding.PARTS).where(refolding.PARTS.c.first == first))
    engine.dispose()
