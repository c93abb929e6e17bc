"""The rig of BottleCRM: its people act over REST, and notes are counted past the adapter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
from pydantic import BaseModel

from ltc.contract.base_rig import BaseRig
from ltc.contract.bench import Bench, CannotPrepare, Refused
from ltc.contract.building import ABSENT
from ltc.contract.proxy import Seen
from ltc.ports import operations as op

_NOBODY = "00000000-0000-4000-8000-000000000000"  # ids are UUIDs; the adapter asks for no other


class BottleCrmRig(BaseRig):
    """BottleCRM over REST."""

    def writes(self, seen: Seen) -> bool:
        """Tell by the method; tokens are fetched by POST, too."""
        return super().writes(seen) and "/auth/" not in seen.path

    async def missing(self, bench: Bench, operation: str) -> BaseModel:
        """Name records that do not exist by an id that could be one."""
        request = await super().missing(bench, operation)
        absent = {name: _NOBODY for name, value in request if value == ABSENT}
        return request.model_copy(update=absent)

    async def refused(self, bench: Bench, operation: str) -> Refused | None:
        """A known external id is no refusal: the same lead comes back. A product that is not in the catalogue is."""
        if operation == "crm.create_lead":
            lead = self.new_lead()
            return Refused(lead.model_copy(update={"lines": [self.line(product=ABSENT)]}), ("unknown_product",))
        return await super().refused(bench, operation)

    async def cause(self, bench: Bench, event: str) -> str:
        """Have sales win a deal, and write down that the customer cancels."""
        if event not in ("crm.opportunity_won", "crm.order_cancelled"):
            raise CannotPrepare(f"BottleCRM reports no {event}")
        deal = await self.opportunity(bench)
        path = f"/api/opportunities/{deal}/"
        await self.ask("PATCH", path, {"stage": "CLOSED_WON", "closed_on": "2026-11-22"})
        if event == "crm.order_cancelled":
            await self.ask("PATCH", path, {"custom_fields": {"ltc_cancel_reason": "changed plans"}})
        return deal

    async def count(self, bench: Bench, operation: str, key: str, request: BaseModel) -> int | None:
        """Count notes by their text's mark; what sets a state leaves nothing to count."""
        if not isinstance(request, op.LogProgress):
            return None
        from ltc.adapters.bottlecrm.documents import notes_with

        page = await self.ask("GET", f"/api/opportunities/{request.opportunity}/")
        return len(notes_with(page["comments"], key))

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Call BottleCRM past the adapter.

        Raises:
            CannotPrepare: it refuses.
        """
        to = self.connections["crm"]
        headers = {"authorization": f"Bearer {to.token.get_secret_value()}"}
        async with httpx.AsyncClient(base_url=to.url, headers=headers, timeout=to.timeout, trust_env=False) as client:
            answer = await client.request(method, path, json=body)
        if not answer.is_success:
            raise CannotPrepare(f"{method} {path} answered {answer.status_code}: {answer.text[:200]}")
        found: dict[str, Any] = answer.json()
        return found


RIG = BottleCrmRig
