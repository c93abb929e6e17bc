"""The port Erp on the sandbox ERP."""

from __future__ import annotations

from collections.abc import Mapping

from ltc.adapters.sandbox.base import Way
from ltc.adapters.sandbox.erp_after import AFTER_SALE, AfterSale
from ltc.adapters.sandbox.erp_supply import WAYS, BillsByTerms, MakesAndBuys
from ltc.adapters.sandbox.erp_trade import TRADE, Trades
from ltc.model import documents as d
from ltc.ports import operations as op

_ORDER = "/orders/{order}"


def _change(method: str, path: str) -> Way:
    return Way(method, path, changes="order", reads=_ORDER)


class SandboxErp(AfterSale, BillsByTerms, MakesAndBuys, Trades):
    """Orders, deliveries, invoices and payments of the sandbox ERP."""

    system = "erp"
    ways: Mapping[str, Way] = {
        "erp.exchange_rate": Way("GET", "/rates/{source}/{target}"),
        "erp.create_order": Way("POST", "/orders", "/orders", ("customer", "customer")),
        "erp.update_order": _change("PUT", _ORDER),
        "erp.cancel_order": _change("POST", "/orders/{order}/cancel"),
        "erp.get_order": Way("GET", _ORDER),
        "erp.confirm_order": _change("POST", "/orders/{order}/confirm"),
        "erp.unconfirm_order": _change("POST", "/orders/{order}/unconfirm"),
        "erp.release_delivery": Way("POST", "/orders/{order}/release", "/releases", ("order", "order")),
        "erp.cancel_delivery": Way(
            "POST", "/releases/{delivery}/cancel", changes="delivery", reads="/releases/{delivery}"
        ),
        "erp.ship_delivery": Way("POST", "/releases/{delivery}/ship", "/deliveries", ("release", "delivery")),
        "erp.watch_shipments": Way("GET", "/orders/{order}/shipments"),
        "erp.receive_return": Way("POST", "/orders/{order}/returns", "/returns", ("order", "order")),
        "erp.post_invoice": Way("POST", "/deliveries/{delivery}/invoice", "/invoices", ("delivery", "delivery")),
        "erp.post_order_invoice": Way("POST", "/orders/{order}/invoice", "/invoices", ("order", "order")),
        "erp.get_invoice": Way("GET", "/invoices/{invoice}"),
        "erp.credit_note": Way("POST", "/invoices/{invoice}/credit", "/credit-notes", ("invoice", "invoice")),
        "erp.watch_payments": Way("GET", "/invoices/{invoice}/payments"),
        "erp.register_payment": Way("POST", "/invoices/{invoice}/payments", "/payments", ("invoice", "invoice")),
        "erp.reverse_payment": Way(
            "POST", "/payments/{payment}/reverse", changes="payment", reads="/payments/{payment}"
        ),
        "erp.create_dunning": Way("POST", "/invoices/{invoice}/dunnings", "/dunnings", ("invoice", "invoice")),
        "erp.cancel_dunning": Way("POST", "/dunnings/{dunning}/cancel", changes="dunning", reads="/dunnings/{dunning}"),
        "erp.write_off": Way("POST", "/invoices/{invoice}/write-off", changes="invoice", reads="/invoices/{invoice}"),
        **WAYS,
        **AFTER_SALE,
        **TRADE,
    }

    async def exchange_rate(self, request: op.Currencies) -> d.Rate:
        """Read the rate between two currencies as of now."""
        rate: d.Rate = await self._read("erp.exchange_rate", request)
        return rate

    async def get_order(self, request: op.OrderId) -> d.Order:
        """Read an order."""
        order: d.Order = await self._read("erp.get_order", request)
        return order

    async def create_order(self, request: op.CreateOrder, key: str) -> d.Order:
        """Create a draft order."""
        order: d.Order = await self._do("erp.create_order", request, key)
        return order

    async def update_order(self, request: op.UpdateOrder, key: str) -> d.Order:
        """Give a draft order new lines."""
        order: d.Order = await self._do("erp.update_order", request, key)
        return order

    async def cancel_order(self, request: op.OrderId, key: str) -> d.Order:
        """Cancel a draft order."""
        order: d.Order = await self._do("erp.cancel_order", request, key)
        return order

    async def confirm_order(self, request: op.ConfirmOrder, key: str) -> d.Order:
        """Confirm a draft order: it is planned and counts against the credit limit."""
        order: d.Order = await self._do("erp.confirm_order", request, key)
        return order

    async def unconfirm_order(self, request: op.OrderId, key: str) -> d.Order:
        """Make a confirmed order a draft again."""
        order: d.Order = await self._do("erp.unconfirm_order", request, key)
        return order

    async def release_delivery(self, request: op.OrderId, key: str) -> d.Release:
        """Tell the warehouse to ship a confirmed order."""
        release: d.Release = await self._do("erp.release_delivery", request, key)
        return release

    async def cancel_delivery(self, request: op.DeliveryId, key: str) -> d.Release:
        """Take a release back of which nothing is out."""
        release: d.Release = await self._do("erp.cancel_delivery", request, key)
        return release

    async def watch_shipments(self, request: op.OrderId) -> op.ShipmentStatus:
        """Read an order and everything that left for it."""
        status: op.ShipmentStatus = await self._read("erp.watch_shipments", request)
        return status

    async def receive_return(self, request: op.OrderId, key: str) -> d.GoodsReturn:
        """Take back everything that is out for an order."""
        returned: d.GoodsReturn = await self._do("erp.receive_return", request, key)
        return returned

    async def post_invoice(self, request: op.DeliveryId, key: str) -> d.Invoice:
        """Bill a delivery."""
        invoice: d.Invoice = await self._do("erp.post_invoice", request, key)
        return invoice

    async def post_order_invoice(self, request: op.OrderId, key: str) -> d.Invoice:
        """Bill a whole order."""
        invoice: d.Invoice = await self._do("erp.post_order_invoice", request, key)
        return invoice

    async def get_invoice(self, request: op.InvoiceId) -> d.Invoice:
        """Read an invoice."""
        invoice: d.Invoice = await self._read("erp.get_invoice", request)
        return invoice

    async def credit_note(self, request: op.InvoiceId, key: str) -> d.CreditNote:
        """Credit an invoice in full: its counter-document."""
        note: d.CreditNote = await self._do("erp.credit_note", request, key)
        return note

    async def watch_payments(self, request: op.InvoiceId) -> op.PaymentStatus:
        """Read an invoice and everything received for it."""
        status: op.PaymentStatus = await self._read("erp.watch_payments", request)
        return status

    async def write_off(self, request: op.InvoiceId, key: str) -> d.Invoice:
        """Give up what is still open of an invoice."""
        invoice: d.Invoice = await self._do("erp.write_off", request, key)
        return invoice

    async def create_dunning(self, request: op.CreateDunning, key: str) -> d.Dunning:
        """Send a dunning notice for what is open of an invoice."""
        notice: d.Dunning = await self._do("erp.create_dunning", request, key)
        return notice

    async def cancel_dunning(self, request: op.DunningId, key: str) -> d.Dunning:
        """Take a dunning notice back."""
        notice: d.Dunning = await self._do("erp.cancel_dunning", request, key)
        return notice

    async def ship_delivery(self, request: op.ShipDelivery, key: str) -> d.Delivery:
        """Ship what is released and in stock."""
        delivery: d.Delivery = await self._do("erp.ship_delivery", request, key)
        return delivery

    async def register_payment(self, request: op.RegisterPayment, key: str) -> d.Payment:
        """Enter money received for an invoice."""
        payment: d.Payment = await self._do("erp.register_payment", request, key)
        return payment

    async def reverse_payment(self, request: op.PaymentId, key: str) -> d.Payment:
        """Undo a payment that bounced: nothing is left of it."""
        payment: d.Payment = await self._do("erp.reverse_payment", request, key)
        return payment
