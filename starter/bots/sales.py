"""Sales: enter the won opportunities into the CRM in virtual-time order; customers who change their mind."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from starter.bots.stage import Stage, listed
from starter.scenario import OrderPlan
from starter.tempo import Pace

# An order counts as shipped when it is billed: then the chain knows that the goods are out.
_SEEN = {"draft": "erp.create_order", "released": "erp.release_delivery", "shipped": "erp.post_invoice"}


class Sales:
    """Enters opportunities, evenly spread over working hours."""

    def __init__(self, stage: Stage, hours: float) -> None:
        self._stage = stage
        self._opportunities = {order.number: order for order in stage.book.opportunities}
        self._turn = stage.scenario.in_turn()
        self._pace = Pace(stage.tempo, hours / len(self._turn))

    async def look(self) -> None:
        """Enter what is due by now."""
        due: list[OrderPlan] = []
        while self._turn and self._pace.due(len(due)):
            due.append(self._turn.pop(0))
        if not due:
            return
        try:
            await self.enter(due)
        except BaseException:
            self._turn = due + self._turn
            raise
        self._pace.told += len(due)

    def set_aside(self, numbers: list[str]) -> list[OrderPlan]:
        """Take orders out of the turn; whoever took them enters them."""
        aside = [plan for plan in self._turn if plan.number in numbers]
        self._turn = [plan for plan in self._turn if plan.number not in numbers]
        return aside

    async def enter(self, due: list[OrderPlan]) -> None:
        """Enter opportunities now; entering one again changes nothing."""
        entered = [{"opportunity": self._document(plan), "announce": True} for plan in due]
        await self._stage.command(self._stage.crm, "/opportunities", {"opportunities": entered})
        self._stage.memory.sent += [plan.number for plan in due]

    def _document(self, plan: OrderPlan) -> dict[str, Any]:
        deal = self._opportunities[plan.number]
        wanted = self._stage.tempo.now() + timedelta(days=28)
        changes = {"lost": bool(plan.lost), "loss_reason": plan.lost, "required_on": wanted}
        return deal.model_copy(update=changes).model_dump(mode="json")


class Cancellers:
    """Customers who cancel some time after their order was seen in a certain state."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._after = 0
        self._due: dict[str, datetime] = {}
        self._seen: set[str] = set()

    async def look(self) -> None:
        """See what the ERP did since last time; cancel what is due."""
        for effect in await listed(self._stage.erp, "/effects", after=self._after, limit=5000):
            self._after = effect["seq"]
            self._note(effect)
        for number in [number for number, due in self._due.items() if due <= self._stage.tempo.now()]:
            del self._due[number]
            reason = {"reason": "the customer changed plans"}
            await self._stage.command(self._stage.crm, f"/opportunities/{number}/cancel", reason)

    def _note(self, effect: dict[str, Any]) -> None:
        plan = self._stage.plans.get(effect["chain"])
        if plan is None or plan.cancellation is None or plan.number in self._seen:
            return
        if _SEEN[plan.cancellation.seen] == effect["operation"]:
            at = datetime.fromisoformat(effect["at_virtual"])
            self._seen.add(plan.number)
            self._due[plan.number] = self._stage.tempo.after_hours(at, plan.cancellation.after)
