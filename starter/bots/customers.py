"""The customers: pay their invoices on time, late, in parts, several at once, or not at all."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from starter.bots.stage import Stage, listed
from starter.scenario import Instalment


class Customers:
    """Pay each invoice in the instalments of its plan; what one customer pays at once is one transfer."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._paid: dict[str, int] = defaultdict(int)  # invoice → instalments paid

    async def look(self) -> None:
        """Pay what is due."""
        transfers: dict[str, list[dict[str, Any]]] = defaultdict(list)
        now = self._stage.tempo.now()
        for row in await listed(self._stage.erp, "/bank/open"):
            instalment = self._next(row)
            posted = datetime.fromisoformat(row["posted"])
            if instalment is not None and now >= posted + timedelta(days=instalment.days):
                minor = max(1, row["open"] * instalment.share // 100)
                transfers[row["customer"]].append({"invoice": row["invoice"], "minor": minor})
        for allocations in transfers.values():
            await self._stage.command(self._stage.erp, "/bank/payments", {"allocations": allocations})
            for one in allocations:
                self._paid[one["invoice"]] += 1

    def _next(self, row: dict[str, Any]) -> Instalment | None:
        plan = self._stage.plans.get(row["chain"])
        if plan is None or not plan.instalments:
            return None
        return plan.instalments[min(self._paid[row["invoice"]], len(plan.instalments) - 1)]
