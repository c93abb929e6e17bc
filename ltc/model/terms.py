"""What a definition says of billing, as a value: tolerance, cash discount, instalments, milestones."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from ltc.model.base import Value
from ltc.model.money import Money

Percent = Annotated[Decimal, Field(ge=0, le=999)]


class Tolerance(Value):
    """How much more or less than ordered, in percent of each line, still counts as what was ordered."""

    over: Percent = Decimal(0)
    under: Percent = Decimal(0)


class CashDiscount(Value):
    """Skonto: who pays within ``days`` calendar days of the invoice's date may deduct ``rate`` percent."""

    rate: Annotated[Decimal, Field(gt=0, lt=100)]
    days: Annotated[int, Field(gt=0)]


class Instalment(Value):
    """A part of the order's price that is billed by itself; ``share`` in percent. All of them make 100 percent."""

    name: str
    share: Annotated[Decimal, Field(gt=0, le=100)]
    after: str = ""


class MilestoneTerm(Value):
    """A result that the customer accepts and is billed for: ``share`` in percent of the order, or an ``amount``.

    ``accepted_by``: who accepts it; empty leaves it open.
    """

    name: str
    share: Annotated[Decimal, Field(gt=0, le=100)] | None = None
    amount: Money | None = None
    accepted_by: str = ""
    after: str = ""


class BillingTerms(Value):
    """What was agreed on billing an order. ``basis`` is ``order``, ``delivery`` or ``milestone``."""

    basis: str = "delivery"
    tolerance: Tolerance = Tolerance()
    cash_discount: CashDiscount | None = None
    instalments: list[Instalment] = Field(default_factory=list)
    milestones: list[MilestoneTerm] = Field(default_factory=list)
