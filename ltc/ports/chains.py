"""The port by which a chain starts other chains: its children, each a chain of its own with its own business key."""

from __future__ import annotations

from typing import Any, Protocol

from pydantic import Field, model_validator

from ltc.model.base import Value
from ltc.model.documents import Document

_INPUT = "input."


class Child(Document):
    """A chain that another started. ``version`` rises when it ends."""

    id: str = Field(min_length=1, max_length=160)
    process: str
    key: str
    status: str  # running, held, compensating, ended
    ended: bool = False
    outcome: str = ""
    reason: str = ""


class StartChain(Value):
    """Start a chain of a process. ``key``: its business key; empty: what its definition makes of the input.

    ``input`` holds the fields of the event that the process starts with; a plan gives them one by one, as
    ``input.NAME``.
    """

    process: str
    key: str = ""
    input: dict[str, Any]

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not any(str(name).startswith(_INPUT) for name in given):
            return given
        fields = {name[len(_INPUT) :]: value for name, value in given.items() if name.startswith(_INPUT)}
        plain = {name: value for name, value in given.items() if not name.startswith(_INPUT)}
        return {**plain, "input": {**fields, **plain.get("input", {})}}


class ChildId(Value):
    """A chain by its id."""

    child: str


class ChildStatus(Value):
    """A chain as it stands now."""

    child: Child


class ChildEnded(Value):
    """A chain that another started has ended."""

    child: str
    outcome: str = ""
    reason: str = ""


class Chains(Protocol):
    """One method per ``chain.`` operation. All raise ``ltc.ports.errors`` only."""

    async def start(self, request: StartChain, key: str) -> Child:
        """Start a chain, or find the one that its business key has started."""

    async def watch(self, request: ChildId) -> ChildStatus:
        """Read how a chain stands."""

    async def cancel(self, request: ChildId, key: str) -> Child:
        """Cancel a chain: what it did is undone. Refused once it has gone too far for that."""

    async def require_ended(self, request: ChildId, key: str) -> Child:
        """Refused as ``still_running`` while it runs: people decide what becomes of it."""
