"""The warehouse and the carriers: ship what is released, whole, in parts or late, as far as there is stock."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

from starter.bots.stage import Stage, listed
from starter.scenario import Parcel

Row = dict[str, Any]
_DEFAULT = Parcel(share=100, after=4)


class Warehouse:
    """Ships each released order in the parcels of its plan."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._parcels: dict[str, int] = defaultdict(int)  # order → parcels shipped
        self._last: dict[str, datetime] = {}  # order → when the last parcel left

    async def look(self) -> None:
        """Ship what is due, older releases first."""
        open_lines: dict[str, list[Row]] = defaultdict(list)
        stock: Counter[str] = Counter()
        for row in await listed(self._stage.erp, "/warehouse/open"):
            open_lines[row["order"]].append(row)
            stock[row["product"]] = row["stock"]
        for order, rows in open_lines.items():
            parcel = self._next(order, rows[0]["chain"])
            since = self._last.get(order) or datetime.fromisoformat(rows[0]["released"])
            if not self._stays(rows[0]["chain"]) and self._stage.tempo.due(since, parcel.after):
                await self._ship(order, rows, parcel, stock)

    def _cancelled(self, chain: str) -> str:
        """Return as what the order is seen when the customer of the plan cancels it; empty if it is not cancelled."""
        plan = self._stage.plans.get(chain)
        return plan.cancellation.seen if plan and plan.cancellation else ""

    def _stays(self, chain: str) -> bool:
        """Tell whether the customer is going to cancel first: no carrier overtakes a cancellation of the plan."""
        return self._cancelled(chain) not in ("", "shipped")

    def _comes_back(self, chain: str) -> bool:
        """Tell whether the customer is going to send the goods back: then all leave together, none stay open."""
        return self._cancelled(chain) == "shipped"

    def _next(self, order: str, chain: str) -> Parcel:
        plan = self._stage.plans.get(chain)
        parcels = plan.parcels if plan else []
        shipped = self._parcels[order]
        return parcels[shipped] if shipped < len(parcels) else _DEFAULT  # what was short goes out when it is there

    async def _ship(self, order: str, rows: list[Row], parcel: Parcel, stock: Counter[str]) -> None:
        wanted = {row["line"]: max(1, -(-row["open"] * parcel.share // 100)) for row in rows}
        if parcel.share < 100:
            wanted = self._some(wanted)
        lines = []
        for row in rows:
            quantity = min(wanted.get(row["line"], 0), stock[row["product"]])
            stock[row["product"]] -= quantity
            lines += [{"line": row["line"], "quantity": quantity}] if quantity else []
        short = sum(line["quantity"] for line in lines) < sum(wanted.values())
        if short:
            waiting = rows[0]["chain"] in self._stage.memory.back_orders
            self._stage.memory.back_orders.add(rows[0]["chain"])
            if waiting or not lines or self._comes_back(rows[0]["chain"]):
                return  # the suppliers bring all that is lacking with their next round
        done = await self._stage.command(self._stage.erp, "/warehouse/ship", {"order": order, "lines": lines})
        if done is not None:
            self._parcels[order] += 1
            self._last[order] = datetime.fromisoformat(done["delivery"]["shipped_at"])

    @staticmethod
    def _some(wanted: dict[str, int]) -> dict[str, int]:
        """A part shipment of single pieces takes the first lines only, so that something is left."""
        if max(wanted.values()) > 1 or len(wanted) == 1:
            return wanted
        first = list(wanted)[: len(wanted) // 2]
        return {line: wanted[line] for line in first}
