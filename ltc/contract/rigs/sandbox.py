"""The rig of the sandbox: its people act through its own pages, its record of effects is read past the adapter."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pydantic import BaseModel

from ltc.contract.base_rig import BaseRig
from ltc.contract.bench import Bench
from ltc.contract.rig import Refused
from ltc.ports import operations as op
from ltc.ports.operations import OPERATIONS, EffectClass


class SandboxRig(BaseRig):
    """The sandbox CRM and ERP."""

    async def cause(self, bench: Bench, event: str) -> str:
        """Let the salesman win, or the customer cancel; the rest comes by operations."""
        if not event.startswith("crm."):
            return await super().cause(bench, event)
        opportunity = await self.opportunity(bench)
        if event == "crm.order_cancelled":
            await self.page(bench, "crm", "POST", f"/opportunities/{opportunity}/cancel", {"reason": "too late"})
        else:
            await self.page(bench, "crm", "POST", f"/opportunities/{opportunity}/win")
        return opportunity

    async def count(self, bench: Bench, operation: str, key: str, request: BaseModel) -> int | None:
        """Count rows of the append-only record of effects."""
        port = OPERATIONS[operation].port
        items = (await self.page(bench, port, "GET", f"/effects?key={quote(key)}"))["items"]
        return len([item for item in items if item["operation"] == operation])

    async def refused(self, bench: Bench, operation: str) -> Refused | None:
        """Add what the sandbox refuses besides what any system does."""
        if operation == "erp.confirm_order":
            order = (await self.draft(bench)).id
            await self.must(bench, "erp.confirm_order", op.ConfirmOrder(order=order))
            return Refused(op.ConfirmOrder(order=order), ("already_confirmed",))
        if operation == "erp.register_payment":
            invoice = (await self.paid(bench)).invoice
            return Refused(op.RegisterPayment(invoice=invoice, amount=self.money(1)), ("already_settled",))
        return await super().refused(bench, operation)

    async def page(self, bench: Bench, port: str, method: str, path: str, body: Any = None) -> Any:
        """Call a page of the sandbox, past adapter and proxy."""
        token = self.connections[port].token.get_secret_value()
        headers = {"authorization": f"Bearer {token}"} if token else {}
        given = body if method == "POST" else None
        answer = await bench.past(port).request(method, path, json=given, headers=headers)
        answer.raise_for_status()
        return answer.json()


def all_of_class(kind: EffectClass) -> dict[str, EffectClass]:
    """Return every effect as one class, for a sandbox that serves them so."""
    return {name: kind for name, one in OPERATIONS.items() if one.effect}


RIG = SandboxRig
