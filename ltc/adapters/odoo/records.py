"""Odoo's records as they arrive: whether they are what was asked for, before anything is read of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ltc.ports.errors import ContractBroken

Record = dict[str, Any]

_ONE, _MANY = (
    ("company_currency", "property_product_pricelist"),
    ("order_line",),
)  # links whose names do not end in _id or _ids
_TEXTS = ("message_id",)  # no links, though their names end so
_MOST = 1e18  # no figure of a deal is larger
STAMP = "%Y-%m-%d %H:%M:%S"


def records(rows: Any, fields: Sequence[str], where: str) -> list[Record]:
    """Return the records of an answer.

    Raises:
        ContractBroken: they are none, or a field is missing or of another kind than Odoo's fields of its name are.
    """
    if not isinstance(rows, list) or any(not isinstance(row, dict) for row in rows):
        raise ContractBroken(f"odoo: {where} answered no records", str(rows))
    for row in rows:
        for name in ("id", *fields):
            if name not in row:
                raise ContractBroken(f"odoo: {where} answered a record without {name}", str(row))
            if not _sound(name, row[name]):
                raise ContractBroken(f"odoo: {where} answered a record whose {name} is none", str(row))
    return rows


def _sound(name: str, value: Any) -> bool:
    """Whether a value may be that of a field: Odoo says ``false`` for every field that is empty."""
    if name == "id":
        return _number(value)
    if name == "state":
        return isinstance(value, str)
    if name in ("write_date", "create_date"):
        return isinstance(value, str) and _moment(value)
    if name in _MANY or name.endswith("_ids"):
        return isinstance(value, list) and all(_number(one) for one in value)
    if name in _ONE or (name.endswith("_id") and name not in _TEXTS):
        return value is False or (isinstance(value, list) and len(value) == 2 and _number(value[0]))
    return isinstance(value, str) or (isinstance(value, int | float) and abs(value) < _MOST)


def _moment(text: str) -> bool:
    try:
        datetime.strptime(text, STAMP)  # noqa: DTZ007 - Odoo's stamps are UTC without saying so
    except ValueError:
        return False
    return True


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 63
