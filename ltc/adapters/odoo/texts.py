"""Small readings of Odoo's values: stamps, references, quantities, and keys that travel in texts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ltc.adapters.odoo.records import STAMP, Record
from ltc.model.money import Money
from ltc.ports.errors import ContractBroken

_STEPS = 1_000_000


def moment(stamp: Any) -> datetime:
    """Return the instant of a stamp (UTC without saying so) or of a date (its midnight in UTC).

    Raises:
        ContractBroken: it is neither.
    """
    try:
        text = str(stamp)
        return datetime.strptime(text, STAMP if " " in text else "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise ContractBroken(f"odoo: {stamp!r} is no time") from None


def version_of(rows: Iterable[Record], steps: int = 0) -> int:
    """Return a document's version: when the newest of its rows was written, then ``steps`` within that second.

    Odoo tells its stamps to the second only; ``steps`` is a number that rises with what can happen within one.
    """
    stamps = [row["write_date"] for row in rows if row.get("write_date")]
    seconds = int(moment(max(stamps)).timestamp()) if stamps else 0
    return seconds * _STEPS + steps % _STEPS


def ref(value: Any) -> int:
    """Return the id of a many2one field: ``[id, name]``, or false (then 0)."""
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], int):
        return value[0]
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def name_of(value: Any) -> str:
    """Return the name of a many2one field, empty when there is none."""
    return str(value[1]) if isinstance(value, (list, tuple)) and len(value) > 1 else ""


def decimal(value: Any) -> Decimal:
    """Return an exact number of Odoo's float, by its shortest text.

    Raises:
        ContractBroken: it is no number.
    """
    try:
        number = Decimal(str(value)) if not isinstance(value, bool) else Decimal(0)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ContractBroken(f"odoo: {value!r} is no number")
    return number


def pieces(value: Any) -> int:
    """Return a quantity; ltc counts whole pieces.

    Raises:
        ContractBroken: it is not whole.
    """
    number = decimal(value)
    if number != number.to_integral_value():
        raise ContractBroken(f"odoo: a quantity of {value} is not whole; sell by whole units")
    return int(number)


def money(value: Any, currency: str) -> Money:
    """Return an amount in major units as money.

    Raises:
        ContractBroken: it is none, or its currency is.
    """
    number = decimal(value)
    try:
        return Money.of(number, currency)
    except (ValueError, ArithmeticError):
        raise ContractBroken(f"odoo: {value} {currency} is no amount") from None


def major(amount: Money) -> float:
    """Return money as Odoo takes it: a number in major units."""
    return float(str(amount).split(" ", 1)[0])


def tagged(key: str, text: str = "") -> str:
    """Return a text that carries a key where people see it last."""
    return f"{text} [{key}]" if text else f"[{key}]"


def keys_of(text: Any) -> list[str]:
    """Return the keys that a text carries in brackets."""
    if not isinstance(text, str):
        return []
    return [part.split("]", 1)[0] for part in text.split("[")[1:] if "]" in part]


def only(found: list[Record], operation: str, key: str) -> Record | None:
    """Return the one record that an effect made, or None.

    Raises:
        ContractBroken: there are several under one key.
    """
    if len(found) > 1:
        ids = ", ".join(str(row["id"]) for row in found)
        raise ContractBroken(f"odoo: {operation} took effect {len(found)} times under one key: {ids}", f"key {key}")
    return found[0] if found else None
