"""The sandbox CRM as an HTTP application."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Annotated

from fastapi import FastAPI, Query, Response
from pydantic import BaseModel

from ltc.model import documents as d
from ltc.ports import operations as op
from ltc.sandbox.app import (
    SandboxSystem,
    assemble,
    build,
    command,
    indexed_before,
    load_master_data,
    rows_answer,
    served,
)
from ltc.sandbox.clock import Clock
from ltc.sandbox.crm import customer, leads, rules
from ltc.sandbox.gate import answer
from ltc.sandbox.settings import SandboxSettings

Limit = Annotated[int, Query(ge=1, le=1000)]
ENTER = command("crm.enter", "/opportunities", rules.EnterMany, rules.Count, rules.enter)
ROUTES = (
    served("crm.get_opportunity", "GET", "/opportunities/{opportunity}", rules.get_opportunity),
    served("crm.qualify_lead", "POST", "/opportunities/{opportunity}/qualify", rules.qualify),
    served("crm.reopen_lead", "POST", "/opportunities/{opportunity}/reopen", rules.reopen),
    served("crm.set_stage", "PUT", "/opportunities/{opportunity}/stage", rules.set_stage),
    served("crm.create_lead", "POST", "/leads", leads.create_lead),
    served("crm.convert_lead", "POST", "/leads/{lead}/convert", leads.convert_lead),
    served("crm.log_progress", "POST", "/opportunities/{opportunity}/notes", leads.log_progress),
    ENTER,
    command("crm.win", "/opportunities/{opportunity}/win", op.OpportunityId, d.Opportunity, rules.win),
    command("crm.lose", "/opportunities/{opportunity}/lose", rules.Lose, d.Opportunity, rules.lose),
    command("crm.change", "/opportunities/{opportunity}/change", op.OrderChanged, d.Opportunity, customer.change),
    command(
        "crm.cancel_lines",
        "/opportunities/{opportunity}/cancel-lines",
        op.LinesCancelled,
        d.Opportunity,
        customer.cancel_lines,
    ),
    command(
        "crm.announce_return",
        "/opportunities/{opportunity}/returns",
        op.ReturnAnnounced,
        d.Opportunity,
        customer.announce_return,
    ),
    command("crm.cancel", "/opportunities/{opportunity}/cancel", rules.CancelByCustomer, d.Opportunity, rules.cancel),
)


def create_app(settings: SandboxSettings, clock: Clock | None = None) -> FastAPI:
    """Make the CRM's HTTP application.

    Raises:
        ValueError: the database, the fault plan or the master data is wrong.
    """
    system = assemble(settings, rules.SCHEMA + leads.SCHEMA, rules.facts, clock)
    load_master_data(system, ENTER)
    app = build("Sandbox CRM", system, ROUTES)
    _pages(app, system)
    _lead_pages(app, system)
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


def _listed(
    system: SandboxSystem, table: str, by: dict[str, str], page: tuple[int, int],
    make: Callable[[sqlite3.Row], BaseModel], *extra: str,
) -> Response:  # fmt: skip
    """Answer one page of a table; ``page`` is the row after which it begins, and how many rows it has."""
    after, limit = page
    wanted = {column: value for column, value in by.items() if value}
    conditions, values = [f"{column} = ?" for column in wanted], list(wanted.values())
    if "reference" in wanted:  # the index behind the search may lag
        conditions.append("at_real <= ?")
        values.append(indexed_before(system))
    where = " AND ".join(["rowid > ?", *conditions])
    sql = f"SELECT rowid, * FROM {table} WHERE {where} ORDER BY rowid LIMIT ?"  # noqa: S608 - columns are ours
    rows = system.database.rows(sql, after, *values, limit)
    items = [{**make(row).model_dump(mode="json"), **{name: row[name] for name in extra}} for row in rows]
    return answer(200, {"items": items, "next": rows[-1]["rowid"] if len(rows) == limit else None})


def _lead_pages(app: FastAPI, system: SandboxSystem) -> None:
    @app.get("/leads")
    async def came_in(reference: str = "", external_id: str = "", after: int = 0, limit: Limit = 200) -> Response:
        """Leads that came in, oldest first; ``opportunity`` is what a lead became."""
        by = {"reference": reference, "external_id": external_id}
        extra = ("external_id", "opportunity", "reference")
        return _listed(system, "leads", by, (after, limit), leads.lead_of, *extra)

    @app.get("/leads/{lead}/opportunity")
    async def became(lead: str) -> Response:
        """The opportunity that a lead became."""
        row = system.database.row(
            "SELECT o.* FROM opportunities o JOIN leads l ON l.opportunity = o.id WHERE l.id = ?", lead
        )
        if row is None:
            return answer(404, {"reason": "not_found", "message": f"lead {lead} became none", "document": lead})
        return Response(rules.opportunity_of(row).model_dump_json(), media_type="application/json")

    @app.get("/notes")
    async def notes(reference: str = "", opportunity: str = "", after: int = 0, limit: Limit = 200) -> Response:
        """Notes on how far deals are, oldest first."""
        by = {"reference": reference, "opportunity": opportunity}
        extra = ("leg", "outcome", "document", "reference", "written")
        return _listed(system, "notes", by, (after, limit), leads.note_of, *extra)
