"""What BottleCRM is asked for: deals, accounts, leads, members, products, the fields that are defined."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from ltc.adapters.bottlecrm.api import Api, known, record, records
from ltc.adapters.bottlecrm.documents import part, parts
from ltc.ports.errors import BusinessRefusal, ContractBroken, Misconfigured

_REMEMBERED = 60.0  # seconds that accounts, products and definitions are taken to be as they were


class Records:
    """Reads records. What changes seldom is remembered for a minute; what is not found is looked up again at once.

    Args:
        api: the connection.
        currency: of deals that name none; empty: such a deal is refused.
        owner: how people are called, ``name`` (their address before its @) or ``email``.
    """

    def __init__(self, api: Api, currency: str, owner: str) -> None:
        self._api = api
        self._currency = currency
        self._owner = owner
        self._memory: dict[tuple[str, str], tuple[float, Any]] = {}

    async def page(self, opportunity: str) -> dict[str, Any]:
        """Return a deal's page: ``opportunity_obj``, ``comments``.

        Raises:
            BusinessRefusal: ``not_found``.
        """
        path = f"/api/opportunities/{known(opportunity, 'deal')}/"
        found = await self._api.read(path)
        return {
            "opportunity_obj": self.priced(record(found, "opportunity_obj", path)),
            "comments": records(found, "comments", path),
        }

    async def deal(self, opportunity: str) -> dict[str, Any]:
        """Return a deal. Raises BusinessRefusal ``not_found``."""
        found: dict[str, Any] = (await self.page(opportunity))["opportunity_obj"]
        return found

    def priced(self, deal: dict[str, Any]) -> dict[str, Any]:
        """Return a deal with the currency it is in: its own, or the one of the settings."""
        return {**deal, "currency": deal.get("currency") or self._currency}

    async def lead(self, lead: str) -> dict[str, Any]:
        """Return a lead. Raises BusinessRefusal ``not_found``."""
        path = f"/api/leads/{known(lead, 'lead')}/"
        return record(await self._api.read(path), "lead_obj", path)

    async def account(self, deal: Mapping[str, Any]) -> dict[str, Any]:
        """Return the account of a deal.

        Raises:
            ContractBroken: the deal has none.
        """
        linked = deal.get("account")
        if not isinstance(linked, dict) or not linked.get("id"):
            raise ContractBroken(f"the deal {deal.get('id')} has no account: ltc needs its customer", str(deal))
        identity = str(linked["id"])
        kept = self._kept("account", identity)
        if kept is None:
            path = f"/api/accounts/{identity}/"
            kept = self._keep("account", identity, record(await self._api.read(path), "account_obj", path))
        account: dict[str, Any] = kept
        return account

    def owner_of(self, deal: Mapping[str, Any]) -> str:
        """Return who a deal belongs to: the first person it is assigned to, or else who entered it."""
        assigned = parts(deal, "assigned_to") or [{}]
        person = part(assigned[0], "user_details") or part(deal, "created_by")
        return self._called(person.get("email"))

    async def member(self, owner: str) -> str:
        """Return the id of the member whom ltc calls ``owner``.

        Raises:
            Misconfigured: there is none.
        """
        path = "/api/users/get-teams-and-users/"
        for fresh in (False, True):
            found = None if fresh else self._kept("members", "")
            if found is None:
                found = self._keep("members", "", records(await self._api.read(path), "profiles", path))
            for one in found:
                if owner in (self._called(part(one, "user_details").get("email")), one.get("id")):
                    return str(one["id"])
        raise Misconfigured(
            f"bottlecrm: nobody in the organisation is called {owner!r}; invite them, or correct the owner"
        )

    async def products(self, numbers: Iterable[str]) -> dict[str, str]:
        """Return the ids of products by their SKU.

        Raises:
            BusinessRefusal: ``unknown_product``.
        """
        wanted = list(numbers)
        for fresh in (False, True):
            found: dict[str, str] | None = None if fresh else self._kept("products", "")
            if found is None:
                rows = await self._api.listed("/api/invoices/products/", "results", {})
                found = self._keep("products", "", {str(row.get("sku")): str(row.get("id")) for row in rows})
            missing = [number for number in wanted if number not in found]
            if not missing:
                return {number: found[number] for number in wanted}
        raise BusinessRefusal("unknown_product", f"bottlecrm has no product with the SKU {', '.join(missing)}")

    async def defined(self, target: str) -> set[str]:
        """Return the keys of the custom fields that are defined for a kind of record."""
        kept = self._kept("fields", target)
        if kept is None:
            path = "/api/custom-fields/"
            asked = {"target_model": target, "active_only": "true", "include_counts": "false"}
            rows = records(await self._api.read(path, asked), "definitions", path)
            kept = self._keep("fields", target, {str(row.get("key")) for row in rows})
        found: set[str] = kept
        return found

    async def needs(self, target: str, *keys: str) -> None:
        """Check that custom fields are defined: BottleCRM drops values of others without a word.

        Raises:
            Misconfigured: one is not.
        """
        missing = [key for key in keys if key not in await self.defined(target)]
        if missing:
            self._memory.pop(("fields", target), None)
            raise Misconfigured(
                f"bottlecrm: the custom field {', '.join(missing)} is not defined for {target};"
                " define it (type text) in the settings of custom fields"
            )

    async def stages(self, kind: str) -> list[str]:
        """Return the codes of all stages of a kind (open, won, lost), over all pipelines."""
        kept = self._kept("stages", "")
        if kept is None:
            path = "/api/opportunities/pipelines/"
            kept = self._keep("stages", "", records(await self._api.read(path), "pipelines", path))
        found = (stage for pipeline in kept for stage in pipeline.get("stages", []))
        return list(dict.fromkeys(str(stage.get("code")) for stage in found if stage.get("kind") == kind))

    def _called(self, address: Any) -> str:
        text = str(address or "")
        return text if self._owner == "email" else text.partition("@")[0]

    def _kept(self, what: str, which: str) -> Any:
        at, found = self._memory.get((what, which), (0.0, None))
        return found if time.monotonic() - at < _REMEMBERED else None

    def _keep(self, what: str, which: str, found: Any) -> Any:
        if len(self._memory) > 1000:
            self._memory.clear()
        self._memory[what, which] = (time.monotonic(), found)
        return found
