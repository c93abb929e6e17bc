"""How an effect is carried out at most once, whatever is lost on the way: intent, settle, probe, mark sent, send.

Class A and B systems keep an effect single by its key: intent, send, confirm. Class C has only a searchable
reference: intent → wait until no earlier attempt can land any more → probe → mark sent under a fence → send; 2xx
confirms, a definite refusal means absent, everything else is unknown. Class D is sent once; then a person looks.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel

from activities.failures import FiguresChanged
from ltc.ports.errors import BusinessRefusal, Misconfigured, OutcomeUnknown, PortError, StillInFlight, Unavailable
from ltc.ports.operations import Operation
from ltc.ports.store import Answered, AnswerStore, DocumentRef, InboxStore, Intent, IntentStore, Route

LOG = logging.getLogger("ltc.effects")


class Effects(IntentStore, InboxStore, AnswerStore, Protocol):
    """What the protocol needs of the records."""


class EffectPort(Protocol):
    """What the protocol needs of every port besides the operation's own method."""

    settle_seconds: float

    async def probe(self, operation: str, key: str, request: BaseModel) -> BaseModel | None:
        """Return what the effect with this key gave, or None when it certainly did not take place."""
        ...


@dataclass(frozen=True)
class EffectCall:
    """One effect that a step wants: the operation, its key, its class and where in the chain it stands."""

    operation: Operation
    key: str
    effect_class: str
    request: BaseModel
    body_digest: str
    chain: str
    leg: str = ""
    item: str = ""
    attempt: int = 1
    guard: Callable[[], Awaitable[None]] | None = None  # raises when what was approved is no longer so


