"""The port Erp on Tryton: every operation, its effect class, and the feed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ltc.adapters.tryton.base import inner
from ltc.adapters.tryton.feed import paid, read_feed, reversed_, shipped
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
        "erp.register_payment": C, "erp.reverse_payment": C, "erp.write_off": A, "erp.amend_order": C,
        "erp.revert_amendment": C,
    }  # fmt: skip
    keyed = frozenset({"erp.create_order", "erp.receive_return", "erp.register_payment"})

    def effect_class(self, operation: str) -> EffectClass:
        """Return the class of an operation; of the two ways to bill, Tryton settles one when an order is created."""
        other = "erp.post_invoice" if self.invoice_method == "order" else "erp.post_order_invoice"
        if operation == other:
            raise Misconfigured(f"tryton does not carry out {operation} here: see the adapter's option billing")
        return super().effect_class(operation)

    async def events(self, after: str, limit: int = 100, wait: float = 0.0) -> EventPage:
        """Return shipments that left, payments that were put on invoices, and payments taken back since the cursor."""
        sources = [shipped(self._shipped), paid(self._paid), reversed_(self._reversed)]
        return await read_feed(self.rpc, after, limit, sources)

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

    async def _reversed(self, record: Record) -> list[tuple[str, dict[str, Any]]]:
        payment = str(record["origin"]).partition(",")[2]
        found = await self.rpc.find("account.move", [["id", "=", int(payment)]], ["origin"], limit=1)
        model, _, invoice = str(found[0]["origin"] or "").partition(",") if found else ("", "", "")
        bills = await self.rpc.find(
            "account.invoice", [["id", "=", int(invoice)]], ["type", "move", "sales"], limit=1
        ) if model == "account.invoice" else []  # fmt: skip
        # An invoice's own move is no payment; what several sales share, or none, is nobody's chain's.
        if not bills or bills[0]["type"] != "out" or str(bills[0]["move"]) == payment or len(bills[0]["sales"]) != 1:
            return []
        told = {"order": str(bills[0]["sales"][0]), "invoice": invoice, "payment": payment}
        return [(f"{invoice}:{payment}", told)]
