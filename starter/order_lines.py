"""One order at the door: raw text checked and turned into an opportunity with money per line, rounded half-even."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from ltc.model.documents import CustomerRef, Line, Opportunity
from ltc.model.money import MOST_MINOR, Money, exponent, round_minor

MAX_LINES = 200
MAX_QUANTITY = 1_000_000
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,57}")
_AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


class BadOrderError(Exception):
    """An order that is refused: the problem, the remedy, and the place if it is that of a line."""

    def __init__(self, problem: str, remedy: str, *, file: str = "", row: int = 0) -> None:
        super().__init__(f"{problem}; {remedy}")
        self.problem, self.remedy, self.file, self.row = problem, remedy, file, row


@dataclass(frozen=True)
class RawLine:
    """An order line as the file has it."""

    row: int
    file: str
    product: str
    quantity: str
    unit_price: str
    discount: str
    currency: str


@dataclass(frozen=True)
class RawOrder:
    """An order as the file has it."""

    row: int
    number: str
    customer: str
    owner: str
    currency: str
    lines: list[RawLine]
    required_on: str = ""


@dataclass(frozen=True)
class SalesTerms:
    """What the door knows: customers by id, products, people by id, the currency meant when none is said, the tax."""

    customers: Mapping[str, str]
    products: frozenset[str]
    people: Mapping[str, str]
    currency: str = "USD"
    tax: Decimal = Decimal("0.08")
    numbers_taken: frozenset[str] = field(default_factory=frozenset)


def build_opportunity(raw: RawOrder, terms: SalesTerms) -> Opportunity:
    """Check an order and turn it into a won opportunity.

    Raises:
        BadOrderError: something in the order is not right; nothing of it is taken.
    """
    if not _ID.fullmatch(raw.number):
        raise BadOrderError("the order number is not an id", "use letters, digits, '.', '_' and '-', 58 at most")
    if raw.customer not in terms.customers:
        raise BadOrderError(f"unknown customer {raw.customer[:40]!r}", "create the customer first or mend its id")
    if raw.owner not in terms.people:
        raise BadOrderError(f"unknown employee {raw.owner[:40]!r}", "name an employee of the people file")
    if not 0 < len(raw.lines) <= MAX_LINES:
        raise BadOrderError(f"has {len(raw.lines)} lines", f"give 1 to {MAX_LINES} lines")
    currency = _currency(raw, terms)
    lines = [_line(number, line, currency, terms) for number, line in enumerate(raw.lines, start=1)]
    if sum(line.gross.minor for line in lines) > MOST_MINOR:
        raise BadOrderError("comes to more than an amount can be", "make several orders of it")
    net, tax, gross = (
        Money(minor=sum(getattr(line, part).minor for line in lines), currency=currency)
        for part in ("net", "tax", "gross")
    )
    return Opportunity(
        id=raw.number, number=raw.number, owner=terms.people[raw.owner],
        customer=CustomerRef(id=raw.customer, name=terms.customers[raw.customer]),
        currency=currency, lines=lines, net=net, tax=tax, gross=gross, required_on=_required(raw.required_on),
    )  # fmt: skip


def _required(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadOrderError(f"the required date {text[:40]!r} is no date", "write it as 2026-03-31") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _currency(raw: RawOrder, terms: SalesTerms) -> str:
    """The one currency of an order: said by it, by its lines, or the usual one."""
    said = [raw.currency] if raw.currency else []
    for line in raw.lines:
        said.extend([line.currency] if line.currency else [])
        if len(set(said)) > 1:
            problem = f"mixes the currencies {said[0][:8]} and {said[-1][:8]}"
            raise BadOrderError(problem, "make one order per currency", file=line.file, row=line.row)
    currency = said[0] if said else terms.currency
    if not _CURRENCY.fullmatch(currency):
        raise BadOrderError(f"{currency[:8]!r} is no currency", "use the ISO 4217 code, such as USD")
    return currency


def _line(number: int, raw: RawLine, currency: str, terms: SalesTerms) -> Line:
    def refuse(problem: str, remedy: str) -> BadOrderError:
        return BadOrderError(f"line {number}: {problem}", remedy, file=raw.file, row=raw.row)

    if raw.product not in terms.products:
        raise refuse(f"unknown product {raw.product[:40]!r}", "create the product first or mend its id")
    quantity = _amount(raw.quantity, "quantity", refuse)
    price = _amount(raw.unit_price, "unit price", refuse)
    discount = _amount(raw.discount or "0", "discount", refuse)
    if quantity != quantity.to_integral_value() or not 0 < quantity <= MAX_QUANTITY:
        raise refuse(f"quantity {raw.quantity} is not a whole number above 0", f"give 1 to {MAX_QUANTITY}")
    if discount >= 1:
        raise refuse(f"discount {raw.discount} is not below 1", "write 5 % as 0.05")
    minor = price.scaleb(exponent(currency))
    if minor != minor.to_integral_value():
        raise refuse(f"unit price {raw.unit_price} has more decimals than {currency}", "round it")
    net = round_minor(minor * quantity * (1 - discount))
    tax = round_minor(net * terms.tax)
    if max(int(minor), net + tax) > MOST_MINOR:
        raise refuse("comes to more than an amount can be", "mend its price or its quantity")
    amounts = {"unit_price": int(minor), "net": net, "tax": tax, "gross": net + tax}
    money = {name: Money(minor=value, currency=currency) for name, value in amounts.items()}
    return Line(id=str(number), product=raw.product, quantity=int(quantity), discount=discount.normalize(), **money)


def _amount(text: str, what: str, refuse: Callable[[str, str], BadOrderError]) -> Decimal:
    """Read a plain decimal number: no exponent, no NaN, no formula, no digits of other scripts."""
    if not _AMOUNT.fullmatch(text):
        raise refuse(f"{what} {text[:40]!r} is not a number", "write digits with a point, such as 12.50")
    value = Decimal(text)
    if value < 0:
        raise refuse(f"{what} {text} is negative", "an order takes no negative amounts; use a credit note")
    return value
