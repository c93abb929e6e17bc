"""What all ports on Tryton share: effects and probes by name, classes by what is installed, reading by id."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel

from ltc.adapters.tryton.rpc import WROTE, AsksFirst, Record, Rpc, SaidNo
from ltc.model.money import Money
from ltc.ports.adapters import Connection
from ltc.ports.errors import BusinessRefusal, ContractBroken, Misconfigured, OutcomeUnknown, Unavailable
from ltc.ports.operations import OPERATIONS, EffectClass
from ltc.ports.systems import EventPage

ADD_ON = "ltc_key"
OPTIONS = {
    "billing": "what orders are billed by: delivery (the default: erp.post_invoice) or order (erp.post_order_invoice)",
    "payment_method": "the payment method that payments are entered with; needed where there are several",
    "write_off": "the write-off method that remainders are given up with; needed where there are several",
}
_METHODS = {"delivery": "fulfillment", "order": "order"}
_MOST = 2**31 - 1  # Tryton's ids are 32-bit integers
_Method = TypeVar("_Method", bound=Callable[..., Awaitable[Any]])


def effect(method: _Method) -> _Method:
    """Tell what the errors of an effect mean: a refusal, and what is unknown once something was written."""

    @functools.wraps(method)
    async def carried_out(self: Any, request: BaseModel, *key: str) -> Any:
        wrote: list[str] = []
        token = WROTE.set(wrote)
        try:
            return await method(self, request, *key)
        except AsksFirst as question:
            raise BusinessRefusal("needs_confirmation", f"Tryton asks first: {question}", _subject(request)) from None
        except SaidNo as no:
            raise BusinessRefusal("refused", str(no), _subject(request)) from None
        except Unavailable as away:
            if not wrote:
                raise
            raise OutcomeUnknown(f"{away} (after {wrote[-1]})", answered=away.answered) from None
        finally:
            WROTE.reset(token)

    return carried_out  # type: ignore[return-value]  # same signature, errors told apart


def reading(method: _Method) -> _Method:
    """Tell what the errors of a read mean."""

    @functools.wraps(method)
    async def read(self: Any, *given: Any) -> Any:
        try:
            return await method(self, *given)
        except SaidNo as no:
            raise ContractBroken("tryton refused a read", str(no)) from None

    return read  # type: ignore[return-value]  # same signature, errors told apart


def _subject(request: BaseModel) -> str:
    first = next(iter(dict(request).values()), "")
    return first if isinstance(first, str) else ""


class TrytonPort:
    """One port on Tryton.

    ``classes`` says, for each operation, the class on an unmodified Tryton; ``keyed`` are those that are class B where
    the add-on is installed.
    """

    port = ""
    classes: Mapping[str, EffectClass] = {}
    keyed: frozenset[str] = frozenset()

    def __init__(self, to: Connection) -> None:
        unknown = sorted(set(to.options) - set(OPTIONS))
        if unknown:
            raise Misconfigured(f"tryton knows no option {', '.join(unknown)}; it knows {', '.join(OPTIONS)}")
        self.options = dict(to.options)
        if self.options.get("billing", "delivery") not in _METHODS:
            raise Misconfigured(f"tryton: the option billing is {' or '.join(_METHODS)}")
        self.invoice_method = _METHODS[self.options.get("billing", "delivery")]
        self.rpc = Rpc(to)
        # A call that is given up may land for as long as it would have been waited for; 0 says that none is given up.
        self.settle_seconds = max(to.settle_seconds, to.timeout) if to.settle_seconds else 0.0
        self._overrides = dict(to.classes)
        self._has_key: bool | None = None

    def effect_class(self, operation: str) -> EffectClass:
        """Return what Tryton offers against doing this operation twice, as far as is known without asking it.

        Raises:
            Misconfigured: Tryton does not carry out this operation.
        """
        if operation not in self.classes:
            raise Misconfigured(f"tryton does not carry out {operation}; it does {', '.join(sorted(self.classes))}")
        if operation in self._overrides:
            return EffectClass(self._overrides[operation])
        if self._has_key and operation in self.keyed:
            return EffectClass.B
        return self.classes[operation]

    async def check(self) -> None:
        """Log in, and find out whether the add-on is installed: from then on ``effect_class`` knows.

        Raises:
            Unavailable: Tryton is away.
            Misconfigured: it refuses our credentials.
        """
        await self.has_key()

    async def has_key(self) -> bool:
        """Tell whether documents have the add-on's unique key; asked once."""
        if self._has_key is None:
            found = await self.rpc.find(
                "ir.model.field", [["name", "=", ADD_ON], ["model", "=", "sale.sale"]], ["id"], limit=1
            )
            self._has_key = bool(found)
        return self._has_key

    @reading
    async def probe(self, operation: str, key: str, request: BaseModel) -> BaseModel | None:
        """Tell whether the effect with this key took place, from Tryton's own documents."""
        self.effect_class(operation)
        found: BaseModel | None = await getattr(self, f"_probe_{OPERATIONS[operation].method}")(request, key)
        return found

    async def events(self, after: str, limit: int = 100, wait: float = 0.0) -> EventPage:
        """This port reports no events."""
        return EventPage(events=[], next=after)

    async def aclose(self) -> None:
        """Close the connections."""
        await self.rpc.aclose()

    async def one(self, model: str, number: str, fields: Sequence[str], what: str) -> Record:
        """Read a document by its id.

        Raises:
            BusinessRefusal: there is none (``not_found``).
        """
        if number.isdecimal() and 0 < int(number) <= _MOST:
            found = await self.rpc.find(model, [["id", "=", int(number)]], fields, limit=1)
            if found:
                return found[0]
        raise BusinessRefusal("not_found", f"Tryton has no {what} {number}", number)


