"""What the suite must know of a system under contract, its rig, and the bench on which the adapter is driven.

An adapter's engineer gives a ``Rig``. Most derive from ``ltc.contract.base_rig.BaseRig``, which builds every state with
the adapter's own operations (customer → order → confirmed → released → shipped → billed → paid), and override what
their system does otherwise. The bench connects the adapter through fault proxies, drives it as the engine does, and
keeps everything it says.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
import uuid
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import httpx
from pydantic import BaseModel

from activities.effect_protocol import EffectCall, EffectProtocol
from ltc.contract.proxy import FaultProxy, Seen
from ltc.contract.records import MemoryRecords
from ltc.model.ids import digest, effect_key
from ltc.ports.adapters import Adapter, Connection
from ltc.ports.errors import ContractBroken, Misconfigured, OutcomeUnknown, PortError, StillInFlight, Unavailable
from ltc.ports.operations import OPERATIONS, EffectClass
from ltc.ports.systems import System

Result = TypeVar("Result")
_RETRIED = (OutcomeUnknown, Unavailable, ContractBroken, StillInFlight)
_BETWEEN = 0.05  # seconds between two attempts; faults meet one request each, so there is nothing to wait for


class CannotPrepare(Exception):
    """This system cannot be brought into the state a case needs; the text is the reason that is shown."""


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


class Bench:
    """One rig's systems behind proxies. Made by ``open_bench``."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.systems: dict[str, System] = {}
        self.proxies: dict[str, FaultProxy] = {}
        self.heard: list[str] = []
        self.memory: dict[str, Any] = {}
        # The suite decides itself what is late: its own pauses are no reason to wait.
        self._protocol = EffectProtocol(MemoryRecords(), monotonic=lambda: 0.0)
        self._past: dict[str, httpx.AsyncClient] = {}

    def port(self, operation: str) -> System:
        """Return the port that carries an operation out."""
        return self.systems[OPERATIONS[operation].port]

    def proxy(self, operation: str) -> FaultProxy:
        """Return the proxy before the system that carries an operation out."""
        return self.proxies[OPERATIONS[operation].port]

    def carries(self, operation: str) -> bool:
        """Tell whether the adapter carries an operation out; an effect needs a class, too."""
        known = OPERATIONS[operation]
        port = self.systems.get(known.port)
        if port is None or not callable(getattr(port, known.method, None)):
            return False
        try:
            return not known.effect or bool(port.effect_class(operation))
        except Misconfigured:
            return False

    def effect_class(self, operation: str) -> EffectClass:
        """Return the effect class the adapter claims."""
        return self.port(operation).effect_class(operation)

    def key(self) -> str:
        """Return a fresh effect key, as the engine makes them."""
        return effect_key("contract", uuid.uuid4().hex, "leg", "", "step", 1)

    async def call(self, operation: str, request: BaseModel, key: str = "") -> Any:
        """Call an operation once, without the protocol; an effect without a key gets a fresh one."""
        known = OPERATIONS[operation]
        method = getattr(self.port(operation), known.method)
        return await self.listen(method(request, key or self.key()) if known.effect else method(request))

    async def probe(self, operation: str, key: str, request: BaseModel) -> Any:
        """Probe an effect."""
        return await self.listen(self.port(operation).probe(operation, key, request))

    async def carry(self, operation: str, request: BaseModel, key: str, attempts: int = 6) -> Any:
        """Carry an effect out as the engine does: intent, settle, probe, send, again after every unknown outcome.

        Raises:
            PortError: the last attempt's error, when none succeeded.
        """
        last: PortError = OutcomeUnknown("not attempted")
        for attempt in range(1, attempts + 1):
            call = EffectCall(
                operation=OPERATIONS[operation], key=key, effect_class=str(self.effect_class(operation)),
                request=request, body_digest=digest([operation, request.model_dump(mode="json")]), chain="contract",
                attempt=attempt,
            )  # fmt: skip
            try:
                return await self.listen(self._protocol.carry_out(self.port(operation), call))
            except _RETRIED as error:
                last = error
                await asyncio.sleep(error.remaining if isinstance(error, StillInFlight) else _BETWEEN)
        raise last

    async def listen(self, work: Awaitable[Result]) -> Result:
        """Await something of the adapter and keep what it says: results, errors with their causes."""
        try:
            result = await work
        except PortError as error:
            self.heard.append(f"{error!r} {vars(error)}\n{''.join(traceback.format_exception(error))}")
            raise
        self.heard.append(result.model_dump_json() if isinstance(result, BaseModel) else repr(result))
        return result

    def past(self, port: str) -> httpx.AsyncClient:
        """Return a client that goes past proxy and adapter, without credentials; closed with the bench."""
        if port not in self._past:
            self._past[port] = httpx.AsyncClient(base_url=self.rig.connections[port].url, trust_env=False)
        return self._past[port]

    async def aclose(self) -> None:
        """Close the clients that went past the adapter."""
        for client in self._past.values():
            await client.aclose()

    def calm(self) -> None:
        """Forget planned faults that nothing met."""
        for proxy in self.proxies.values():
            proxy.calm()

    @asynccontextmanager
    async def other(self, port: str, **changes: Any) -> AsyncIterator[System]:
        """Connect once more, with other settings: wrong credentials, less patience. ``url`` None is the proxy's."""
        connection = replace(self.through(port), **changes)
        system = self.rig.adapter.connect(port, connection)
        try:
            yield system
        finally:
            await system.aclose()

    def through(self, port: str) -> Connection:
        """Return a port's connection through its proxy; the suite lets nothing land behind its back: no settling."""
        return replace(self.rig.connections[port], url=self.proxies[port].url, settle_seconds=0.0)


class _Log(logging.Handler):
    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        self._heard.append(f"log {record.name}: {record.getMessage()}")


@asynccontextmanager
async def open_bench(rig: Rig) -> AsyncIterator[Bench]:
    """Put proxies before a rig's systems, connect its adapter through them and prepare what every case needs.

    Raises:
        PortError: the suite cannot be run on this system: it is away, or refuses the credentials.
    """
    bench = Bench(rig)
    log = _Log(bench.heard)
    logging.getLogger().addHandler(log)
    try:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(bench.aclose)
            for port, connection in rig.connections.items():
                bench.proxies[port] = await stack.enter_async_context(FaultProxy(connection.url))
                bench.systems[port] = rig.adapter.connect(port, bench.through(port))
                stack.push_async_callback(bench.systems[port].aclose)
            await rig.prepare(bench)
            yield bench
    finally:
        logging.getLogger().removeHandler(log)
