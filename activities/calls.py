"""One activity per operation, all with the same body: check the arguments, call the port, tell errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from temporalio import activity

from activities.effect_protocol import EffectCall, EffectProtocol
from activities.failures import raise_as_failure
from ltc.model.ids import digest
from ltc.model.messages import CallRequest, ProbeResult
from ltc.ports.context import CURRENT_CHAIN
from ltc.ports.errors import ContractBroken, Misconfigured
from ltc.ports.operations import Operation, Registry

_PLACE = re.compile(r"(?P<leg>[^\[.#]+)(?:\[(?P<item>.*)\])?\.(?P<step>[^#\]]*)(?:#.*)?")


def place_of(activity_id: str) -> tuple[str, str]:
    """Return leg and item of an activity id ``leg[item].step#visit``; empty strings when it is none."""
    match = _PLACE.fullmatch(activity_id)
    return (match["leg"], match["item"] or "") if match else ("", "")


def call_activities(
    registry: Registry, ports: Mapping[str, Any], protocol: EffectProtocol
) -> dict[str, list[Callable[..., Any]]]:
    """Return the call activities by port name; an activity's name is its operation's.

    Raises:
        ValueError: an operation's port is given but has no such method.
    """
    made: dict[str, list[Callable[..., Any]]] = {}
    for operation in registry.operations.values():
        port = ports.get(operation.port)
        if port is None:
            continue
        if not callable(getattr(port, operation.method, None)):
            raise ValueError(f"the adapter of port {operation.port!r} has no method {operation.method!r}")
        made.setdefault(operation.port, []).append(_activity(operation, port, protocol))
    return made


def _activity(operation: Operation, port: Any, protocol: EffectProtocol) -> Callable[..., Any]:
    @activity.defn(name=operation.name)
    async def call(request: CallRequest) -> Any:
        effect_class = request.cls or str(port.effect_class(operation.name)) if operation.effect else ""
        CURRENT_CHAIN.set(activity.info().workflow_id or "")
        try:
            return await _carry_out(operation, port, protocol, request, effect_class)
        except Exception as error:  # noqa: BLE001 - told apart there; nothing may pass unmapped
            raise_as_failure(error, effect_class=effect_class, mode=request.mode, settle=_settle(port, effect_class))

    return call


async def _carry_out(
    operation: Operation, port: Any, protocol: EffectProtocol, request: CallRequest, effect_class: str
) -> Any:
    arguments = _arguments(operation, request)
    if request.mode == "read" or not operation.effect:
        return _checked(operation, await getattr(port, operation.method)(arguments))
    if not request.key:
        raise Misconfigured(f"{operation.name} was called without an effect key")
    info = activity.info()
    leg, item = place_of(info.activity_id)
    call = EffectCall(
        operation=operation, key=request.key, effect_class=effect_class, request=arguments,
        body_digest=digest([operation.name, request.args]), chain=info.workflow_id or "", leg=leg, item=item,
        attempt=info.attempt,
    )  # fmt: skip
    if request.mode == "probe":
        found = await protocol.probe(port, call)
        return ProbeResult(found=found is not None, result=found.model_dump(mode="json") if found else None)
    return _checked(operation, await protocol.carry_out(port, call))


def _arguments(operation: Operation, request: CallRequest) -> BaseModel:
    try:
        return operation.takes.model_validate(request.args)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "arguments"
        raise Misconfigured(f"{operation.name} cannot take its arguments: {place}: {first['msg']}") from error


def _checked(operation: Operation, result: Any) -> Any:
    if not isinstance(result, BaseModel):
        raise ContractBroken(f"{operation.name} gave no {operation.gives.__name__}", evidence=type(result).__name__)
    return result


def _settle(port: Any, effect_class: str) -> float | None:
    return float(port.settle_seconds) if effect_class == "C" else None