def only(found: Sequence[Record], operation: str, key: str) -> Record | None:
    """Return the one document under a key, or None.

    Raises:
        ContractBroken: there are more.
    """
    if len(found) > 1:
        ids = ", ".join(str(one.get("id")) for one in found)
        raise ContractBroken(f"{operation} took effect {len(found)} times under one key: {ids}", f"key {key}")
    return found[0] if found else None


def inner(record: Record, name: str) -> Any:
    """Return a value behind a link, as Tryton answers a dotted field: ``inner(sale, "party.code")``."""
    value: Any = record
    parts = name.split(".")
    for place, part in enumerate(parts):
        if not isinstance(value, dict):
            return None
        value = value.get(part if place == len(parts) - 1 else f"{part}.")
    return value


def text(record: Record, name: str, where: str) -> str:
    """Return a text that Tryton must have given."""
    value = inner(record, name)
    if not isinstance(value, str) or not value:
        raise ContractBroken(f"tryton: {where} has no {name}", str(record))
    return value


def whole(value: Any, where: str) -> int:
    """Return a quantity as the whole number it must be: ltc counts pieces."""
    if not isinstance(value, (int, float)) or value != int(value):
        raise ContractBroken(f"tryton: {where}: {value!r} is no whole number of pieces")
    return int(value)


def money(value: Any, currency: str, where: str) -> Money:
    """Return an amount as money."""
    if not isinstance(value, (Decimal, int)):
        raise ContractBroken(f"tryton: {where}: {value!r} is no amount")
    return Money.of(Decimal(value), currency)


def version(*records: Record) -> int:
    """Return the version of a document: the newest change of what it is made of, in microseconds."""
    stamps = (Decimal(str(one.get("_timestamp") or 0)) for one in records)
    return max((int(stamp * 1_000_000) for stamp in stamps), default=1) or 1


def instant(value: Any, where: str) -> datetime:
    """Return a point in time: an instant as it is, a date as its beginning in UTC."""
    if isinstance(value, datetime):
        return value
    if value is not None and hasattr(value, "year"):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise ContractBroken(f"tryton: {where}: {value!r} is no date")
