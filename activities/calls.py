"""One activity per operation, all with the same body: check the arguments, call the port, tell errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pydantic import BaseModel, ValidationError
from temporalio import activity

from activities.breaker import Breaker, Watched
from activities.effect_protocol import EffectCall, EffectProtocol
from activities.failures import FiguresChanged, raise_as_failure
from ltc.model.base import first_fault
from ltc.model.ids import digest
from ltc.model.messages import CallRequest, Expectation, ProbeResult
from ltc.ports.context import CURRENT_ATTEMPT, CURRENT_CHAIN
from ltc.ports.errors import ContractBroken, Misconfigured
from ltc.ports.operations import Operation, Registry
from ltc.ports.store import Answered

_PLACE = re.compile(r"(?P<leg>[^\[.#]+)(?:\[(?P<item>.*)\])?\.(?P<step>[^#\]]*)(?:#.*)?")


def place_of(activity_id: str) -> tuple[str, str]:
    """Return leg and item of an activity id ``leg[item].step#visit``; empty strings when it is none."""
    match = _PLACE.fullmatch(activity_id)
    return (match["leg"], match["item"] or "") if match else ("", "")


def call_activities(
    registry: Registry,
    ports: Mapping[str, Any],
    protocol: EffectProtocol,
    breakers: Mapping[str, Breaker] | None = None,
) -> dict[str, list[Callable[..., Any]]]:
    """Return the call activities by port name; an activity's name is its operation's.

    An operation that a port's adapter does not carry out gets none: no definition that calls it can be started.
    ``breakers`` guard the ports that they name; a port without one gets its own.
    """
    made: dict[str, list[Callable[..., Any]]] = {}
    guards = {name: (breakers or {}).get(name) or Breaker(name) for name in ports}
    watched = {name: Watched(port, guards[name]) for name, port in ports.items()}
    for operation in registry.operations.values():
        port = ports.get(operation.port)
        if port is None or not callable(getattr(port, operation.method, None)):
            continue
        call = _Call(operation, watched[operation.port], protocol, registry, watched, guards[operation.port])
        made.setdefault(operation.port, []).append(call.activity())
    return made


@dataclass(frozen=True)
class _Call:
    """The body that all call activities share."""

    operation: Operation
    port: Any
    protocol: EffectProtocol
    registry: Registry
    ports: Mapping[str, Any]
    breaker: Breaker

    def activity(self) -> Callable[..., Any]:
        """Return the activity."""

        @activity.defn(name=self.operation.name)
        async def call(request: CallRequest) -> Any:
            info = activity.info()
            CURRENT_CHAIN.set(info.workflow_id or "")
            CURRENT_ATTEMPT.set(info.attempt)
            effect_class = self.effect_class(request)
            try:
                with self.breaker.passing(f"{info.workflow_id}/{info.activity_id}", info.attempt):
                    return await self.carry_out(request, effect_class)
            except Exception as error:  # noqa: BLE001 - told apart there; nothing may pass unmapped
                settle = float(self.port.settle_seconds) if effect_class == "C" else None
                raise_as_failure(
                    _told(error, self.operation), effect_class=effect_class, mode=request.mode, settle=settle
                )

        return call

    def effect_class(self, request: CallRequest) -> str:
        """Return the class pinned at the chain's start, or what the port says now."""
        if not self.operation.effect:
            return ""
        return request.cls or str(self.port.effect_class(self.operation.name))

    async def carry_out(self, request: CallRequest, effect_class: str) -> Any:
        """Read, probe, or carry the effect out."""
        arguments = _arguments(self.operation, request.args)
        if request.mode == "read" or not self.operation.effect:
            result = _checked(self.operation, await getattr(self.port, self.operation.method)(arguments))
            await self.protocol.keep(self.answer(request, result))
            return result
        if not request.key:
            raise Misconfigured(f"{self.operation.name} was called without an effect key")
        effect = self.effect(request, effect_class, arguments)
        if request.mode == "probe":
            found = await self.protocol.probe(self.port, effect)
            return ProbeResult(found=found is not None, result=found.model_dump(mode="json") if found else None)
        return _checked(self.operation, await self.protocol.carry_out(self.port, effect))

    def answer(self, request: CallRequest, result: BaseModel) -> Answered:
        """Say what a system answered to a read."""
        info = activity.info()
        return Answered(
            chain=info.workflow_id or "", activity=info.activity_id, operation=self.operation.name,
            asked=info.scheduled_time, at=datetime.now(UTC), args=digest(request.args),
            result=result.model_dump(mode="json"),
        )  # fmt: skip

    def effect(self, request: CallRequest, effect_class: str, arguments: BaseModel) -> EffectCall:
        """Say what the protocol needs to know of an effect."""
        info = activity.info()
        leg, item = place_of(info.activity_id)
        expect = request.expect
        return EffectCall(
            operation=self.operation, key=request.key, effect_class=effect_class, request=arguments,
            body_digest=digest([self.operation.name, request.args]), chain=info.workflow_id or "", leg=leg, item=item,
            attempt=info.attempt, guard=None if expect is None else partial(self.compare, expect),
        )  # fmt: skip

    async def compare(self, expect: Expectation) -> None:
        """Read a document again and compare the fields that an approval was bound to.

        Raises:
            FiguresChanged: they differ.
            Misconfigured: no operation reads such a document.
        """
        reader = self._reader(expect.document)
        port = self.ports[reader.port]
        document: BaseModel = await getattr(port, reader.method)(_arguments(reader, {expect.document: expect.id}))
        now = document.model_dump(mode="json")
        if digest({name: now.get(name) for name in expect.fields}) != expect.digest:
            fields = ", ".join(expect.fields)
            raise FiguresChanged(f"{expect.document} {expect.id} changed since it was approved (one of {fields})", now)

    def _reader(self, document: str) -> Operation:
        name = f"get_{document}"
        found = [one for one in self.registry.operations.values() if one.method == name and one.port in self.ports]
        found.sort(key=lambda one: one.port != self.operation.port)
        if not found:
            raise Misconfigured(f"no operation {name} reads the {document} that an approval is bound to")
        return found[0]


def _arguments(operation: Operation, given: dict[str, Any]) -> BaseModel:
    try:
        return operation.takes.model_validate(given)
    except ValidationError as error:
        place, msg = first_fault(error, whole="arguments")
        raise Misconfigured(f"{operation.name} cannot take its arguments: {place}: {msg}") from error


def _checked(operation: Operation, result: Any) -> Any:
    if not isinstance(result, operation.gives):
        raise ContractBroken(f"{operation.name} gave no {operation.gives.__name__}", evidence=type(result).__name__)
    return result


def _told(error: Exception, operation: Operation) -> Exception:
    """Say of values that no document can hold that the system gave them: asking again would give them again."""
    if not isinstance(error, ValidationError):
        return error
    place, msg = first_fault(error, whole=error.title)
    return ContractBroken(f"{operation.name} gave what no {error.title} can hold: {place}: {msg}")
