"""Leads of BottleCRM: taken in through a lead webhook once per external id, converted once, with their lines."""

from __future__ import annotations

from collections.abc import Mapping as Named
from decimal import Decimal
from typing import Any

from pydantic import SecretStr

from ltc.adapters.bottlecrm.api import Api, Rejected, known, records
from ltc.adapters.bottlecrm.documents import lines_of, lines_text, part, parts, version
from ltc.adapters.bottlecrm.records import Records
from ltc.mapping import Mapping
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, ContractBroken, Misconfigured, OutcomeUnknown, Unavailable

CONVERTED = "converted"


class Leads:
    """Takes leads in and converts them.

    BottleCRM recognises a lead by (webhook, external id), in a unique index; the webhook answers the second post of an
    id with the first one's lead. It also takes two leads with one address or telephone number for one: such a second
    lead is refused here as ``duplicate_lead``, because its deal would never come to be.

    Args:
        api: the connection.
        records: what is read.
        mapping: the field mapping.
        intake: the id of the lead webhook.
        key: its key.
        tagged: write each lead's address with its external id (``name+id@domain``), so that a customer's second lead
            stays one of its own.
    """

    def __init__(
        self, api: Api, records: Records, mapping: Mapping, intake: str, key: SecretStr, tagged: bool
    ) -> None:  # fmt: skip
        self._api = api
        self._records = records
        self._mapping = mapping
        self._intake = intake
        self._key = key
        self._tagged = tagged

    async def create(self, request: op.CreateLead) -> d.Lead:
        """Take a lead in. Doing it again changes nothing."""
        await self._records.needs("Lead", "ltc_external_id", "ltc_lines")
        await self._records.products(line.product for line in request.lines)
        details = await self._details(request)
        said = await self._post(request)
        try:
            lead = await self._records.lead(str(said.get("lead")))
            if lead.get("external_id") != request.external_id:
                raise BusinessRefusal(
                    "duplicate_lead",
                    f"bottlecrm took the lead {request.external_id} for the lead {lead['id']} of the same address",
                    str(lead["id"]),
                )
            if lead.get("status") != CONVERTED and _differs(lead, details):
                await self._api.write("PATCH", f"/api/leads/{lead['id']}/", details)
                lead = await self._records.lead(str(lead["id"]))
        except Unavailable as error:
            raise OutcomeUnknown(f"the lead is in, its details may not be: {error}") from None
        except Rejected as error:
            raise Misconfigured(f"bottlecrm refuses the details of a lead: {error}") from None
        return self.document(lead)

    def document(self, lead: Named[str, Any]) -> d.Lead:
        """Make ltc's document of a lead."""
        found: d.Lead = self._mapping.document("lead", lead, version=version(lead))
        return found

    async def find(self, request: op.CreateLead) -> d.Lead | None:
        """Return the lead with an external id, if it is there with all its details."""
        await self._records.needs("Lead", "ltc_external_id", "ltc_lines")
        mark = {"cf_ltc_external_id": request.external_id}
        page = await self._api.read("/api/leads/", {**mark, "limit": "10"})
        rows = records(page, "open_leads.open_leads", "/api/leads/") + records(
            page, "close_leads.close_leads", "/api/leads/"
        )
        found = {str(row.get("id")): row for row in rows if _external_id(row) == request.external_id}
        if not found:  # lists leave converted leads out: their deals have the mark, too
            deals = await self._api.listed("/api/opportunities/", "opportunities", mark)
            ids = [await self._origin(str(deal["id"])) for deal in deals if _external_id(deal) == request.external_id]
            found = {lead: await self._records.lead(lead) for lead in ids if lead}
        if len(found) > 1:
            raise ContractBroken(f"{len(found)} leads have the external id {request.external_id}", ", ".join(found))
        lead = next(iter(found.values()), None)
        if lead is None or (request.lines and not part(lead, "custom_fields").get("ltc_lines")):
            return None
        return self.document(lead)

    async def convert(self, lead: str) -> str:
        """Convert a lead and give its deal the lines; return the deal's id.

        A lead that is converted and whose deal lacks something (an earlier call broke off, or a person converted it)
        is completed.

        Raises:
            BusinessRefusal: ``already_converted``, with the deal: there is nothing left to do.
        """
        await self._records.needs("Lead", "ltc_external_id", "ltc_lines")
        await self._records.needs("Opportunity", "ltc_external_id")
        found = await self._records.lead(lead)
        if found.get("status") == CONVERTED:
            there = await self.converted(lead)
            if there is not None:
                raise BusinessRefusal("already_converted", f"the lead {lead} is the deal {there} already", there)
        else:
            await self._convert(found)
        try:
            deal = await self._deal_of(lead)
            if deal is None:
                raise ContractBroken(
                    f"the lead {lead} is converted and no deal of it is found", str(found.get("title"))
                )
            await self._complete(found, await self._records.deal(deal))
        except Unavailable as error:
            raise OutcomeUnknown(f"the lead is converted, its deal may lack lines: {error}") from None
        except Rejected as error:
            raise Misconfigured(f"bottlecrm refuses what the lead {lead} says of its deal: {error}") from None
        return deal

    async def converted(self, lead: str) -> str | None:
        """Return the deal of a lead that is converted with all its lines, or None."""
        found = await self._records.lead(lead)
        deal = await self._deal_of(lead) if found.get("status") == CONVERTED else None
        if deal is None:
            return None
        now = await self._records.deal(deal)
        missing, changes = self._lacks(found, now)
        return None if missing or changes else deal

    async def _post(self, request: op.CreateLead) -> dict[str, Any]:
        if not self._intake or not self._key.get_secret_value():
            raise Misconfigured(
                "bottlecrm takes leads in through a lead webhook: put its id into the option intake and its key into"
                " the setting password"
            )
        body = self._mapping.fields("create_lead", request)
        if self._tagged and "@" in body.get("email", ""):
            name, _, domain = body["email"].rpartition("@")
            tag = "".join(letter if letter.isalnum() else "-" for letter in request.external_id)
            body["email"] = f"{name}+{tag}@{domain}"
        headers = {"authorization": f"Bearer {self._key.get_secret_value()}"}
        try:
            return await self._api.write("POST", f"/api/public/leads/{known(self._intake, 'webhook')}/", body, headers)
        except Rejected as error:
            raise Misconfigured(f"bottlecrm refuses the values of the lead {request.external_id}: {error}") from None
        except BusinessRefusal:
            raise Misconfigured(
                f"bottlecrm has no active lead webhook {self._intake}: check the option intake"
            ) from None

    async def _details(self, request: op.CreateLead) -> dict[str, Any]:
        """Return what is written onto the lead beside what the webhook takes."""
        details = self._mapping.fields("lead_details", request)
        details["custom_fields"]["ltc_lines"] = lines_text(request.lines)
        if request.lines:
            net = sum((line.net for line in request.lines[1:]), request.lines[0].net)
            details["opportunity_amount"] = str(net).partition(" ")[0]
        if request.owner:
            details["assigned_to"] = [await self._records.member(request.owner)]
        return details

    async def _convert(self, lead: Named[str, Any]) -> None:
        path = f"/api/leads/{lead['id']}/"
        try:
            said = await self._api.write("PATCH", path, {"status": CONVERTED})
        except Rejected as no:
            if "already" in no.fields.get("status", ""):
                return  # somebody was faster: BottleCRM locks the lead's row
            raise BusinessRefusal("not_qualified", f"bottlecrm does not convert the lead: {no}") from None
        if not said.get("opportunity_id"):
            raise Misconfigured("bottlecrm converted a lead into no deal: switch its module Deals on")

    async def _deal_of(self, lead: str) -> str | None:
        """Return the deal of a converted lead: its enquiry moved on to the deal."""
        return await self._linked({"lead": known(lead, "lead")}, "opportunity")

    async def _origin(self, deal: str) -> str | None:
        return await self._linked({"opportunity": deal}, "lead")

    async def _linked(self, record: dict[str, str], to: str) -> str | None:
        path = "/api/interactions/"
        found = records(await self._api.read(path, {**record, "limit": "200"}), "interactions", path)
        linked = {str(row[to]) for row in found if row.get(to)}
        if len(linked) > 1:
            raise ContractBroken(f"bottlecrm links {record} to more than one {to}", ", ".join(sorted(linked)))
        return next(iter(linked), None)

    def _lacks(
        self, lead: Named[str, Any], deal: Named[str, Any]
    ) -> tuple[list[tuple[int, d.Line]], dict[str, Any]]:  # fmt: skip
        """Return what of a lead its deal does not say yet: lines, by their place, and fields."""
        currency = str(lead.get("currency") or deal.get("currency") or "")
        text = str(part(lead, "custom_fields").get("ltc_lines") or "")
        there = {line.get("order") for line in parts(deal, "line_items")}
        missing = [
            (place, line) for place, line in enumerate(lines_of(text, currency), start=1) if place not in there
        ]  # fmt: skip
        changes: dict[str, Any] = {}
        external = str(lead.get("external_id") or _external_id(lead))
        if external and _external_id(deal) != external:
            changes["custom_fields"] = {"ltc_external_id": external}
        if currency and deal.get("currency") != currency:
            changes["currency"] = currency
        return missing, changes

    async def _complete(self, lead: Named[str, Any], deal: Named[str, Any]) -> None:
        missing, changes = self._lacks(lead, deal)
        path = f"/api/opportunities/{deal['id']}/"
        ids = await self._records.products(line.product for _, line in missing)
        for place, line in missing:
            values = self._mapping.fields("line_item", line)
            priced = {"discount_type": "PERCENTAGE"} if line.discount else {"discount_value": "0"}
            body = {**values, **priced, "product_id": ids[line.product], "order": place}
            await self._api.write("POST", f"{path}line-items/", body)
        if changes:
            await self._api.write("PATCH", path, {**changes, **self._named(lead)})

    @staticmethod
    def _named(lead: Named[str, Any]) -> dict[str, Any]:
        """Return the deal's name: what the lead is called, with its external id, because names of deals are unique."""
        external = str(lead.get("external_id") or "")
        title = str(lead.get("title") or lead.get("company_name") or "")
        if not external:
            return {}
        return {"name": (title if external in title else f"{external} {title}".strip())[:255]}


def _external_id(record: Named[str, Any]) -> str:
    return str(part(record, "custom_fields").get("ltc_external_id") or "")


def _differs(lead: Named[str, Any], details: Named[str, Any]) -> bool:
    """Tell whether details have to be written; custom fields of others stay as they are."""
    custom = part(lead, "custom_fields")
    mine = {name: value for name, value in details.items() if name not in ("custom_fields", "assigned_to")}
    assigned = [str(one.get("id")) if isinstance(one, dict) else str(one) for one in lead.get("assigned_to") or []]
    return (
        any((custom.get(name) or "") != value for name, value in details["custom_fields"].items())
        or any(_plain(lead.get(name)) != _plain(value) for name, value in mine.items())
        or ("assigned_to" in details and details["assigned_to"] != assigned)
    )


def _plain(value: Any) -> str | Decimal:
    text = str(value or "")
    return Decimal(text) if text.replace(".", "", 1).isdigit() else text
