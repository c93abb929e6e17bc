"""BottleCRM's records as ltc's documents: what is more than the mapping of a field."""

from __future__ import annotations

import re
from collections.abc import Mapping as Named
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ltc.mapping import Mapping
from ltc.model import documents as d
from ltc.model.ids import digest
from ltc.model.money import Money
from ltc.ports.errors import ContractBroken

_LINE = re.compile(
    r"(?P<product>.+) x (?P<quantity>\d+) @ (?P<price>-?\d+(?:\.\d+)?)(?: - (?P<discount>\d+(?:\.\d+)?) %)?"
)
_MARK = "ltc:"


def opportunity(mapping: Mapping, deal: Named[str, Any], account: Named[str, Any], owner: str) -> d.Opportunity:
    """Make ltc's opportunity of a deal, its account and its owner's name.

    Raises:
        ContractBroken: the deal is none that ltc can read: no currency, a fraction of a product.
    """
    if not deal.get("currency"):
        raise ContractBroken(
            f"the deal {deal.get('id')} names no currency; choose one in BottleCRM, or set the option currency",
            str(deal.get("name")),
        )
    lines = [{**line, "discount_percent": _discount(line)} for line in parts(deal, "line_items")]
    net = (
        sum((amount(line.get("total"), "total") for line in lines), Decimal(0)) if lines else deal.get("amount") or "0"
    )
    record = {**deal, "line_items": lines, "net": str(net), "account": account, "owner": owner}
    found: d.Opportunity = mapping.document(
        "opportunity", record, version=version(deal), stage=stage(mapping, deal), lost=deal.get("stage_kind") == "lost"
    )
    return found


def stage(mapping: Mapping, deal: Named[str, Any]) -> str:
    """Return what ltc calls the stage of a deal; a stage of somebody's own is called by its kind."""
    found = mapping.read("deal_stage", deal).get("stage")
    return str(found or deal.get("stage_kind") or "open")


def said(deal: Named[str, Any]) -> str:
    """Return the word that a chain last set for a deal; empty if none did."""
    return str(part(deal, "custom_fields").get("ltc_stage") or "")


def progress(mapping: Mapping, deal: Named[str, Any], word: str = "") -> d.Lead:
    """Return how far a deal is, as ltc's lead: BottleCRM has no lead behind a deal any more."""
    return d.Lead(
        id=str(deal["id"]), version=version(deal), stage=word or stage(mapping, deal),
        score=int(deal.get("probability") or 0),
    )  # fmt: skip


def version(record: Named[str, Any]) -> int:
    """Return a number that rises with each change of a record that BottleCRM dates, in whole seconds.

    A deal has no date of change of its own: its stage and each of its line items have.
    """
    dates = [record.get("updated_at"), record.get("stage_changed_at")]
    dates += [line.get("updated_at") for line in parts(record, "line_items")]
    return max((int(moment(date, record).timestamp()) for date in dates if date), default=1)


def part(record: Named[str, Any], name: str) -> Named[str, Any]:
    """Return a record within a record; an empty one where there is none.

    Raises:
        ContractBroken: what stands there is none.
    """
    found = record.get(name) or {}
    if not isinstance(found, dict):
        raise ContractBroken(f"bottlecrm: {name} is no record", str(record))
    return found


def parts(record: Named[str, Any], name: str) -> list[Named[str, Any]]:
    """Return the records of a list within a record.

    Raises:
        ContractBroken: what stands there is no list of records.
    """
    found = record.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ContractBroken(f"bottlecrm: {name} is no list of records", str(record))
    return found


def moment(text: Any, record: Any = "") -> datetime:
    """Read a date and time.

    Raises:
        ContractBroken: it is none, or names no zone.
    """
    try:
        found: datetime | None = datetime.fromisoformat(str(text))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ContractBroken(f"bottlecrm: {str(text)[:40]!r} is no date and time", str(record))
    return found


def amount(text: Any, what: str) -> Decimal:
    """Read a decimal number.

    Raises:
        ContractBroken: it is none.
    """
    try:
        found = Decimal(str(text))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise ContractBroken(f"bottlecrm: {what} is {str(text)[:40]!r}, no number")
    return found


def _discount(line: Named[str, Any]) -> str:
    """Return a line's discount in per cent: BottleCRM knows amounts, too."""
    if line.get("discount_type") == "PERCENTAGE":
        return str(amount(line.get("discount_value"), "discount_value"))
    off, whole = amount(line.get("discount_amount") or 0, "discount_amount"), amount(line.get("subtotal"), "subtotal")
    return str(off * 100 / whole) if off and whole else "0"


def lines_text(lines: list[d.Line]) -> str:
    """Write lines as sales read them on a lead, which has no line items: ``11 x 12 @ 14.00 - 5 %``."""
    written = []
    for line in lines:
        price = str(line.unit_price).partition(" ")[0]
        percent = format((line.discount * 100).normalize(), "f")
        written.append(f"{line.product} x {line.quantity} @ {price}" + (f" - {percent} %" if line.discount else ""))
    return "\n".join(written)


def lines_of(text: str, currency: str) -> list[d.Line]:
    """Read the lines of a lead; somebody may have changed them.

    Raises:
        ContractBroken: one cannot be read.
    """
    found = []
    for number, row in enumerate(filter(str.strip, text.splitlines()), start=1):
        match = _LINE.fullmatch(row.strip())
        if match is None or int(match["quantity"]) == 0:
            raise ContractBroken("a line of the lead is not written 'PRODUCT x QUANTITY @ PRICE - DISCOUNT %'", row)
        discount = Decimal(match["discount"] or 0) / 100
        price = Money.of(Decimal(match["price"]), currency)
        net = Money.of(Decimal(match["price"]) * int(match["quantity"]) * (1 - discount), currency)
        none = Money(minor=0, currency=currency)
        found.append(
            d.Line(
                id=str(number), product=match["product"], quantity=int(match["quantity"]), unit_price=price,
                discount=discount, net=net, tax=none, gross=net,
            )
        )  # fmt: skip
    return found


def marked(text: str, key: str) -> str:
    """Return the text of a note with the mark by which it is found again."""
    return f"{text}\n[{_mark(key)}]"


def notes_with(comments: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """Return the notes that carry the mark of an effect key."""
    mark = f"[{_mark(key)}]"
    return [one for one in comments if mark in str(one.get("comment"))]


def _mark(key: str) -> str:
    return _MARK + digest(["note", key])[:20]
