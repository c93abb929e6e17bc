"""Sales and customers on real systems: leads into the CRM, won there; customers who change their mind."""

from __future__ import annotations

import asyncio
from datetime import datetime

from ltc.model.documents import CustomerCard, Opportunity
from ltc.ports.requests import CreateLead, LeadId, SetStage
from starter.real.masterdata import customer_rows
from starter.real.plans import RealPlan
from starter.real.stage import RealStage, key_of

AT_ONCE = 3
_REASON = "the customer changed plans"


class Sales:
    """Takes each deal in as a lead, makes it an opportunity, and wins it."""

    def __init__(self, stage: RealStage, every: float) -> None:
        self._stage = stage
        self._every = every
        self._orders: dict[str, Opportunity] = {order.number: order for order in stage.book.opportunities}
        self._customers = {row["code"]: row for row in customer_rows()}
        self._limit = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Enter all deals, one after another, a few at once."""
        work = []
        for plan in sorted(self._stage.scenario.orders, key=lambda plan: plan.rank):
            assert isinstance(plan, RealPlan)
            work.append(asyncio.create_task(self._enter(plan)))
            await asyncio.sleep(self._every)
        await asyncio.gather(*work)

    async def _enter(self, plan: RealPlan) -> None:
        number = plan.number
        order = self._orders[number]
        async with self._limit:
            lead = await self._stage.certain("crm.create_lead", self._lead(order), key_of("lead", number))
            deal = await self._stage.certain("crm.convert_lead", LeadId(lead=lead.id), key_of("convert", number))
            self._stage.enter(plan, deal.id, deal.number)
            won = SetStage(opportunity=deal.id, stage="won")
            await self._stage.certain("crm.set_stage", won, key_of("won", number))
            self._stage.memory.sent.append(number)

    def _lead(self, order: Opportunity) -> CreateLead:
        row = self._customers[order.customer.id]
        card = CustomerCard(
            id=order.customer.id, name=order.customer.name, email=row["email"], city=row["city"],
            postal_code=row["postal_code"], country=row["country"],
        )  # fmt: skip
        return CreateLead(
            external_id=order.number, title=f"Order {order.number}", customer=card, owner=order.owner,
            currency=order.currency, lines=order.lines, source="northwind",
        )  # fmt: skip


class Cancellers:
    """Customers who cancel some seconds after their order was seen in a certain state; sales note it on the deal."""

    def __init__(self, stage: RealStage) -> None:
        self._stage = stage
        self._due: dict[str, datetime] = {}
        self._done: set[str] = set()

    async def look(self) -> None:
        """See how far orders are; cancel what is due."""
        wanted = {chain: plan for chain in list(self._stage.plans) if (plan := self._stage.plan(chain)) is not None}
        waiting = {chain: plan for chain, plan in wanted.items() if plan.cancellation and chain not in self._done}
        if not waiting:
            return
        seen = await self._seen(list(waiting))
        now = self._stage.tempo.now()
        for chain, plan in waiting.items():
            assert plan.cancellation is not None
            if chain not in self._due and plan.cancellation.seen in seen.get(chain, ()):
                self._due[chain] = self._stage.tempo.after_hours(now, plan.cancellation.after)
            if chain in self._due and self._due[chain] <= now:
                await self._stage.desk.cancel(plan.number, chain, _REASON)
                self._done.add(chain)

    async def _seen(self, chains: list[str]) -> dict[str, set[str]]:
        """What Tryton says of these chains' orders: it reckons their documents anew each time, so of no others."""
        found: dict[str, set[str]] = {}
        mine = [reference for reference, chain in self._stage.keys.items() if chain in chains]
        fields = ["reference", "state", "shipments", "invoices"]
        sales = await self._stage.tryton.find("sale.sale", [["reference", "in", mine]], fields)
        out = await self._stage.tryton.find("stock.shipment.out", [], ["state"])
        assigned = {one["id"] for one in out if one["state"] in ("assigned", "picked", "packed")}
        bills = await self._stage.tryton.find("account.invoice", [["state", "in", ["posted", "paid"]]], ["sales"])
        billed = {sale for one in bills for sale in one["sales"]}
        for sale in sales:
            words = {"draft"} if sale["state"] in ("draft", "quotation") else set()
            words |= {"released"} if assigned & set(sale["shipments"]) else set()
            words |= {"shipped"} if sale["id"] in billed else set()
            found[self._stage.keys[sale["reference"]]] = words
        return found
