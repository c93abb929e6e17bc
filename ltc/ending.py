"""Ends asyncio tasks for certain."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN = 0.5  # real seconds until a task that still runs is cancelled once more


async def end(tasks: Iterable[asyncio.Task[Any]], again: float = AGAIN) -> None:
    """Cancel tasks until each of them has ended; how they ended is not looked at.

    Once is not enough: a cancellation that meets a call to Temporal or to a system may come out of it as that call's
    error, which a loop that never gives up takes for a bad moment.
    """
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=again)
