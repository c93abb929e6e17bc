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
        "crm.create_lead": Way("POST", "/leads", "/leads", ("external_id", "external_id")),
        "crm.convert_lead": Way("POST", "/leads/{lead}/convert", changes="lead", reads="/leads/{lead}/opportunity"),
        "crm.log_progress": Way("POST", "/opportunities/{opportunity}/notes", "/notes", ("opportunity", "opportunity")),
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

    async def create_lead(self, request: op.CreateLead, key: str) -> d.Lead:
        """Take a lead in, once per its external id."""
        lead: d.Lead = await self._do("crm.create_lead", request, key)
        return lead

    async def convert_lead(self, request: op.LeadId, key: str) -> d.Opportunity:
        """Make a lead an open opportunity."""
        opportunity: d.Opportunity = await self._do("crm.convert_lead", request, key)
        return opportunity

    async def log_progress(self, request: op.LogProgress, key: str) -> d.Note:
        """Write how far a deal is where sales see it."""
        note: d.Note = await self._do("crm.log_progress", request, key)
        return note
