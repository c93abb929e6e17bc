"""Values as Tryton's JSON writes them: ``{"__class__": "Decimal", …}``, dates, times (trytond/protocols/jsonrpc.py)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any


def encode(value: Any) -> Any:
    """Turn a value into what Tryton's JSON-RPC takes; instants are sent in UTC without a zone, as Tryton keeps them."""
    if isinstance(value, dict):
        return {name: encode(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(one) for one in value]
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": format(value, "f")}
    if isinstance(value, datetime):
        when = value.astimezone(UTC) if value.tzinfo else value
        return {
            "__class__": "datetime", "year": when.year, "month": when.month, "day": when.day, "hour": when.hour,
            "minute": when.minute, "second": when.second, "microsecond": when.microsecond,
        }  # fmt: skip
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    return value


def decode(value: Any) -> Any:
    """Turn what Tryton answered into values; instants come without a zone and are UTC."""
    if isinstance(value, list):
        return [decode(one) for one in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("__class__")
    if kind is None:
        return {name: decode(one) for name, one in value.items()}
    if kind == "Decimal":
        return Decimal(value["decimal"])
    if kind == "datetime":
        year, month, day, hour, minute, second, micro = (
            int(value[part]) for part in ("year", "month", "day", "hour", "minute", "second", "microsecond")
        )
        return datetime(year, month, day, hour, minute, second, micro, tzinfo=UTC)
    if kind == "date":
        return date(value["year"], value["month"], value["day"])
    if kind == "timedelta":
        return timedelta(seconds=value["seconds"])
    return value
