"""The port of the system that delivers and bills: orders, deliveries, invoices, payments."""

from __future__ import annotations

from typing import Protocol

from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.erp_after import ErpAfterSale
from ltc.ports.erp_more import BillsByTerms, MakesAndBuys
from ltc.ports.erp_trade import TradesOnTrust
from ltc.ports.systems import System


class Erp(ErpAfterSale, BillsByTerms, MakesAndBuys, TradesOnTrust, System, Protocol):
    """One method per ``erp.`` operation; effects take the effect key. All raise ``ltc.ports.errors`` only."""

    async def exchange_rate(self, request: op.Currencies) -> d.Rate:
        """Read the rate between two currencies as of now."""

    async def get_order(self, request: op.OrderId) -> d.Order:
        """Read an order."""

    async def create_order(self, request: op.CreateOrder, key: str) -> d.Order:
        """Create a draft order."""

    async def update_order(self, request: op.UpdateOrder, key: str) -> d.Order:
        """Give a draft order new lines."""

    async def cancel_order(self, request: op.OrderId, key: str) -> d.Order:
        """Cancel a draft order."""

    async def confirm_order(self, request: op.ConfirmOrder, key: str) -> d.Order:
        """Confirm a draft order: it is planned and counts against the credit limit."""

    async def unconfirm_order(self, request: op.OrderId, key: str) -> d.Order:
        """Make a confirmed order a draft again."""

    async def release_delivery(self, request: op.OrderId, key: str) -> d.Release:
        """Tell the warehouse to ship a confirmed order."""

    async def cancel_delivery(self, request: op.DeliveryId, key: str) -> d.Release:
        """Take a release back of which nothing is out."""

    async def watch_shipments(self, request: op.OrderId) -> op.ShipmentStatus:
        """Read an order and everything that left for it."""

    async def receive_return(self, request: op.OrderId, key: str) -> d.GoodsReturn:
        """Take back everything that is out for an order."""

    async def post_invoice(self, request: op.DeliveryId, key: str) -> d.Invoice:
        """Bill a delivery."""

    async def post_order_invoice(self, request: op.OrderId, key: str) -> d.Invoice:
        """Bill a whole order."""

    async def get_invoice(self, request: op.InvoiceId) -> d.Invoice:
        """Read an invoice."""

    async def credit_note(self, request: op.InvoiceId, key: str) -> d.CreditNote:
        """Credit an invoice in full: its counter-document."""

    async def watch_payments(self, request: op.InvoiceId) -> op.PaymentStatus:
        """Read an invoice and everything received for it."""

    async def write_off(self, request: op.InvoiceId, key: str) -> d.Invoice:
        """Give up what is still open of an invoice."""

    async def create_dunning(self, request: op.CreateDunning, key: str) -> d.Dunning:
        """Send a dunning notice for what is open of an invoice."""

    async def cancel_dunning(self, request: op.DunningId, key: str) -> d.Dunning:
        """Take a dunning notice back."""

    async def ship_delivery(self, request: op.ShipDelivery, key: str) -> d.Delivery:
        """Ship what is released and in stock: pick, pack, goods issue. The pivot of the delivery."""

    async def register_payment(self, request: op.RegisterPayment, key: str) -> d.Payment:
        """Enter money received for an invoice and reconcile it: in part, in full, or over."""

    async def reverse_payment(self, request: op.PaymentId, key: str) -> d.Payment:
        """Undo a payment that bounced: the invoice is open again."""
