"""Workflow tasks on the event loop's own thread."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any

import pytest

from ltc.onloop import OnLoop, TooLongError

NAME: ContextVar[str] = ContextVar("NAME", default="nobody")


def run(pool: OnLoop, work: Callable[[], Any]) -> asyncio.Future[Any]:
    return asyncio.get_running_loop().run_in_executor(pool, work)


async def test_a_task_runs_in_the_loops_thread_with_nothing_of_whoever_handed_it_over() -> None:
    pool, here = OnLoop(), threading.get_ident()
    NAME.set("margaret")
    assert await run(pool, lambda: (threading.get_ident(), NAME.get())) == (here, "nobody")
    assert NAME.get() == "margaret"


async def test_the_loop_is_the_running_one_again_whatever_a_task_leaves_behind() -> None:
    loop = asyncio.get_running_loop()
    await run(OnLoop(), lambda: asyncio._set_running_loop(None))
    assert asyncio.get_running_loop() is loop


async def test_what_a_task_raises_is_raised_where_it_is_waited_for() -> None:
    def broken() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await run(OnLoop(), broken)


async def test_whatever_else_the_loop_has_to_do_gets_its_turn_between_two_tasks() -> None:
    pool, ran = OnLoop(), list[int]()
    all_of_them = asyncio.gather(*(run(pool, partial(ran.append, number)) for number in range(20)))
    seen = list[int]()
    while not all_of_them.done():
        await asyncio.sleep(0)
        seen.append(len(ran))
    assert ran == list(range(20))
    assert list(dict.fromkeys(seen)) == list(range(1, 21))


async def test_what_nobody_waits_for_any_more_does_not_run() -> None:
    pool, ran = OnLoop(), list[str]()
    first, second = run(pool, lambda: ran.append("first")), run(pool, lambda: ran.append("second"))
    second.cancel()
    await first
    await asyncio.sleep(0)
    assert ran == ["first"]


def endless() -> None:
    while True:
        pass


def stubborn() -> str:
    try:
        endless()
    except BaseException:  # noqa: BLE001 - as a task of asyncio keeps whatever is raised in it
        return "half done"
    raise AssertionError


@pytest.mark.parametrize("work", [endless, stubborn])
async def test_a_task_that_computes_without_end_is_ended_and_the_next_one_runs(work: Callable[[], Any]) -> None:
    pool = OnLoop(most=0.05, looks=0.01)
    with pytest.raises(TooLongError, match=r"more than 0\.05 s"):
        await run(pool, work)
    assert await run(pool, lambda: "well") == "well"


async def test_a_task_that_waits_for_the_machine_is_left_alone() -> None:
    pool = OnLoop(most=0.05, looks=0.01)
    assert await run(pool, lambda: time.sleep(0.2)) is None


async def test_where_the_system_tells_no_cpu_of_threads_the_clock_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(time, "pthread_getcpuclockid", raising=False)
    with pytest.raises(TooLongError):
        await run(OnLoop(most=0.05, looks=0.01), lambda: time.sleep(0.2))


async def test_between_two_tasks_there_is_nothing_to_end() -> None:
    pool = OnLoop(looks=60)
    await run(pool, lambda: None)
    pool._most = -1
    assert pool.look() == 60
    pool._most = 60
    assert await run(pool, lambda: "well") == "well"


async def test_the_watch_ends_with_whom_it_watches() -> None:
    pool = OnLoop(looks=0.01)
    await run(pool, lambda: None)
    watch, known = pool._watch, weakref.ref(pool)
    assert watch is not None
    del pool
    gc.collect()
    await asyncio.to_thread(watch.join, 5)
    assert known() is None
    assert not watch.is_alive()


def test_without_a_loop_there_is_nothing_to_run_on() -> None:
    with pytest.raises(RuntimeError):
        OnLoop().submit(print)
