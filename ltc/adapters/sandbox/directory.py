"""The port CustomerDirectory on the sandbox ERP, which knows each customer's id in the CRM."""

from __future__ import annotations

from collections.abc import Mapping

from ltc.adapters.sandbox.base import SandboxAdapter, Way
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.systems import EventPage


class SandboxDirectory(SandboxAdapter):
    """Customers by their id in the CRM."""

    system = "customer"
    ways: Mapping[str, Way] = {"customer.resolve": Way("POST", "/customers/resolve")}

    async def resolve(self, request: op.ResolveCustomer) -> d.Customer:
        """Find the one customer behind a CRM customer; refused as ``unknown_customer`` when there is none."""
        customer: d.Customer = await self._read("customer.resolve", request)
        return customer

    async def events(self, after: str, limit: int = 100, wait: float = 0.0) -> EventPage:
        """The directory reports no events."""
        return EventPage(events=[], next=after)
