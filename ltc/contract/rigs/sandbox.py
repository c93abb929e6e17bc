"""The rig of the sandbox: its people act through its own pages, its record of effects is read past the adapter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel

from ltc.contract.base_rig import BaseRig
from ltc.contract.bench import Bench, Refused
from ltc.ports import operations as op
from ltc.ports.operations import OPERATIONS, EffectClass
from ltc.ports.requests_supply import ProductionId, PurchaseId

# What the salesman and the customer do: the page, and what is said on it.
_AT_CRM: dict[str, tuple[str, Callable[[BaseRig, str], dict[str, Any]]]] = {
    "crm.opportunity_won": ("win", lambda rig, number: {}),
    "crm.order_cancelled": ("cancel", lambda rig, number: {"reason": "too late"}),
    "crm.order_changed": (
        "change", lambda rig, number: {"opportunity": number, "lines": [rig.line(5).model_dump(mode="json")]}
    ),
    "crm.lines_cancelled": ("cancel-lines", lambda rig, number: {"opportunity": number, "lines": [rig.line().id]}),
    "crm.return_announced": ("returns", lambda rig, number: {"opportunity": number, "reason": "broken"}),
}  # fmt: skip
# What people at the ERP do: the operation whose request names the document, the page, the field.
_AT_ERP: dict[str, tuple[str, str, str]] = {
    "erp.receivable_changed": ("erp.get_invoice", "/collections/notes", "invoice"),
    "erp.goods_returned": ("erp.cancel_return", "/warehouse/take-in", "goods_return"),
    "erp.production_finished": ("erp.release_production", "/workshop/finish", "production"),
    "erp.goods_received": ("erp.confirm_purchase", "/supplier/deliver", "purchase"),
    "erp.withdrawal_reported": ("erp.consign_order", "/consignment/withdraw", "order"),
    "erp.call_off_requested": ("erp.watch_contract", "/contract/call-off", "contract"),
}


class SandboxRig(BaseRig):
    """The sandbox CRM and ERP."""

    async def cause(self, bench: Bench, event: str) -> str:
        """Let the salesman win, the customer change their mind, the workshop finish; the rest comes by operations."""
        port = event.split(".")[0]
        if event in _AT_CRM:
            path, said = _AT_CRM[event]
            opportunity = await self.opportunity(bench)
            body = said(self, opportunity)
            await self.page(bench, port, "POST", f"/opportunities/{opportunity}/{path}", body)
            return opportunity
        if event == "erp.payment_reversed":
            payment = await self.paid(bench)
            back = op.PaymentId(invoice=payment.invoice, payment=payment.id)
            return str((await self.must(bench, "erp.reverse_payment", back)).invoice)
        if event not in _AT_ERP:
            return await super().cause(bench, event)
        needed, path, name = _AT_ERP[event]
        request = (await self.ready(bench, needed)).model_dump(mode="json")
        body = {name: request[name], **({"blocked": True} if event == "erp.receivable_changed" else {})}
        if needed == "erp.consign_order":
            await self.must(bench, needed, op.OrderId(order=request["order"]))
        if event == "erp.production_finished":
            await self.must(bench, "erp.release_production", ProductionId(production=request["production"]))
        if event == "erp.goods_received":
            await self.must(bench, "erp.confirm_purchase", PurchaseId(purchase=request["purchase"]))
        found = await self.page(bench, port, "POST", path, body)
        return str(found["order"] if event == "erp.goods_returned" else body[name])

    async def take_in(self, bench: Bench, goods_return: str) -> None:
        """The warehouse takes announced goods in."""
        await self.page(bench, "erp", "POST", "/warehouse/take-in", {"goods_return": goods_return})

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
