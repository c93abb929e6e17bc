"""The port CustomerDirectory on Odoo: a customer's reference is its id in the CRM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ltc.adapters.odoo.base import OdooSystem
from ltc.adapters.odoo.records import Record
from ltc.adapters.odoo.texts import name_of, ref
from ltc.adapters.odoo.wire import Domain, Odoo
from ltc.mapping import Mapping as FieldMapping
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, ContractBroken
from ltc.ports.operations import EffectClass

_PARTNER = ("name", "ref", "active", "parent_id", "property_product_pricelist", "company_id", "write_date")
_OWN = "res.partner,"  # how Odoo itself writes a reference to a partner
_MODULE = "ltc"


class OdooDirectory(OdooSystem):
    """Customers of Odoo by their id in the CRM."""

    classes: ClassVar[Mapping[str, EffectClass]] = {"customer.ensure": EffectClass.A}
    reads: ClassVar[tuple[str, ...]] = ("customer.resolve",)

    async def resolve(self, request: op.ResolveCustomer) -> d.Customer:
        """Find the customer with the CRM's id as its reference. Refused: ``unknown_customer``, ``blocked_customer``."""
        found = await self._find(request.customer.id)
        if found is None:
            text = f"odoo has no customer with the reference {request.customer.id}"
            raise BusinessRefusal("unknown_customer", text, request.customer.id)
        return await self._customer(found, request.customer.id)

    async def ensure(self, request: op.EnsureCustomer, key: str) -> d.Customer:
        """Find the customer, or create it under an external id made of the CRM's id: one, however often it is tried.

        Odoo keeps external ids unique and its import (``load``) updates what is there. Refused: ``blocked_customer``,
        ``duplicate_customer`` (several have this reference).
        """
        found = await self._find(request.customer.id)
        if found is None:
            await upsert_partner(self.odoo, self.map, request.customer, request.currency)
            found = await self._find(request.customer.id)
        if found is None:
            raise ContractBroken(f"odoo: customer {request.customer.id} was imported and is not there")
        return await self._customer(found, request.customer.id)

    async def probe_ensure(self, request: op.EnsureCustomer, key: str) -> d.Customer | None:
        """Tell by the reference."""
        found = await self._find(request.customer.id)
        return await self._customer(found, request.customer.id) if found else None

    async def _find(self, customer: str) -> Record | None:
        domain: Domain = [["active", "in", [True, False]]]
        if customer.startswith(_OWN) and customer.removeprefix(_OWN).isdecimal():
            domain.append(["id", "=", int(customer.removeprefix(_OWN))])
        else:
            domain.append(["ref", "=", customer])
        rows = await self.odoo.find("res.partner", domain, _PARTNER)
        if len(rows) > 1:
            text = f"odoo has {len(rows)} customers with the reference {customer}"
            raise BusinessRefusal("duplicate_customer", text, customer)
        return rows[0] if rows else None

    async def _customer(self, row: Record, crm_id: str) -> d.Customer:
        if not row["active"]:
            raise BusinessRefusal("blocked_customer", f"odoo: customer {row['name']} is archived", str(row["id"]))
        customer: d.Customer = self.map.document(
            "customer", {**row, "currency": await self._currency(row)}, id=str(row["id"]), erp_id=str(row["id"]),
            crm_id=crm_id,
        )  # fmt: skip
        return customer

    async def _currency(self, row: Record) -> str:
        """A customer buys in the currency of its price list; without one, in the company's."""
        number = ref(row["property_product_pricelist"])
        if number:
            lists = await self.odoo.read("product.pricelist", [number], ("currency_id",))
            if lists:
                return name_of(lists[0]["currency_id"])
        company = self.options.get("company", "")
        domain = [["id", "=", int(company)]] if company else []
        companies = await self.odoo.find("res.company", domain, ("currency_id",))
        if not companies:
            raise ContractBroken("odoo: the API user sees no company")
        return name_of(companies[0]["currency_id"])


async def upsert_partner(odoo: Odoo, mapping: FieldMapping, card: d.CustomerCard, currency: str) -> None:
    """Import a customer under its external id ``ltc.customer_<id>``, with the price list of its currency.

    Raises:
        BusinessRefusal: ``refused``, with what Odoo's import says.
    """
    values = mapping.fields("customer_card", card)
    lists = await odoo.find("product.pricelist", [["currency_id.name", "=", currency]], ("name",))
    if lists:
        values["property_product_pricelist/.id"] = lists[0]["id"]
    country = values.pop("country_code", "")
    if country:
        countries = await odoo.find("res.country", [["code", "=", country]], ("name",))
        if countries:
            values["country_id/.id"] = countries[0]["id"]
    name = "".join(one if one.isalnum() and one.isascii() else f"-{ord(one):x}-" for one in card.id)
    fields = {"id": f"{_MODULE}.customer_{name}", **values}
    said = await odoo.tell("res.partner", "load", fields=list(fields), data=[[str(one) for one in fields.values()]])
    if not isinstance(said, dict) or "messages" not in said:
        raise ContractBroken("odoo: res.partner.load answered no messages", str(said))
    if not said.get("ids"):
        text = "; ".join(str(one.get("message", "")) for one in said["messages"] if isinstance(one, dict))
        raise BusinessRefusal("refused", f"odoo: customer {card.id} cannot be imported: {text}", card.id)