class EffectProtocol:
    """Carries effects out over a port, with every intent on record before anything leaves."""

    def __init__(self, records: Effects, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._records = records
        self._monotonic = monotonic

    async def carry_out(self, port: EffectPort, call: EffectCall) -> BaseModel:
        """Make the effect take place once and return what it gave.

        Raises:
            StoreUnavailable: the intent cannot be written; nothing was sent.
            StillInFlight: an earlier attempt may still land; try again after ``remaining`` seconds.
            OutcomeUnknown: it may or may not have taken place.
            FiguresChanged: what an approval was bound to changed; nothing was sent.
            BusinessRefusal, Misconfigured, Unavailable, ContractBroken: as the port says.
        """
        intent = await self._plan(call)
        if intent.state == "confirmed":
            return await self._again(port, call, intent)
        if call.effect_class == "C":
            found = await self._settle_and_probe(port, call, intent)
            if found is not None:
                return await self._confirm(call, found)
        elif call.effect_class == "D" and intent.state not in ("planned", "absent"):
            raise await self._ask_a_person(call)
        if call.guard is not None:
            found = await self._guarded(port, call, intent, call.guard)
            if found is not None:
                return found
        if call.effect_class in ("C", "D"):
            await self._mark_sent(port, call, intent)
        return await self._send(port, call, intent)

    async def keep(self, answer: Answered) -> None:
        """Keep what a system answered to a read; without it the chain goes on, but cannot be gone through again."""
        try:
            await self._records.keep_answer(answer)
        except Exception as error:  # noqa: BLE001 - a read never fails because of its record
            LOG.warning(
                "the answer of %s for %s is not on record (%s)", answer.operation, answer.chain, type(error).__name__
            )

    async def probe(self, port: EffectPort, call: EffectCall) -> BaseModel | None:
        """Find out whether the effect took place; None when it did not and no longer can.

        Raises:
            StillInFlight: it is not there yet, but an earlier attempt may still land.
            OutcomeUnknown, Unavailable: the system cannot tell now.
        """
        intent = await self._plan(call)  # takes the fence: whoever was about to send may no longer
        if intent.state == "confirmed":
            return await self._again(port, call, intent)
        if call.effect_class == "D":
            raise await self._ask_a_person(call)
        found = await self._settle_and_probe(port, call, intent)
        if found is not None:
            return await self._confirm(call, found)
        await self._records.mark_absent(call.key, intent.fence)
        return None

    async def _guarded(
        self, port: EffectPort, call: EffectCall, intent: Intent, guard: Callable[[], Awaitable[None]]
    ) -> BaseModel | None:
        """Check what was approved; if it changed, an earlier attempt that took place still counts."""
        try:
            await guard()
        except FiguresChanged:
            if intent.state not in ("planned", "absent"):
                found = await self.probe(port, call)
                if found is not None:
                    return found
            await self._records.mark_absent(call.key, intent.fence)
            raise
        return None

    async def _plan(self, call: EffectCall) -> Intent:
        return await self._records.plan(call.key, call.chain, call.operation.name, call.body_digest)

    async def _again(self, port: EffectPort, call: EffectCall, intent: Intent) -> BaseModel:
        """The effect is known to have taken place: return what it gave."""
        if intent.result is not None:
            result: BaseModel = call.operation.gives.model_validate(intent.result)
        else:
            found = await port.probe(call.operation.name, call.key, call.request)
            if found is None:
                raise OutcomeUnknown(f"{call.operation.name} {call.key} is on record as done but is not found")
            result = found
        document = document_of(call.operation, result)
        if document is not None:
            await self._records.correlate(document, Route(chain=call.chain, leg=call.leg, item=call.item))
        return result

    async def _settle_and_probe(self, port: EffectPort, call: EffectCall, intent: Intent) -> BaseModel | None:
        if intent.state in ("planned", "absent") and call.effect_class in ("C", "D"):
            return None  # never left, or proved absent since: nothing to look for
        remaining = await self._in_flight(port, call, intent)
        if remaining > 0:
            raise StillInFlight(f"an earlier attempt of {call.operation.name} may still land", remaining)
        found = await port.probe(call.operation.name, call.key, call.request)
        if found is None and call.effect_class == "C":
            await self._records.mark_absent(call.key, intent.fence)
        return found

    async def _in_flight(self, port: EffectPort, call: EffectCall, intent: Intent) -> float:
        """Return for how many seconds an earlier attempt may still take effect."""
        if intent.state == "absent":
            return 0.0
        if call.effect_class in ("A", "B"):  # sent without a time on record: wait once in full
            return port.settle_seconds if call.attempt == 1 else 0.0
        elapsed = await self._records.elapsed_since_sent(call.key)
        return 0.0 if elapsed is None else port.settle_seconds - elapsed.total_seconds()

    async def _mark_sent(self, port: EffectPort, call: EffectCall, intent: Intent) -> None:
        before = self._monotonic()
        if not await self._records.mark_sent(call.key, call.attempt, intent.fence):
            raise StillInFlight(f"a later attempt of {call.operation.name} has taken over", port.settle_seconds)
        if self._monotonic() - before > port.settle_seconds / 2:
            # This process stood still between marking and sending: the time others wait for it is running out.
            await self._records.mark_absent(call.key, intent.fence)
            raise Unavailable(f"the worker stood still before sending {call.operation.name}; nothing was sent")

    async def _send(self, port: EffectPort, call: EffectCall, intent: Intent) -> BaseModel:
        method: Callable[[BaseModel, str], Any] = getattr(port, call.operation.method)
        try:
            result: BaseModel = await method(call.request, call.key)
        except (BusinessRefusal, Misconfigured, Unavailable):
            await self._records.mark_absent(call.key, intent.fence)
            raise
        except PortError as error:
            await self._records.mark_unknown(call.key, intent.fence)
            if call.effect_class == "D":
                await self._records.mark_human(call.key, str(error))
            raise
        return await self._confirm(call, result)

    async def _confirm(self, call: EffectCall, result: BaseModel) -> BaseModel:
        document = document_of(call.operation, result)
        confirm = self._records.confirm(call.key, document, result.model_dump(mode="json"))
        if document is None:
            await confirm
        else:
            route = Route(chain=call.chain, leg=call.leg, item=call.item)
            await asyncio.gather(confirm, self._records.correlate(document, route))
        return result

    async def _ask_a_person(self, call: EffectCall) -> OutcomeUnknown:
        note = f"{call.operation.name} was sent once and cannot be probed: a person must find out"
        await self._records.mark_human(call.key, note)
        return OutcomeUnknown(note)


def document_of(operation: Operation, result: BaseModel) -> DocumentRef | None:
    """Return which document an operation gave; None when it gives none (no ``id``)."""
    identity = getattr(result, "id", None)
    if not isinstance(identity, str):
        return None
    return DocumentRef(system=operation.port, type=type(result).__name__.lower(), id=identity)
