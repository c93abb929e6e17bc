"""Questions by chance, asked with the functions that users' commands call; how long each takes."""

import os
import random
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.store.load import chain_name, customer_of
from benchmarks.store.stories import DAY, NOW, PROCESSES, YEARS
from ltc.store import Store, lookups

Question = Callable[[Store, random.Random, int], Awaitable[Any]]
LEGS = ("lead", "order", "approval", "confirm", "shipment", "invoice", "collection")
_CHOICES: dict[str, tuple[str, ...]] = {
    "state": ("running", "held", "ended", "kept_open"), "process": PROCESSES, "leg": LEGS,
    "outcome": ("completed", "rejected", "cancelled", "lost"),
}  # fmt: skip


def _filters(dice: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {"now": NOW}
    for name, words in _CHOICES.items():
        if dice.random() < 0.35:
            found[name] = dice.choice(words)
    if dice.random() < 0.35:
        found["customer"] = customer_of(dice)
    if dice.random() < 0.35:
        found["since"] = NOW - dice.uniform(0, YEARS) * DAY
    if dice.random() < 0.15:
        found["overdue"] = True
    return found


def _some(dice: random.Random, count: int) -> str:
    return chain_name(dice.randrange(count), dice.choice(PROCESSES))


async def listed(store: Store, dice: random.Random, count: int) -> None:
    """`ltc chain list` with any combination of filters."""
    await store.chains(_filters(dice), 51)  # type: ignore[arg-type]


async def one_filter(store: Store, dice: random.Random, count: int) -> None:
    """`ltc chain list` with one filter."""
    name = dice.choice((*_CHOICES, "customer", "number", "since", "overdue", ""))
    value: Any = dice.choice(_CHOICES[name]) if name in _CHOICES else None
    values = {"customer": customer_of(dice), "number": f"N{dice.randrange(count)}", "overdue": True}
    values["since"] = NOW - dice.uniform(0, YEARS) * DAY
    filters = {name: value or values.get(name), "now": NOW} if name else {}
    await store.chains(filters, 51)  # type: ignore[arg-type]


async def deep(store: Store, dice: random.Random, count: int) -> None:
    """`ltc chain list --after`, anywhere."""
    filters = dice.choice(({}, {"process": dice.choice(PROCESSES)}, {"state": "ended"}, {"outcome": "completed"}))
    await store.chains(filters, 51, after=_some(dice, count))  # type: ignore[arg-type]


async def stuck(store: Store, dice: random.Random, count: int) -> None:
    """`ltc stuck`, also by reason."""
    now = NOW + timedelta(minutes=dice.randrange(60))
    reason = dice.choice(("", "", "held", "human_overdue", "event_late", "unknown_outcome"))
    await store.stuck(now, now, reason=reason, limit=100)


async def stuck_one(store: Store, dice: random.Random, count: int) -> None:
    """`ltc stuck CHAIN`."""
    await store.stuck(NOW, NOW, chain=_some(dice, count))


async def asked_first(store: Store, dice: random.Random, count: int) -> None:
    """What `ltc stuck` asks before it asks Temporal."""
    await store.read(lookups.suspects, NOW, 2_000)
    await store.read(lookups.silent_starts, NOW, 2_000)


async def sla(store: Store, dice: random.Random, count: int) -> None:
    """`ltc sla`, also by process and since."""
    since = NOW - dice.uniform(0, YEARS) * DAY if dice.random() < 0.6 else None
    await store.sla_report(dice.choice(("", *PROCESSES)), since)


async def danger(store: Store, dice: random.Random, count: int) -> None:
    """`ltc sla --open`."""
    await store.slas_in_danger(dice.choice(("", *PROCESSES)), 100)


async def shown(store: Store, dice: random.Random, count: int) -> None:
    """`ltc chain show`."""
    await store.chain(_some(dice, count))


async def told(store: Store, dice: random.Random, count: int) -> None:
    """`ltc chain timeline`."""
    await store.timeline(_some(dice, count))


QUESTIONS: dict[str, tuple[Question, int]] = {
    "chain list, any filters": (listed, 400), "chain list, one filter": (one_filter, 300),
    "chain list, a page anywhere": (deep, 200), "stuck": (stuck, 60), "stuck, one chain": (stuck_one, 200),
    "stuck, chains to ask about": (asked_first, 30), "sla": (sla, 60), "sla --open": (danger, 60),
    "chain show": (shown, 200), "chain timeline": (told, 200),
}  # fmt: skip
GOALS = tuple(name for name in QUESTIONS if name.startswith(("chain list", "stuck", "sla")))


Times = dict[str, list[float]]


async def measure(url: str, count: int, seed: int, part: float = 1.0) -> tuple[Times, Times]:
    """Ask every question often; returns the milliseconds of each, as its asker waits for it, and of its CPU.

    On SQLite the CPU is all that an answer costs, whatever else the machine does meanwhile; on PostgreSQL the server's
    is not in it.
    """
    found: Times = {}
    spent: Times = {}
    async with await Store.open(url) as store:
        for name, (question, times) in QUESTIONS.items():
            dice = random.Random(seed)
            found[name], spent[name] = [], []
            for _ in range(max(5, int(times * part))):
                began, cpu = time.perf_counter(), time.process_time()
                await question(store, dice, count)
                spent[name].append((time.process_time() - cpu) * 1000)
                found[name].append((time.perf_counter() - began) * 1000)
    return found, spent


def forget_pages(folder: Path) -> None:
    """Have the system forget what it holds of a folder's files in memory."""
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)


def share(times: list[float], part: float) -> float:
    """Return the time that so large a part does not exceed."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, max(0, -int(-len(ordered) * part // 1) - 1))]
