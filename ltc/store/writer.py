"""The one thread of a process that writes: what queues up goes into one transaction."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from ltc.ports.store import StoreUnavailable
from ltc.store.engines import conflicted, reach_disk, set_lasting
from ltc.store.orders import Order, results, tell

LOG = logging.getLogger("ltc.store")
Part = TypeVar("Part")
T = TypeVar("T")
_TRIES = 3
_BEHIND = 0.25  # seconds that the views may be behind the trail
_AGAIN = 5.0  # seconds more when they could not be written
_CROWD = 8  # parts of at least half as many that came lately, so that others will come soon
_LATELY = 0.2  # seconds
_GATHER = 0.02  # seconds that a part may wait for others in a crowd
_QUIET = 1.0  # seconds without an order after which commits that have not reached the disk are sent there
_AFLOAT = 1.0  # seconds after which they go there with the views, when orders keep coming


class Writer:
    """Runs jobs in their order, batched. A job may run twice: it must depend on the database alone.

    ``rolled_back`` is called on the thread after each transaction that did not commit; what jobs have remembered
    outside the database is void then. ``chore`` is what jobs leave for a transaction of its own, a moment later and
    once for many of them; ``waiting`` tells whether there is any.

    Parts that come in a crowd are gathered for a moment before they are written, unless something else comes: a
    transaction for each of them costs more than they do. Who comes alone never waits (PostgreSQL's ``commit_delay`` and
    ``commit_siblings``).

    On SQLite a transaction that holds nothing but what can be had again does not wait for the disk: it is there with
    the next one that does, with the chore once a second has passed, or a second after the last order.
    """

    def __init__(self, engine: Engine, translate: Callable[[Exception], Exception], most: int = 128) -> None:
        self._engine = engine
        self._translate = translate
        self._most = most
        self._orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self._closed = False
        self._lock = threading.Lock()
        self._held: Connection | None = None
        self._afloat: float | None = None  # since when commits have not reached the disk
        self._since: float | None = None  # when the chore began to wait
        self._came: deque[tuple[float, str]] = deque(maxlen=_CROWD)  # parts lately: when, whose
        self._enough = 0  # parts that are not waited beyond
        self._pressing = threading.Event()  # something came that is not gathered, or enough
        self.rolled_back: Callable[[], None] = lambda: None
        self.chore: Callable[[Connection], None] = lambda _: None
        self.waiting: Callable[[], bool] = lambda: False
        self._thread = threading.Thread(target=self._run, name="ltc-store-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[Connection], T], *, lasting: bool = True) -> asyncio.Future[T]:
        """Queue a job; its future, one of the running loop, resolves after the commit.

        Args:
            job: what to do on the connection.
            lasting: False where a power cut may cost it because it can be had again elsewhere. A process that is
                killed loses nothing either way.

        Raises:
            StoreUnavailable: the writer is closed.
        """
        return self._queue(Order(job, asyncio.get_running_loop().create_future(), lasting))

    def submit_together(
        self, shared: Callable[[Connection, list[Part]], list[T]], given: Part, by: str
    ) -> asyncio.Future[T]:
        """Queue a part of a job that is done once for all parts in a batch; what can be had again from elsewhere.

        Args:
            shared: what to do for all of them: gets what each caller gave, returns what each is told.
            given: this caller's part.
            by: whose part it is; parts of many make a crowd.

        Raises:
            StoreUnavailable: the writer is closed.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        return self._queue(Order(lambda connection: shared(connection, [given])[0], future, False, shared, given, by))

    def _queue(self, order: Order) -> asyncio.Future[Any]:
        with self._lock:
            if self._closed:
                raise StoreUnavailable("the store is closed; open it again")
            self._orders.put(order)
        if order.shared is None or self._orders.qsize() >= self._enough:
            self._pressing.set()
        return order.future

    def close(self) -> None:
        """Carry out what is queued, then end the thread."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._orders.put(None)
                self._pressing.set()
        self._thread.join()

    def _run(self) -> None:
        going = True
        while going:
            batch, going = self._take()
            self._came.extend((time.monotonic(), order.by) for order in batch if order.shared is not None)
            live = [order for order in batch if not order.future.cancelled()]
            if live:
                self._carry_out(live)
                self._report(live)
            self._see_to_chore()
        self._do_chore()
        self._land()
        self._let_go()

    def _take(self) -> tuple[list[Order], bool]:
        """Wait for an order, then take what else is there. False: the end was announced."""
        batch: list[Order] = []
        order = self._next()
        if order is not None and order.shared is not None:
            self._gather(order.by)
        while order is not None:
            batch.append(order)
            if len(batch) >= self._most or self._orders.empty():
                return batch, True
            order = self._orders.get()
        return batch, False

    def _gather(self, by: str) -> None:
        """In a crowd, and with nothing else to do, wait for a moment until as many have come as came lately."""
        now = time.monotonic()
        crowd = {by, *(one for when, one in self._came if now - when < _LATELY)}
        self._enough = len(crowd) - 1
        self._pressing.clear()
        if len(crowd) >= _CROWD // 2 and self._orders.empty():
            self._pressing.wait(_GATHER)

    def _report(self, orders: list[Order]) -> None:
        """Tell each loop once what came of its orders: waking it costs as much as a small write."""
        for loop in {id(order.future.get_loop()): order.future.get_loop() for order in orders}.values():
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(tell, [order for order in orders if order.future.get_loop() is loop])

    def _next(self) -> Order | None:
        """Wait for an order; when none comes for a while, the chore is done, and what is afloat goes to the disk."""
        while True:
            try:
                return self._orders.get(timeout=self._patience())
            except queue.Empty:
                if self._since is not None:
                    self._do_chore()
                else:
                    self._land()

    def _patience(self) -> float | None:
        """Return how long to wait for an order, in seconds; None for as long as it takes."""
        if self._since is not None:
            return max(0.0, self._since + _BEHIND - time.monotonic())
        return None if self._afloat is None else _QUIET

    def _see_to_chore(self) -> None:
        """Between two batches: the chore has waited long enough, or begins to wait."""
        if self._since is None:
            self._since = time.monotonic() if self.waiting() else None
        elif time.monotonic() >= self._since + _BEHIND:
            self._do_chore()

    def _do_chore(self) -> None:
        self._since = None
        if not self.waiting():
            return
        try:
            with self._transaction(lasting=self._long_afloat()) as connection:
                self.chore(connection)
        except Exception as error:  # noqa: BLE001 - it is tried again; nobody waits for it
            LOG.warning("the views stay behind the trail for now (%s)", type(error).__name__)
            self.rolled_back()
            self._since = time.monotonic() + _AGAIN

    def _long_afloat(self) -> bool:
        """Tell whether commits have waited for the disk so long that the next one must wait with them."""
        return self._afloat is not None and time.monotonic() - self._afloat >= _AFLOAT

    def _land(self) -> None:
        if self._afloat is None:
            return
        self._afloat = None
        try:
            reach_disk(self._connection())
        except Exception:  # noqa: BLE001 - the next commit that waits for the disk takes it along
            self._let_go()

    def _connection(self) -> Connection:
        """Return the one connection; on PostgreSQL from the pool each time, which looks whether it is alive."""
        if self._held is not None and self._held.dialect.name != "sqlite":
            self._let_go()
        if self._held is None:
            self._held = self._engine.connect()
        return self._held

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.close()

    @contextmanager
    def _transaction(self, lasting: bool) -> Iterator[Connection]:
        try:
            connection = self._connection()
            set_lasting(connection, lasting)
            with connection.begin():
                yield connection
            self._afloat = None if lasting else self._afloat or time.monotonic()
        except BaseException:
            self._let_go()
            raise

    def _carry_out(self, orders: list[Order]) -> None:
        try:
            with self._transaction(any(order.lasting for order in orders)) as connection:
                found = results(connection, orders)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller is told and the thread lives on
            self.rolled_back()
            if len(orders) == 1:
                self._again(orders[0], error)
            else:
                for order in orders:  # one bad job must not take its neighbours along
                    self._carry_out([order])
            return
        for order, result in zip(orders, found, strict=True):
            order.result = result

    def _again(self, order: Order, error: Exception) -> None:
        """Run a job again that lost against another process; fail it for any other reason."""
        for _ in range(_TRIES):
            if not conflicted(error):
                break
            try:
                with self._transaction(order.lasting) as connection:
                    result = order.job(connection)
            except Exception as another:  # noqa: BLE001 - as above
                self.rolled_back()
                error = another
            else:
                order.result = result
                return
        order.error = self._translate(error)
