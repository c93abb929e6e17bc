"""What operations take and events say: one typed value each."""

from __future__ import annotations

from pydantic import Field

from ltc.model import documents as d
from ltc.model.base import Value
from ltc.model.money import Currency, Money


class OpportunityId(Value):
    """An opportunity by its id in the CRM."""

    opportunity: d.DocumentId


class SetStage(Value):
    """Tell the CRM how far a deal is."""

    opportunity: d.DocumentId
    stage: str


class ResolveCustomer(Value):
    """Find the ERP's customer of a CRM customer."""

    customer: d.CustomerRef


class CreateOrder(Value):
    """A draft order: nothing is planned before it is confirmed."""

    customer: d.DocumentId
    lines: list[d.Line]


class UpdateOrder(Value):
    """New lines for a draft order."""

    order: d.DocumentId
    lines: list[d.Line]


class OrderId(Value):
    """An order by its id in the ERP."""

    order: d.DocumentId


class ConfirmOrder(Value):
    """Confirm an order. ``override`` names the refusal that an approval has lifted (credit_limit)."""

    order: d.DocumentId
    override: str = ""


class DeliveryId(Value):
    """A delivery or a release by its id."""

    delivery: d.DocumentId


class InvoiceId(Value):
    """An invoice by its id."""

    invoice: d.DocumentId


class Currencies(Value):
    """A pair of currencies."""

    source: Currency
    target: Currency


class ShipmentStatus(Value):
    """An order and everything that left for it so far."""

    order: d.Order
    deliveries: list[d.Delivery]


class PaymentStatus(Value):
    """An invoice and everything received for it so far."""

    invoice: d.Invoice
    payments: list[d.Payment]


class OpportunityWon(Value):
    """Sales won a deal."""

    opportunity_id: str
    opportunity: d.Opportunity


class OrderCancelled(Value):
    """The customer does not want the goods any more."""

    opportunity: str
    reason: str = ""


class GoodsShipped(Value):
    """Goods left the warehouse."""

    order: str
    delivery: str


class PaymentAllocated(Value):
    """Money was received for an invoice."""

    invoice: str
    payment: str


class PaymentReversed(Value):
    """A payment was taken back: it bounced, or was entered by mistake. Its invoice is open again."""

    order: str
    invoice: str
    payment: str


class CreateLead(Value):
    """A lead as it came in. ``external_id`` is its id where it came from, unique there."""

    external_id: d.DocumentId
    title: str
    customer: d.CustomerCard
    owner: str = ""
    currency: Currency
    lines: list[d.Line]
    source: str = ""


class LeadId(Value):
    """A lead by its id in the CRM."""

    lead: d.DocumentId


class LogProgress(Value):
    """Write into the CRM, where sales see it, how far a deal is: a note, and status fields where the CRM has them.

    ``leg`` and ``outcome`` are the chain's words; ``document`` is the id of what came of it, if anything.
    """

    opportunity: d.DocumentId
    leg: str
    outcome: str
    document: str = ""
    text: str


class EnsureCustomer(Value):
    """Find the ERP's customer of a CRM customer by its code, or create it."""

    customer: d.CustomerCard
    currency: Currency


class ShipDelivery(Value):
    """Ship what is released and in stock; ``lines`` says how much of which order line, none means all that can go."""

    delivery: d.DocumentId
    lines: list[d.DeliveryLine] = Field(default_factory=list)


class RegisterPayment(Value):
    """Money received for an invoice. ``reference`` is the bank's; more than is open is an over-payment."""

    invoice: d.DocumentId
    amount: Money
    reference: str = ""


class CreateDunning(Value):
    """A dunning notice of a level for an invoice, with the fee that it claims besides."""

    invoice: d.DocumentId
    level: int = Field(ge=1, le=9)
    fee: Money | None = None


class DunningId(Value):
    """A dunning notice by its id."""

    dunning: d.DocumentId


class ReceivableChanged(Value):
    """Something was noted of a claim: a dispute, a promise of payment, a block."""

    invoice: str
    reason: str = ""


class PaymentId(Value):
    """A payment by its id, as allocated to one invoice."""

    invoice: d.DocumentId
    payment: d.DocumentId
