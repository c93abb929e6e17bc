"""What operations and events after the sale take: amended orders, cancelled lines, returns, refunds."""

from __future__ import annotations

from pydantic import Field

from ltc.model import documents as d
from ltc.model.base import Value
from ltc.model.money import Money


class LinePart(Value):
    """So many pieces of one order line."""

    line: str
    quantity: d.Pieces


class AmendOrder(Value):
    """New lines for an order that is agreed already: what has left, or is billed, stays as it is."""

    order: d.DocumentId
    lines: list[d.Line]


class CancelLines(Value):
    """Cancel what is still open of some lines of an order, named by their ids."""

    order: d.DocumentId
    lines: list[str] = Field(min_length=1)


class AcceptReturn(Value):
    """Agree that goods come back; without lines, everything that is out."""

    order: d.DocumentId
    lines: list[LinePart] = Field(default_factory=list)


class ReturnId(Value):
    """A goods return by its id."""

    goods_return: d.DocumentId


class ReturnStatus(Value):
    """An order and everything that came back of it so far."""

    order: d.Order
    returns: list[d.GoodsReturn]


class CreditReturn(Value):
    """Credit an invoice with what came back of the goods that it bills."""

    invoice: d.DocumentId
    goods_return: d.DocumentId


class CreditPart(Value):
    """Credit an invoice in part, by an amount."""

    invoice: d.DocumentId
    amount: Money


class CreditNoteId(Value):
    """A credit note by its id."""

    credit_note: d.DocumentId


class RefundPayment(Value):
    """Send money back to the customer of an invoice; without an amount, all of the customer's balance on it."""

    invoice: d.DocumentId
    amount: Money | None = None


class ReleasePicks(Value):
    """Tell one warehouse to send its part of an order."""

    order: d.DocumentId
    warehouse: d.DocumentId
    lines: list[d.DeliveryLine] = Field(min_length=1)


class OrderChanged(Value):
    """The customer wants other lines than those ordered: all of them, as they are to be."""

    opportunity: str
    lines: list[d.Line]
    reason: str = ""


class LinesCancelled(Value):
    """The customer does not want what is open of some lines any more."""

    opportunity: str
    lines: list[str]
    reason: str = ""


class ReturnAnnounced(Value):
    """The customer wants to send goods back; without lines, all of them."""

    opportunity: str
    lines: list[LinePart] = Field(default_factory=list)
    reason: str = ""


class GoodsReturned(Value):
    """Goods have come back to the warehouse."""

    order: str
    goods_return: str
