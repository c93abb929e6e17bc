"""What the suite must know of a system under contract: how to reach it, and how to bring documents into a state.

An adapter's engineer gives a ``Rig``. Most derive from ``ltc.contract.base_rig.BaseRig``, which builds every state with
the adapter's own operations (customer → order → confirmed → released → shipped → billed → paid), and override what
their system does otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel

from ltc.ports.adapters import Adapter, Connection

if TYPE_CHECKING:
    from ltc.contract.bench import Bench


class CannotPrepare(Exception):
    """This system cannot be brought into the state a case needs; the text is the reason that is shown."""


@dataclass(frozen=True)
class Seen:
    """One request that passed the proxy. ``path`` holds the query; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Refused:
    """A request that the system must refuse, and the reason it must give (one of several, if more are true)."""

    request: BaseModel
    reasons: tuple[str, ...]


class Rig(Protocol):
    """One system under contract. ``connections`` holds the true addresses by port; the suite puts proxies before them.

    Every method that builds something gets the open ``Bench`` and calls the system through it (``bench.call``).
    """

    name: str
    adapter: Adapter
    connections: Mapping[str, Connection]

    async def prepare(self, bench: Bench) -> None:
        """Check once, before the first case, that the system is there and make what every case needs.

        Raises:
            PortError: the suite cannot be run: away, wrong credentials, a product missing.
        """

    async def ready(self, bench: Bench, operation: str) -> BaseModel:
        """Return a request that this operation takes, fresh each time, with everything it needs in place.

        Raises:
            CannotPrepare: there is no way to get there in this system.
        """

    async def undo(self, bench: Bench, operation: str, request: BaseModel, result: Any) -> BaseModel:
        """Return the request of an operation's inverse that undoes what it just did."""

    async def missing(self, bench: Bench, operation: str) -> BaseModel:
        """Return a request about a document that does not exist. Raises CannotPrepare where none can be named."""

    async def refused(self, bench: Bench, operation: str) -> Refused | None:
        """Return a request that the system must refuse; None when this operation is never refused here."""

    async def cause(self, bench: Bench, event: str) -> str:
        """Make the system report an event; return the id of the event's subject. Raises CannotPrepare."""

    async def count(self, bench: Bench, operation: str, key: str, request: BaseModel) -> int | None:
        """Count, in the system's own records and past the adapter, how often an effect took place.

        None: this system, or this rig, has no way to tell; the suite then relies on the probe.
        """

    def writes(self, seen: Seen) -> bool:
        """Tell whether a request changes something: faults are put on those. Logging in is no change."""

    def cannot(self, case: str, subject: str) -> str:
        """Return why a case does not apply to an operation or event of this system; "" when it does."""

    def secrets(self) -> tuple[str, ...]:
        """Return what must never be seen in errors, logs or results: passwords, tokens, session ids if known."""
