"""How sales work with the CRM at hand: BottleCRM, or Tryton's own opportunities where there is no other."""

from __future__ import annotations

import asyncio
import re
from typing import Protocol

import httpx

from starter.bots.office import OPERATOR
from starter.real.rpc import Row
from starter.real.stage import RealStage

_MARK = re.compile(r"\[ltc:([^\]]+)\]")
_PAGE = 100
_TRIES = 5


class Desk(Protocol):
    """What differs between CRMs."""

    async def cancel(self, number: str, chain: str, reason: str) -> None:
        """Let everybody know that the customer cancels."""

    async def deals(self) -> list[Row]:
        """Return the CRM's deals: ``id`` (the number of the chain), ``stage`` and the keys of the ``notes`` on each."""


class BottleDesk:
    """Sales at BottleCRM's own API: a field of the deal says why the customer cancels; ltc hears of it by the feed."""

    def __init__(self, stage: RealStage) -> None:
        self._stage = stage

    async def cancel(self, number: str, chain: str, reason: str) -> None:
        """Write the reason on the deal, and look a second later whether it stayed there.

        BottleCRM saves a deal whole: a note of ltc's at the same moment takes the reason back.
        """
        path = f"/api/opportunities/{self._stage.deals[number]}/"
        for _ in range(_TRIES):
            answer = await self._stage.crm.patch(path, json={"custom_fields": {"ltc_cancel_reason": reason}})
            answer.raise_for_status()
            await asyncio.sleep(1.0)
            deal = (await self._got(path)).get("opportunity_obj") or {}
            if (deal.get("custom_fields") or {}).get("ltc_cancel_reason") == reason:
                return

    async def deals(self) -> list[Row]:
        """Read the deals of this run's orders."""
        found = []
        for deal in await self._listed():
            number = str((deal.get("custom_fields") or {}).get("ltc_external_id") or "")
            if number in self._stage.numbers.values():
                page = await self._got(f"/api/opportunities/{deal['id']}/")
                notes = [mark for one in page.get("comments") or () for mark in _MARK.findall(str(one.get("comment")))]
                kind = str(deal.get("stage_kind"))
                found.append({"id": number, "stage": kind if kind in ("won", "lost") else "open", "notes": notes})
        return found

    async def _listed(self) -> list[Row]:
        rows: list[Row] = []
        while True:
            page = await self._got("/api/opportunities/", limit=_PAGE, offset=len(rows))
            found = page.get("opportunities") or []
            rows += found
            if len(found) < _PAGE:
                return rows

    async def _got(self, path: str, **params: int) -> Row:
        answer: httpx.Response = await self._stage.crm.get(path, params=params)
        page: Row = answer.raise_for_status().json()
        return page


class TrytonDesk:
    """Sales at Tryton: its opportunities know no cancelled order, so sales ask the operator to cancel the chain."""

    def __init__(self, stage: RealStage) -> None:
        self._stage = stage

    async def cancel(self, number: str, chain: str, reason: str) -> None:
        """Have the operator cancel; goods that are out come back, the customer has agreed."""
        plan = self._stage.plan(chain)
        gone = plan is not None and plan.cancellation is not None and plan.cancellation.seen == "shipped"
        extra = {"consent": True} if gone else {}
        key = f"{chain}/cancel"
        await self._stage.client.intervene(chain, "cancel", OPERATOR, reason, door="demo", intervention_id=key, **extra)

    async def deals(self) -> list[Row]:
        """Read the opportunities of this run's orders."""
        rows = await self._stage.tryton.find("sale.opportunity", [], ["number", "state"])
        stages = {"converted": "won", "won": "won", "lost": "lost", "cancelled": "lost"}
        return [
            {"id": row["number"], "stage": stages.get(row["state"], "open"), "notes": []}
            for row in rows if row["number"] in self._stage.numbers.values()
        ]  # fmt: skip
