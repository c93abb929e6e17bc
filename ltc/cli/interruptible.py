"""Runs a long demonstration so that Ctrl-C ends everything it started, in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import typer

T = TypeVar("T")
INTERRUPTED = 130


def interruptible(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run to the end; the first Ctrl-C becomes the orderly end of everything, later ones change nothing.

    Raises:
        typer.Exit: it was interrupted.
    """

    async def run() -> T:
        task = asyncio.ensure_future(work())
        loop = asyncio.get_running_loop()

        def stop() -> None:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, lambda: None)
            task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        return await task

    try:
        return asyncio.run(run())
    except (asyncio.CancelledError, KeyboardInterrupt):
        from ltc.cli.output import tell

        tell("interrupted; everything that was started has been ended", err=True)
        raise typer.Exit(INTERRUPTED) from None
