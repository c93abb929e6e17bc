"""Reads lengths of time, shares and escalation rungs as authors write them: 4h, 30d, 5bd, 80%, due + 7d."""

from __future__ import annotations

import re
from decimal import Decimal

from ltc.definition.plan import Span

_SPAN = re.compile(r"([0-9]{1,12}) ?([A-Za-z]+)")
_ISO = re.compile(r"[+-]?[Pp](?=[0-9Tt])[0-9.,YMWDTHSymwdths]*")
_RUNG = re.compile(r"due(?: ?([+-]) ?(.+))?", re.DOTALL)
_PERCENT = re.compile(r"([0-9]{1,6}) ?%")
_SHARE = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,6})?) ?%")
_MINUTES = {"s": 1 / 60, "m": 1, "h": 60, "d": 1440, "bm": 1, "bh": 60, "bd": 1440}
_LONGEST = 10 * 366 * 1440  # ten years in minutes: beyond it a span is a slip of the pen
_HELP = "write a number and its clock: 30s 90m 4h (elapsed), 30d (calendar days), 15bm 4bh 5bd (working time)"
_NEAREST = {
    "w": "d, seven per week", "week": "d, seven per week", "weeks": "d, seven per week",
    "day": "d or bd", "days": "d or bd", "hour": "h or bh", "hours": "h or bh", "hr": "h or bh", "hrs": "h or bh",
    "min": "m or bm", "mins": "m or bm", "minute": "m or bm", "minutes": "m or bm",
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "wd": "bd", "wh": "bh",
    "mo": "d", "month": "d", "months": "d", "y": "d", "year": "d", "years": "d", "bs": "bm",
}  # fmt: skip


def parse_span(text: str) -> Span:
    """Read ``4h``, ``30d``, ``4bh``, ``5bd``, ``90m``, ``30s`` or ``15bm``.

    Raises:
        ValueError: not a positive whole number with one of the units; the text says what to write instead.
    """
    stripped = text.strip()
    if _ISO.fullmatch(stripped):
        raise ValueError(f"{_shown(text)} does not say its clock (is a day 24 hours or a working day?); {_HELP}")
    match = _SPAN.fullmatch(stripped)
    if not match:
        raise ValueError(f"{_shown(text)} is not a length of time; {_HELP}")
    amount, unit = int(match[1]), match[2]
    if unit not in _MINUTES:
        raise ValueError(_unknown_unit(text, unit))
    if amount == 0:
        raise ValueError(f"{_shown(text)} is no time at all; {_HELP}")
    if amount * _MINUTES[unit] > _LONGEST:
        raise ValueError(f"{_shown(text)} is longer than ten years, the longest span there is")
    return Span.model_validate({"amount": amount, "unit": unit})


def parse_rung(text: str) -> tuple[int, Span | None]:
    """Read where an escalation rung stands: ``150%`` of the budget, ``due``, or ``due + 7d``.

    Returns:
        (percent, None) for a share; (0, offset) for an offset from the due instant, zero seconds for ``due``.

    Raises:
        ValueError: anything else.
    """
    stripped = text.strip()
    match = _RUNG.fullmatch(stripped)
    if match:
        if match[1] == "-":
            raise ValueError(f"{_shown(text)} lies before the due instant; warn before it with warn_at")
        return 0, parse_span(match[2]) if match[2] else Span(amount=0, unit="s")
    if _PERCENT.fullmatch(stripped):
        return parse_percent(stripped), None
    raise ValueError(f"{_shown(text)} is not a rung; write 150%, due, or due + 7d")


def parse_percent(text: str) -> int:
    """Read a whole share such as ``80%`` or ``200%``.

    Raises:
        ValueError: not a whole number from 1 to 1000 with a percent sign.
    """
    match = _PERCENT.fullmatch(text.strip())
    if not match or not 1 <= int(match[1]) <= 1000:
        raise ValueError(f"{_shown(text)} is not a share; write a whole number from 1 to 1000 with %, such as 80%")
    return int(match[1])


def parse_share(text: str) -> str:
    """Read a tolerance such as ``5%`` or ``2.5%`` as a decimal number of percent, exact.

    Raises:
        ValueError: not a number from 0 to 100 with a percent sign.
    """
    match = _SHARE.fullmatch(text.strip())
    if not match or Decimal(match[1]) > 100:
        raise ValueError(f"{_shown(text)} is not a tolerance; write a number from 0 to 100 with %, such as 2.5%")
    return match[1]


def _unknown_unit(text: str, unit: str) -> str:
    folded = unit.lower()
    nearest = folded if folded in _MINUTES else _NEAREST.get(folded, "")
    hint = f" (did you mean {nearest}?)" if nearest else ""
    return f"{_shown(text)} has no unit {unit[:12]!r}{hint}; {_HELP}"


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
