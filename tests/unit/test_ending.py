"""Ending tasks: a task that takes its cancellation for a bad moment ends all the same."""

import asyncio

from ltc.ending import end


async def test_a_cancel_that_comes_out_as_an_error_is_said_again() -> None:
    swallowed = 0

    async def never_gives_up() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed == 3:
                    raise

    async def fails() -> None:
        raise RuntimeError("before it was cancelled")

    tasks = [asyncio.create_task(never_gives_up()), asyncio.create_task(fails())]
    await asyncio.sleep(0)
    await end(tasks, again=0.01)
    assert swallowed == 3
    assert all(task.done() for task in tasks)
    assert isinstance(tasks[1].exception(), RuntimeError)
