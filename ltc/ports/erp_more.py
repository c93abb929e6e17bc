"""The port of what an ERP does beyond the plain chain: billing by terms, making and buying."""

from __future__ import annotations

from typing import Protocol

from ltc.model import documents as d
from ltc.model import supply as s
from ltc.ports import operations as op
from ltc.ports import requests_billing as bill
from ltc.ports import requests_supply as ask


class BillsByTerms(Protocol):
    """Billing by terms: down-payments, instalments, milestones, the final invoice."""

    async def agree_terms(self, request: bill.AgreeTerms, key: str) -> d.Order:
        """Keep the terms that an order is shipped and billed by."""

    async def close_short(self, request: op.OrderId, key: str) -> d.Order:
        """Give up what is still open of a partly shipped order."""

    async def post_down_payment(self, request: bill.PostDownPayment, key: str) -> d.Invoice:
        """Bill a part of an order before it is delivered."""

    async def post_instalment(self, request: bill.PostInstalment, key: str) -> d.Invoice:
        """Bill an instalment that was agreed."""

    async def post_final_invoice(self, request: op.OrderId, key: str) -> d.Invoice:
        """Bill what an order comes to, less what was billed before."""

    async def accept_milestone(self, request: bill.AcceptMilestone, key: str) -> d.Milestone:
        """The customer accepts a milestone."""

    async def withdraw_acceptance(self, request: bill.MilestoneId, key: str) -> d.Milestone:
        """Take the acceptance of a milestone back."""

    async def post_milestone_invoice(self, request: bill.MilestoneId, key: str) -> d.Invoice:
        """Bill an accepted milestone."""

    async def post_dunning_fee(self, request: op.DunningId, key: str) -> d.Invoice:
        """Bill the fee of a dunning notice, by an invoice of its own."""


class MakesAndBuys(Protocol):
    """Production and purchase."""

    async def plan_supply(self, request: op.OrderId, key: str) -> s.SupplyPlan:
        """Tell what an order lacks, and keep for it what is in stock."""

    async def free_supply(self, request: ask.SupplyId, key: str) -> s.SupplyPlan:
        """Let go of what is kept for an order."""

    async def create_production(self, request: ask.MakeOrBuy, key: str) -> s.ProductionOrder:
        """Plan to make what an order lacks."""

    async def release_production(self, request: ask.ProductionId, key: str) -> s.ProductionOrder:
        """Give a production order to the workshop, with its parts."""

    async def recall_production(self, request: ask.ProductionId, key: str) -> s.ProductionOrder:
        """Take a production order back, with its parts."""

    async def cancel_production(self, request: ask.ProductionId, key: str) -> s.ProductionOrder:
        """Stop making."""

    async def watch_production(self, request: ask.ProductionId) -> ask.ProductionStatus:
        """Read a production order."""

    async def create_purchase(self, request: ask.MakeOrBuy, key: str) -> s.PurchaseOrder:
        """Draft a purchase of what an order lacks."""

    async def confirm_purchase(self, request: ask.PurchaseId, key: str) -> s.PurchaseOrder:
        """Send a purchase order to the supplier."""

    async def cancel_purchase(self, request: ask.PurchaseId, key: str) -> s.PurchaseOrder:
        """Give up what has not come yet."""

    async def watch_purchase(self, request: ask.PurchaseId) -> ask.PurchaseStatus:
        """Read a purchase order and what came in for it."""
