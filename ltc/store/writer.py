"""The one thread of a process that writes: what queues up goes into one transaction."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from ltc.ports.store import StoreUnavailable
from ltc.store.engines import conflicted

T = TypeVar("T")
Job = Callable[[Connection], Any]
_TRIES = 3


@dataclass
class _Order:
    """A job, and whom to tell."""

    job: Job
    future: Future[Any] = field(default_factory=Future)


class Writer:
    """Runs jobs in their order, batched. A job may run twice: it must depend on the database alone.

    ``rolled_back`` is called on the thread after each transaction that did not commit; what jobs have remembered
    outside the database is void then.
    """

    def __init__(self, engine: Engine, translate: Callable[[Exception], Exception], most: int = 64) -> None:
        self._engine = engine
        self._translate = translate
        self._most = most
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._closed = False
        self._lock = threading.Lock()
        self.rolled_back: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._run, name="ltc-store-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[Connection], T]) -> Future[T]:
        """Queue a job; its future resolves after the commit.

        Raises:
            StoreUnavailable: the writer is closed.
        """
        order = _Order(job)
        with self._lock:
            if self._closed:
                raise StoreUnavailable("the store is closed; open it again")
            self._orders.put(order)
        return order.future

    def close(self) -> None:
        """Carry out what is queued, then end the thread."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._orders.put(None)
        self._thread.join()

    def _run(self) -> None:
        going = True
        while going:
            batch, going = self._take()
            live = [order for order in batch if order.future.set_running_or_notify_cancel()]
            if live:
                self._carry_out(live)

    def _take(self) -> tuple[list[_Order], bool]:
        """Wait for an order, then take what else is there. False: the end was announced."""
        batch: list[_Order] = []
        order = self._orders.get()
        while order is not None:
            batch.append(order)
            if len(batch) >= self._most or self._orders.empty():
                return batch, True
            order = self._orders.get()
        return batch, False

    def _carry_out(self, orders: list[_Order]) -> None:
        try:
            with self._engine.begin() as connection:
                results = [order.job(connection) for order in orders]
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller is told and the thread lives on
            self.rolled_back()
            if len(orders) == 1:
                self._again(orders[0], error)
            else:
                for order in orders:  # one bad job must not take its neighbours along
                    self._carry_out([order])
            return
        for order, result in zip(orders, results, strict=True):
            order.future.set_result(result)

    def _again(self, order: _Order, error: Exception) -> None:
        """Run a job again that lost against another process; fail it for any other reason."""
        for _ in range(_TRIES):
            if not conflicted(error):
                break
            try:
                with self._engine.begin() as connection:
                    result = order.job(connection)
            except Exception as another:  # noqa: BLE001 - as above
                self.rolled_back()
                error = another
            else:
                order.future.set_result(result)
                return
        order.future.set_exception(self._translate(error))
