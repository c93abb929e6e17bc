"""The sandbox's two times: real time, and the virtual time that business documents carry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from ltc.model.clock import VirtualClock


def real_now() -> datetime:
    """Return the real time."""
    return datetime.now(UTC)


class Clock:
    """Tells both times. ``now`` replaces the real time in tests."""

    def __init__(self, virtual: VirtualClock | None = None, now: Callable[[], datetime] = real_now) -> None:
        self._virtual = virtual
        self._now = now

    def real(self) -> datetime:
        """Return the real time, UTC."""
        return self._now()

    def virtual(self) -> datetime:
        """Return the business time, UTC; without a virtual clock it is the real time."""
        return self._virtual.to_virtual(self._now()) if self._virtual else self._now()


def read_clock(text: str) -> VirtualClock | None:
    """Read a virtual clock from JSON, or from the file that holds the JSON; nothing means real time.

    Raises:
        ValueError: it is neither.
    """
    if not text.strip():
        return None
    source = text if text.lstrip().startswith("{") else _read(text)
    try:
        return VirtualClock.model_validate_json(source)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise ValueError(
            f"clock: {where}: {first['msg']}; give the JSON of a virtual clock, or a file with it"
        ) from None


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(
            f"clock: {path}: {error.strerror}; give the JSON of a virtual clock, or a file with it"
        ) from None
