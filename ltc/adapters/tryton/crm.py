"""Tryton's sales opportunities as the CRM, for installations that have no other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from ltc.adapters.tryton.base import TrytonPort, effect, inner, only, reading, text, version
from ltc.adapters.tryton.deals import deal_lines
from ltc.adapters.tryton.directory import TrytonDirectory
from ltc.adapters.tryton.feed import read_feed, won
from ltc.adapters.tryton.rpc import Record, SaidNo
from ltc.model import documents as d
from ltc.model.money import Money, exponent
from ltc.ports import operations as op
from ltc.ports.adapters import Connection
from ltc.ports.errors import BusinessRefusal, OutcomeUnknown
from ltc.ports.operations import EffectClass
from ltc.ports.systems import EventPage

MODEL = "sale.opportunity"
_FIELDS = (
    "number", "reference", "description", "state", "party.code", "party.name", "employee.party.code", "currency.code",
    "amount", "conversion_probability", "lost_reason", "comment", "lines", "end_date", "_timestamp",
)  # fmt: skip
_STAGES = {"lead": "lead", "opportunity": "qualified", "converted": "won", "won": "won", "lost": "lost",
           "cancelled": "cancelled"}  # fmt: skip
_BUTTONS = {"lead": "lead", "qualified": "opportunity", "lost": "lost", "cancelled": "cancel"}
_CERTAIN = 1.0
_EVEN = 0.5


class TrytonCrm(TrytonPort):
    """The port Crm on ``sale.opportunity``: a deal is won when it is converted, or sales is 100 % sure of it."""

    port = "crm"
    classes: Mapping[str, EffectClass] = {
        "crm.qualify_lead": EffectClass.A, "crm.reopen_lead": EffectClass.A, "crm.set_stage": EffectClass.A,
        "crm.create_lead": EffectClass.C, "crm.convert_lead": EffectClass.C, "crm.log_progress": EffectClass.C,
    }  # fmt: skip
    keyed = frozenset({"crm.create_lead", "crm.log_progress"})

    def __init__(self, to: Connection) -> None:
        super().__init__(to)
        self._directory = TrytonDirectory(to)
        self._directory.rpc = self.rpc  # one session for both

    @reading
    async def get_opportunity(self, request: op.OpportunityId) -> d.Opportunity:
        """Read an opportunity. Its lines have list prices, scaled to the amount that sales expects."""
        record = await self._record(request.opportunity)
        if not inner(record, "party.code"):
            raise BusinessRefusal(
                "not_qualified", f"opportunity {record['id']} has no customer yet", request.opportunity
            )
        currency = text(record, "currency.code", f"opportunity {record['id']}")
        lines = await deal_lines(self.rpc, record, currency)
        nothing = Money(minor=0, currency=currency)
        net, tax = (sum((getattr(one, name) for one in lines), nothing) for name in ("net", "tax"))
        return d.Opportunity(
            id=str(record["id"]), version=version(record), number=record["number"],
            customer=d.CustomerRef(id=inner(record, "party.code"), name=inner(record, "party.name")),
            owner=inner(record, "employee.party.code") or "", currency=currency, lines=lines, net=net, tax=tax,
            gross=net + tax, stage=_stage(record), lost=record["state"] in ("lost", "cancelled"),
            loss_reason=record["lost_reason"] or "",
            required_on=datetime.combine(record["end_date"], time(), UTC) if record["end_date"] else None,
        )  # fmt: skip

    @effect
    async def create_lead(self, request: op.CreateLead, key: str) -> d.Lead:
        """Take a lead in, once per its external id, which stands in the reference."""
        before = await self._by_external(request)
        if before is not None:
            return _taken_in(before, key)
        values = await self._lead_values(request)
        values["comment"] = f"{request.source}\n[{key}]".strip()
        if await self.has_key():
            values["ltc_key"] = request.external_id
        try:
            (number,) = await self.rpc.tell(f"model.{MODEL}.create", [values])
        except SaidNo:
            before = await self._by_external(request)
            if before is None:
                raise
            return _taken_in(before, key)
        return _lead(await self._record(str(number)))

    async def _probe_create_lead(self, request: op.CreateLead, key: str) -> d.Lead | None:
        found = await self._by_external(request)
        return _lead(found) if found and _ours(found, key) else None

    async def _by_external(self, request: op.CreateLead) -> Record | None:
        found = await self.rpc.find(MODEL, [["reference", "=", request.external_id]], _FIELDS)
        return only(found, "crm.create_lead", request.external_id)

    async def _lead_values(self, request: op.CreateLead) -> Record:
        wanted = {line.product for line in request.lines}
        fields = ["code", "sale_uom"]
        products = {one["code"]: one for one in await self.rpc.find(
            "product.product", [["code", "in", sorted(wanted)], ["salable", "=", True]], fields)}  # fmt: skip
        for code in sorted(wanted - set(products)):
            raise BusinessRefusal("unknown_product", f"Tryton sells no product {code}", code)
        customer = await self._directory.ensure(
            op.EnsureCustomer(customer=request.customer, currency=request.currency), ""
        )
        (party,) = await self.rpc.find("party.party", [["code", "=", customer.erp_id]], ["addresses"], limit=1)
        owner = await self.rpc.find("company.employee", [["party.code", "=", request.owner]], ["id"], limit=1)
        net = sum(line.net.minor for line in request.lines)
        lines = [
            {"product": products[line.product]["id"], "unit": products[line.product]["sale_uom"],
             "quantity": float(line.quantity)}
            for line in request.lines
        ]  # fmt: skip
        return {
            **self.rpc.mapping.fields("create_lead", request), "party": party["id"],
            "address": party["addresses"][0] if party["addresses"] else None,
            "amount": Decimal(net).scaleb(-exponent(request.currency)), "lines": [["create", lines]],
        } | ({"employee": owner[0]["id"]} if owner else {})  # fmt: skip

    @effect
    async def convert_lead(self, request: op.LeadId, key: str) -> d.Opportunity:
        """Make a lead an opportunity. Tryton's own conversion is not used: it would make an order of its own."""
        record = await self._record(request.lead)
        if record["state"] in ("lost", "cancelled"):
            raise BusinessRefusal("not_qualified", f"lead {request.lead} is {record['state']}", request.lead)
        if record["state"] != "lead":
            raise BusinessRefusal("already_converted", f"lead {request.lead} is {record['state']}", request.lead)
        await self._press(record, "opportunity", "opportunity")
        return await self.get_opportunity(op.OpportunityId(opportunity=request.lead))

    async def _probe_convert_lead(self, request: op.LeadId, key: str) -> d.Opportunity | None:
        record = await self._record(request.lead)
        if record["state"] not in ("opportunity", "converted", "won"):
            return None
        return await self.get_opportunity(op.OpportunityId(opportunity=request.lead))

    @effect
    async def qualify_lead(self, request: op.OpportunityId, key: str) -> d.Lead:
        """Qualify: a lead becomes an opportunity; one that is further stays where it is."""
        record = await self._record(request.opportunity)
        if record["state"] in ("lost", "cancelled"):
            number = request.opportunity
            raise BusinessRefusal("not_qualified", f"opportunity {number} is {record['state']}", number)
        if record["state"] == "lead":
            await self._press(record, "opportunity", "opportunity")
        return _lead(await self._record(request.opportunity))

    async def _probe_qualify_lead(self, request: op.OpportunityId, key: str) -> d.Lead | None:
        record = await self._record(request.opportunity)
        return _lead(record) if record["state"] in ("opportunity", "converted", "won") else None

    @effect
    async def reopen_lead(self, request: op.OpportunityId, key: str) -> d.Lead:
        """Undo the qualification; of a converted opportunity nothing was changed by it, so nothing is undone."""
        record = await self._record(request.opportunity)
        if record["state"] in ("opportunity", "lost", "cancelled"):
            await self._press(record, "lead", "lead")
        return _lead(await self._record(request.opportunity))

    async def _probe_reopen_lead(self, request: op.OpportunityId, key: str) -> d.Lead | None:
        record = await self._record(request.opportunity)
        return _lead(record) if record["state"] in ("lead", "converted", "won") else None

    @effect
    async def set_stage(self, request: op.SetStage, key: str) -> d.Lead:
        """Set the stage: lead, qualified, won (100 % sure), lost or cancelled."""
        record = await self._record(request.opportunity)
        if _stage(record) != request.stage:
            await self._to_stage(record, request.stage)
        after = await self._record(request.opportunity)
        if _stage(after) != request.stage:
            raise OutcomeUnknown(f"tryton: opportunity {after['id']} is {_stage(after)} after setting {request.stage}")
        return _lead(after)

    async def _probe_set_stage(self, request: op.SetStage, key: str) -> d.Lead | None:
        record = await self._record(request.opportunity)
        return _lead(record) if _stage(record) == request.stage else None

    async def _to_stage(self, record: Record, stage: str) -> None:
        if stage not in (*_BUTTONS, "won"):
            known = ", ".join((*_BUTTONS, "won"))
            raise BusinessRefusal("unknown_stage", f"Tryton has no stage {stage!r}; it has {known}", str(record["id"]))
        if record["state"] in ("lost", "cancelled") and stage != "lead":
            await self._press(record, "lead", "lead")
        if stage in ("won", "qualified"):
            fresh = await self._record(str(record["id"]))
            if fresh["state"] == "lead":
                await self._press(fresh, "opportunity", "opportunity")
            chance = _CERTAIN if stage == "won" else _EVEN
            await self.rpc.tell(f"model.{MODEL}.write", [record["id"]], {"conversion_probability": chance})
        else:
            await self._press(record, _BUTTONS[stage], stage)

    @effect
    async def log_progress(self, request: op.LogProgress, key: str) -> d.Note:
        """Write a note on the opportunity; the key stands at its end."""
        record = await self._record(request.opportunity)
        before = await self._note(record, key)
        if before is None:
            what = " · ".join(part for part in (request.leg, request.outcome, request.document) if part)
            values = {"resource": f"{MODEL},{record['id']}", "message": f"{what}\n{request.text}\n[{key}]"}
            if await self.has_key():
                values["ltc_key"] = key
            try:
                await self.rpc.tell("model.ir.note.create", [values])
            except SaidNo:
                if await self._note(record, key) is None:
                    raise
            before = await self._note(record, key)
        if before is None:
            raise OutcomeUnknown(f"tryton: the note on opportunity {record['id']} is not found")
        return _note(before, record, request)

    async def _probe_log_progress(self, request: op.LogProgress, key: str) -> d.Note | None:
        record = await self._record(request.opportunity)
        found = await self._note(record, key)
        return _note(found, record, request) if found else None

    async def _note(self, record: Record, key: str) -> Record | None:
        domain = [["resource", "=", f"{MODEL},{record['id']}"]]
        notes = await self.rpc.find("ir.note", domain, ["message", "_timestamp"])
        mine = [note for note in notes if str(note["message"]).endswith(f"[{key}]")]
        return only(mine, "crm.log_progress", key)

    async def events(self, after: str, limit: int = 100, wait: float = 0.0) -> EventPage:
        """Return deals that were won since the cursor."""
        return await read_feed(self.rpc, after, limit, [won(self._won)])

    async def _won(self, record: Record) -> list[tuple[str, dict[str, Any]]]:
        number = str(record["id"])
        opportunity = await self.get_opportunity(op.OpportunityId(opportunity=number))
        return [(number, {"opportunity_id": number, "opportunity": opportunity.model_dump(mode="json")})]

    async def _record(self, number: str) -> Record:
        return await self.one(MODEL, number, _FIELDS, "opportunity")

    async def _press(self, record: Record, button: str, goal: str) -> None:
        try:
            await self.rpc.press(MODEL, button, [record["id"]])
        except SaidNo:
            if (await self._record(str(record["id"])))["state"] != goal:
                raise


def _stage(record: Record) -> str:
    sure = record["state"] == "opportunity" and (record["conversion_probability"] or 0) >= _CERTAIN
    return "won" if sure else _STAGES[record["state"]]


def _lead(record: Record) -> d.Lead:
    score = round(100 * (record["conversion_probability"] or 0))
    return d.Lead(id=str(record["id"]), version=version(record), stage=_stage(record), score=score)


def _ours(record: Record, key: str) -> bool:
    return str(record["comment"] or "").endswith(f"[{key}]")


def _taken_in(record: Record, key: str) -> d.Lead:
    """Return the lead if this key took it in; another one is a duplicate."""
    if not _ours(record, key):
        number = str(record["id"])
        raise BusinessRefusal("duplicate_lead", f"lead {number} has the same external id", number)
    return _lead(record)


def _note(note: Record, record: Record, request: op.LogProgress) -> d.Note:
    return d.Note(id=str(note["id"]), version=version(note), opportunity=str(record["id"]), text=request.text)
