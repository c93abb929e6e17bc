"""The port Crm on BottleCRM: deals are ltc's opportunities, notes on them show sales how far the order is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping as Named
from datetime import UTC, datetime
from typing import Any
from weakref import WeakValueDictionary

from pydantic import BaseModel

from ltc.adapters.bottlecrm import documents
from ltc.adapters.bottlecrm.api import Api, Rejected, known, records
from ltc.adapters.bottlecrm.feed import Feed
from ltc.adapters.bottlecrm.leads import Leads
from ltc.adapters.bottlecrm.records import Records
from ltc.mapping import load_mapping
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.adapters import Connection
from ltc.ports.errors import BusinessRefusal, ContractBroken, Misconfigured, OutcomeUnknown, Unavailable
from ltc.ports.operations import EffectClass
from ltc.ports.systems import EventPage

OPTIONS: dict[str, str] = {
    "intake": "the id of the lead webhook that leads come in by; its key is the setting password",
    "lead_address": "'as given', or 'tagged': name+ID@domain, so that a customer's second lead stays one of its own",
    "currency": "the currency (ISO 4217) of deals that name none; without it such a deal is held",
    "owner": "how people are called: 'name' (their address before its @), or 'email'",
}
_CLASSES: dict[str, EffectClass] = {
    "crm.create_lead": EffectClass.A,  # the webhook's external id is unique, a repeated post answers with the lead
    "crm.convert_lead": EffectClass.C,  # converting is locked, the lines that follow are not
    "crm.qualify_lead": EffectClass.A,  # states are set, not moved on
    "crm.reopen_lead": EffectClass.A,
    "crm.set_stage": EffectClass.A,
    "crm.log_progress": EffectClass.C,  # a note carries the key in its text
}
_CLOSING = ("won", "lost")
_TRIES = 3  # to bring a deal to a state


class BottleCrm:
    """Deals, leads and notes of one organisation.

    Args:
        connection: ``token`` is a personal access token of an administrator, ``password`` the key of the lead webhook.

    Raises:
        Misconfigured: no address, no token, an option that there is not, a mapping that is wrong.
    """

    def __init__(self, connection: Connection) -> None:
        _check(connection)
        self.settle_seconds = connection.settle_seconds
        self._classes = {**_CLASSES, **connection.classes}
        self._mapping = load_mapping("bottlecrm", connection.mapping)
        self._api = Api(connection.url, connection.token, connection.timeout)
        options = connection.options
        self._records = Records(self._api, options.get("currency", ""), options.get("owner", "name"))
        self._leads = Leads(
            self._api, self._records, self._mapping, options.get("intake", ""), connection.password,
            options.get("lead_address") == "tagged",
        )  # fmt: skip
        self._feed = Feed(self._api, self._records, self._opportunity)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # by deal: one change at a time

    def effect_class(self, operation: str) -> EffectClass:
        """Return what BottleCRM offers against doing an operation twice."""
        if operation not in _CLASSES:
            raise Misconfigured(f"bottlecrm does not carry out {operation}; its effects are {', '.join(_CLASSES)}")
        return self._classes[operation]

    async def check(self) -> None:
        """Check that BottleCRM is there, takes our token, and has the fields that ltc fills.

        Raises:
            Unavailable: it is away.
            Misconfigured: it refuses our token, or lacks a field.
        """
        await self._records.needs("Opportunity", "ltc_stage", "ltc_external_id")

    async def get_opportunity(self, request: op.OpportunityId) -> d.Opportunity:
        """Read a deal with its line items as it stands now."""
        return await self._opportunity(await self._records.deal(request.opportunity))

    async def qualify_lead(self, request: op.OpportunityId, key: str) -> d.Lead:
        """Say that the chain has taken the deal up; a deal still in prospecting moves to qualification."""
        deal = await self._records.deal(request.opportunity)
        if deal.get("stage_kind") == "lost":
            raise BusinessRefusal("not_qualified", f"the deal {request.opportunity} is lost in bottlecrm")
        stage = "qualified" if documents.stage(self._mapping, deal) == "prospecting" else ""
        return await self._move(deal, "qualified", stage)

    async def reopen_lead(self, request: op.OpportunityId, key: str) -> d.Lead:
        """Put a deal back among the open ones, as a proposal."""
        return await self._move(await self._records.deal(request.opportunity), *_wanted("crm.reopen_lead", request))

    async def set_stage(self, request: op.SetStage, key: str) -> d.Lead:
        """Show how far the deal is; a word that is a stage of BottleCRM's (see mapping.yaml) moves the deal, too."""
        return await self._move(await self._records.deal(request.opportunity), *_wanted("crm.set_stage", request))

    async def create_lead(self, request: op.CreateLead, key: str) -> d.Lead:
        """Take a lead in, once per its external id."""
        return await self._leads.create(request)

    async def convert_lead(self, request: op.LeadId, key: str) -> d.Opportunity:
        """Make a lead an account, a contact and a deal with line items."""
        deal = await self._leads.convert(request.lead)
        try:
            return await self.get_opportunity(op.OpportunityId(opportunity=deal))
        except Unavailable as error:
            raise OutcomeUnknown(f"the lead {request.lead} is converted; its deal cannot be read: {error}") from None

    async def log_progress(self, request: op.LogProgress, key: str) -> d.Note:
        """Write a note on the deal and the fields Order: leg, outcome, document, where those are defined."""
        turn = self._turn(request.opportunity)
        async with turn:
            return await self._log(request, key)

    async def _log(self, request: op.LogProgress, key: str) -> d.Note:
        page = await self._records.page(request.opportunity)
        found = self._note(page["comments"], key, request)
        if found is not None:
            return found
        await self._show(page["opportunity_obj"], request)
        path = f"/api/opportunities/{known(request.opportunity, 'deal')}/"
        try:
            said = await self._api.write("POST", path, {"comment": documents.marked(request.text, key)})
        except Rejected as error:
            raise Misconfigured(f"bottlecrm refuses a note: {error}") from None
        found = self._note(records(said, "comments", path), key, request)
        if found is None:
            raise ContractBroken("bottlecrm took a note and does not show it", str(said.get("comments"))[-300:])
        return found

    async def probe(self, operation: str, key: str, request: BaseModel) -> BaseModel | None:
        """Tell whether an effect took place: by the note's mark, the external id, or the state of the deal."""
        self.effect_class(operation)
        if isinstance(request, op.LogProgress):
            page = await self._records.page(request.opportunity)
            return self._note(page["comments"], key, request)
        if isinstance(request, op.CreateLead):
            return await self._leads.find(request)
        if isinstance(request, op.LeadId):
            deal = await self._leads.converted(request.lead)
            return await self.get_opportunity(op.OpportunityId(opportunity=deal)) if deal else None
        assert isinstance(request, op.OpportunityId | op.SetStage)  # these are all the effects that there are
        word, stage = _wanted(operation, request)
        found = await self._records.deal(request.opportunity)
        return None if self._changes(found, word, stage) else documents.progress(self._mapping, found, word)

    async def events(self, after: str, limit: int = 100, wait: float = 0.0) -> EventPage:
        """Return deals won, and deals under way that were cancelled, after a cursor. BottleCRM cannot make us wait."""
        return await self._feed.events(after, limit)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()

    async def _opportunity(self, deal: dict[str, Any]) -> d.Opportunity:
        account = await self._records.account(deal)
        return documents.opportunity(self._mapping, deal, account, self._records.owner_of(deal))

    def _changes(self, deal: Named[str, Any], word: str, stage: str) -> dict[str, Any]:
        """Return what has to be written for a deal to say ``word`` and to stand in ``stage`` (as ltc calls it)."""
        changes: dict[str, Any] = {}
        wanted = {"opportunity": str(deal["id"]), "stage": stage}
        code = self._mapping.fields("deal_stage", wanted).get("stage") if stage else None
        if code and code != deal.get("stage"):
            changes["stage"] = code
            if stage in _CLOSING and not deal.get("closed_on"):
                changes["closed_on"] = datetime.now(UTC).date().isoformat()
        if documents.said(deal) != word:
            changes["custom_fields"] = {"ltc_stage": word}
        return changes

    def _turn(self, deal: str) -> asyncio.Lock:
        """BottleCRM saves a deal whole: of two changes at once the later one takes the earlier one back."""
        return self._turns.setdefault(deal, asyncio.Lock())

    async def _move(self, deal: dict[str, Any], word: str, stage: str) -> d.Lead:
        await self._records.needs("Opportunity", "ltc_stage")
        identity = str(deal["id"])
        turn = self._turn(identity)
        async with turn:
            for _ in range(_TRIES):  # somebody else's change may have taken ours back
                changes = self._changes(deal, word, stage)
                if not changes:
                    return documents.progress(self._mapping, deal, word)
                deal = await self._patched(identity, changes, word)
        if self._changes(deal, word, stage):
            raise ContractBroken(f"bottlecrm answered that the deal is {word}, and it is not", str(deal.get("stage")))
        return documents.progress(self._mapping, deal, word)

    async def _patched(self, identity: str, changes: dict[str, Any], word: str) -> dict[str, Any]:
        try:
            await self._api.write("PATCH", f"/api/opportunities/{identity}/", changes)
            return await self._records.deal(identity)
        except Rejected as error:
            raise Misconfigured(f"bottlecrm does not let the deal {identity} be {word}: {error}") from None
        except Unavailable as error:
            raise OutcomeUnknown(f"the deal {identity} may be {word}: {error}") from None

    async def _show(self, deal: Named[str, Any], request: op.LogProgress) -> None:
        """Write the fields that show where the order is, as far as they are defined; a note follows in any case."""
        defined = await self._records.defined("Opportunity")
        fields = {name: value for name, value in self._mapping.fields("progress", request).items() if name in defined}
        there = documents.part(deal, "custom_fields")
        if all((there.get(name) or "") == value for name, value in fields.items()):
            return
        try:
            await self._api.write("PATCH", f"/api/opportunities/{deal['id']}/", {"custom_fields": fields})
        except Rejected as error:
            raise Misconfigured(f"bottlecrm refuses the fields of an order's progress: {error}") from None

    @staticmethod
    def _note(comments: list[dict[str, Any]], key: str, request: op.LogProgress) -> d.Note | None:
        found = documents.notes_with(comments, key)
        if len(found) > 1:
            raise ContractBroken(f"{len(found)} notes carry one key", ", ".join(str(one.get("id")) for one in found))
        if not found:
            return None
        return d.Note(id=str(found[0].get("id")), opportunity=request.opportunity, text=str(found[0]["comment"]))


def _wanted(operation: str, request: op.OpportunityId | op.SetStage) -> tuple[str, str]:
    """Return the word that an operation leaves on a deal, and the stage it puts it in (empty: where it is)."""
    word = request.stage if isinstance(request, op.SetStage) else "qualified"
    if operation == "crm.reopen_lead" or word == "reopened":
        return "reopened", "proposal"
    return word, word if isinstance(request, op.SetStage) else ""


def _check(connection: Connection) -> None:
    """Refuse a connection that cannot work, before anything is sent."""
    unknown = sorted(set(connection.options) - set(OPTIONS))
    if unknown:
        raise Misconfigured(f"bottlecrm has no option {', '.join(unknown)}; it has {', '.join(OPTIONS)}")
    if not connection.url:
        raise Misconfigured("bottlecrm needs its address: the setting url")
    if not connection.token.get_secret_value():
        raise Misconfigured("bottlecrm needs a personal access token: the setting token")
    for name, words in (("lead_address", ("as given", "tagged")), ("owner", ("name", "email"))):
        if connection.options.get(name, words[0]) not in words:
            raise Misconfigured(f"bottlecrm: the option {name} is one of {', '.join(words)}")
