"""The port of the system that sells: opportunities and how far they are."""

from __future__ import annotations

from typing import Protocol

from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.systems import System


class Crm(System, Protocol):
    """One method per ``crm.`` operation; effects take the effect key. All raise ``ltc.ports.errors`` only."""

    async def get_opportunity(self, request: op.OpportunityId) -> d.Opportunity:
        """Read an opportunity as it stands now."""

    async def qualify_lead(self, request: op.OpportunityId, key: str) -> d.Lead:
        """Qualify the lead behind an opportunity."""

    async def reopen_lead(self, request: op.OpportunityId, key: str) -> d.Lead:
        """Undo the qualification."""

    async def set_stage(self, request: op.SetStage, key: str) -> d.Lead:
        """Tell the CRM how far the deal is."""

    async def create_lead(self, request: op.CreateLead, key: str) -> d.Lead:
        """Take a lead in, once per its external id."""

    async def convert_lead(self, request: op.LeadId, key: str) -> d.Opportunity:
        """Make a qualified lead an opportunity."""

    async def log_progress(self, request: op.LogProgress, key: str) -> d.Note:
        """Write how far a deal is where sales see it."""
