"""The sandbox CRM as an HTTP application."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Query, Response

from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.sandbox.app import SandboxSystem, assemble, build, command, load_master_data, rows_answer, served
from ltc.sandbox.clock import Clock
from ltc.sandbox.crm import rules
from ltc.sandbox.gate import answer
from ltc.sandbox.settings import SandboxSettings

ENTER = command("crm.enter", "/opportunities", rules.EnterMany, rules.Count, rules.enter)
ROUTES = (
    served("crm.get_opportunity", "GET", "/opportunities/{opportunity}", rules.get_opportunity),
    served("crm.qualify_lead", "POST", "/opportunities/{opportunity}/qualify", rules.qualify),
    served("crm.reopen_lead", "POST", "/opportunities/{opportunity}/reopen", rules.reopen),
    served("crm.set_stage", "PUT", "/opportunities/{opportunity}/stage", rules.set_stage),
    ENTER,
    command("crm.win", "/opportunities/{opportunity}/win", op.OpportunityId, d.Opportunity, rules.win),
    command("crm.lose", "/opportunities/{opportunity}/lose", rules.Lose, d.Opportunity, rules.lose),
    command("crm.cancel", "/opportunities/{opportunity}/cancel", rules.CancelByCustomer, d.Opportunity, rules.cancel),
)


def create_app(settings: SandboxSettings, clock: Clock | None = None) -> FastAPI:
    """Make the CRM's HTTP application.

    Raises:
        ValueError: the database, the fault plan or the master data is wrong.
    """
    system = assemble(settings, rules.SCHEMA, rules.facts, clock)
    load_master_data(system, ENTER)
    app = build("Sandbox CRM", system, ROUTES)
    _pages(app, system)
    return app


def _pages(app: FastAPI, system: SandboxSystem) -> None:
    @app.get("/opportunities")
    async def opportunities(
        stage: str = "", after: str = "", limit: Annotated[int, Query(ge=1, le=1000)] = 100
    ) -> Response:
        """Opportunities in the order of their ids, with stage, lost and cancelled."""
        rows = system.database.rows(
            "SELECT id, version, number, stage, score, lost, loss_reason, cancelled, entered FROM opportunities"
            " WHERE (? = '' OR stage = ?) AND id > ? ORDER BY id LIMIT ?", stage, stage, after, limit,
        )  # fmt: skip
        return rows_answer(rows)

    @app.get("/leads/{opportunity}")
    async def lead(opportunity: str) -> Response:
        """The lead behind an opportunity: its stage and score."""
        row = system.database.row("SELECT * FROM opportunities WHERE id = ?", opportunity)
        if row is None:
            return answer(404, {"reason": "not_found", "message": f"no {opportunity}", "document": opportunity})
        return Response(rules.lead_of(row).model_dump_json(), media_type="application/json")
