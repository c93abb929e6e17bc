"""The wire of the fake: JSON-2 over HTTP, API keys, databases, limits, locks; and its own record of effects."""

from __future__ import annotations

import inspect
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ltc.sandbox.server import ServerThread
from tests.fakes.odoo import accounting, sales, stock
from tests.fakes.odoo.errors import (
    AccessError,
    BadRequest,
    MissingError,
    NotFound,
    OdooError,
    Serialization,
    ServerError,
    TooMany,
    Unauthorized,
    Unprocessable,
)
from tests.fakes.odoo.methods import generic
from tests.fakes.odoo.orm import Clock, Env, Row
from tests.fakes.odoo.schema import models
from tests.fakes.odoo.seed import seed
from tests.fakes.odoo.store import Store

RULES = (accounting, sales, stock)  # what registers the public methods
PATIENCE = 20.0
_PARTS = ("ids", "context")


@dataclass(frozen=True)
class Effect:
    """One committed transaction that changed something: what was called, and which rows it made, wrote or deleted."""

    seq: int
    model: str
    method: str
    ids: tuple[int, ...]
    changed: tuple[tuple[str, int, str], ...]

    def made(self, model: str) -> list[int]:
        return [number for one, number, kind in self.changed if one == model and kind == "created"]


@dataclass
class Hold:
    """A barrier: the next call of a method waits, its transaction begun, until it is released."""

    model: str
    method: str
    reached: threading.Event = field(default_factory=threading.Event)
    gate: threading.Event = field(default_factory=threading.Event)
    landed: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        """Let the call go on, and wait until it has committed."""
        self.gate.set()
        assert self.landed.wait(PATIENCE)


class FakeOdoo:
    """One Odoo server with one database.

    Args:
        key: the API key it takes.
        databases: with more than one, a call must say which (X-Odoo-Database).
    """

    def __init__(self, key: str = "fake-api-key", databases: tuple[str, ...] = ("odoo",)) -> None:
        self.key = key
        self.databases = databases
        self.clock = Clock()
        self.store = Store(models())
        self.effects: list[Effect] = []
        self.calls: list[tuple[str, str]] = []
        self.locked: set[tuple[str, int]] = set()
        self.forbidden: set[str] = set()
        self.limited = 0  # how many calls from now are told 429
        self.conflicts = 0  # how many writing calls from now lose a race
        self._holds: list[Hold] = []
        self._turn = threading.Lock()
        self.app = Starlette(routes=[
            Route("/json/2/{model}/{method}", self._answer, methods=["POST"]),
            Route("/{path:path}", self._nothing, methods=["GET", "POST", "PUT", "DELETE", "PATCH"]),
        ])  # fmt: skip
        self.within(seed)

    def serve(self) -> ServerThread:
        """Serve on a free loopback port."""
        return ServerThread(self.app).start()

    def within(self, work: Callable[[Env], Any], now: datetime | None = None) -> Any:
        """Do something in a transaction of its own, past the wire: for seeds and for what people do in Odoo's pages."""
        with self._turn:
            self.store.begin()
            return work(Env(self.store, now or self.clock()))

    def hold(self, model: str, method: str) -> Hold:
        """Make the next call of a method wait: a late commit."""
        made = Hold(model, method)
        self._holds.append(made)
        return made

    async def _nothing(self, request: Request) -> Response:
        return _said(NotFound("Did you mean POST /json/2/<model>/<method>?"))

    async def _answer(self, request: Request) -> Response:
        body = await request.body()
        try:
            self._admit(request)
            said = await self._json(request, body)
            result = await run_in_threadpool(
                self._call, request.path_params["model"], request.path_params["method"], said
            )
        except OdooError as error:
            return _said(error)
        except (KeyError, TypeError, ValueError, AttributeError) as error:  # a bug in Odoo, or in what it was sent
            return _said(ServerError(f"{type(error).__name__}: {error}"))
        return JSONResponse(result)

    def _admit(self, request: Request) -> None:
        if self.limited > 0:
            self.limited -= 1
            raise TooMany("Too many requests")
        database = request.headers.get("x-odoo-database", "")
        if (database and database not in self.databases) or (not database and len(self.databases) > 1):
            raise NotFound("404 Not Found: The requested URL was not found on the server.")
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthorized('User not authenticated, use the "Authorization" header')
        if key != self.key:
            raise Unauthorized("Invalid apikey")

    @staticmethod
    async def _json(request: Request, body: bytes) -> Row:
        if body and not request.headers.get("content-type", "").startswith("application/json"):
            raise BadRequest("Request inferred type is compatible with 'http' but is type='json2'.")
        try:
            said = json.loads(body or b"{}")
        except ValueError as error:
            raise BadRequest(f"could not parse the body as json: {error}") from error
        if not isinstance(said, dict):
            raise BadRequest("the body must be a json object")
        return said

    def _call(self, model: str, method: str, said: Row) -> Any:
        begun = self.clock()
        hold = self._held(model, method)
        if hold is not None:
            hold.reached.set()
            hold.gate.wait(PATIENCE)
        try:
            with self._turn:
                return self._transaction(model, method, said, begun)
        finally:
            if hold is not None:
                hold.landed.set()

    def _transaction(self, model: str, method: str, said: Row, begun: datetime) -> Any:
        self.calls.append((model, method))
        self.store.begin()
        try:
            result = self._run(
                model, method, said, Env(self.store, begun, dict(said.get("context") or {}), self.locked)
            )
            if self.store.undo and self.conflicts > 0:
                self.conflicts -= 1
                raise Serialization
        except BaseException:
            self.store.rollback()
            raise
        changed = tuple(self.store.touched())
        if changed:
            self.effects.append(Effect(len(self.effects) + 1, model, method, tuple(said.get("ids") or ()), changed))
        return result

    def _run(self, model: str, method: str, said: Row, env: Env) -> Any:
        if model not in self.store.models:
            raise NotFound(f"the model {model!r} does not exist")
        found = None if method.startswith("_") else generic(model, method)
        if found is None:
            raise NotFound(f"The method '{model}.{method}' does not exist")
        if model in self.forbidden:
            raise AccessError(f"You are not allowed to access '{model}' records.")
        ids, named = said.get("ids") or [], {name: value for name, value in said.items() if name not in _PARTS}
        if found.on_model and ids:
            raise Unprocessable(f"cannot call {model}.{method} with ids")
        records = [] if found.on_model else [self._record(env, model, number) for number in ids]
        given = (env,) if found.on_model else (env, records)
        try:
            inspect.signature(found.call).bind(*given, **named)
        except TypeError as error:
            raise Unprocessable(str(error)) from None
        return found.call(*given, **named)

    @staticmethod
    def _record(env: Env, model: str, number: int) -> Row:
        if number not in env.store.table(model):
            raise MissingError(f"Record does not exist or has been deleted.\n(Record: {model}({number},), User: 2)")
        return env.get(model, number)

    def _held(self, model: str, method: str) -> Hold | None:
        for one in self._holds:
            if (one.model, one.method) == (model, method):
                self._holds.remove(one)
                return one
        return None


def _said(error: OdooError) -> Response:
    text = str(error)
    body = {
        "name": error.name, "message": text, "arguments": [text], "context": {},
        "debug": f"Traceback (most recent call last):\n  File \"odoo/http.py\", line 2301, in _serve_db\n{error.name}: {text}\n",
    }  # fmt: skip
    headers = {"Retry-After": "7"} if error.status == 429 else {}
    return JSONResponse(body, error.status, headers)


def until(what: Callable[[], Any], seconds: float = 5.0) -> Any:
    """Wait for something that another thread brings about."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.005)
    return found
