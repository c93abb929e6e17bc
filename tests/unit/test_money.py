"""Money: how it is read, and how much of it there can be."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from ltc.model.money import MOST_MINOR, Money


@pytest.mark.parametrize(
    ("text", "minor"), [("0.5 USD", 50), ("1000 JPY", 1000), ("1.234 BHD", 1234), ("-3.00 EUR", -300)]
)
def test_money_is_read_in_the_minor_unit_of_its_currency(text: str, minor: int) -> None:
    assert Money.parse(text).minor == minor


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1.5 JPY", "more decimals"), ("1.2345 BHD", "more decimals"), ("1e9 USD", "is not money"),
        ("90071992547409.92 USD", "more than"), ("9007199254740992 JPY", "more than"),
        ("99999999999999999999999999999999999 USD", "money|more than"),
    ],
)  # fmt: skip
def test_what_is_no_money_is_told(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Money.parse(text)


def test_there_is_a_most_of_it() -> None:
    assert Money(minor=MOST_MINOR, currency="USD")
    with pytest.raises(ValidationError, match="less than or equal"):
        Money(minor=MOST_MINOR + 1, currency="USD")
    with pytest.raises(ValidationError, match="less than or equal"):
        Money(minor=MOST_MINOR, currency="USD") + Money(minor=1, currency="USD")
