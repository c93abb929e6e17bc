"""The one way into a sandbox system: faults, effect classes, one transaction, one answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from ltc.model.ids import digest
from ltc.ports.operations import EffectClass
from ltc.sandbox.clock import Clock
from ltc.sandbox.database import Database
from ltc.sandbox.faults import FaultPlan, FaultRule
from ltc.sandbox.feed import Feed
from ltc.sandbox.refusals import Refusal
from ltc.sandbox.settings import SandboxSettings
from ltc.sandbox.transaction import Caller, Transaction

Facts = Callable[[Database, Mapping[str, str]], dict[str, str]]
_PATIENCE = 60.0  # a request that is never answered is let go after this, real seconds


@dataclass(frozen=True)
class Served:
    """One operation over HTTP. ``work`` carries it out; its docstring is the operation's page."""

    operation: str
    method: str
    path: str
    takes: type[BaseModel]
    gives: type[BaseModel]
    effect: bool
    work: Callable[[Transaction, Any], BaseModel]


class Gate:
    """Serves every operation and command of one system."""

    def __init__(self, settings: SandboxSettings, database: Database, clock: Clock, feed: Feed, faults: FaultPlan,
                 facts: Facts) -> None:  # fmt: skip
        self._settings = settings
        self._database = database
        self._clock = clock
        self._feed = feed
        self._faults = faults
        self._facts = facts
        self._late: set[asyncio.Task[None]] = set()
        self._barriers: dict[str, asyncio.Event] = {}
        self.before: Callable[[Transaction], None] | None = None

    async def serve(self, served: Served, request: Request) -> Response:
        """Answer one request, with the fault it meets if any."""
        try:
            arguments = served.takes.model_validate(_merged(await request.body(), request.path_params))
        except ValueError as error:
            return answer(400, {"detail": _why(error)})
        caller = _caller(request)
        fault = self._fault(served.operation, arguments, caller)
        if fault is None:
            return self.commit(served, arguments, caller)
        return await self._serve_faulty(fault, served, arguments, caller, request)

    def commit(self, served: Served, arguments: BaseModel, caller: Caller) -> Response:
        """Carry the operation out in one transaction."""
        try:
            body = self._once(served, arguments, caller)
        except Refusal as no:
            with self._database.write():
                self._faults.count(served.operation, "refuse", no.reason, planned=False)
            return refusal(no.reason, str(no), no.document, no.status)
        self._feed.wake()
        return Response(body, media_type="application/json")

    def _once(self, served: Served, arguments: BaseModel, caller: Caller) -> str:
        change = self._change(served.operation, caller)
        if not served.effect:
            return served.work(change, arguments).model_dump_json()
        keyed = bool(caller.key) and self._settings.effect_class(served.operation) is EffectClass.A
        with self._database.write():
            if keyed and (kept := self._kept(served.operation, caller.key, arguments)):
                return kept
            if self.before:
                self.before(self._change("", Caller()))
            body = served.work(change, arguments).model_dump_json()
            if not change.recorded and not change.unchanged:
                raise AssertionError(f"{served.operation} changed something without a row in the record of effects")
            if keyed:
                self._database.insert(
                    "keys", key=caller.key, operation=served.operation, digest=_digest(arguments), answer=body
                )
        return body

    def catch_up(self) -> None:
        """Apply what is due by now (stock that arrives), so that reads see it."""
        if self.before:
            with self._database.write():
                self.before(self._change("", Caller()))

    def _change(self, operation: str, caller: Caller) -> Transaction:
        return Transaction(self._database, self._feed, operation, caller, self._clock.virtual(), self._clock.real())

    def _kept(self, operation: str, key: str, arguments: BaseModel) -> str:
        row = self._database.row("SELECT digest, answer FROM keys WHERE key = ? AND operation = ?", key, operation)
        if row is None:
            return ""
        if row["digest"] != _digest(arguments):
            raise Refusal("key_reused", f"the key {key} came before with another body", key, status=409)
        return str(row["answer"])

    def _fault(self, operation: str, arguments: BaseModel, caller: Caller) -> FaultRule | None:
        if not self._faults.concerns(operation):
            return None
        known = {name: value for name, value in arguments if isinstance(value, str)}
        facts = {**self._facts(self._database, known), **known}
        facts.update(chain_facts(caller.chain or facts.get("chain", "")))
        with self._database.write():
            return self._faults.take(operation, facts)

    async def _serve_faulty(
        self, fault: FaultRule, served: Served, arguments: BaseModel, caller: Caller, request: Request
    ) -> Response:
        if fault.fault == "refuse":
            text = fault.message or f"refused: {fault.reason}"
            return refusal(fault.reason, text, next(iter(request.path_params.values()), ""), 422)
        if fault.fault == "busy":
            return answer(503, {"detail": "busy, come back later"}, {"Retry-After": f"{fault.seconds:g}"})
        if fault.fault == "5xx_before":
            return answer(500, {"detail": "internal error"})
        if fault.fault == "timeout":
            return await _silence(request)
        if fault.fault == "late_commit":
            self._later(fault, served, arguments, caller)
            return await _drop(request)
        if fault.fault == "slow":
            await asyncio.sleep(fault.seconds)
            return self.commit(served, arguments, caller)
        done = self.commit(served, arguments, caller)
        if done.status_code >= 300:
            return done
        return await _drop(request) if fault.fault == "lost_reply" else answer(500, {"detail": "internal error"})

    def _later(self, fault: FaultRule, served: Served, arguments: BaseModel, caller: Caller) -> None:
        async def land() -> None:
            if fault.barrier:
                await self._barriers.setdefault(fault.barrier, asyncio.Event()).wait()
            else:
                await asyncio.sleep(fault.seconds)
            self.commit(served, arguments, caller)

        task = asyncio.create_task(land(), name=f"late {fault.barrier}")
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def release(self, barrier: str) -> int:
        """Let the commits held at a barrier happen; return how many there were, when they have."""
        waiting = [task for task in self._late if task.get_name() == f"late {barrier}"]
        self._barriers.setdefault(barrier, asyncio.Event()).set()
        await asyncio.gather(*waiting)
        self._barriers.pop(barrier, None)
        return len(waiting)

    def pending(self) -> int:
        """Return how many late commits are still to come."""
        return len(self._late)

    async def close(self) -> None:
        """Give up the commits that are still to come."""
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)


