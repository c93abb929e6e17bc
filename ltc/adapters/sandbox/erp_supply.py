"""Billing by terms, making and buying on the sandbox ERP: how each operation is called there."""

from __future__ import annotations

from collections.abc import Mapping

from ltc.adapters.sandbox.base import SandboxAdapter, Way
from ltc.model import documents as d
from ltc.model import supply as s
from ltc.ports import operations as op
from ltc.ports import requests_billing as bill
from ltc.ports import requests_supply as ask


def _invoices(path: str) -> Way:
    return Way("POST", path, "/invoices", ("order", "order"))


def _changes(name: str, path: str) -> Way:
    return Way("POST", path, changes=name, reads=f"/{name}s/{{{name}}}")


WAYS: Mapping[str, Way] = {
    "erp.agree_terms": Way("POST", "/orders/{order}/terms", changes="order", reads="/orders/{order}"),
    "erp.close_short": Way("POST", "/orders/{order}/close-short", changes="order", reads="/orders/{order}"),
    "erp.post_down_payment": _invoices("/orders/{order}/down-payments"),
    "erp.post_instalment": _invoices("/orders/{order}/instalments/{instalment}"),
    "erp.post_final_invoice": _invoices("/orders/{order}/final-invoice"),
    "erp.accept_milestone": Way("POST", "/orders/{order}/milestones/{milestone}", "/milestones", ("order", "order")),
    "erp.withdraw_acceptance": _changes("milestone", "/milestones/{milestone}/withdraw"),
    "erp.post_milestone_invoice": Way("POST", "/milestones/{milestone}/invoice", "/invoices", ("part", "milestone")),
    "erp.post_dunning_fee": Way("POST", "/dunnings/{dunning}/fee", "/invoices", ("part", "dunning")),
    "erp.plan_supply": Way("POST", "/orders/{order}/supply", "/supply-plans", ("order", "order")),
    "erp.free_supply": Way("POST", "/supply-plans/{supply}/free", changes="supply", reads="/supply-plans/{supply}"),
    "erp.create_production": Way("POST", "/productions", "/productions", ("order", "order")),
    "erp.release_production": _changes("production", "/productions/{production}/release"),
    "erp.recall_production": _changes("production", "/productions/{production}/recall"),
    "erp.cancel_production": _changes("production", "/productions/{production}/cancel"),
    "erp.watch_production": Way("GET", "/productions/{production}/status"),
    "erp.create_purchase": Way("POST", "/purchases", "/purchases", ("order", "order")),
    "erp.confirm_purchase": _changes("purchase", "/purchases/{purchase}/confirm"),
    "erp.cancel_purchase": _changes("purchase", "/purchases/{purchase}/cancel"),
    "erp.watch_purchase": Way("GET", "/purchases/{purchase}/status"),
}


class BillsByTerms(SandboxAdapter):
    """Billing by terms: down-payments, instalments, milestones, the final invoice."""

    async def agree_terms(self, request: bill.AgreeTerms, key: str) -> d.Order:
        """Keep the terms that an order is shipped and billed by."""
        made: d.Order = await self._do("erp.agree_terms", request, key)
        return made

    async def close_short(self, request: op.OrderId, key: str) -> d.Order:
        """Give up what is still open of a partly shipped order."""
        made: d.Order = await self._do("erp.close_short", request, key)
        return made

    async def post_down_payment(self, request: bill.PostDownPayment, key: str) -> d.Invoice:
        """Bill a part of an order before it is delivered."""
        made: d.Invoice = await self._do("erp.post_down_payment", request, key)
        return made

    async def post_instalment(self, request: bill.PostInstalment, key: str) -> d.Invoice:
        """Bill an instalment that was agreed."""
        made: d.Invoice = await self._do("erp.post_instalment", request, key)
        return made

    async def post_final_invoice(self, request: op.OrderId, key: str) -> d.Invoice:
        """Bill what an order comes to, less what was billed before."""
        made: d.Invoice = await self._do("erp.post_final_invoice", request, key)
        return made

    async def accept_milestone(self, request: bill.AcceptMilestone, key: str) -> d.Milestone:
        """The customer accepts a milestone."""
        made: d.Milestone = await self._do("erp.accept_milestone", request, key)
        return made

    async def withdraw_acceptance(self, request: bill.MilestoneId, key: str) -> d.Milestone:
        """Take the acceptance of a milestone back."""
        made: d.Milestone = await self._do("erp.withdraw_acceptance", request, key)
        return made

    async def post_milestone_invoice(self, request: bill.MilestoneId, key: str) -> d.Invoice:
        """Bill an accepted milestone."""
        made: d.Invoice = await self._do("erp.post_milestone_invoice", request, key)
        return made

    async def post_dunning_fee(self, request: op.DunningId, key: str) -> d.Invoice:
        """Bill the fee of a dunning notice."""
        made: d.Invoice = await self._do("erp.post_dunning_fee", request, key)
        return made


class MakesAndBuys(SandboxAdapter):
    """Production and purchase."""

    async def plan_supply(self, request: op.OrderId, key: str) -> s.SupplyPlan:
        """Tell what an order lacks, and keep for it what is in stock."""
        made: s.SupplyPlan = await self._do("erp.plan_supply", request, key)
        return made

    async def free_supply(self, request: ask.SupplyId, key: str) -> s.SupplyPlan:
        """Let go of what is kept for an order."""
        made: s.SupplyPlan = await self._do("erp.free_supply", request, key)
        return made

    async def create_production(self, request: ask.MakeOrBuy, key: str) -> s.ProductionOrder:
        """Plan to make what an order lacks."""
        made: s.ProductionOrder = await self._do("erp.create_production", request, key)
        return made

    async def release_production(self, request: ask.ProductionId, key: str) -> s.ProductionOrder:
        """Give a production order to the workshop, with its parts."""
        made: s.ProductionOrder = await self._do("erp.release_production", request, key)
        return made

    async def recall_production(self, request: ask.ProductionId, key: str) -> s.ProductionOrder:
        """Take a production order back, with its parts."""
        made: s.ProductionOrder = await self._do("erp.recall_production", request, key)
        return made

    async def cancel_production(self, request: ask.ProductionId, key: str) -> s.ProductionOrder:
        """Stop making."""
        made: s.ProductionOrder = await self._do("erp.cancel_production", request, key)
        return made

    async def watch_production(self, request: ask.ProductionId) -> ask.ProductionStatus:
        """Read a production order."""
        found: ask.ProductionStatus = await self._read("erp.watch_production", request)
        return found

    async def create_purchase(self, request: ask.MakeOrBuy, key: str) -> s.PurchaseOrder:
        """Draft a purchase of what an order lacks."""
        made: s.PurchaseOrder = await self._do("erp.create_purchase", request, key)
        return made

    async def confirm_purchase(self, request: ask.PurchaseId, key: str) -> s.PurchaseOrder:
        """Send a purchase order to the supplier."""
        made: s.PurchaseOrder = await self._do("erp.confirm_purchase", request, key)
        return made

    async def cancel_purchase(self, request: ask.PurchaseId, key: str) -> s.PurchaseOrder:
        """Give up what has not come yet."""
        made: s.PurchaseOrder = await self._do("erp.cancel_purchase", request, key)
        return made

    async def watch_purchase(self, request: ask.PurchaseId) -> ask.PurchaseStatus:
        """Read a purchase order and what came in for it."""
        found: ask.PurchaseStatus = await self._read("erp.watch_purchase", request)
        return found
