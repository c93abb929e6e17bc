"""Instants, as expressions give them and as the trail says them."""

from __future__ import annotations

from datetime import datetime

from ltc.core.turn import ChainError
from ltc.definition import worktime


def instant_of(given: object, source: str) -> datetime:
    """Return the instant that a value says; ``source`` is the expression that gave it.

    Raises:
        ChainError: it says none, or does not say its zone.
    """
    try:
        found = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ChainError(f"{source} is {given!r}, which is no date and time" if given else f"{source} has no date")
    return worktime.within(found)


def iso(moment: datetime | None) -> str:
    """Write an instant as the trail says it; empty for none."""
    return moment.isoformat() if moment else ""
