"""What an order looked like before each amendment: kept as notes on the sale, where people read them, too."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ltc.adapters.tryton.rpc import Record, Rpc
from ltc.ports.errors import ContractBroken

AMENDMENT = "sale.amendment"
_NOTE = "ir.note"
_SALE = "sale.sale"
_AMENDED = re.compile(r"\[ltc amend (\S+)\]\Z")
_TAKEN_BACK = re.compile(r"\[ltc revert (\S+) of (\S+)\]\Z")
_WAS = "Before: "
_REPLACED = "Shipments:"


@dataclass(frozen=True)
class Wanted:
    """A line as it is to be: ``line`` is its id, in Tryton or in whatever asked, ``price`` that of one piece."""

    line: str
    product: str
    quantity: int
    price: Decimal


@dataclass(frozen=True)
class Entry:
    """One amendment: what the lines were before it, which shipments it replaced, and whether these were released."""

    key: str
    before: tuple[Wanted, ...]
    released: bool
    taken_back: str = ""


@dataclass(frozen=True)
class Journal:
    """The amendments of one sale, oldest first. ``last`` is the key written last: what is older is done."""

    entries: tuple[Entry, ...]
    last: str

    def under(self, key: str) -> Entry | None:
        """Return the amendment under a key; of several the oldest knows what was there before."""
        return next((one for one in self.entries if one.key == key and not one.taken_back), None)

    def taken_back_under(self, key: str) -> Entry | None:
        """Return the amendment that was taken back under a key."""
        return next((one for one in self.entries if one.taken_back == key), None)

    def newest(self) -> Entry | None:
        """Return the newest amendment that stands."""
        standing = [one for one in self.entries if not one.taken_back]
        return self.under(standing[-1].key) if standing else None


async def read_journal(rpc: Rpc, sale: str) -> Journal:
    """Read the amendments of a sale.

    Raises:
        ContractBroken: a note of ours cannot be read any more.
    """
    notes = await rpc.find(_NOTE, [["resource", "=", f"{_SALE},{sale}"]], ["message"])
    texts = [str(note["message"] or "").replace("\r\n", "\n").strip() for note in notes]
    back = {found[2]: found[1] for text in texts if (found := _TAKEN_BACK.search(text))}
    entries: dict[str, Entry] = {}
    last = ""
    for text in texts:
        amended, returned = _AMENDED.search(text), _TAKEN_BACK.search(text)
        last = next((found[1] for found in (amended, returned) if found), last)
        if amended and amended[1] not in entries:
            entries[amended[1]] = _entry(text, amended[1], back.get(amended[1], ""), sale)
    return Journal(tuple(entries.values()), last)


async def note_amendment(rpc: Rpc, sale: str, key: str, before: Sequence[Wanted], shipments: Sequence[Record]) -> None:
    """Write down, before anything changes, what the lines are and which shipments are to be made anew."""
    rows = [{"line": one.line, "product": one.product, "quantity": one.quantity, "price": str(one.price)}
            for one in before]  # fmt: skip
    was = f"{_WAS}{json.dumps(rows)}"
    await _write(rpc, sale, "The customer wants other lines.", shipments, was, f"[ltc amend {key}]")


async def note_taken_back(rpc: Rpc, sale: str, key: str, amendment: str, shipments: Sequence[Record]) -> None:
    """Write down that an amendment no longer stands, and which shipments are to be made anew for it."""
    await _write(rpc, sale, "The lines are to be as before.", shipments, f"[ltc revert {key} of {amendment}]")


def described(key: str, shipments: Sequence[Record]) -> str:
    """Return what an amendment of Tryton's says of itself: our key, and the shipments that it makes anew."""
    return " ".join((key, *_tags(shipments)))


async def replaced_by(rpc: Rpc, shipment: str) -> str:
    """Return the sale that a shipment was of which an amendment replaced; empty when there is none."""
    module = [["name", "=", "description"], ["model", "=", AMENDMENT]]
    if not await rpc.find("ir.model.field", module, ["id"], limit=1):
        return ""
    domain = [["description", "like", f"%#{shipment};%"], ["state", "=", "validated"]]
    found = await rpc.find(AMENDMENT, domain, ["sale"], limit=1)
    return str(found[0]["sale"]) if found else ""


def _tags(shipments: Sequence[Record]) -> list[str]:
    return [f"#{one['id']};" for one in shipments]


async def _write(rpc: Rpc, sale: str, what: str, shipments: Sequence[Record], *rest: str) -> None:
    released = any(one["state"] == "assigned" or one["partially_assigned"] for one in shipments)
    tags = [*_tags(shipments), *(["released"] if released else [])]
    message = "\n".join((what, " ".join((_REPLACED, *tags)), *rest))
    await rpc.tell(f"model.{_NOTE}.create", [{"resource": f"{_SALE},{sale}", "message": message}])


def _entry(text: str, key: str, taken_back: str, sale: str) -> Entry:
    try:
        shipments, was = text.splitlines()[-3:-1]
        rows: list[dict[str, Any]] = json.loads(was.removeprefix(_WAS))
        before = tuple(
            Wanted(str(row["line"]), str(row["product"]), int(row["quantity"]), Decimal(row["price"])) for row in rows
        )
    except (ValueError, KeyError, TypeError, InvalidOperation):
        raise ContractBroken(f"tryton: sale {sale}: the note of amendment {key} was changed by hand", text) from None
    return Entry(key, before, shipments.endswith(" released"), taken_back)
