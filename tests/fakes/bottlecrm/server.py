"""BottleCRM's REST interface in memory: the paths that the adapter calls, the answers that the real one gives."""

from __future__ import annotations

import itertools
import json
import re
import threading
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from ltc.sandbox.server import ServerThread

Row = dict[str, Any]
UNAUTHENTICATED = {"detail": "Organization context is required. Please login again."}
STAGES = [
    ("PROSPECTING", "open"), ("QUALIFICATION", "open"), ("PROPOSAL", "open"), ("NEGOTIATION", "open"),
    ("CLOSED_WON", "won"), ("CLOSED_LOST", "lost"),
]  # fmt: skip
FIELDS = {
    "Lead": ["ltc_external_id", "ltc_lines"],
    "Opportunity": [
        "ltc_external_id", "ltc_stage", "ltc_leg", "ltc_outcome", "ltc_document", "ltc_cancel_reason",
    ],
}  # fmt: skip
NO_PAGE = "<!DOCTYPE html><title>Page not found</title>"


class Answer(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(str(body))
        self.status, self.body, self.headers = status, body, headers


class FakeBottleCrm:
    """One organisation. ``busy`` makes the next so many calls of the lead webhook answer 429."""

    def __init__(self, token: str, intake: str, key: str) -> None:
        self.token, self.intake, self.key = token, intake, key
        self.leads: dict[str, Row] = {}
        self.deals: dict[str, Row] = {}
        self.comments: dict[str, list[Row]] = {}
        self.accounts: dict[str, Row] = {}
        self.activities: list[Row] = []
        self.interactions: list[Row] = []
        self.fields = {kind: list(keys) for kind, keys in FIELDS.items()}
        self.products = [{"id": str(uuid.uuid4()), "sku": sku, "name": sku, "price": "10.00"} for sku in ("P1", "P2")]
        self.members = [
            {"id": str(uuid.uuid4()), "user_details": {"email": f"{name}@x.example"}} for name in ("nancy", "admin")
        ]
        self.busy = 0
        self._lock = threading.RLock()
        self._ticks = itertools.count()
        self._began = datetime.now(UTC)

    def serve(self) -> ServerThread:
        app = Starlette(routes=[Route("/{path:path}", self._handle, methods=["GET", "POST", "PATCH"])])
        return ServerThread(app).start()

    def now(self) -> str:
        return (self._began + timedelta(milliseconds=next(self._ticks))).isoformat().replace("+00:00", "Z")

    async def _handle(self, request: Request) -> Response:
        raw = await request.body()
        return await run_in_threadpool(self._answer, request, json.loads(raw) if raw else {})

    def _answer(self, request: Request, body: Row) -> Response:
        path = "/" + request.path_params["path"]
        with self._lock:
            try:
                for pattern, method, handler in ROUTES:
                    match = re.fullmatch(pattern, path)
                    if match and method == request.method:
                        self._may(request, path)
                        status, said = handler(self, body, dict(request.query_params), *match.groups())
                        return JSONResponse(said, status)
                return HTMLResponse(NO_PAGE, 404)
            except Answer as no:
                if isinstance(no.body, str):
                    return HTMLResponse(no.body, no.status)
                return JSONResponse(no.body, no.status, no.headers)

    def _may(self, request: Request, path: str) -> None:
        said = request.headers.get("authorization", "")
        if path.startswith("/api/public/"):
            if said != f"Bearer {self.key}":
                raise Answer(401, {"detail": "Wrong key."})
        elif said != f"Bearer {self.token}":
            raise Answer(403, UNAUTHENTICATED)

    # --- leads

    def post_lead(self, body: Row, asked: Row, intake: str) -> tuple[int, Row]:
        if self.busy:
            self.busy -= 1
            raise Answer(429, {"detail": "Too many posts. Try again later."}, {"retry-after": "7"})
        if intake != self.intake:
            raise Answer(404, {"detail": "Not found."})
        if "@" not in body.get("email", "a@b"):
            raise Answer(400, {"result": "rejected", "errors": {"email": ["Enter a valid email address."]}})
        for lead in self.leads.values():
            if lead["external_id"] == body["external_id"]:
                return 200, {"result": "duplicate", "lead": lead["id"]}
        for lead in self.leads.values():
            if body.get("email") and lead["email"] == body["email"]:
                return 200, {"result": "merged", "lead": lead["id"]}
        identity = str(uuid.uuid4())
        blank = {"status": "assigned", "probability": 0, "assigned_to": [], "email": None, "phone": None}
        custom = {"custom_fields": {"ltc_external_id": body["external_id"]}}
        self.leads[identity] = {**blank, **body, **custom, "id": identity, "updated_at": self.now()}
        self.interactions.append({"id": str(uuid.uuid4()), "lead": identity, "opportunity": None})
        return 201, {"result": "created", "lead": identity}

    def list_leads(self, body: Row, asked: Row) -> tuple[int, Row]:
        rows = [one for one in self.leads.values() if one["status"] != "converted" and _has(one, asked)]
        closed = [one for one in rows if one["status"] == "closed"]
        opened = [one for one in rows if one["status"] != "closed"]
        return 200, {"open_leads": {"open_leads": opened}, "close_leads": {"close_leads": closed}}

    def get_lead(self, body: Row, asked: Row, identity: str) -> tuple[int, Row]:
        return 200, {"lead_obj": self._lead(identity)}

    def _lead(self, identity: str) -> Row:
        if identity not in self.leads:
            raise Answer(404, {"detail": "No Lead matches the given query."})
        return self.leads[identity]

    def patch_lead(self, body: Row, asked: Row, identity: str) -> tuple[int, Row]:
        lead = self._lead(identity)
        if body.get("status") != "converted":
            self._change(lead, body, "Lead")
            lead["updated_at"] = self.now()
            lead["assigned_to"] = [{"id": one} if isinstance(one, str) else one for one in lead["assigned_to"]]
            return 200, {"error": False}
        if lead["status"] == "converted":
            raise Answer(400, {"error": True, "errors": {"status": ["This lead is already converted."]}})
        if not lead.get("email"):
            raise Answer(400, {"error": True, "errors": {"email": ["This lead needs an email address."]}})
        deal = self.new_deal(lead.get("company_name") or "Nobody", lead)
        lead.update(status="converted", updated_at=self.now())
        for one in self.interactions:
            if one["lead"] == identity:
                one["opportunity"] = deal["id"]
        return 200, {"error": False, "account_id": deal["account"]["id"], "opportunity_id": deal["id"]}

    # --- deals

    def new_deal(self, company: str, lead: Row | None = None) -> Row:
        account = next((one for one in self.accounts.values() if one["name"] == company), None)
        if account is None:
            account = {"id": str(uuid.uuid4()), "name": company, "custom_fields": {"customer_number": company.upper()}}
            self.accounts[account["id"]] = account
        people = [one for one in self.members if lead and {"id": one["id"]} in lead["assigned_to"]]
        deal = {
            "id": str(uuid.uuid4()), "name": company, "account": {"id": account["id"], "name": company},
            "stage": "QUALIFICATION", "stage_kind": "open", "stage_changed_at": self.now(), "currency": None,
            "amount": (lead or {}).get("opportunity_amount"), "probability": 25, "closed_on": None, "line_items": [],
            "assigned_to": people, "created_by": {"email": "admin@x.example"}, "custom_fields": {},
        }  # fmt: skip
        self.deals[deal["id"]] = deal
        self._happened(deal, "CREATE")
        return deal

    def _deal(self, identity: str) -> Row:
        if identity not in self.deals:
            raise Answer(404, {"error": True, "errors": "Opportunity not found."})
        return self.deals[identity]

    def _happened(self, deal: Row, action: str = "UPDATE") -> None:
        said = {"entity_type": "Opportunity", "entity_id": deal["id"], "action": action, "timestamp": self.now()}
        self.activities.insert(0, {"id": str(uuid.uuid4()), **said})

    def _page(self, deal: Row) -> Row:
        return {"opportunity_obj": deal, "comments": self.comments.get(deal["id"], [])}

    def get_deal(self, body: Row, asked: Row, identity: str) -> tuple[int, Row]:
        return 200, self._page(self._deal(identity))

    def list_deals(self, body: Row, asked: Row) -> tuple[int, Row]:
        rows = [one for one in self.deals.values() if asked.get("stage", "") in one["stage"] and _has(one, asked)]
        rows.sort(key=lambda one: one["id"], reverse=True)
        first = int(asked.get("offset", 0))
        return 200, {"opportunities": rows[first : first + int(asked.get("limit", 10))]}

    def patch_deal(self, body: Row, asked: Row, identity: str) -> tuple[int, Row]:
        deal = self._deal(identity)
        stage = body.get("stage", deal["stage"])
        kind = dict(STAGES).get(stage)
        if kind is None:
            raise Answer(400, {"error": True, "errors": {"stage": ["That is not a stage of this deal's pipeline."]}})
        if kind != "open" and not (body.get("closed_on") or deal["closed_on"]):
            raise Answer(400, {"error": True, "errors": {"closed_on": ["A deal cannot be closed without the date."]}})
        if stage != deal["stage"]:
            deal["stage_changed_at"] = self.now()
        self._change(deal, body, "Opportunity")
        deal.update(stage=stage, stage_kind=kind)
        self._happened(deal)
        return 200, {"error": False, "message": "Opportunity Updated Successfully"}

    def post_comment(self, body: Row, asked: Row, identity: str) -> tuple[int, Row]:
        deal = self._deal(identity)
        comment = {"id": str(uuid.uuid4()), "comment": body["comment"], "commented_on": self.now()}
        self.comments.setdefault(deal["id"], []).insert(0, comment)
        return 200, self._page(deal)

    def post_line(self, body: Row, asked: Row, identity: str) -> tuple[int, Row]:
        deal = self._deal(identity)
        product = next((one for one in self.products if one["id"] == body.get("product_id")), None)
        whole = Decimal(body["quantity"]) * Decimal(body["unit_price"])
        off = whole * Decimal(body.get("discount_value", 0)) / 100 if body.get("discount_type") else Decimal(0)
        line = {
            **body, "id": str(uuid.uuid4()), "product": product, "name": product["sku"] if product else body["name"],
            "subtotal": f"{whole:.2f}", "discount_amount": f"{off:.2f}", "total": f"{whole - off:.2f}",
            "updated_at": self.now(),
        }  # fmt: skip
        deal["line_items"].append(line)
        deal["amount"] = str(sum(Decimal(one["total"]) for one in deal["line_items"]))
        self._happened(deal)
        return 201, {"error": False, "line_item": line}

    def _change(self, row: Row, body: Row, kind: str) -> None:
        """Keys of custom fields that are not defined are dropped without a word."""
        custom = {name: said for name, said in body.get("custom_fields", {}).items() if name in self.fields[kind]}
        kept = {**row["custom_fields"], **custom}
        row.update({**body, "custom_fields": {name: said for name, said in kept.items() if said != ""}})

    # --- the rest

    def get_account(self, body: Row, asked: Row, identity: str) -> tuple[int, Row]:
        return 200, {"account_obj": self.accounts[identity]}

    def list_activities(self, body: Row, asked: Row) -> tuple[int, Row]:
        return 200, {"error": False, "activities": self.activities[: min(int(asked["limit"]), 50)]}

    def list_interactions(self, body: Row, asked: Row) -> tuple[int, Row]:
        [(home, identity)] = [(name, asked[name]) for name in ("lead", "opportunity") if name in asked]
        rows = [one for one in self.interactions if one[home] == identity]
        return 200, {"interactions": rows, "count": len(rows)}

    def list_products(self, body: Row, asked: Row) -> tuple[int, Row]:
        return 200, {"results": self.products[int(asked.get("offset", 0)) :]}

    def list_members(self, body: Row, asked: Row) -> tuple[int, Row]:
        return 200, {"teams": [], "profiles": self.members}

    def list_fields(self, body: Row, asked: Row) -> tuple[int, Row]:
        return 200, {"definitions": [{"key": key} for key in self.fields[asked["target_model"]]], "totals": None}

    def list_pipelines(self, body: Row, asked: Row) -> tuple[int, Row]:
        return 200, {
            "pipelines": [{"name": "Sales", "stages": [{"code": code, "kind": kind} for code, kind in STAGES]}]
        }


def _has(row: Row, asked: Row) -> bool:
    wanted = {name[3:]: said for name, said in asked.items() if name.startswith("cf_")}
    return all(row["custom_fields"].get(name) == said for name, said in wanted.items())


_ID = r"([0-9a-f]{8}-[0-9a-f-]{27})"
ROUTES = [
    (rf"/api/public/leads/{_ID}/", "POST", FakeBottleCrm.post_lead),
    (r"/api/leads/", "GET", FakeBottleCrm.list_leads),
    (rf"/api/leads/{_ID}/", "GET", FakeBottleCrm.get_lead),
    (rf"/api/leads/{_ID}/", "PATCH", FakeBottleCrm.patch_lead),
    (r"/api/opportunities/pipelines/", "GET", FakeBottleCrm.list_pipelines),
    (r"/api/opportunities/", "GET", FakeBottleCrm.list_deals),
    (rf"/api/opportunities/{_ID}/", "GET", FakeBottleCrm.get_deal),
    (rf"/api/opportunities/{_ID}/", "PATCH", FakeBottleCrm.patch_deal),
    (rf"/api/opportunities/{_ID}/", "POST", FakeBottleCrm.post_comment),
    (rf"/api/opportunities/{_ID}/line-items/", "POST", FakeBottleCrm.post_line),
    (rf"/api/accounts/{_ID}/", "GET", FakeBottleCrm.get_account),
    (r"/api/activities/", "GET", FakeBottleCrm.list_activities),
    (r"/api/interactions/", "GET", FakeBottleCrm.list_interactions),
    (r"/api/invoices/products/", "GET", FakeBottleCrm.list_products),
    (r"/api/users/get-teams-and-users/", "GET", FakeBottleCrm.list_members),
    (r"/api/custom-fields/", "GET", FakeBottleCrm.list_fields),
]
