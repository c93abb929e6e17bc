"""The documents of distributors and framework contracts: goods on consignment, insured credit, contracts, call-offs."""

from __future__ import annotations

from datetime import datetime

from ltc.model.documents import Document, DocumentId, Line, Quantity
from ltc.model.money import Money


class Cover(Document):
    """The credit insurer's cover for what an order will make the customer owe."""

    order: DocumentId
    customer: DocumentId
    amount: Money
    limit: Money
    status: str  # open, released


class Consignment(Document):
    """An order's goods at the customer's place: ours until a withdrawal is reported. ``left`` is still there."""

    order: DocumentId
    status: str  # out, recalled, closed
    quantity: Quantity
    withdrawn: Quantity
    left: Quantity


class Contract(Document):
    """A framework contract: so much of each product, at prices that may change, called off over time.

    ``percent``: what is called off now costs so many percent of the prices in ``lines``.
    """

    customer: DocumentId
    lines: list[Line]
    quantity: Quantity
    called: Quantity
    status: str  # open, closed, cancelled
    closed: bool = False
    percent: Quantity = 100


class CallOff(Document):
    """A part of a contract that the customer calls off, at the prices of that day. ``number`` counts per contract."""

    contract: DocumentId
    number: str
    lines: list[Line]
    quantity: Quantity
    requested_at: datetime
