"""How long people take, as a scenario writes it: `2bh`, `1.5bd`, `12h`, `3d`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from starter.tempo import Tempo

_SPAN = re.compile(r"(\d{1,4}(?:\.\d{1,2})?)(bh|bd|h|d)")
HOURS = {"bh": 1.0, "bd": 9.0, "h": 1.0, "d": 24.0}  # working hours of the first two


def read_span(text: str) -> tuple[float, str]:
    """Return amount and unit.

    Raises:
        ValueError: it is no such span.
    """
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no span; write 2bh, 1bd, 12h or 3d")
    return float(found[1]), found[2]


def after(tempo: Tempo, start: datetime, text: str) -> datetime:
    """Return the virtual instant by which a span has passed."""
    amount, unit = read_span(text)
    hours = amount * HOURS[unit]
    return tempo.after_hours(start, hours) if unit[0] == "b" else start + timedelta(hours=hours)
