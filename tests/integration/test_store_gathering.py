"""Who appends in a crowd waits a moment for others; who appends alone, or anything else that is written, never does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from ltc.store import Store, writer
from ltc.store.migrate import upgrade

FOREVER = 3600.0


class Watched(threading.Event):
    """An event that tells when somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.waited = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.set()
        return super().wait(timeout)


class Parts:
    """What was written, by transaction."""

    def __init__(self) -> None:
        self.together: list[list[int]] = []

    def write(self, _: Connection, given: list[int]) -> list[int]:
        self.together.append(given)
        return given


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gathering ends by what else comes, not by the clock."""
    monkeypatch.setattr(writer, "_GATHER", FOREVER)
    monkeypatch.setattr(writer, "_LATELY", FOREVER)


@pytest.fixture
async def sqlite(tmp_path: Path, long: None) -> AsyncIterator[Store]:
    url = f"sqlite:///{tmp_path / 'ltc.db'}"
    upgrade(url)
    async with await Store.open(url) as opened:
        opened._writer._pressing = Watched()
        yield opened


def nothing(_: Connection) -> None:
    """Write nothing, but at once."""


async def crowd(store: Store, parts: Parts) -> None:
    """Let so many append that the next one is in a crowd."""
    for number in range(writer._CROWD // 2 - 1):
        assert await store.write_together(parts.write, number, f"chain {number}") == number


async def gathering(store: Store) -> None:
    waited: Any = store._writer._pressing
    assert await asyncio.to_thread(waited.waited.wait, 30)


async def test_parts_of_a_crowd_are_written_together_and_nothing_else_waits_for_them(sqlite: Store) -> None:
    parts = Parts()
    await crowd(sqlite, parts)
    one = sqlite._writer.submit_together(parts.write, 10, "one")
    await gathering(sqlite)
    other = sqlite._writer.submit_together(parts.write, 11, "other")
    assert not one.done()
    await asyncio.wait_for(sqlite.write(nothing), 30)
    assert (await one, await other) == (10, 11)
    assert parts.together[-1] == [10, 11]


async def test_who_appends_alone_never_waits(sqlite: Store) -> None:
    parts = Parts()
    for number in range(3 * writer._CROWD):
        await asyncio.wait_for(sqlite.write_together(parts.write, number, "alone"), 30)
    assert parts.together == [[number] for number in range(3 * writer._CROWD)]


async def test_a_crowd_of_a_while_ago_is_none(sqlite: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = Parts()
    await crowd(sqlite, parts)
    monkeypatch.setattr(writer, "_LATELY", 0.0)
    assert await asyncio.wait_for(sqlite.write_together(parts.write, 7, "later"), 30) == 7


async def test_nobody_waits_for_more_than_came_lately(sqlite: Store) -> None:
    parts = Parts()
    await crowd(sqlite, parts)
    named = [f"chain {number}" for number in range(writer._CROWD // 2 - 1)]
    first = sqlite._writer.submit_together(parts.write, 10, "one more")
    await gathering(sqlite)
    others = [sqlite._writer.submit_together(parts.write, number, by) for number, by in enumerate(named, 11)]
    assert await asyncio.wait_for(asyncio.gather(first, *others), 30) == [10, 11, 12, 13]
    assert parts.together[-1] == [10, 11, 12, 13]


async def test_closing_ends_a_gathering(sqlite: Store) -> None:
    parts = Parts()
    await crowd(sqlite, parts)
    one = sqlite._writer.submit_together(parts.write, 10, "one")
    await gathering(sqlite)
    await asyncio.wait_for(sqlite.close(), 30)
    assert await one == 10
