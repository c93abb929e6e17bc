"""The port CustomerDirectory on the sandbox ERP, which knows each customer's id in the CRM."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from ltc.adapters.sandbox.base import SandboxAdapter, Way
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal
from ltc.ports.operations import EffectClass
from ltc.ports.systems import EventPage


class SandboxDirectory(SandboxAdapter):
    """Customers by their id in the CRM."""

    system = "customer"
    ways: Mapping[str, Way] = {
        "customer.resolve": Way("POST", "/customers/resolve"),
        "customer.ensure": Way("POST", "/customers/ensure"),
    }

    async def resolve(self, request: op.ResolveCustomer) -> d.Customer:
        """Find the one customer behind a CRM customer; refused as ``unknown_customer`` when there is none."""
        customer: d.Customer = await self._read("customer.resolve", request)
        return customer

    async def ensure(self, request: op.EnsureCustomer, key: str) -> d.Customer:
        """Find the ERP's customer of a CRM customer, or make it."""
        customer: d.Customer = await self._do("customer.ensure", request, key)
        return customer

    async def probe(self, operation: str, key: str, request: BaseModel) -> BaseModel | None:
        """Tell whether the effect with this key took place; without keys (class C), whether the customer is there."""
        if self.effect_class(operation) is not EffectClass.C or not isinstance(request, op.EnsureCustomer):
            return await super().probe(operation, key, request)
        card = request.customer
        try:
            return await self.resolve(op.ResolveCustomer(customer=d.CustomerRef(id=card.id, name=card.name)))
        except BusinessRefusal as no:
            if no.reason != "unknown_customer":
                raise
            return None

    async def events(self, after: str, limit: int = 100, wait: float = 0.0) -> EventPage:
        """The directory reports no events."""
        return EventPage(events=[], next=after)
