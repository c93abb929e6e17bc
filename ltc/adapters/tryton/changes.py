"""The difference between the lines of a sale and those wanted, and what of it goods that are out, or bills, forbid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ltc.adapters.tryton.base import text, whole
from ltc.adapters.tryton.journal import Wanted
from ltc.adapters.tryton.rpc import Record
from ltc.adapters.tryton.sales import Sale
from ltc.ports.errors import BusinessRefusal

_Rule = Callable[[Wanted, Wanted], bool]


@dataclass(frozen=True)
class Change:
    """One line that is to be otherwise: ``line`` is what Tryton has, None for a new one."""

    line: Record | None
    wanted: Wanted


def as_they_are(sale: Sale) -> list[Wanted]:
    """Return the lines of a sale as one would ask for them."""
    return [_plain(line, sale) for line in sale.lines if line["quantity"]]


def changes(sale: Sale, wanted: Sequence[Wanted]) -> list[Change]:
    """Return what has to change for a sale to have exactly the wanted lines.

    A line keeps its id where it can: wanted lines are told by id and product, then by product and price, then by
    product alone; the ids of who asks need not be Tryton's. A line nobody wants is brought down to nothing.
    """
    left = {str(line["id"]): (line, _plain(line, sale)) for line in sale.lines}
    found: dict[int, Record] = {}
    rules: tuple[_Rule, ...] = (
        lambda mine, asked: (mine.line, mine.product) == (asked.line, asked.product),
        lambda mine, asked: (mine.product, mine.price) == (asked.product, asked.price) and mine.quantity > 0,
        lambda mine, asked: mine.product == asked.product,
    )
    for rule in rules:
        for place, asked in enumerate(wanted):
            mine = None if place in found else next((one for one, (_, it) in left.items() if rule(it, asked)), None)
            if mine is not None:
                found[place] = left.pop(mine)[0]
    made = [Change(found.get(place), asked) for place, asked in enumerate(wanted)]
    made += [Change(line, Wanted(it.line, it.product, 0, it.price)) for line, it in left.values()]
    return [one for one in made if _differs(one, sale)]


def refuse(sale: Sale, found: Sequence[Change], leaving: dict[str, int], *, backward: bool = False) -> None:
    """Refuse what goods that are out forbid: they stay ordered, at the price they went out at.

    Args:
        sale: the sale as it is.
        found: what is to change.
        leaving: pieces packed and about to leave, by line.
        backward: an amendment is taken back.

    Raises:
        BusinessRefusal: ``already_shipped``, ``below_shipped``.
    """
    if not backward and sale.out() and sale.out() + sale.cancelled() >= sale.ordered():
        raise BusinessRefusal("already_shipped", f"sale {sale.id} is all out", sale.id)
    for one in found:
        if one.line is None:
            continue
        gone = sale.out(one.line) + leaving.get(str(one.line["id"]), 0)
        if one.wanted.quantity < gone:
            reason = "already_shipped" if backward else "below_shipped"
            raise BusinessRefusal(reason, f"line {one.line['id']} of sale {sale.id}: {gone} are out or packed", sale.id)
        if gone and one.wanted.price != one.line["unit_price"]:
            what = f"line {one.line['id']} of sale {sale.id}: {gone} went out at another price"
            raise BusinessRefusal("already_shipped", what, sale.id)


def dearer(sale: Sale, found: Sequence[Change]) -> Decimal:
    """Return by how much the sale's net total rises, in its own currency; below zero when it falls."""
    total = Decimal(0)
    for one in found:
        total += one.wanted.quantity * one.wanted.price
        if one.line is not None:
            total -= whole(one.line["quantity"], f"sale {sale.id}") * one.line["unit_price"]
    return total


def kept(one: Change, line: Record) -> dict[str, Any]:
    """Return what an amendment writes on a line that stays."""
    return {
        "product": line["product"], "unit": line["unit"], "description": line["description"],
        "quantity": float(one.wanted.quantity), "unit_price": one.wanted.price,
    }  # fmt: skip


def added(one: Change, product: Record) -> dict[str, Any]:
    """Return a line that is new."""
    return {
        "product": product["id"], "unit": product["sale_uom"], "quantity": float(one.wanted.quantity),
        "unit_price": one.wanted.price,
    }  # fmt: skip


def _plain(line: Record, sale: Sale) -> Wanted:
    product = text(line, "product.code", f"line {line['id']} of sale {sale.id}")
    return Wanted(str(line["id"]), product, whole(line["quantity"], f"sale {sale.id}"), line["unit_price"])


def _differs(one: Change, sale: Sale) -> bool:
    if one.line is None:
        return True
    mine = _plain(one.line, sale)
    return mine.quantity != one.wanted.quantity or (bool(mine.quantity) and mine.price != one.wanted.price)
