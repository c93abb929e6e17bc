"""What is said of an operation and of an event type once, where it is registered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel


class EffectClass(StrEnum):
    """What a system offers against doing an effect twice."""

    A = "A"  # native idempotency key, or upsert by external id
    B = "B"  # a unique reference field
    C = "C"  # a searchable reference, not unique: intent, settle, probe, send
    D = "D"  # nothing to search by: at most once, then a human


@dataclass(frozen=True)
class Operation:
    """What a ``call`` calls. ``name`` is ``port.method``; the port's adapter has a method of that name."""

    name: str
    takes: type[BaseModel]
    gives: type[BaseModel]
    effect: bool
    inverse: str = ""
    version: int = 1

    @property
    def port(self) -> str:
        """The port that carries the operation out; calls to one port share a task queue."""
        return self.name.split(".", 1)[0]

    @property
    def method(self) -> str:
        """The method of the port."""
        return self.name.split(".", 1)[1]


@dataclass(frozen=True)
class EventType:
    """Something an outside system reports: a hint to read again.

    ``subject`` is the field of the event that names the document it is about. ``read`` is the operation that a
    wait reads again with; it takes one field, the subject's id; of its result the field ``refreshes`` replaces the
    document waited on and the list ``collects`` holds the documents that ``into:`` gathers, by their id.
    ``hints`` is the event that a wait takes it for which does not name it itself.
    ``by`` says whose doing it is: ``customer``, or empty for anybody's; a wait may say it itself (``waits_for:``).
    """

    name: str
    fields: type[BaseModel]
    subject: str
    read: str = ""
    refreshes: str = ""
    collects: str = ""
    by: str = ""
    hints: str = ""

    @property
    def news(self) -> bool:
        """Whether it is more than a hint: a customer's doing that no reading tells. No chain loses it."""
        return self.by == "customer" and not self.read
