"""The documents that CRM and ERP hold, as the engine sees them, whatever system holds them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from ltc.model.base import Value
from ltc.model.money import Currency, Money

DocumentId = Annotated[str, Field(min_length=1, max_length=64)]
MOST_PIECES = 10**12
Quantity = Annotated[int, Field(ge=0, le=MOST_PIECES)]
Pieces = Annotated[int, Field(gt=0, le=MOST_PIECES)]


class Document(Value):
    """A document of an outside system: its id there and its version there (rises with each change)."""

    id: DocumentId
    version: int = 1


class CustomerRef(Value):
    """A customer as the CRM knows it."""

    id: DocumentId
    name: str


class CustomerCard(CustomerRef):
    """What the CRM knows of a customer. ``country`` is ISO 3166 alpha-2, ``phone`` E.164; empty is unknown."""

    email: str = ""
    phone: str = ""
    street: str = ""
    city: str = ""
    postal_code: str = ""
    country: str = Field(default="", pattern=r"^([A-Z]{2})?$")
    tax_id: str = ""


class Customer(Value):
    """One customer, with its ids in both systems, its tier and its credit limit."""

    id: DocumentId
    name: str
    crm_id: DocumentId
    erp_id: DocumentId
    currency: Currency
    tier: str = "standard"


class Line(Value):
    """One line of an opportunity or order. Money is per line, rounded half-even."""

    id: DocumentId
    product: str
    quantity: Pieces
    unit_price: Money
    discount: Annotated[Decimal, Field(ge=0, lt=1)] = Decimal(0)
    net: Money
    tax: Money
    gross: Money


class Opportunity(Document):
    """What sales won, or lost, in the CRM."""

    number: str
    customer: CustomerRef
    owner: str
    currency: Currency
    lines: list[Line]
    net: Money
    tax: Money
    gross: Money
    stage: str = "won"
    lost: bool = False
    loss_reason: str = ""
    required_on: datetime | None = None


class Lead(Document):
    """A lead as the CRM qualified it."""

    stage: str
    score: int = 0


class Note(Document):
    """A note that the CRM shows beside a deal."""

    opportunity: DocumentId
    text: str


class LineStatus(Value):
    """How far one line of an order is, in pieces."""

    line: str
    ordered: Quantity
    shipped: Quantity = 0
    cancelled: Quantity = 0


class Order(Document):
    """A sales order. Quantities are absolute totals over all lines.

    ``by_line`` says how far each line is, where the system tells: too much of one line makes up for no other.
    """

    customer: str
    lines: list[Line]
    net: Money
    tax: Money
    gross: Money
    status: str
    ordered: Quantity
    shipped: Quantity = 0
    returned: Quantity = 0
    cancelled: Quantity = 0
    reference: str = ""
    by_line: list[LineStatus] = Field(default_factory=list)


class Release(Document):
    """A delivery order released to the warehouse; ``warehouse`` is empty where there is but one."""

    order: DocumentId
    status: str
    warehouse: str = ""


class DeliveryLine(Value):
    """How much of one order line a delivery holds."""

    line: str
    product: str
    quantity: Pieces


class Pick(Value):
    """What one warehouse is to send of an order."""

    warehouse: DocumentId
    lines: list[DeliveryLine]


class PickPlan(Document):
    """Which warehouse is to send how much of an order."""

    order: DocumentId
    parts: list[Pick]


class Delivery(Document):
    """Goods that left: one parcel, or one part shipment."""

    order: DocumentId
    lines: list[DeliveryLine]
    net: Money
    gross: Money
    shipped_at: datetime


class Exchange(Value):
    """What payments in a foreign currency came to in the books: at their own rates, and at the invoice's.

    ``difference`` = received - carried, a gain above zero; it is booked apart and never part of the invoice.
    """

    rate: Decimal
    carried: Money
    received: Money
    difference: Money


class Invoice(Document):
    """A billing document and how much of it is paid.

    ``open`` = gross - paid - credited - discounted - written_off. ``kind``: empty (a delivery or an order), or
    ``down_payment``, ``instalment``, ``milestone``, ``final``, ``dunning_fee``; ``part`` names the instalment, the
    milestone or the dunning notice.
    ``deducted`` is what a final invoice takes off for what was billed before. ``discount`` may be deducted by who pays
    until ``discount_until``.
    """

    order: DocumentId
    delivery: str = ""
    net: Money
    tax: Money
    gross: Money
    paid: Money
    credited: Money
    written_off: Money
    open: Money
    settled: bool = False
    due_date: datetime
    disputed: bool = False  # the customer says that it is not owed
    promised_until: datetime | None = None  # payment is promised until then
    dunning_blocked: bool = False  # nobody is to remind of it
    kind: str = ""
    part: str = ""
    deducted: Money | None = None
    discounted: Money | None = None
    discount: Money | None = None
    discount_until: datetime | None = None
    exchange: Exchange | None = None


class Dunning(Document):
    """A dunning notice: what was open when it was sent, and the fee that it claims besides."""

    invoice: DocumentId
    level: int
    amount: Money
    fee: Money
    status: str
    sent_at: datetime


class Payment(Document):
    """Money received, as allocated to one invoice."""

    invoice: DocumentId
    amount: Money
    received_at: datetime


class Milestone(Document):
    """A milestone of an order that was accepted: by whom, when, and what may be billed for it (gross)."""

    order: DocumentId
    name: str
    amount: Money
    accepted_by: str
    accepted_at: datetime
    invoice: str = ""


class CreditNote(Document):
    """The counter-document of an invoice."""

    invoice: DocumentId
    amount: Money


class GoodsReturn(Document):
    """Goods that came back, or are to: the counter-document of a delivery.

    ``status``: announced, received, cancelled.
    """

    delivery: DocumentId
    quantity: Quantity
    order: str = ""
    status: str = "received"
    lines: list[DeliveryLine] = Field(default_factory=list)


class Rate(Value):
    """An exchange rate as fetched: one unit of ``source`` is ``rate`` units of ``target``."""

    source: Currency
    target: Currency
    rate: Decimal
    on: datetime
