"""Runs workflow tasks on the event loop's own thread, one at a time, and ends one that computes without end."""

from __future__ import annotations

import asyncio
import ctypes
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
MOST_SECONDS = 5.0  # of CPU for a workflow task; the server waits twice as long for it
_LOOKS = 1.0  # seconds between two looks at what computes


class TooLongError(Exception):
    """A workflow task computed for longer than it may; the SDK reports it failed, and the server asks again."""


class _EndedError(BaseException):
    """Raised in the thread that computes too long, past whatever catches errors there."""


class OnLoop(ThreadPoolExecutor):
    """What the SDK takes for its pool of threads, with no thread in it.

    The SDK hands each workflow task to a thread of a pool. The interpreter runs one thread at a time anyway, and to
    wake one, pass the interpreter on and be woken again costs more than most tasks compute. Here a task runs when the
    loop comes round to it, and what else the loop has to do gets its turn between two of them.

    The SDK's own watch over tasks that never end needs the loop, which such a task would hold up. So a thread looks
    once a second whether one has computed for more than ``most`` seconds, and ends it as the SDK would. What counts is
    the CPU that it took: on a busy machine a task may wait for long and be well.
    """

    def __init__(self, most: float = MOST_SECONDS, looks: float = _LOOKS) -> None:
        super().__init__(max_workers=1)
        self._most, self._looks = most, looks
        self._queued: deque[tuple[asyncio.Future[Any], Callable[[], Any]]] = deque()
        self._lock = threading.Lock()
        self._computing: tuple[int, float] | None = None  # in which thread, from where on its clock
        self._ended = False
        self._watch: threading.Thread | None = None

    def submit(  # type: ignore[override]
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> asyncio.Future[T]:
        """Run a function when the running loop comes round to it; what comes of it is the loop's own future.

        ``run_in_executor`` gives such a future on as it is. A pool's would have to be carried over from its thread.

        Raises:
            RuntimeError: no loop runs in this thread.
        """
        loop = asyncio.get_running_loop()
        if self._watch is None:
            self._watch = threading.Thread(target=_look, args=(weakref.ref(self),), name="ltc-overlong", daemon=True)
            self._watch.start()
        future: asyncio.Future[T] = loop.create_future()
        self._queued.append((future, partial(fn, *args, **kwargs)))
        if len(self._queued) == 1:
            self._soon(loop)
        return future

    def _soon(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.call_soon(self._next, loop, context=Context())  # a task sees nothing of whoever handed it over

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        future, work = self._queued.popleft()
        if self._queued:
            self._soon(loop)
        if future.done():
            return  # nobody waits for it any more
        try:
            future.set_result(self._timed(work))
        except BaseException as error:  # noqa: BLE001 - as a pool does: whoever waits for it is told
            future.set_exception(self._told(error))
        finally:
            asyncio._set_running_loop(loop)  # a chain's tasks have a loop of their own, and leave none behind

    def _timed(self, work: Callable[[], T]) -> T:
        with self._lock:
            thread = threading.get_ident()
            self._computing, self._ended = (thread, _spent(thread)), False
        try:
            result = work()
        finally:
            with self._lock:
                self._computing = None
        if self._ended:
            raise _EndedError  # something caught it on its way; what came of the task is half done
        return result

    def _told(self, error: BaseException) -> BaseException:
        if not self._ended:
            return error
        return TooLongError(f"a workflow task computed for more than {self._most:g} s; it was ended and is tried again")

    def look(self) -> float:
        """End what computes for too long; returns after how many seconds to look again."""
        with self._lock:
            thread, began = self._computing or (0, 0.0)
            if thread and _spent(thread) - began > self._most:
                self._ended = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(_EndedError))
        return self._looks


def _spent(thread: int) -> float:
    """Return the CPU seconds of a thread that lives; where the system does not tell them, the seconds of a clock."""
    told = getattr(time, "pthread_getcpuclockid", None)
    return time.clock_gettime(told(thread)) if told else time.monotonic()


def _look(executor: weakref.ref[OnLoop]) -> None:
    """Look again and again, as long as anybody else knows of the executor."""
    while (one := executor()) is not None:
        pause = one.look()
        del one
        time.sleep(pause)
