"""The port of the system that delivers and bills, after the sale: amendments, returns, credits, several warehouses.

A system need not offer these: where one does not, lint says so (LTC-D099).
"""

from __future__ import annotations

from typing import Protocol

from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.systems import System


class ErpAfterSale(System, Protocol):
    """One method per ``erp.`` operation; effects take the effect key. All raise ``ltc.ports.errors`` only."""

    async def amend_order(self, request: op.AmendOrder, key: str) -> d.Order:
        """Give an agreed order new lines; what has left stays."""

    async def cancel_lines(self, request: op.CancelLines, key: str) -> d.Order:
        """Cancel what is open of some lines."""

    async def revert_amendment(self, request: op.OrderId, key: str) -> d.Order:
        """Take the newest amendment, or cancellation of lines, back."""

    async def accept_return(self, request: op.AcceptReturn, key: str) -> d.GoodsReturn:
        """Agree that goods come back."""

    async def cancel_return(self, request: op.ReturnId, key: str) -> d.GoodsReturn:
        """Take an agreement back of which nothing has arrived."""

    async def watch_returns(self, request: op.OrderId) -> op.ReturnStatus:
        """Read an order and everything that came back of it."""

    async def credit_return(self, request: op.CreditReturn, key: str) -> d.CreditNote:
        """Credit an invoice with what came back."""

    async def credit_and_refund(self, request: op.InvoiceId, key: str) -> d.CreditNote:
        """Take an invoice back, and send back what was paid."""

    async def credit_part(self, request: op.CreditPart, key: str) -> d.CreditNote:
        """Credit an invoice by an amount."""

    async def credit_cancelled(self, request: op.InvoiceId, key: str) -> d.CreditNote:
        """Credit an invoice with what was cancelled of its order."""

    async def cancel_credit(self, request: op.CreditNoteId, key: str) -> d.CreditNote:
        """Take a partial credit note back."""

    async def refund(self, request: op.RefundPayment, key: str) -> d.Payment:
        """Send money back to the customer."""

    async def plan_picks(self, request: op.OrderId) -> d.PickPlan:
        """Read which warehouse is to send how much."""

    async def release_picks(self, request: op.ReleasePicks, key: str) -> d.Release:
        """Tell one warehouse to send its part."""
