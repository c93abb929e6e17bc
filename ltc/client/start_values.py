"""What a chain starts with: its business key and its input, evaluated from the fields of its start event."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ltc.client.errors import BadInputError
from ltc.definition.plan import Plan
from ltc.model.base import first_fault
from ltc.ports.operations import EventType, Registry
from ltc.ports.store import DocumentRef

MOST_BYTES = 256 * 1024  # of a chain's start input, as JSON
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}")


@dataclass(frozen=True)
class StartValues:
    """The evaluated start: business key, the event's fields, the names the chain begins with, who asks, about what."""

    key: str
    fields: dict[str, Any]
    values: dict[str, Any]
    requester: str
    document: DocumentRef | None


def evaluate_start(plan: Plan, registry: Registry, fields: dict[str, Any], given: str = "") -> StartValues:
    """Check the start event's fields and evaluate key (unless it is given), input and requester from them.

    Raises:
        BadInputError: a field is missing, unknown or malformed, or the key is not fit to be an id.
    """
    from ltc.definition import expressions

    event = registry.events.get(plan.start.event)
    scope: dict[str, Any] = {"event": _checked(event, fields)}
    try:
        key = given or expressions.evaluate(plan.start.key, scope, currency=plan.currency, rates={})
        values = {
            name: expressions.evaluate(source, scope, currency=plan.currency, rates={})
            for name, source in plan.start.input.items()
        }
        who = plan.start.requester
        requester = expressions.evaluate(who, {**values, **scope}, currency=plan.currency, rates={}) if who else ""
    except (expressions.EvaluationError, expressions.NoRate) as error:
        raise BadInputError(f"the start of {plan.process} cannot be evaluated on this input: {error}") from error
    key = str(key)
    if not _KEY.fullmatch(key):
        raise BadInputError(
            f"the business key {key[:60]!r} is not usable; 1 to 100 letters, digits, spaces or . _ - are"
        )
    return StartValues(key, scope["event"], values, str(requester), subject_of(event, fields) if event else None)


def subject_of(event: EventType, fields: dict[str, Any]) -> DocumentRef | None:
    """Return which document an event is about: its system, the type its subject field names, and its id."""
    identity = fields.get(event.subject)
    if not isinstance(identity, str) or not identity:
        return None
    return DocumentRef(system=event.name.split(".", 1)[0], type=event.subject.removesuffix("_id"), id=identity)


def _checked(event: EventType | None, fields: dict[str, Any]) -> dict[str, Any]:
    if event is None:
        return fields
    try:
        checked: dict[str, Any] = event.fields.model_validate(fields).model_dump(mode="json")
    except ValidationError as error:
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        place, msg = first_fault(error, whole="input")
        raise BadInputError(f"{place}: {msg}{more}; expected are the fields of {event.name}") from error
    return checked
