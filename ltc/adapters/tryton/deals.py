"""Lines of opportunities: Tryton keeps products and quantities there, and one amount for all."""

from __future__ import annotations

from decimal import Decimal

from ltc.adapters.tryton.base import inner, money, text, whole
from ltc.adapters.tryton.rpc import Record, Rpc
from ltc.adapters.tryton.sales import spread
from ltc.model import documents as d
from ltc.model.money import Money, exponent, round_minor
from ltc.ports.errors import ContractBroken


async def deal_lines(rpc: Rpc, record: Record, currency: str) -> list[d.Line]:
    """Return an opportunity's lines: list prices, scaled to the amount that sales expects."""
    fields = ["product.code", "product.list_price_used", "product.account_category.customer_taxes", "quantity"]
    lines = await rpc.find("sale.opportunity.line", [["opportunity", "=", record["id"]]], fields)
    worth = [_list_worth(line, currency) for line in lines]
    expected = sum(worth)
    if record["amount"] is not None:
        expected = money(record["amount"], currency, f"opportunity {record['id']}").minor
    rates = await _rates(rpc, lines)
    nets = spread(expected, worth) if lines else []
    return [_line(line, net, currency, rates) for line, net in zip(lines, nets, strict=True)]


async def _rates(rpc: Rpc, lines: list[Record]) -> dict[int, Decimal]:
    wanted = {one for line in lines for one in inner(line, "product.account_category.customer_taxes") or ()}
    taxes = await rpc.find("account.tax", [["id", "in", sorted(wanted)]], ["type", "rate"])
    for tax in taxes:
        if tax["type"] != "percentage":
            raise ContractBroken(f"tryton: tax {tax['id']} is no percentage; its part of a line is not known")
    return {tax["id"]: Decimal(tax["rate"]) for tax in taxes}


def _list_worth(line: Record, currency: str) -> int:
    price = inner(line, "product.list_price_used")
    return round_minor((price or Decimal(0)).scaleb(exponent(currency)) * Decimal(str(line["quantity"] or 0)))


def _line(line: Record, minor: int, currency: str, rates: dict[int, Decimal]) -> d.Line:
    quantity = whole(line["quantity"], "an opportunity's line")
    net = Money(minor=minor, currency=currency)
    rate = sum((rates[one] for one in inner(line, "product.account_category.customer_taxes") or ()), Decimal(0))
    tax = Money(minor=round_minor(rate * minor), currency=currency)
    price = Money(minor=round_minor(Decimal(minor) / quantity), currency=currency)
    return d.Line(
        id=str(line["id"]), product=text(line, "product.code", "an opportunity's line"), quantity=quantity,
        unit_price=price, net=net, tax=tax, gross=net + tax,
    )  # fmt: skip