def chain_facts(chain: str) -> dict[str, str]:
    """Return what a chain's id tells: the chain, and the opportunity, which is the id's last part."""
    return {"chain": chain, "opportunity": chain.rsplit(":", 1)[-1]} if chain else {}


def answer(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON answer."""
    return Response(json.dumps(body, ensure_ascii=False), status, headers, "application/json")


def refusal(reason: str, message: str, document: str, status: int) -> Response:
    """Return the answer that says no."""
    return answer(status, {"reason": reason, "message": message, "document": document})


def _merged(body: bytes, path: Mapping[str, str]) -> dict[str, Any]:
    fields = json.loads(body) if body else {}
    if not isinstance(fields, dict):
        raise ValueError("the body must be a JSON object")
    for name, value in path.items():
        if fields.setdefault(name, value) != value:
            raise ValueError(f"{name} is {value!r} in the address and {fields[name]!r} in the body")
    return fields


def _why(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"


def _caller(request: Request) -> Caller:
    headers = request.headers
    attempt = headers.get("x-ltc-attempt", "")
    key = unquote(headers.get("idempotency-key", ""))
    return Caller(key, unquote(headers.get("x-ltc-chain", "")), int(attempt) if attempt.isdecimal() else 0)


def _digest(arguments: BaseModel) -> str:
    return digest(arguments.model_dump(mode="json"))


async def _drop(request: Request) -> Response:
    """Cut the connection: nothing of the answer reaches the caller."""
    abort = request.scope.get("extensions", {}).get("ltc.abort")
    if abort is None:
        raise ConnectionResetError("the fault plan drops this connection")
    abort()
    await asyncio.sleep(0)
    return Response(status_code=500)


async def _silence(request: Request) -> Response:
    """Say nothing until the caller goes away."""
    try:
        async with asyncio.timeout(_PATIENCE):
            while (await request.receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        pass
    return Response(status_code=504)
