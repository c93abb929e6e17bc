"""The port Erp on Tryton: every operation, its effect class, and the feed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ltc.adapters.tryton.base import inner
from ltc.adapters.tryton.feed import paid, read_feed, shipped
from ltc.adapters.tryton.payments import Payments
from ltc.adapters.tryton.rpc import Record
from ltc.ports.errors import Misconfigured
from ltc.ports.operations import EffectClass
from ltc.ports.systems import EventPage

A, C = EffectClass.A, EffectClass.C


class TrytonErp(Payments):
    """Orders, deliveries, invoices and payments. Why each has its class stands in docs/adapters/tryton.md."""

    port = "erp"
    classes: Mapping[str, EffectClass] = {
        "erp.create_order": C, "erp.update_order": A, "erp.cancel_order": A, "erp.confirm_order": A,
        "erp.unconfirm_order": A, "erp.release_delivery": A, "erp.cancel_delivery": A, "erp.ship_delivery": C,
        "erp.receive_return": C, "erp.post_invoice": C, "erp.post_order_invoice": C, "erp.credit_note": C,
        "erp.register_payment": C, "erp.reverse_payment": C, "erp.write_off": A,
    }  # fmt: skip
    keyed = frozenset({"erp.create_order", "erp.receive_return", "erp.register_payment"})

    def effect_class(self, operation: str) -> EffectClass:
        """Return the class of an operation; of the two ways to bill, Tryton settles one when an order is created."""
        other = "erp.post_invoice" if self.invoice_method == "order" else "erp.post_order_invoice"
        if operation == other:
            raise Misconfigured(f"tryton does not carry out {operation} here: see the adapter's option billing")
        return super().effect_class(operation)

    async def events(self, after: str, limit: int = 100, wait: float = 0.0) -> EventPage:
        """Return shipments that left and payments that were put on invoices since the cursor."""
        return await read_feed(self.rpc, after, limit, [shipped(self._shipped), paid(self._paid)])

    async def _shipped(self, record: Record) -> list[tuple[str, dict[str, Any]]]:
        moves = await self.rpc.find("stock.move", [["id", "in", record["outgoing_moves"]]], ["origin.sale"])
        sales = {one for one in (inner(move, "origin.sale") for move in moves) if one}
        number = str(record["id"])
        # What no sale asked for, or several share, is nobody's chain's: such a shipment is no event.
        return [(number, {"order": str(sales.pop()), "delivery": number})] if len(sales) == 1 else []

    async def _paid(self, record: Record) -> list[tuple[str, dict[str, Any]]]:
        lines = await self.rpc.find("account.move.line", [["id", "in", record["payment_lines"]]], ["move"])
        invoice = str(record["id"])
        moves = sorted({line["move"] for line in lines})
        return [(f"{invoice}:{move}", {"invoice": invoice, "payment": str(move)}) for move in moves]
