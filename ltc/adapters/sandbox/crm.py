"""The port Crm on the sandbox CRM."""

from __future__ import annotations

from collections.abc import Mapping

from ltc.adapters.sandbox.base import SandboxAdapter, Way
from ltc.model import documents as d
from ltc.ports import operations as op

_LEAD = "/leads/{opportunity}"


class SandboxCrm(SandboxAdapter):
    """Opportunities of the sandbox CRM."""

    system = "crm"
    ways: Mapping[str, Way] = {
        "crm.get_opportunity": Way("GET", "/opportunities/{opportunity}"),
        "crm.qualify_lead": Way("POST", "/opportunities/{opportunity}/qualify", changes="opportunity", reads=_LEAD),
        "crm.reopen_lead": Way("POST", "/opportunities/{opportunity}/reopen", changes="opportunity", reads=_LEAD),
        "crm.set_stage": Way("PUT", "/opportunities/{opportunity}/stage", changes="opportunity", reads=_LEAD),
    }

    async def get_opportunity(self, request: op.OpportunityId) -> d.Opportunity:
        """Read an opportunity as it stands now."""
        found: d.Opportunity = await self._read("crm.get_opportunity", request)
        return found

    async def qualify_lead(self, request: op.OpportunityId, key: str) -> d.Lead:
        """Qualify the lead behind an opportunity."""
        lead: d.Lead = await self._do("crm.qualify_lead", request, key)
        return lead

    async def reopen_lead(self, request: op.OpportunityId, key: str) -> d.Lead:
        """Undo the qualification."""
        lead: d.Lead = await self._do("crm.reopen_lead", request, key)
        return lead

    async def set_stage(self, request: op.SetStage, key: str) -> d.Lead:
        """Tell the CRM how far the deal is."""
        lead: d.Lead = await self._do("crm.set_stage", request, key)
        return lead
