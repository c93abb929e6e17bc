"""Customers on Tryton: parties, found and created by their code, which Tryton keeps unique."""

from __future__ import annotations

from collections.abc import Mapping

from ltc.adapters.tryton.base import TrytonPort, effect, inner, reading
from ltc.adapters.tryton.rpc import Record, SaidNo
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, ContractBroken
from ltc.ports.operations import EffectClass

_PARTY = ("code", "name", "active", "_timestamp")
_CODE_TAKEN = "code on party must be unique"


class TrytonDirectory(TrytonPort):
    """The port CustomerDirectory: the customer's id in the CRM is the party's code."""

    port = "customer"
    classes: Mapping[str, EffectClass] = {"customer.ensure": EffectClass.B}

    @reading
    async def resolve(self, request: op.ResolveCustomer) -> d.Customer:
        """Find the party whose code is the customer's id in the CRM."""
        found = await self._find(request.customer.id)
        if found is None:
            text = f"Tryton has no customer with the code {request.customer.id} ({request.customer.name})"
            raise BusinessRefusal("unknown_customer", text, request.customer.id)
        return await self._customer(found)

    @effect
    async def ensure(self, request: op.EnsureCustomer, key: str) -> d.Customer:
        """Find the party by its code, or create it; of two attempts at once Tryton lets one through."""
        card = request.customer
        found = await self._find(card.id)
        if found is None:
            values = await self._values(card)
            try:
                await self.rpc.tell("model.party.party.create", [values])
            except SaidNo as no:
                if _CODE_TAKEN not in str(no):
                    raise
            found = await self._find(card.id)
        if found is None:
            raise ContractBroken(f"tryton: party {card.id} was created and is not found")
        return await self._customer(found)

    async def _probe_ensure(self, request: op.EnsureCustomer, key: str) -> d.Customer | None:
        found = await self._find(request.customer.id)
        return await self._customer(found) if found else None

    async def _find(self, code: str) -> Record | None:
        domain = [["code", "=", code.strip()], ["active", "in", [True, False]]]
        found = await self.rpc.find("party.party", domain, _PARTY, limit=1)
        if found and not found[0]["active"]:
            raise BusinessRefusal("blocked_customer", f"customer {code} is deactivated in Tryton", code)
        return found[0] if found else None

    async def _values(self, card: d.CustomerCard) -> Record:
        fields = self.rpc.mapping.fields("customer_card", card)
        address, ways = fields.pop("address", {}), fields.pop("contact", {})
        country = fields.pop("country", None)
        if country:
            found = await self.rpc.find("country.country", [["code", "=", country]], ["id"], limit=1)
            address |= {"country": found[0]["id"]} if found else {}
        fields["addresses"] = [["create", [address]]]
        if ways:
            fields["contact_mechanisms"] = [["create", [{"type": kind, "value": ways[kind]} for kind in sorted(ways)]]]
        return fields

    async def _customer(self, party: Record) -> d.Customer:
        company = await self.rpc.find(
            "company.company", [["id", "=", self.rpc.context.get("company")]], ["currency.code"], limit=1
        )
        currency = inner(company[0], "currency.code") if company else None
        if not currency:
            raise ContractBroken("tryton: the user's company has no currency", str(company))
        customer: d.Customer = self.rpc.mapping.document("customer", {**party, "currency_code": currency})
        return customer
