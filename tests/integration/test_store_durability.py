"""What a power cut may cost: which commits wait for the disk, and when the others reach it."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from ltc.core.stand_in import Script
from ltc.ports.store import DocumentRef
from ltc.store import Store, writer
from ltc.store.migrate import upgrade
from tests.support.chains import simulate

FOREVER = 3600.0
LEVELS = {1: "NORMAL", 2: "FULL"}


def level(connection: Connection) -> str:
    return LEVELS[connection.exec_driver_sql("PRAGMA synchronous").scalar_one()]


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'ltc.db'}"
    upgrade(url)
    return url


async def test_only_what_can_be_had_again_does_not_wait_for_the_disk(sqlite_url: str) -> None:
    async with await Store.open(sqlite_url) as store:
        seen = [await store.write(level), await store.write_healable(level), await store.write(level)]
    assert seen == ["FULL", "NORMAL", "FULL"]


async def test_a_transaction_waits_for_the_disk_when_any_of_its_jobs_must(sqlite_url: str) -> None:
    async with await Store.open(sqlite_url) as store:
        begun, held = threading.Event(), threading.Event()

        def block(_: Connection) -> None:
            begun.set()
            assert held.wait(30)

        first = store._writer.submit(block, lasting=False)
        assert await asyncio.to_thread(begun.wait, 30)
        together = [store._writer.submit(level, lasting=lasting) for lasting in (False, True, False)]
        held.set()
        await first
        assert [await job for job in together] == ["FULL"] * 3


async def test_the_trail_is_what_can_be_had_again_and_intents_are_not(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[bool] = []
    monkeypatch.setattr(writer, "set_lasting", lambda _, lasting: said.append(lasting))
    monkeypatch.setattr(writer, "_AFLOAT", FOREVER)
    entries = simulate(net=250_000, script=Script(parts=[40])).trail[:5]
    async with await Store.open(sqlite_url) as store:
        await store.append("c", "r", entries)
        assert said == [False]
        intent = await store.plan("k", "c", "erp.create_order", "d")
        await store.mark_sent("k", 1, intent.fence)
        await store.mark_unknown("k")
        await store.confirm("k", DocumentRef(system="erp", type="order", id="SO-1"), {})
        await store.move_cursor("erp", "7")
    assert said[0] is False
    assert said.count(True) == 5  # the views that follow the trail do not wait for the disk either


@pytest.mark.parametrize(("limit", "lasting"), [(FOREVER, "NORMAL"), (0.0, "FULL")])
async def test_what_has_been_afloat_for_long_goes_to_the_disk_with_the_views(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, limit: float, lasting: str
) -> None:
    """A worker that never comes to rest, and plans no effect either, does not put the disk off for ever."""
    monkeypatch.setattr(writer, "_AFLOAT", limit)
    monkeypatch.setattr(writer, "_BEHIND", 0.0)
    seen: list[str] = []
    written = threading.Event()
    async with await Store.open(sqlite_url) as store:
        real = store._writer.chore

        def watched(connection: Connection) -> None:
            seen.append(level(connection))
            real(connection)
            written.set()

        store._writer.chore = watched
        await store.append("c", "r", simulate(net=250_000, script=Script(parts=[40])).trail[:5])
        assert await asyncio.to_thread(written.wait, 30)
        assert seen == [lasting]


async def test_what_is_afloat_goes_to_the_disk_when_nothing_follows(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed = threading.Event()
    real = writer.reach_disk

    def watched(connection: Connection) -> None:
        real(connection)
        landed.set()

    monkeypatch.setattr(writer, "reach_disk", watched)
    monkeypatch.setattr(writer, "_QUIET", 0.01)
    async with await Store.open(sqlite_url) as store:
        await store.write(level)
        assert store._writer._afloat is None
        await store.write_healable(level)
        assert await asyncio.to_thread(landed.wait, 30)
        assert await store.write_healable(level) == "NORMAL"  # the connection goes on as before


async def test_a_transaction_that_fails_leaves_the_next_one_its_own_level(sqlite_url: str) -> None:
    def fail(connection: Connection) -> Any:
        connection.exec_driver_sql("create table half (a)")
        raise ValueError("a job that fails")

    async with await Store.open(sqlite_url) as store:
        with pytest.raises(ValueError, match="a job that fails"):
            await store.write_healable(fail)
        assert await store.write(level) == "FULL"
        assert await store.write(lambda one: one.exec_driver_sql("select name from sqlite_master").scalars().all())
        assert "half" not in await store.read(
            lambda one: one.exec_driver_sql("select name from sqlite_master").scalars().all()
        )
