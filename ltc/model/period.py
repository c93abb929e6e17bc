"""One period of a leg that runs by the calendar, as expressions see it."""

from __future__ import annotations

from datetime import datetime

from ltc.model.base import Value


class Period(Value):
    """``key``: stable (``2026-04``, or the first day); ``number`` from 1; ``ends`` is where the next begins."""

    key: str
    number: int
    begins: datetime
    ends: datetime
