"""What the three demonstrations have in common: how they run, and how they end."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from ltc.cli.errors import translate
from ltc.cli.exits import FailedError
from ltc.cli.interruptible import interruptible

T = TypeVar("T")


def demonstrated(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a demonstration to its end.

    Raises:
        FailedError: it met an error that is expected of an installation, whatever the error stands for elsewhere.
    """
    try:
        return interruptible(work)
    except Exception as error:
        end = translate(error)
        if end is None:
            raise
        raise FailedError(str(end)) from error


def conclude(held: bool, state: Path, keep: bool) -> None:
    """Remove what a demonstration left, when all went well and nobody wants it.

    Raises:
        FailedError: a check failed.
    """
    if not held:
        raise FailedError(f"a check failed; databases and logs are in {state}")
    if not keep:
        shutil.rmtree(state, ignore_errors=True)
