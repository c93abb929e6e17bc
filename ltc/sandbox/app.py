"""What both sandbox systems' HTTP applications share: assembly, common pages, OpenAPI, the token."""

from __future__ import annotations

import hmac
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.types import ASGIApp, Receive, Scope, Send

from ltc.ports.operations import EVENTS, OPERATIONS
from ltc.sandbox.clock import Clock
from ltc.sandbox.database import Database
from ltc.sandbox.faults import FaultPlan, check_plan
from ltc.sandbox.feed import Feed
from ltc.sandbox.gate import Facts, Gate, Served, answer
from ltc.sandbox.settings import SandboxSettings
from ltc.sandbox.transaction import Caller

_MODELS = "#/components/schemas/{model}"
COMMANDS = ("crm.enter", "crm.win", "crm.lose", "crm.cancel", "erp.setup", "warehouse.ship", "warehouse.replenish",
            "warehouse.close_short", "bank.pay", "bank.refund", "collections.note", "bank.transfer", "workshop.finish",
            "supplier.deliver", "warehouse.take_in", "crm.change", "crm.cancel_lines",
            "crm.announce_return", "insurer.insure", "consignment.withdraw", "consignment.send_back",
            "contract.call_off", "contract.reprice", "contract.close")  # fmt: skip


@dataclass(frozen=True)
class SandboxSystem:
    """A system's parts, as its pages use them (``request.app.state.system``)."""

    settings: SandboxSettings
    database: Database
    clock: Clock
    feed: Feed
    faults: FaultPlan
    gate: Gate


def assemble(settings: SandboxSettings, schema: str, facts: Facts, clock: Clock | None = None) -> SandboxSystem:
    """Open the database and put the parts of a system together.

    Raises:
        ValueError: the database or the fault plan is wrong.
    """
    effects = {name: operation.effect for name, operation in OPERATIONS.items()} | dict.fromkeys(COMMANDS, True)
    check_plan(settings.faults, effects, EVENTS)
    database = Database(settings.database, schema)
    clock = clock or Clock(settings.clock)
    faults = FaultPlan(database, settings.faults)
    feed = Feed(database, faults, clock)
    return SandboxSystem(settings, database, clock, feed, faults, Gate(settings, database, clock, feed, faults, facts))


def served(name: str, method: str, path: str, work: Callable[..., BaseModel]) -> Served:
    """Describe how one of the engine's operations is served."""
    operation = OPERATIONS[name]
    return Served(name, method, path, operation.takes, operation.gives, operation.effect, work)


def command(
    name: str, path: str, takes: type[BaseModel], gives: type[BaseModel], work: Callable[..., BaseModel]
) -> Served:
    """Describe a command of the people around the system: the warehouse, the bank, the customer."""
    return Served(name, "POST", path, takes, gives, True, work)


def build(title: str, system: SandboxSystem, routes: Iterable[Served]) -> FastAPI:
    """Make the HTTP application."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        await system.gate.close()
        system.database.close()

    app = FastAPI(title=title, version="1", lifespan=life)
    app.state.system = system
    table = list(routes)
    for one in table:
        _mount(app, system.gate, one)
    _state_pages(app, system)
    _record_pages(app, system)
    token = system.settings.token.get_secret_value()
    if token:
        app.add_middleware(Guard, token=token)
    _describe(app, table)
    return app


def _mount(app: FastAPI, gate: Gate, one: Served) -> None:
    async def endpoint(request: Request) -> Response:
        return await gate.serve(one, request)

    app.add_api_route(
        one.path, endpoint, methods=[one.method], name=one.operation, summary=one.operation,
        description=(one.work.__doc__ or "").strip(), response_model=None,
    )  # fmt: skip


def _describe(app: FastAPI, routes: list[Served]) -> None:
    """Add the types of bodies and answers to the OpenAPI pages; requests are checked by the gate, not by FastAPI."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema:
            return app.openapi_schema
        page = plain()
        models = {model for one in routes for model in (one.takes, one.gives)}
        ordered = sorted(models, key=lambda model: model.__name__)
        _, definitions = models_json_schema([(model, "serialization") for model in ordered], ref_template=_MODELS)
        page.setdefault("components", {}).setdefault("schemas", {}).update(definitions.get("$defs", {}))
        for one in routes:
            entry = page["paths"][one.path][one.method.lower()]
            entry["responses"]["200"]["content"] = _content(one.gives)
            if one.method != "GET":
                entry["requestBody"] = {"content": _content(one.takes)}
        return page

    app.openapi = openapi  # type: ignore[method-assign]


