"""The port Erp on K3Cloud."""

from __future__ import annotations

from collections.abc import Mapping

from ltc.adapters.kingdee.base import KingdeeSystem
from ltc.adapters.kingdee.billing import Billing
from ltc.adapters.kingdee.feed import Feed
from ltc.adapters.kingdee.orders import Orders
from ltc.adapters.kingdee.shipping import Shipping
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.adapters import Connection
from ltc.ports.operations import EffectClass
from ltc.ports.systems import EventPage

_A, _B = EffectClass.A, EffectClass.B


class KingdeeErp(KingdeeSystem):
    """Orders, deliveries, receivables and receipts.

    What makes a document is class B: its number is ours and K3Cloud keeps numbers unique. What changes a document is
    class A: it says how the document is to stand, and doing it twice leaves it there.
    """

    port = "erp"
    classes: Mapping[str, EffectClass] = {
        "erp.create_order": _B, "erp.update_order": _A, "erp.cancel_order": _A, "erp.confirm_order": _A,
        "erp.unconfirm_order": _A, "erp.release_delivery": _B, "erp.cancel_delivery": _A, "erp.ship_delivery": _B,
        "erp.receive_return": _B, "erp.post_invoice": _B, "erp.credit_note": _B, "erp.register_payment": _B,
        "erp.reverse_payment": _A,
    }  # fmt: skip

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._orders = orders = Orders(self.tools)
        self._shipping = shipping = Shipping(self.tools)
        self._billing = billing = Billing(self.tools)
        self._feed = Feed(self.tools.bills.client, connection.settle_seconds)
        self.probes = {
            "erp.create_order": lambda key, _: orders.created(key),
            "erp.update_order": lambda _, asked: orders.has_lines(asked),
            "erp.cancel_order": lambda _, asked: orders.stands(asked.order, void=True),
            "erp.confirm_order": lambda _, asked: orders.stands(asked.order, audited=True),
            "erp.unconfirm_order": lambda _, asked: orders.stands(asked.order),
            "erp.release_delivery": lambda key, _: shipping.released(key),
            "erp.cancel_delivery": lambda _, asked: shipping.cancelled(asked.delivery),
            "erp.ship_delivery": lambda key, _: shipping.shipped(key),
            "erp.receive_return": lambda key, _: shipping.taken_back(key),
            "erp.post_invoice": lambda key, _: billing.billed(key),
            "erp.credit_note": lambda key, _: billing.credited(key),
            "erp.register_payment": billing.paid,
            "erp.reverse_payment": lambda _, asked: billing.reversed(asked),
        }

    async def exchange_rate(self, request: op.Currencies) -> d.Rate:
        """Read the rate between two currencies that holds today."""
        return await self._billing.rate(request)

    async def get_order(self, request: op.OrderId) -> d.Order:
        """Read an order."""
        return await self._orders.get(request.order)

    async def create_order(self, request: op.CreateOrder, key: str) -> d.Order:
        """Create a draft order."""
        return await self._orders.create(request, key)

    async def update_order(self, request: op.UpdateOrder, key: str) -> d.Order:
        """Give a draft order new lines."""
        return await self._orders.update(request)

    async def cancel_order(self, request: op.OrderId, key: str) -> d.Order:
        """Make a draft order void."""
        return await self._orders.cancel(request.order)

    async def confirm_order(self, request: op.ConfirmOrder, key: str) -> d.Order:
        """Submit and audit a draft order; its customer's credit is checked."""
        return await self._orders.confirm(request)

    async def unconfirm_order(self, request: op.OrderId, key: str) -> d.Order:
        """Take an order's audit and submission back."""
        return await self._orders.unconfirm(request.order)

    async def release_delivery(self, request: op.OrderId, key: str) -> d.Release:
        """Make and audit a delivery notice over a confirmed order."""
        return await self._shipping.release(request.order, key)

    async def cancel_delivery(self, request: op.DeliveryId, key: str) -> d.Release:
        """Take a delivery notice back of which nothing is out, and make it void."""
        return await self._shipping.cancel(request.delivery)

    async def ship_delivery(self, request: op.ShipDelivery, key: str) -> d.Delivery:
        """Make and audit a goods issue of a delivery notice."""
        return await self._shipping.ship(request, key)

    async def watch_shipments(self, request: op.OrderId) -> op.ShipmentStatus:
        """Read an order and everything that left for it."""
        return await self._shipping.status(request.order)

    async def receive_return(self, request: op.OrderId, key: str) -> d.GoodsReturn:
        """Make and audit a goods return of everything that is out for an order."""
        return await self._shipping.take_back(request.order, key)

    async def post_invoice(self, request: op.DeliveryId, key: str) -> d.Invoice:
        """Make and audit a receivable for a goods issue."""
        return await self._billing.bill(request.delivery, key)

    async def get_invoice(self, request: op.InvoiceId) -> d.Invoice:
        """Read a receivable."""
        return await self._billing.get(request.invoice)

    async def credit_note(self, request: op.InvoiceId, key: str) -> d.CreditNote:
        """Make and audit a red receivable against a receivable."""
        return await self._billing.credit(request.invoice, key)

    async def watch_payments(self, request: op.InvoiceId) -> op.PaymentStatus:
        """Read a receivable and everything received for it."""
        return await self._billing.payments(request.invoice)

    async def register_payment(self, request: op.RegisterPayment, key: str) -> d.Payment:
        """Make and audit a receipt for a receivable."""
        return await self._billing.pay(request, key)

    async def reverse_payment(self, request: op.PaymentId, key: str) -> d.Payment:
        """Take a receipt back and make it void."""
        return await self._billing.reverse(request)

    async def events(self, after: str, limit: int = 100, wait: float = 0.0) -> EventPage:
        """Return goods issues and receipts that were audited, by polling."""
        return await self._feed.page(after, limit, wait)
