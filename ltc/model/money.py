"""Money in integer minor units with a currency; rounding is half-even."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Annotated

from pydantic import Field

from ltc.model.base import Value

# Currencies whose minor unit is not 1/100 (ISO 4217, list one, column "minor unit").
_EXPONENTS = {
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0,
    "RWF": 0, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip
# The most minor units there may be: the whole numbers that every database, JSON reader and browser tells apart.
MOST_MINOR = 2**53 - 1
_MONEY = re.compile(r"(-?\d+(?:\.\d+)?) ([A-Z]{3})")

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


def exponent(currency: str) -> int:
    """Return how many decimal places the currency's minor unit has (ISO 4217)."""
    return _EXPONENTS.get(currency, 2)


def round_minor(amount: Decimal) -> int:
    """Round an amount of minor units half-even to a whole one."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


class Money(Value):
    """An amount in minor units (cents, fen) of one currency."""

    minor: Annotated[int, Field(ge=-MOST_MINOR, le=MOST_MINOR)]
    currency: Currency

    @classmethod
    def parse(cls, text: str) -> Money:
        """Read ``10000.00 CNY``.

        Raises:
            ValueError: the text is not an amount and a currency, or has more decimals than the currency.
        """
        match = _MONEY.fullmatch(text.strip())
        if not match:
            raise ValueError(f"{text!r} is not money; write it as '10000.00 CNY'")
        try:
            minor = Decimal(match[1]).scaleb(exponent(match[2]))
        except InvalidOperation as error:
            raise ValueError(f"{text!r} is not money; write it as '10000.00 CNY'") from error
        if minor != minor.to_integral_value():
            raise ValueError(f"{text!r} has more decimals than {match[2]} has ({exponent(match[2])})")
        if abs(minor) > MOST_MINOR:
            raise ValueError(f"{text!r} is more than an amount can be")
        return cls(minor=int(minor), currency=match[2])

    @classmethod
    def of(cls, amount: Decimal, currency: str) -> Money:
        """Make money of a decimal amount in major units, rounded half-even."""
        return cls(minor=round_minor(amount.scaleb(exponent(currency))), currency=currency)

    def part(self, percent: Decimal) -> Money:
        """Return this many percent of it, rounded half-even."""
        return Money(minor=round_minor(self.minor * percent / 100), currency=self.currency)

    def converted(self, rate: Decimal, currency: str) -> Money:
        """Return it in another currency, of which one of its own units is ``rate``; rounded half-even."""
        exact = self.minor * rate
        return Money(minor=round_minor(exact.scaleb(exponent(currency) - exponent(self.currency))), currency=currency)

    def __add__(self, other: Money) -> Money:
        return Money(minor=self.minor + self._same(other).minor, currency=self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(minor=self.minor - self._same(other).minor, currency=self.currency)

    def __str__(self) -> str:
        places = exponent(self.currency)
        return f"{Decimal(self.minor).scaleb(-places):.{places}f} {self.currency}"

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"{self} and {other} are of two currencies; convert one with base() first")
        return other
