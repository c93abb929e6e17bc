"""Order lines as Tryton takes them: the price of one piece, discount taken off, in the decimals that it keeps."""

from __future__ import annotations

from decimal import Decimal

from ltc.adapters.tryton.base import inner
from ltc.adapters.tryton.rpc import Record
from ltc.model import documents as d
from ltc.model.money import Money, exponent
from ltc.ports.errors import Misconfigured

_PRICE_PLACES = 4  # Tryton keeps unit prices with four decimals unless [product] price_decimal says otherwise


def new_line(line: d.Line, product: Record) -> Record:
    """Return a line to create; the client's side of Tryton, which would fill it in, does not run here."""
    return {
        "product": product["id"], "quantity": float(line.quantity), "unit": product["sale_uom"],
        "unit_price": unit_price(line), **taxed(product),
    }  # fmt: skip


def taxed(product: Record) -> Record:
    """Return the taxes that a new line of a product has."""
    return {"taxes": [["add", inner(product, "account_category.customer_taxes") or []]]}


def unit_price(line: d.Line) -> Decimal:
    """Return the price of one piece, discount taken off, in as many decimals as Tryton keeps.

    Raises:
        Misconfigured: with these decimals the line would not come to its net amount.
    """
    places = Decimal(1).scaleb(-_PRICE_PLACES)
    per_piece = Decimal(line.unit_price.minor).scaleb(-exponent(line.net.currency)) * (1 - line.discount)
    exact = Decimal(line.net.minor).scaleb(-exponent(line.net.currency)) / line.quantity
    for price in (per_piece, exact):
        rounded = price.quantize(places)
        if Money.of(rounded * line.quantity, line.net.currency) == line.net:
            return rounded
    raise Misconfigured(
        f"line {line.id}: no price with {_PRICE_PLACES} decimals times {line.quantity} makes {line.net}"
    )
