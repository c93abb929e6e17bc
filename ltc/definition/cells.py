"""The cells of decision tables: how conditions and outputs are written, and whether a value fits."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from ltc.definition.plan_tables import ORDERED, Cell, Part
from ltc.definition.shapes import FORMATS
from ltc.definition.timespans import parse_span
from ltc.model.money import Money

ANY = ("", "any", "-")  # cells that ask nothing
_COMPARED = re.compile(r"(<=|>=|!=|<|>)\s*(.+)", re.DOTALL)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")


def parse_cell(texts: list[str], kind: str) -> Cell | None:
    """Read a condition on an input of a type: one text, or several of which any will do. None asks nothing.

    ``gold``, ``!= gold``, ``5``, ``< 5``, ``>= 5``, ``1..10`` (both ends are in), ``100.00 USD..500.00 USD``,
    ``2026-01-01..2026-06-30``.

    Raises:
        ValueError: it cannot be read as this type.
    """
    if len(texts) == 1 and texts[0].strip() in ANY:
        return None
    excluded = [text.strip().startswith("!=") for text in texts]
    if any(excluded) and len(texts) > 1:
        raise ValueError("'!=' stands alone, not in a list")
    if any(excluded) and kind in ORDERED:
        raise ValueError("'!=' goes with texts and conditions; for numbers write '< 5' and '> 5'")
    return Cell(parts=[_part(text.strip(), kind) for text in texts], but_not=excluded[0])


def _part(text: str, kind: str) -> Part:
    found = _COMPARED.fullmatch(text)
    sign, rest = (found[1], found[2].strip()) if found else ("", text)
    if kind not in ORDERED:
        if sign not in ("", "!="):
            raise ValueError(f"'{sign}' compares numbers and amounts; this is a {kind}")
        return Part(equals=_equal(rest, kind))
    if not sign and ".." in rest:
        return _range(rest, kind)
    bound, currency = _bound(rest, kind)
    if not sign:
        return Part(low=bound, high=bound, currency=currency)
    if sign.startswith("<"):
        return Part(high=bound, below=sign == "<", currency=currency)
    return Part(low=bound, above=sign == ">", currency=currency)


def _equal(text: str, kind: str) -> str:
    if kind == "condition" and text not in ("true", "false"):
        raise ValueError(f"{text!r} is no condition; write true or false")
    if not text:
        raise ValueError("an empty text in a list; leave it out")
    return text


def _range(text: str, kind: str) -> Part:
    low, _, high = text.partition("..")
    (least, currency), (most, other) = _bound(low.strip(), kind), _bound(high.strip(), kind)
    if currency != other:
        raise ValueError(f"the ends of a range are in one currency, not {currency} and {other}")
    if Decimal(least) > Decimal(most):
        raise ValueError(f"the range {text!r} holds nothing: its low end is above its high end")
    return Part(low=least, high=most, currency=currency)


def _bound(text: str, kind: str) -> tuple[str, str]:
    if kind == "money":
        amount = Money.parse(text)
        return str(amount.minor), amount.currency
    if kind == "date":
        return str(_day(text)), ""
    if not _DECIMAL.fullmatch(text) or (kind == "whole" and "." in text):
        raise ValueError(f"{text[:40]!r} is not a {'whole number' if kind == 'whole' else 'decimal number'}")
    return text, ""


def _day(text: str) -> int:
    """Return a day's number.

    Raises:
        ValueError: the text is no date.
    """
    try:
        return date.fromisoformat(text if _DATE.fullmatch(text) else "").toordinal()
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not a date; write it as 2026-10-10") from None


def parse_output(text: str, kind: str) -> Any:
    """Read what a row gives, as the JSON value of its type.

    Raises:
        ValueError: it cannot be read as this type.
    """
    text = text.strip()
    if kind == "money":
        return Money.parse(text).model_dump(mode="json")
    if kind in ("whole", "decimal", "date"):
        _bound(text, kind)
        return int(text) if kind == "whole" else text
    if kind == "condition":
        return _equal(text, kind) == "true"
    if kind == "span":
        parse_span(text)
    elif kind == "who" and not re.fullmatch(FORMATS["who"][0] or "", text):
        raise ValueError(f"{text[:40]!r} names nobody; write role:NAME or person:NAME")
    elif not text:
        raise ValueError("an empty text; write what the row gives")
    return text


def fits(cell: Cell, kind: str, value: Any, base: str) -> bool:
    """Tell whether a value fits a cell. Amounts compare in their own currency; whole minor units are in ``base``.

    Raises:
        ValueError: the value is not of the type.
    """
    if kind not in ORDERED:
        text = ("true" if value else "false") if isinstance(value, bool) else value
        if not isinstance(text, str) or (kind == "condition") is not isinstance(value, bool):
            raise ValueError(f"{str(value)[:40]!r} is not a {kind}")
        return any(part.equals == text for part in cell.parts) != cell.but_not
    amount, currency = number(kind, value, base)
    return any(part.currency == currency and within(part, amount) for part in cell.parts)


def number(kind: str, value: Any, base: str) -> tuple[Decimal, str]:
    """Return a value of an ordered type as a decimal (of money: minor units) and its currency.

    Raises:
        ValueError: the value is not of the type.
    """
    if kind == "money":
        if isinstance(value, int) and not isinstance(value, bool):
            return Decimal(value), base
        if isinstance(value, dict) and isinstance(value.get("minor"), int) and isinstance(value.get("currency"), str):
            return Decimal(value["minor"]), value["currency"]
    elif kind == "date" and isinstance(value, str):
        return Decimal(_day(value)), ""
    elif not isinstance(value, bool) and isinstance(value, int if kind == "whole" else int | str):
        try:
            found = Decimal(value)
        except InvalidOperation:
            found = Decimal("NaN")
        if found.is_finite():
            return found, ""
    wanted = {"money": "an amount of money", "date": "a date"}.get(kind, f"a {kind} number")
    raise ValueError(f"{str(value)[:40]!r} is not {wanted}")


def shown(value: Decimal, kind: str, currency: str = "") -> str:
    """Write a bound of an ordered type as people do."""
    if kind == "date":
        return date.fromordinal(min(max(int(value), 1), date.max.toordinal())).isoformat()
    return str(Money(minor=int(value), currency=currency)) if currency else str(value)


def given(value: Any) -> str:
    """Write what a row gives (a JSON value) as people do."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(Money.model_validate(value)) if isinstance(value, dict) else str(value)


def within(part: Part, amount: Decimal) -> bool:
    """Tell whether an amount lies within the bounds of a part."""
    if part.low is not None and (amount < Decimal(part.low) or (part.above and amount == Decimal(part.low))):
        return False
    return part.high is None or not (amount > Decimal(part.high) or (part.below and amount == Decimal(part.high)))
