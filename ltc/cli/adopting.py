"""Makes the document that an operator supplies whole: checked against the operation, or read by its id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from ltc.cli.exits import BadUsageError, NotFoundError
from ltc.definition.plan import CallNode, Plan
from ltc.model.base import first_fault
from ltc.ports.errors import BusinessRefusal
from ltc.ports.operations import Operation, Registry

Record = dict[str, Any]


def operation_at(plan: Plan, registry: Registry, leg: str, step: str) -> Operation | None:
    """Return the operation that a step of a plan calls; None for a step that calls nothing."""
    node = plan.nodes.get(f"{leg}.{step}")
    return registry.operations.get(node.call.op) if isinstance(node, CallNode) else None


def reader_of(operation: Operation, registry: Registry) -> Operation | None:
    """Return the operation that reads, by its id alone, what another one gives; None if there is none."""
    for one in registry.operations.values():
        alike = not one.effect and one.port == operation.port and one.gives is operation.gives
        if alike and len(one.takes.model_fields) == 1:
            return one
    return None


async def whole(given: Record, operation: Operation, registry: Registry, systems: Mapping[str, Any]) -> Record:
    """Return the document as the operation would have given it. ``{"id": …}`` alone is read from its system.

    Raises:
        NotFoundError: the system has no such document.
        BadUsageError: it is not such a document; names the field.
    """
    reader = reader_of(operation, registry)
    if set(given) == {"id"} and reader is not None:
        return await _read(str(given["id"]), reader, systems)
    try:
        return operation.gives.model_validate(given).model_dump(mode="json")
    except ValidationError as error:
        place, msg = first_fault(error)
        hint = ', or {"id": …} alone to have it read' if reader else ""
        kind = operation.gives.__name__
        raise BadUsageError(f"--document: {place}: {msg}; give a whole {kind}{hint}") from error


async def _read(identity: str, reader: Operation, systems: Mapping[str, Any]) -> Record:
    field = next(iter(reader.takes.model_fields))
    try:
        request = reader.takes.model_validate({field: identity})
        found: BaseModel = await getattr(systems[reader.port], reader.method)(request)
    except (BusinessRefusal, ValidationError) as error:
        kind = reader.gives.__name__
        raise NotFoundError(f"--document: the {reader.port} has no {kind} {identity!r}") from error
    return found.model_dump(mode="json")
