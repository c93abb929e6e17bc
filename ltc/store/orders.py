"""What queues up for the writer: jobs, and parts of jobs that are done once for all of them in a batch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

Job = Callable[[Connection], Any]
Shared = Callable[[Connection, list[Any]], list[Any]]


@dataclass
class Order:
    """A job, and whom to tell."""

    job: Job
    future: asyncio.Future[Any]
    lasting: bool
    shared: Shared | None = None  # instead of the job: one call for all orders of a batch that have the same
    given: Any = None
    by: str = ""
    result: Any = None
    error: Exception | None = None

    def tell(self) -> None:
        """Settle the future, on its own loop."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


def tell(orders: Sequence[Order]) -> None:
    """Settle the futures of some orders, on their own loop."""
    for order in orders:
        order.tell()


def results(connection: Connection, orders: Sequence[Order]) -> list[Any]:
    """Run the jobs in their order; those that share one go together, where the first of them stands."""
    found: dict[int, Any] = {}
    for number, order in enumerate(orders):
        if number in found:
            continue
        if order.shared is None:
            found[number] = order.job(connection)
            continue
        mates = [place for place in range(number, len(orders)) if orders[place].shared == order.shared]
        given = [orders[place].given for place in mates]
        found.update(zip(mates, order.shared(connection, given), strict=True))
    return [found[number] for number in range(len(orders))]
