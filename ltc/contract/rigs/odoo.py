"""The rig of Odoo: its people act through JSON-2, and what took effect is counted past the adapter."""

from __future__ import annotations

import ssl
from functools import cache
from typing import Any

import httpx
from pydantic import BaseModel

from ltc.contract.base_rig import BaseRig
from ltc.contract.bench import Bench, CannotPrepare, Refused
from ltc.contract.proxy import Seen
from ltc.ports import operations as op

_READS = ("search_read", "read", "search_count")
# Where an operation leaves its key: the model, the field, what else tells the document from others.
_KEPT: dict[str, tuple[str, str, list[Any]]] = {
    "crm.create_lead": ("crm.lead", "referred", [["active", "in", [True, False]]]),
    "crm.log_progress": ("mail.message", "message_id", []),
    "erp.create_order": ("sale.order", "origin", []),
    "erp.ship_delivery": ("stock.picking", "note", [["picking_type_code", "=", "outgoing"], ["state", "=", "done"]]),
    "erp.receive_return": ("stock.picking", "note", [["picking_type_code", "=", "incoming"], ["state", "=", "done"]]),
    "erp.post_invoice": ("account.move", "ref", [["move_type", "=", "out_invoice"], ["state", "=", "posted"]]),
    "erp.post_order_invoice": ("account.move", "ref", [["move_type", "=", "out_invoice"], ["state", "=", "posted"]]),
    "erp.credit_note": ("account.move", "ref", [["move_type", "=", "out_refund"], ["state", "=", "posted"]]),
    "erp.write_off": ("account.move", "ref", [["move_type", "=", "entry"], ["journal_id.type", "=", "general"]]),
    "erp.register_payment": ("account.payment", "memo", []),
}


@cache
def _trust() -> ssl.SSLContext:
    """Return the certificates that are trusted, read once: reading them takes a tenth of a second."""
    return ssl.create_default_context()


class OdooRig(BaseRig):
    """An Odoo with CRM, Sales, Inventory and Invoicing."""

    def writes(self, seen: Seen) -> bool:
        """Everything is POST; the method's name tells a read."""
        return seen.path.rsplit("/", 1)[-1] not in _READS

    async def count(self, bench: Bench, operation: str, key: str, request: BaseModel) -> int | None:
        """Count the documents that carry the key; an operation that only sets a state leaves none to count."""
        if operation not in _KEPT:
            return None
        model, field, also = _KEPT[operation]
        rows = await self.ask(operation, model, "search_read", domain=[[field, "ilike", key], *also], fields=[field])
        return len(rows)

    async def ready(self, bench: Bench, operation: str) -> BaseModel:
        """Bill a whole order when it is delivered: most products of Odoo can be billed no sooner."""
        if operation == "erp.post_order_invoice":
            return op.OrderId(order=(await self.delivered(bench)).order)
        return await super().ready(bench, operation)

    async def cause(self, bench: Bench, event: str) -> str:
        """Let the salesman win, or lose, an opportunity."""
        if not event.startswith("crm."):
            return await super().cause(bench, event)
        if event not in ("crm.opportunity_won", "crm.order_cancelled"):
            raise CannotPrepare(f"Odoo reports no {event}")
        opportunity = await self.opportunity(bench)
        if event == "crm.opportunity_won":
            await self.ask("crm.", "crm.lead", "action_set_won", ids=[int(opportunity)])
            return opportunity
        reasons = await self.ask("crm.", "crm.lost.reason", "search_read", domain=[], fields=["name"], limit=1)
        if not reasons:
            raise CannotPrepare("Odoo has no reason for losing (CRM, Configuration, Lost Reasons)")
        values = {"lost_reason_id": reasons[0]["id"]}
        await self.ask("crm.", "crm.lead", "action_set_lost", ids=[int(opportunity)], **values)
        return opportunity

    async def refused(self, bench: Bench, operation: str) -> Refused | None:
        """Add what Odoo refuses, or its adapter for it, besides what any system does."""
        if operation == "erp.register_payment":
            payment = await self.paid(bench)
            return Refused(op.RegisterPayment(invoice=payment.invoice, amount=self.money(1)), ("already_settled",))
        if operation == "erp.unconfirm_order":
            return Refused(op.OrderId(order=(await self.delivered(bench)).order), ("already_shipped",))
        if operation == "erp.ship_delivery":
            release = await self.released(bench)
            await self.must(bench, "erp.cancel_delivery", op.DeliveryId(delivery=release.id))
            return Refused(op.ShipDelivery(delivery=release.id), ("not_released",))
        return await super().refused(bench, operation)

    async def ask(self, operation: str, model: str, method: str, **named: Any) -> Any:
        """Call Odoo past the adapter.

        Raises:
            CannotPrepare: it refuses.
        """
        to = self.connections[operation.split(".", 1)[0]]
        headers = {"authorization": f"bearer {to.token.get_secret_value()}"}
        if to.database:
            headers["x-odoo-database"] = to.database
        how: dict[str, Any] = {"headers": headers, "timeout": to.timeout, "trust_env": False, "verify": _trust()}
        async with httpx.AsyncClient(base_url=to.url, **how) as client:
            answer = await client.post(f"/json/2/{model}/{method}", json=named)
        if not answer.is_success:
            raise CannotPrepare(f"{model}.{method} answered {answer.status_code}")
        return answer.json()


RIG = OdooRig
