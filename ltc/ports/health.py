"""How an outside system is doing, as those who call it see it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol, Self

from pydantic import Field, model_validator

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


class Limits(Value):
    """When a system's circuit breaker opens and how it closes. Times are real seconds.

    ``failures`` in a row open it, for ``first`` seconds, doubling up to ``most``. ``slot`` is the distance at which
    those who wait come back. While it closes, ``narrow`` calls may go at once, doubling up to ``wide``.
    """

    failures: int = Field(default=5, ge=1, le=1000)
    first: float = Field(default=1.0, gt=0, le=3600)
    most: float = Field(default=30.0, gt=0, le=3600)
    slot: float = Field(default=0.05, ge=0, le=60)
    narrow: int = Field(default=2, ge=1, le=10_000)
    wide: int = Field(default=64, ge=1, le=10_000)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.most < self.first:
            raise ValueError("most must not be less than first: the pause doubles from first up to most")
        if self.wide < self.narrow:
            raise ValueError("wide must not be less than narrow: calls at once double from narrow up to wide")
        return self


class HealthStore(Protocol):
    """Where the workers' views are kept: one row for each system and worker."""

    async def record_health(self, health: SystemHealth) -> None:
        """Replace a worker's view of a system.

        Raises:
            StoreUnavailable: the database is away; nothing was written.
        """
        ...
