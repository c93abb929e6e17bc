"""The port CustomerDirectory on K3Cloud: customers by the field that holds the CRM's id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ltc.adapters.kingdee.answers import SaidNo
from ltc.adapters.kingdee.base import KingdeeSystem
from ltc.adapters.kingdee.bills import AUDITED, quoted, state_of
from ltc.adapters.kingdee.forms import CUSTOMER
from ltc.adapters.kingdee.words import refusal
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.adapters import Connection
from ltc.ports.errors import BusinessRefusal, ContractBroken, OutcomeUnknown, Unavailable
from ltc.ports.operations import EffectClass
from ltc.ports.systems import EventPage


class KingdeeDirectory(KingdeeSystem):
    """Customers. Making one is class B: its code is the CRM's id, and K3Cloud keeps codes unique."""

    port = "customer"
    classes: Mapping[str, EffectClass] = {"customer.ensure": EffectClass.B}

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.probes = {"customer.ensure": self._ensured}

    async def resolve(self, request: op.ResolveCustomer) -> d.Customer:
        """Find the one customer behind a CRM customer."""
        row = await self._row(request.customer.id)
        if row is None or row["FDocumentStatus"] != AUDITED:
            text = f"no customer of K3Cloud has {self._field} {request.customer.id}"
            raise BusinessRefusal("unknown_customer", text, request.customer.id)
        return self._customer(row, request.customer.id)

    async def ensure(self, request: op.EnsureCustomer, key: str) -> d.Customer:
        """Find the customer behind a CRM customer, or save, submit and audit it."""
        crm_id, bills = request.customer.id, self.tools.bills
        row = await self._row(crm_id)
        try:
            if row is None:
                written = self.tools.reader.mapping.fields("ensure_customer", request)
                await bills.save(CUSTOMER, self.tools.maker.customer(written, crm_id))
            elif state_of(CUSTOMER, row).void:
                raise BusinessRefusal("blocked_customer", f"customer {row['FNumber']} is forbidden", row["FNumber"])
            await bills.finish(CUSTOMER, str(row["FNumber"]) if row else crm_id)
        except SaidNo as no:
            if row is None:  # ours, and never in force
                await bills.discard(CUSTOMER, crm_id)
            raise refusal(no, crm_id) from None
        row = await self._row(crm_id)
        if row is None or row["FDocumentStatus"] != AUDITED:
            raise OutcomeUnknown(f"kingdee: customer {crm_id} was audited, but does not stand as audited")
        return self._customer(row, crm_id)

    async def events(self, after: str, limit: int = 100, wait: float = 0.0) -> EventPage:
        """The directory reports no events."""
        return EventPage(events=[], next=after)

    @property
    def _field(self) -> str:
        return self.tools.maker.account.crm_field

    async def _ensured(self, key: str, request: op.EnsureCustomer) -> d.Customer | None:
        row = await self._row(request.customer.id)
        if row is None:
            return None
        if row["FDocumentStatus"] != AUDITED:
            text = f"kingdee: customer {row['FNumber']} is saved but not audited; retry the step to finish it"
            raise Unavailable(text)
        return self._customer(row, request.customer.id)

    async def _row(self, crm_id: str) -> dict[str, Any] | None:
        """Return the customer with the CRM's id.

        Raises:
            ContractBroken: several have it.
        """
        keys = (*CUSTOMER.state, *CUSTOMER.head)
        rows = await self.tools.bills.client.query(CUSTOMER.id, keys, f"{self._field} = {quoted(crm_id)}")
        if len(rows) > 1:
            raise ContractBroken(f"kingdee: several customers have {self._field} {crm_id}", str(rows))
        return rows[0] if rows else None

    def _customer(self, row: dict[str, Any], crm_id: str) -> d.Customer:
        made: d.Customer = self.tools.reader.mapping.document("customer", row, crm_id=crm_id)
        return made
