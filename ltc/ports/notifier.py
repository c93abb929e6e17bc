"""The port for telling people something."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from pydantic import Field

from ltc.model.base import Value


class Message(Value):
    """One message to one recipient (a person's id, or ``customer``). ``key`` makes a repeated delivery recognisable."""

    key: str
    to: str
    about: str
    chain: str
    at: datetime
    detail: dict[str, Any] = Field(default_factory=dict)


class Notifier(Protocol):
    """Tells people things, at least once.

    Raises: Unavailable when the message was not taken, Misconfigured when the channel's settings are wrong.
    """

    async def send(self, messages: list[Message]) -> None:
        """Send messages. A message with a key that was sent before need not be sent again."""

    async def aclose(self) -> None:
        """Let go of connections and files."""
