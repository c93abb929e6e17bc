"""Runs the asynchronous part of a command: opens what it needs, closes it, turns errors into messages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from ltc.cli.errors import translate

if TYPE_CHECKING:
    from ltc.cli.desk import Desk

T = TypeVar("T")


@contextmanager
def told() -> Iterator[None]:
    """Let expected errors leave a block as ``CliError``."""
    try:
        yield
    except Exception as error:
        end = translate(error)
        if end is None or end is error:
            raise
        raise end from error


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; expected errors leave as ``CliError``."""
    with told():
        return asyncio.run(work)


def open_desk() -> Desk:
    """Return the desk of the installation that the settings describe."""
    from ltc.cli.desk import Desk

    return Desk()


def ask(work: Callable[[Desk], Awaitable[T]]) -> T:
    """Open the desk, do the work, close it."""

    async def at_the_desk() -> T:
        async with open_desk() as desk:
            return await work(desk)

    return run(at_the_desk())
