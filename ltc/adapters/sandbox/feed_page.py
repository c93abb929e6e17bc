"""A page of a feed: an event that is none becomes one that says so, and keeps those behind it from nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from ltc.model.ids import digest
from ltc.ports.systems import EventPage, FeedEvent
from ltc.transport.parse import parse

MALFORMED = "malformed"  # no event that any operation knows: whoever has the late events gets it
_SHOWN = 500  # characters of what was said
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def page_of(said: Any, where: str) -> EventPage:
    """Return a page of a feed.

    Raises:
        ContractBroken: it is no page; nothing can be told of its events, nor of what to ask for next.
    """
    if isinstance(said, dict) and isinstance(said.get("events"), list):
        said = {**said, "events": [_event(one) for one in said["events"]]}
    return parse(EventPage, said, where)


def _event(said: Any) -> FeedEvent:
    """Return an event; fields of its own that a system adds are left out."""
    known = {name: said[name] for name in FeedEvent.model_fields if name in said} if isinstance(said, dict) else said
    try:
        return FeedEvent.model_validate(known)
    except ValidationError:
        shown = {"said": str(said)[:_SHOWN]}
        return FeedEvent(id=f"{MALFORMED}-{digest(str(said))}", name=MALFORMED, fields=shown, at=_NEVER)
