"""The port that knows which customer of one system is which customer of the other."""

from __future__ import annotations

from typing import Protocol

from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.systems import System


class CustomerDirectory(System, Protocol):
    """One method per ``customer.`` operation. All raise ``ltc.ports.errors`` only."""

    async def resolve(self, request: op.ResolveCustomer) -> d.Customer:
        """Find the one customer behind a CRM customer; refused as ``unknown_customer`` when there is none."""

    async def ensure(self, request: op.EnsureCustomer, key: str) -> d.Customer:
        """Find the ERP's customer of a CRM customer, or create it."""
