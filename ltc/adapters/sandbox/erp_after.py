"""What the sandbox ERP offers after the sale: amendments, returns, credits and refunds, several warehouses."""

from __future__ import annotations

from collections.abc import Mapping

from ltc.adapters.sandbox.base import SandboxAdapter, Way
from ltc.model import documents as d
from ltc.ports import operations as op

AFTER_SALE: Mapping[str, Way] = {
    "erp.amend_order": Way("PUT", "/orders/{order}/lines", changes="order", reads="/orders/{order}"),
    "erp.cancel_lines": Way("POST", "/orders/{order}/cancel-lines", changes="order", reads="/orders/{order}"),
    "erp.revert_amendment": Way("POST", "/orders/{order}/revert", changes="order", reads="/orders/{order}"),
    "erp.accept_return": Way("POST", "/orders/{order}/announced-returns", "/returns", ("order", "order")),
    "erp.cancel_return": Way(
        "POST", "/returns/{goods_return}/cancel", changes="goods_return", reads="/returns/{goods_return}"
    ),
    "erp.watch_returns": Way("GET", "/orders/{order}/returned"),
    "erp.credit_return": Way("POST", "/invoices/{invoice}/credit-return", "/credit-notes", ("invoice", "invoice")),
    "erp.credit_and_refund": Way(
        "POST", "/invoices/{invoice}/credit-and-refund", "/credit-notes", ("invoice", "invoice")
    ),
    "erp.credit_part": Way("POST", "/invoices/{invoice}/credit-part", "/credit-notes", ("invoice", "invoice")),
    "erp.credit_cancelled": Way(
        "POST", "/invoices/{invoice}/credit-cancelled", "/credit-notes", ("invoice", "invoice")
    ),
    "erp.cancel_credit": Way(
        "POST", "/credit-notes/{credit_note}/cancel", changes="credit_note", reads="/credit-notes/{credit_note}"
    ),
    "erp.refund": Way("POST", "/invoices/{invoice}/refund", "/payments", ("invoice", "invoice")),
    "erp.plan_picks": Way("GET", "/orders/{order}/picks"),
    "erp.release_picks": Way("POST", "/orders/{order}/picks", "/releases", ("order", "order")),
}


class AfterSale(SandboxAdapter):
    """The part of the port Erp that comes after the sale."""

    async def amend_order(self, request: op.AmendOrder, key: str) -> d.Order:
        """Give an agreed order new lines; what has left stays."""
        found: d.Order = await self._do("erp.amend_order", request, key)
        return found

    async def cancel_lines(self, request: op.CancelLines, key: str) -> d.Order:
        """Cancel what is open of some lines."""
        found: d.Order = await self._do("erp.cancel_lines", request, key)
        return found

    async def revert_amendment(self, request: op.OrderId, key: str) -> d.Order:
        """Take the newest amendment, or cancellation of lines, back."""
        found: d.Order = await self._do("erp.revert_amendment", request, key)
        return found

    async def accept_return(self, request: op.AcceptReturn, key: str) -> d.GoodsReturn:
        """Agree that goods come back."""
        found: d.GoodsReturn = await self._do("erp.accept_return", request, key)
        return found

    async def cancel_return(self, request: op.ReturnId, key: str) -> d.GoodsReturn:
        """Take an agreement back of which nothing has arrived."""
        found: d.GoodsReturn = await self._do("erp.cancel_return", request, key)
        return found

    async def watch_returns(self, request: op.OrderId) -> op.ReturnStatus:
        """Read an order and everything that came back of it."""
        found: op.ReturnStatus = await self._read("erp.watch_returns", request)
        return found

    async def credit_return(self, request: op.CreditReturn, key: str) -> d.CreditNote:
        """Credit an invoice with what came back."""
        found: d.CreditNote = await self._do("erp.credit_return", request, key)
        return found

    async def credit_and_refund(self, request: op.InvoiceId, key: str) -> d.CreditNote:
        """Take an invoice back, and send back what was paid."""
        found: d.CreditNote = await self._do("erp.credit_and_refund", request, key)
        return found

    async def credit_part(self, request: op.CreditPart, key: str) -> d.CreditNote:
        """Credit an invoice by an amount."""
        found: d.CreditNote = await self._do("erp.credit_part", request, key)
        return found

    async def credit_cancelled(self, request: op.InvoiceId, key: str) -> d.CreditNote:
        """Credit an invoice with what was cancelled of its order."""
        found: d.CreditNote = await self._do("erp.credit_cancelled", request, key)
        return found

    async def cancel_credit(self, request: op.CreditNoteId, key: str) -> d.CreditNote:
        """Take a partial credit note back."""
        found: d.CreditNote = await self._do("erp.cancel_credit", request, key)
        return found

    async def refund(self, request: op.RefundPayment, key: str) -> d.Payment:
        """Send money back to the customer."""
        found: d.Payment = await self._do("erp.refund", request, key)
        return found

    async def plan_picks(self, request: op.OrderId) -> d.PickPlan:
        """Read which warehouse is to send how much."""
        found: d.PickPlan = await self._read("erp.plan_picks", request)
        return found

    async def release_picks(self, request: op.ReleasePicks, key: str) -> d.Release:
        """Tell one warehouse to send its part."""
        found: d.Release = await self._do("erp.release_picks", request, key)
        return found
