"""The rig of Tryton: everything is a remote call by POST, so the call's name tells what changes something."""

from __future__ import annotations

import json

from pydantic import BaseModel

from ltc.contract.base_rig import BaseRig
from ltc.contract.bench import Bench, Refused
from ltc.contract.proxy import Seen
from ltc.ports import operations as op

_READS = frozenset({"search", "search_read", "search_count", "read", "read_group", "fields_get", "default_get",
                    "fields_view_get", "get_preferences", "on_change_with", "pre_validate"})  # fmt: skip
_FRAME = frozenset({"create", "delete"})  # a wizard's session, not what it does


class TrytonRig(BaseRig):
    """Tryton over JSON-RPC: ``{"method": "model.sale.sale.create", …}``."""

    async def ready(self, bench: Bench, operation: str) -> BaseModel:
        """In Tryton an opportunity is a qualified lead: what is to be qualified is a lead still."""
        if operation == "crm.qualify_lead":
            return op.OpportunityId(opportunity=await self.lead(bench))
        return await super().ready(bench, operation)

    async def cause(self, bench: Bench, event: str) -> str:
        """A deal is won when sales is sure of it; a payment bounces when it is taken back."""
        if event == "erp.payment_reversed":
            payment = await self.paid(bench)
            back = op.PaymentId(invoice=payment.invoice, payment=payment.id)
            return str((await self.must(bench, "erp.reverse_payment", back)).invoice)
        if event != "crm.opportunity_won":
            return await super().cause(bench, event)
        opportunity = await self.opportunity(bench)
        await self.must(bench, "crm.set_stage", op.SetStage(opportunity=opportunity, stage="won"))
        return opportunity

    async def refused(self, bench: Bench, operation: str) -> Refused | None:
        """Add what Tryton, or its adapter, refuses besides what any system does."""
        if operation in ("erp.register_payment", "erp.write_off"):
            payment = await self.paid(bench)
            if operation == "erp.write_off":
                return Refused(op.InvoiceId(invoice=payment.invoice), ("nothing_open",))
            return Refused(op.RegisterPayment(invoice=payment.invoice, amount=self.money(1)), ("already_settled",))
        if operation in ("erp.unconfirm_order", "erp.cancel_delivery"):
            delivery = await self.delivered(bench)
            if operation == "erp.cancel_delivery":
                return Refused(op.DeliveryId(delivery=delivery.id), ("already_shipped",))
            return Refused(op.OrderId(order=delivery.order), ("already_shipped",))
        if operation == "erp.receive_return":
            return Refused(op.OrderId(order=(await self.confirmed(bench)).id), ("nothing_shipped",))
        return await super().refused(bench, operation)

    def writes(self, seen: Seen) -> bool:
        """Tell by the name of the call; logging in and opening a wizard change no document."""
        try:
            name = str(json.loads(seen.body)["method"])
        except (ValueError, KeyError, TypeError):
            return False
        kind, _, rest = name.partition(".")
        last = rest.rsplit(".", 1)[-1]
        if kind == "wizard":
            return last not in _FRAME
        return kind == "model" and last not in _READS and not last.startswith("on_change")


RIG = TrytonRig
