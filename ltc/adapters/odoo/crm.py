"""The port Crm on Odoo: leads and opportunities (crm.lead), what they ask for in a quotation, notes in the chatter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import ClassVar

from ltc.adapters.odoo.base import OdooSystem
from ltc.adapters.odoo.directory import upsert_partner
from ltc.adapters.odoo.feed import Source, event
from ltc.adapters.odoo.records import Record
from ltc.adapters.odoo.sale import ORDER, lines_of
from ltc.adapters.odoo.texts import keys_of, name_of, only, ref, tagged, version_of
from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.ports.errors import BusinessRefusal, ContractBroken, Misconfigured
from ltc.ports.operations import EffectClass
from ltc.ports.systems import FeedEvent

LEAD = ("name", "type", "active", "partner_id", "user_id", "stage_id", "probability", "lost_reason_id",
        "expected_revenue", "company_currency", "date_deadline", "date_closed", "referred", "write_date")  # fmt: skip
STAGE = ("name", "sequence", "is_won")
_KEY = "referred"  # the lead's one free short text: where it came from, its id there, the effect key
_ANY: list[object] = ["active", "in", [True, False]]


class OdooCrm(OdooSystem):
    """Leads and opportunities of Odoo."""

    classes: ClassVar[Mapping[str, EffectClass]] = {
        "crm.qualify_lead": EffectClass.A,
        "crm.reopen_lead": EffectClass.A,
        "crm.set_stage": EffectClass.A,
        "crm.create_lead": EffectClass.C,
        "crm.convert_lead": EffectClass.C,
        "crm.log_progress": EffectClass.C,
    }
    reads: ClassVar[tuple[str, ...]] = ("crm.get_opportunity",)

    def sources(self) -> list[Source]:
        """Opportunities that are won, and those lost after they were an opportunity."""
        kind = ["type", "=", "opportunity"]
        won = [kind, ["stage_id.is_won", "=", True], ["active", "=", True]]
        lost = [kind, ["active", "=", False], ["lost_reason_id", "!=", False]]
        return [
            Source("crm.lead", won, ("date_closed",), self._won),
            Source("crm.lead", lost, ("date_closed", "lost_reason_id"), self._lost),
        ]

    async def get_opportunity(self, request: op.OpportunityId) -> d.Opportunity:
        """Read an opportunity; its lines are those of its newest quotation."""
        return (await self._opportunities([await self._lead(request.opportunity)]))[0]

    async def qualify_lead(self, request: op.OpportunityId, key: str) -> d.Lead:
        """Move an opportunity to the qualified stage; one that is further stays. Refused: ``not_qualified`` (lost)."""
        row = await self._lead(request.opportunity)
        if not row["active"]:
            raise BusinessRefusal("not_qualified", f"odoo: {row['name']} is lost or archived", request.opportunity)
        wanted, now = await self._stage("qualified"), await self._stage_of(row)
        if now["sequence"] < wanted["sequence"]:
            await self._move(row, wanted)
        return self._as_lead(await self._lead(request.opportunity))

    async def probe_qualify_lead(self, request: op.OpportunityId, key: str) -> d.Lead | None:
        """Tell by the stage."""
        row = await self._lead(request.opportunity)
        wanted, now = await self._stage("qualified"), await self._stage_of(row)
        return self._as_lead(row) if row["active"] and now["sequence"] >= wanted["sequence"] else None

    async def reopen_lead(self, request: op.OpportunityId, key: str) -> d.Lead:
        """Move an opportunity back to the first stage, won or lost as it may be."""
        row = await self._lead(request.opportunity)
        if not row["active"]:
            await self.odoo.tell("crm.lead", "action_unarchive", [row["id"]])
        await self._move(row, await self._stage("new"))
        return self._as_lead(await self._lead(request.opportunity))

    async def probe_reopen_lead(self, request: op.OpportunityId, key: str) -> d.Lead | None:
        """Tell by the stage."""
        return await self._at(request.opportunity, "new")

    async def set_stage(self, request: op.SetStage, key: str) -> d.Lead:
        """Move an opportunity to the stage that the mapping has for the word."""
        stage = await self._stage(request.stage)
        row = await self._lead(request.opportunity)
        await self._move(row, stage)
        return self._as_lead(await self._lead(request.opportunity))

    async def probe_set_stage(self, request: op.SetStage, key: str) -> d.Lead | None:
        """Tell by the stage."""
        return await self._at(request.opportunity, request.stage)

    async def create_lead(self, request: op.CreateLead, key: str) -> d.Lead:
        """Create a lead with its quotation in one call, for a customer that is imported first if it is new.

        Refused: ``duplicate_lead`` (its external id is known), ``unknown_product``.
        """
        for row in await self._with_text(request.external_id):
            if request.external_id in keys_of(row[_KEY]) and key not in keys_of(row[_KEY]):
                raise BusinessRefusal("duplicate_lead", f"odoo: lead {request.external_id} is there", str(row["id"]))
        values = {**self.map.fields("create_lead", request), "type": "lead",
                  _KEY: tagged(key, tagged(request.external_id, request.source or "ltc"))}  # fmt: skip
        values.update(await self._salesman(request.owner))
        partner = await self._partner(request)
        values["partner_id"] = partner
        if request.lines:
            values["order_ids"] = [[0, 0, await self._quotation(partner, request)]]
        return self._as_lead(await self._lead(str(await self.odoo.create("crm.lead", values))))

    async def probe_create_lead(self, request: op.CreateLead, key: str) -> d.Lead | None:
        """Look for the key, then through the leads with this title."""
        listing = [_ANY, ["name", "=", request.title]]
        row = only(await self.by_key("crm.lead", _KEY, key, listing, list(LEAD)), "crm.create_lead", key)
        return self._as_lead(row) if row else None

    async def convert_lead(self, request: op.LeadId, key: str) -> d.Opportunity:
        """Make a lead an opportunity. Refused: ``already_converted``, ``not_qualified`` (lost)."""
        row = await self._lead(request.lead)
        if row["type"] == "opportunity":
            raise BusinessRefusal("already_converted", f"odoo: {row['name']} is an opportunity already", request.lead)
        if not row["active"]:
            raise BusinessRefusal("not_qualified", f"odoo: {row['name']} is lost or archived", request.lead)
        await self._convert(row)
        found = await self.probe_convert_lead(request, key)
        if found is None:
            raise ContractBroken(f"odoo: {row['name']} was converted and is still a lead")
        return found

    async def probe_convert_lead(self, request: op.LeadId, key: str) -> d.Opportunity | None:
        """Tell by the type."""
        row = await self._lead(request.lead)
        return (await self._opportunities([row]))[0] if row["type"] == "opportunity" else None

    async def log_progress(self, request: op.LogProgress, key: str) -> d.Note:
        """Post a note to the opportunity's chatter; its message id carries the key."""
        row = await self._lead(request.opportunity)
        about = f"{request.leg}: {request.outcome}" + (f" ({request.document})" if request.document else "")
        await self.odoo.tell(
            "crm.lead", "message_post", [row["id"]], body=request.text, subject=about, message_type="comment",
            subtype_xmlid="mail.mt_note", message_id=_message_id(key),
        )  # fmt: skip
        found = await self.probe_log_progress(request, key)
        if found is None:
            raise ContractBroken(f"odoo: the note on {row['name']} was posted and is not there")
        return found

    async def probe_log_progress(self, request: op.LogProgress, key: str) -> d.Note | None:
        """Look for the message id, then through the opportunity's messages."""
        await self._lead(request.opportunity)
        own = [["model", "=", "crm.lead"], ["res_id", "=", int(request.opportunity)]]
        fields = ("message_id", "write_date")
        rows = await self.odoo.find("mail.message", [["message_id", "=", _message_id(key)], *own], fields)
        rows = rows or await self.odoo.find("mail.message", own, fields)
        row = only([one for one in rows if one["message_id"] == _message_id(key)], "crm.log_progress", key)
        if row is None:
            return None
        return d.Note(id=str(row["id"]), opportunity=request.opportunity, text=request.text, version=version_of([row]))

    # --- reading

    async def _lead(self, number: str) -> Record:
        return await self.odoo.one("crm.lead", number, LEAD, "lead or opportunity", archived=True)

    async def _with_text(self, text: str) -> list[Record]:
        return await self.odoo.find("crm.lead", [_ANY, [_KEY, "ilike", text]], (_KEY,))

    def _as_lead(self, row: Record) -> d.Lead:
        lead: d.Lead = self.map.document(
            "lead", {**row, "stage": name_of(row["stage_id"])}, id=str(row["id"]), version=version_of([row])
        )
        return lead

    async def _at(self, number: str, word: str) -> d.Lead | None:
        row = await self._lead(number)
        stage = await self._stage(word)
        return self._as_lead(row) if row["active"] and ref(row["stage_id"]) == stage["id"] else None

    async def _stage(self, word: str) -> Record:
        """Return Odoo's stage for one of ltc's words."""
        name = self.map.fields("stage", {"opportunity": "0", "stage": word})["stage_id"]
        rows = await self.odoo.find("crm.stage", [["name", "=", name]], STAGE)
        if not rows:
            raise Misconfigured(f"odoo has no stage {name!r}, which the mapping has for {word!r}")
        return rows[0]

    async def _stage_of(self, row: Record) -> Record:
        rows = await self.odoo.read("crm.stage", [ref(row["stage_id"])], STAGE) if ref(row["stage_id"]) else []
        return rows[0] if rows else {"sequence": -1, "id": 0}

    async def _move(self, row: Record, stage: Record) -> None:
        """Write the stage: Odoo wins an opportunity by it as by its button, and one write late is the same write."""
        if ref(row["stage_id"]) != stage["id"]:
            await self.odoo.tell("crm.lead", "write", [row["id"]], vals={"stage_id": stage["id"]})

    async def _opportunities(self, rows: Sequence[Record]) -> list[d.Opportunity]:
        numbers = [row["id"] for row in rows]
        offers = await self.odoo.find(
            "sale.order", [["opportunity_id", "in", numbers], ["state", "!=", "cancel"]], (*ORDER, "opportunity_id")
        )
        newest = {ref(offer["opportunity_id"]): offer for offer in offers}
        lines = await lines_of(self.odoo, [offer["id"] for offer in newest.values()]) if newest else []
        partners = await self._named("res.partner", [ref(row["partner_id"]) for row in rows], "ref")
        users = await self._named("res.users", [ref(row["user_id"]) for row in rows], "login")
        return [
            self._opportunity(row, newest.get(row["id"]), lines, partners.get(ref(row["partner_id"]), ""), users)
            for row in rows
        ]

    def _opportunity(
        self, row: Record, offer: Record | None, lines: list[Record], code: str, users: dict[int, str]
    ) -> d.Opportunity:
        if not ref(row["partner_id"]):
            raise ContractBroken(f"odoo: opportunity {row['name']} has no customer; set one", str(row["id"]))
        own = [line for line in lines if offer and ref(line["order_id"]) == offer["id"]]
        flat = {"amount_untaxed": row["expected_revenue"], "amount_tax": 0, "amount_total": row["expected_revenue"],
                "currency_id": row["company_currency"]}  # fmt: skip
        customer = d.CustomerRef(id=code or f"res.partner,{ref(row['partner_id'])}", name=name_of(row["partner_id"]))
        joined = {**row, **(offer or flat), "id": row["id"], "name": row["name"], "lines": own,
                  "stage": name_of(row["stage_id"])}  # fmt: skip
        found: d.Opportunity = self.map.document(
            "opportunity", joined, id=str(row["id"]), customer=customer, lost=not row["active"],
            owner=users.get(ref(row["user_id"]), ""),
            loss_reason=name_of(row["lost_reason_id"]), version=version_of([row, *own]),
        )  # fmt: skip
        return found

    async def _named(self, model: str, numbers: Sequence[int], field: str) -> dict[int, str]:
        wanted = sorted({number for number in numbers if number})
        if not wanted:
            return {}
        rows = await self.odoo.find(model, [["id", "in", wanted], _ANY], (field,))
        return {row["id"]: str(row[field] or "") for row in rows}

    async def _won(self, rows: Sequence[Record]) -> dict[int, FeedEvent]:
        full = await self.odoo.find("crm.lead", [["id", "in", [row["id"] for row in rows]], _ANY], LEAD) if rows else []
        made = {}
        for row, one in zip(full, await self._opportunities(full), strict=True):
            when = row["date_closed"] or row["write_date"]
            made[row["id"]] = FeedEvent(
                id=f"won-{row['id']}-{row['date_closed'] or ''}", name="crm.opportunity_won", at=event("", "", when).at,
                fields={"opportunity_id": one.id, "opportunity": one.model_dump(mode="json")},
            )  # fmt: skip
        return made

    async def _lost(self, rows: Sequence[Record]) -> dict[int, FeedEvent]:
        return {
            row["id"]: event(
                "crm.order_cancelled", f"lost-{row['id']}-{row['date_closed'] or ''}",
                row["date_closed"] or row["write_date"], opportunity=str(row["id"]),
                reason=name_of(row["lost_reason_id"]),
            )
            for row in rows
        }  # fmt: skip

    # --- making

    async def _convert(self, row: Record) -> None:
        """Convert by the wizard: ``convert_opportunity`` wants a record, and without one it drops the customer."""
        number, partner = row["id"], ref(row["partner_id"])
        within = {"active_model": "crm.lead", "active_id": number, "active_ids": [number]}
        values = {"name": "convert", "lead_id": number, "action": "exist" if partner else "nothing",
                  "partner_id": partner or False}  # fmt: skip
        wizard = await self.odoo.create("crm.lead2opportunity.partner", values, within)
        await self.odoo.tell("crm.lead2opportunity.partner", "action_apply", [wizard], within=within)

    async def _salesman(self, owner: str) -> Record:
        if not owner:
            return {}
        users = await self.odoo.find("res.users", [["login", "=", owner]], ("login",))
        if not users:
            raise BusinessRefusal("unknown_owner", f"odoo has no user {owner}", owner)
        return {"user_id": users[0]["id"]}

    async def _partner(self, request: op.CreateLead) -> int:
        domain = [["ref", "=", request.customer.id]]
        rows = await self.odoo.find("res.partner", domain, ("ref",))
        if not rows:
            await upsert_partner(self.odoo, self.map, request.customer, request.currency)
            rows = await self.odoo.find("res.partner", domain, ("ref",))
        if not rows:
            raise ContractBroken(f"odoo: customer {request.customer.id} was imported and is not there")
        return int(rows[0]["id"])

    async def _quotation(self, partner: int, request: op.CreateLead) -> Record:
        codes = sorted({line.product for line in request.lines})
        products = await self.odoo.find("product.product", [["default_code", "in", codes]], ("default_code",))
        ids = {row["default_code"]: row["id"] for row in products}
        for line in request.lines:
            if line.product not in ids:
                text = f"odoo has no product with the internal reference {line.product}"
                raise BusinessRefusal("unknown_product", text, line.product)
        lists = await self.odoo.find("product.pricelist", [["currency_id.name", "=", request.currency]], ("name",))
        rows = [[0, 0, {"product_id": ids[line.product], **self.map.fields("line", line)}] for line in request.lines]
        return {"partner_id": partner, "order_line": rows, **({"pricelist_id": lists[0]["id"]} if lists else {})}


def _message_id(key: str) -> str:
    return f"<{escape(key)}@ltc>"
