"""How an outside system is doing, as those who call it see it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol

from ltc.model.base import Value

HealthState = Literal["well", "away", "trying", "recovering"]


class SystemHealth(Value):
    """One worker process's view of one system. Times are real.

    ``away``: nothing is sent before ``next_try``; ``trying``: one call finds out; ``recovering``: it answers again, and
    those who wait come back a few at a time. ``waiting`` counts the calls that were turned away since ``since``.
    """

    system: str
    worker: str
    state: HealthState
    since: datetime
    next_try: datetime | None = None
    error: str = ""
    waiting: int = 0
    seen: datetime | None = None


class HealthStore(Protocol):
    """Where the workers' views are kept: one row for each system and worker."""

    async def record_health(self, health: SystemHealth) -> None:
        """Replace a worker's view of a system.

        Raises:
            StoreUnavailable: the database is away; nothing was written.
        """
        ...
