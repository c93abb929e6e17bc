"""What every outside system offers besides its operations: a probe, its effect classes and a feed of events."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from pydantic import BaseModel

from ltc.model.base import Value
from ltc.ports.operations import EffectClass


class FeedEvent(Value):
    """One event of a feed. ``at`` is the system's business time; events may come twice and out of order."""

    id: str
    name: str
    fields: dict[str, Any]
    at: datetime


class EventPage(Value):
    """Events after a cursor, oldest first, and the cursor to ask with next time."""

    events: list[FeedEvent]
    next: str


class System(Protocol):
    """What the engine needs of any system that holds documents."""

    settle_seconds: float
    """How long, in real seconds, an abandoned attempt may still take effect there."""

    def effect_class(self, operation: str) -> EffectClass:
        """Return what the system offers against doing this operation twice.

        Raises:
            Misconfigured: the system does not carry out this operation.
        """

    async def probe(self, operation: str, key: str, request: BaseModel) -> BaseModel | None:
        """Tell whether the effect with this key took place.

        Returns what the operation gives, or None when the effect is certainly absent (as of now: see
        ``settle_seconds``).

        Raises:
            Unavailable: the system is away, so nothing is known.
            ContractBroken: the system holds more than one document under this key, or answered nonsense.
        """

    async def events(self, after: str, limit: int = 100, wait: float = 0.0) -> EventPage:
        """Return up to ``limit`` events after the cursor ``after`` ("" is the beginning).

        With none there, a system that can may wait up to ``wait`` real seconds for one.
        """

    async def aclose(self) -> None:
        """Close connections; the port cannot be used afterwards."""
