"""Text for people: made safe for a terminal, cut to length, times and spans in words."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

from ltc.wording import foreign
from ltc.wording import noun as measured

# Left-to-right and right-to-left overrides and isolates: they can make a line read as another one.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_UNITS = {"en": ("d", "h", "min", "s"), "zh": ("天", "小时", "分钟", "秒")}


def clean(value: Any, *, keep_lines: bool = False) -> str:
    """Return a text that cannot steer a terminal: control and direction characters become visible escapes."""
    text = "" if value is None else str(value)
    return "".join(char if _plain(char, keep_lines) else char.encode("unicode_escape").decode("ascii") for char in text)


def _plain(char: str, keep_lines: bool) -> bool:
    if char == "\n":
        return keep_lines
    return unicodedata.category(char) not in {"Cc", "Cs"} and char not in _BIDI


def short(value: Any, width: int) -> str:
    """Return the cleaned text, cut to ``width`` characters."""
    text = clean(value)
    return text if len(text) <= width else text[: width - 1] + "…"


def columns_of(text: str) -> int:
    """Return how many columns of a terminal a text takes; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def moment(value: datetime | str | None, form: str = "%Y-%m-%d %H:%MZ") -> str:
    """Return an instant as ``2026-03-02 09:30Z`` (UTC), to the minute; empty for none."""
    if value is None or value == "":
        return ""
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    return instant.astimezone(UTC).strftime(form)


def second(value: datetime | str | None) -> str:
    """Return an instant as ``2026-03-02 09:30:07Z``, to the second; empty for none."""
    return moment(value, "%Y-%m-%d %H:%M:%SZ")


def span(value: timedelta | float | None) -> str:
    """Return a length of time in its two largest units: ``3 d 4 h``, ``12 min``, ``40 s``."""
    if value is None:
        return ""
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    units = _UNITS["zh" if foreign() else "en"]
    sign, left = ("-" if seconds < 0 else ""), round(abs(seconds))
    words = []
    for size, unit in zip((86400, 3600, 60, 1), units, strict=True):
        count, left = divmod(left, size)
        if count:
            words.append(f"{count} {unit}")
    return sign + " ".join(words[:2]) if words else f"0 {units[-1]}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return ``1 chain``, ``2 chains``; in Chinese ``2 个流程实例``."""
    word = measured(noun)
    return f"{number} {word or (noun if number == 1 else plural or noun + 's')}"
