"""The port Erp on Odoo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ltc.adapters.odoo.billing import Billing
from ltc.adapters.odoo.feed import Source, event
from ltc.adapters.odoo.orders import Orders
from ltc.adapters.odoo.payments import Payments
from ltc.adapters.odoo.records import Record
from ltc.adapters.odoo.shipping import Shipping
from ltc.adapters.odoo.texts import ref
from ltc.ports.operations import EffectClass
from ltc.ports.systems import FeedEvent


class OdooErp(Orders, Shipping, Billing, Payments):
    """Orders, deliveries, invoices and payments of Odoo.

    Class A: the operation sets a state or a whole value, and setting it late sets the same. Class C: it makes a
    document that carries the key in a text, and nothing in an unmodified Odoo keeps a second one out; or it goes
    through a state (cancelled, draft) to which its own first call would take the document back if it landed late.
    """

    classes: ClassVar[Mapping[str, EffectClass]] = {
        "erp.create_order": EffectClass.C,
        "erp.update_order": EffectClass.A,
        "erp.cancel_order": EffectClass.A,
        "erp.confirm_order": EffectClass.A,
        "erp.unconfirm_order": EffectClass.C,
        "erp.release_delivery": EffectClass.A,
        "erp.cancel_delivery": EffectClass.A,
        "erp.ship_delivery": EffectClass.C,
        "erp.receive_return": EffectClass.C,
        "erp.post_invoice": EffectClass.C,
        "erp.post_order_invoice": EffectClass.C,
        "erp.credit_note": EffectClass.C,
        "erp.register_payment": EffectClass.C,
        "erp.reverse_payment": EffectClass.C,
        "erp.write_off": EffectClass.C,
    }
    reads: ClassVar[tuple[str, ...]] = (
        "erp.exchange_rate", "erp.get_order", "erp.watch_shipments", "erp.get_invoice", "erp.watch_payments",
    )  # fmt: skip

    def sources(self) -> list[Source]:
        """Transfers that left, and allocations to invoices."""
        gone = [["state", "=", "done"], ["picking_type_code", "=", "outgoing"], ["sale_id", "!=", False]]
        return [
            Source("stock.picking", gone, ("sale_id", "date_done"), self._shipped),
            Source(
                "account.partial.reconcile", [["debit_move_id.move_id.move_type", "=", "out_invoice"]],
                ("debit_move_id", "credit_move_id"), self._allocated,
            ),
        ]  # fmt: skip

    async def _shipped(self, rows: Sequence[Record]) -> dict[int, FeedEvent]:
        return {
            row["id"]: event(
                "erp.goods_shipped", f"shipped-{row['id']}", row["date_done"], order=str(ref(row["sale_id"])),
                delivery=str(row["id"]),
            )
            for row in rows
        }  # fmt: skip

    async def _allocated(self, rows: Sequence[Record]) -> dict[int, FeedEvent]:
        """Only money is an event: credit notes and write-offs are allocated in the same table."""
        wanted = {ref(row[side]) for row in rows for side in ("debit_move_id", "credit_move_id")}
        found = await self.odoo.read(
            "account.move.line", sorted(wanted), ("move_id", "payment_id", "statement_line_id")
        )
        lines = {line["id"]: line for line in found}
        made = {}
        for row in rows:
            debit, credit = lines.get(ref(row["debit_move_id"])), lines.get(ref(row["credit_move_id"]))
            if debit is None or credit is None or not (ref(credit["payment_id"]) or ref(credit["statement_line_id"])):
                continue
            payment = str(ref(credit["payment_id"])) if ref(credit["payment_id"]) else f"line-{credit['id']}"
            made[row["id"]] = event(
                "erp.payment_allocated", f"allocated-{row['id']}", row["write_date"],
                invoice=str(ref(debit["move_id"])), payment=payment,
            )  # fmt: skip
        return made