def _content(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _MODELS.format(model=model.__name__)}}}


def _state_pages(app: FastAPI, system: SandboxSystem) -> None:
    @app.get("/about")
    async def about() -> Response:
        """Which system this is, its virtual time, and how each operation is served (effect class)."""
        classes = {name: str(system.settings.effect_class(name)) for name in OPERATIONS if OPERATIONS[name].effect}
        now = system.clock.virtual().isoformat()
        return answer(200, {"system": system.settings.system, "now": now, "classes": classes})

    @app.get("/events")
    async def events(
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        wait: Annotated[float, Query(ge=0, le=30)] = 0.0,
    ) -> Response:
        """The event feed after a cursor; with nothing there, waits up to ``wait`` real seconds."""
        return answer(200, await system.feed.page(after, limit, wait))

    @app.get("/faults/counts")
    async def fault_counts() -> Response:
        """The table fault × operation, as served so far; refusals by the system's own rules are not planned."""
        return answer(200, {"items": system.faults.counts(), "late_commits_pending": system.gate.pending()})

    @app.post("/barriers/{name}/release")
    async def release(name: str) -> Response:
        """Let the commits held at a barrier happen; answers when they have."""
        return answer(200, {"released": await system.gate.release(name)})


def _record_pages(app: FastAPI, system: SandboxSystem) -> None:
    database = system.database

    @app.get("/keys/{key}")
    async def key(key: str, operation: str) -> Response:
        """What an operation answered under an idempotency key (effect class A)."""
        found = database.value("SELECT answer FROM keys WHERE key = ? AND operation = ?", key, operation)
        if found is None:
            return answer(404, {"reason": "not_found", "message": f"no {operation} under key {key}", "document": key})
        return Response(found, media_type="application/json")

    @app.get("/changes")
    async def changes(operation: str, reference: str = "", document: str = "") -> Response:
        """The change log of documents: by reference (may lag behind, as an index does) or by document."""
        sql = "SELECT document_type, document_id, key AS reference, at_real FROM effects WHERE operation = ?"
        if document:
            rows = database.rows(sql + " AND document_id = ? ORDER BY seq", operation, document)
        else:
            lag = indexed_before(system)
            rows = database.rows(sql + " AND key = ? AND at_real <= ? ORDER BY seq", operation, reference, lag)
        return answer(200, {"items": [dict(row) for row in rows]})

    @app.get("/effects")
    async def effects(after: int = 0, limit: Annotated[int, Query(ge=1, le=5000)] = 1000, key: str = "") -> Response:
        """The append-only record of effects, oldest first; of one effect key, if it is given."""
        where = "key = ? AND key <> '' AND seq > ?" if key else "? = '' AND seq > ?"
        rows = database.rows(f"SELECT * FROM effects WHERE {where} ORDER BY seq LIMIT ?", key, after, limit)  # noqa: S608
        return answer(200, {"items": [dict(row) for row in rows]})


def indexed_before(system: SandboxSystem) -> str:
    """Return the real time before which a document is in the search index."""
    return (system.clock.real() - timedelta(seconds=system.settings.index_lag)).isoformat()


def rows_answer(items: Iterable[sqlite3.Row]) -> Response:
    """Return a list of rows."""
    return answer(200, {"items": [dict(item) for item in items]})


class Guard:
    """Refuses callers without the token, before anything else looks at the request."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._wanted = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 401."""
        if scope["type"] == "http":
            given = dict(scope["headers"]).get(b"authorization", b"")
            if not hmac.compare_digest(given, self._wanted):
                await answer(401, {"detail": "a valid bearer token is needed"})(scope, receive, send)
                return
        await self._app(scope, receive, send)


def load_master_data(system: SandboxSystem, one: Served) -> None:
    """Load the master data file named in the settings, as if it had been posted.

    Raises:
        ValueError: the file cannot be read or holds something else.
    """
    path = system.settings.data
    if path is None:
        return
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        arguments = one.takes.model_validate(body)
    except OSError as error:
        raise ValueError(f"master data {path}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"master data {path}: {str(error).splitlines()[0]}") from None
    done = system.gate.commit(one, arguments, Caller())
    if done.status_code != 200:
        raise ValueError(f"master data {path}: {bytes(done.body).decode()}")
