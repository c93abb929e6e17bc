"""What the operations of billing take: terms, down-payments, instalments, milestones, write-offs."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from ltc.model import documents as d
from ltc.model.base import Value
from ltc.model.money import Money
from ltc.model.terms import BillingTerms
from ltc.ports.errors import BusinessRefusal
from ltc.ports.requests import InvoiceId


class AgreeTerms(Value):
    """The terms that an order is shipped and billed by, from now on."""

    order: d.DocumentId
    terms: BillingTerms


class PostDownPayment(Value):
    """Bill a part of an order before anything is delivered: ``share`` in percent of it, or an ``amount`` (gross)."""

    order: d.DocumentId
    share: Annotated[Decimal, Field(gt=0, le=100)] | None = None
    amount: Money | None = None


class PostInstalment(Value):
    """Bill one of the instalments that were agreed for an order."""

    order: d.DocumentId
    instalment: str


class AcceptMilestone(Value):
    """The customer accepts one of the milestones that were agreed for an order."""

    order: d.DocumentId
    milestone: str
    accepted_by: str


class MilestoneId(Value):
    """An accepted milestone by its id."""

    milestone: d.DocumentId


class WriteOff(InvoiceId):
    """Give up what is open of an invoice, at most ``most`` (what was approved); ``reason`` goes into the books."""

    most: Money | None = None
    reason: str = ""


def refuse_above(request: InvoiceId, rest: Money) -> None:
    """Refuse to write off more than was approved.

    Raises:
        BusinessRefusal: more is open than ``most``, or that is in another currency.
    """
    most = request.most if isinstance(request, WriteOff) else None
    if most is not None and (most.currency != rest.currency or rest.minor > most.minor):
        text = f"{rest} of invoice {request.invoice} are open, more than the {most} that may be written off"
        raise BusinessRefusal("more_than_allowed", text, request.invoice)
