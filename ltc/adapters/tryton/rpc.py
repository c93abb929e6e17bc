"""Tryton's JSON-RPC: sessions, calls, wizards, and what its answers mean (trytond/protocols/dispatcher.py).

A body with exactly ``id``, ``method`` and ``params`` gets 200 for every handled error. Whatever Tryton answers with an
error has been rolled back: such a call took no effect.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

import httpx
from pydantic import SecretStr

from ltc.adapters.tryton.wire import decode, encode
from ltc.mapping import load_mapping
from ltc.ports.adapters import Connection
from ltc.ports.errors import ContractBroken, Misconfigured, OutcomeUnknown, PortError, Unavailable
from ltc.transport.http import HttpClient, changing_nothing, json_of, retry_after

Record = dict[str, Any]

WROTE: ContextVar[list[str] | None] = ContextVar("ltc_tryton_wrote", default=None)
"""The calls of the current operation that changed something; None outside an operation."""

_CONTEXT = ("company", "companies", "employee", "employees", "groups")
_EXPIRED = httpx.codes.UNAUTHORIZED
_LOST = ("serialize", "deadlock", "concurrent", "lock")  # what PostgreSQL says behind a 503 of Tryton's
_BUSY = (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.LOCKED)
_WRONG = (httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND, httpx.codes.METHOD_NOT_ALLOWED)


class SaidNo(Exception):
    """Tryton's UserError: nothing took effect; the text is what it would show to a user."""


class AsksFirst(SaidNo):
    """Tryton's UserWarning: it goes on once the warning ``name`` is acknowledged."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class Rpc:
    """Calls one Tryton database as one user; logs in on first use and again when the session has ended.

    ``mapping`` is the field mapping that goes with this database.
    """

    def __init__(self, to: Connection) -> None:
        if not to.url or not to.database:
            raise Misconfigured("tryton: the settings name no url or no database")
        if not to.user or not to.password.get_secret_value():
            raise Misconfigured("tryton: the settings name no user or no password")
        self.mapping = load_mapping("tryton", to.mapping)
        self._user, self._password = to.user, to.password
        self._path = f"/{to.database}/rpc/"
        self._http = HttpClient("tryton", to.url, to.timeout)
        self._session = SecretStr("")
        self._lock: asyncio.Lock | None = None
        self.user_id = 0
        self.context: Record = {}

    async def ask(self, method: str, *params: Any) -> Any:
        """Call what changes nothing: an answer that does not come is ``Unavailable``."""
        return await self.ask_in(method, params, {})

    async def tell(self, method: str, *params: Any, context: Record | None = None) -> Any:
        """Call what changes something."""
        answer = await self._call(method, params, context or {})
        wrote = WROTE.get()
        if wrote is not None:
            wrote.append(method)
        return answer

    async def find(
        self, model: str, domain: Sequence[Any], fields: Sequence[str], *, limit: int | None = None,
        order: Sequence[Any] | None = (("id", "ASC"),), offset: int = 0,
    ) -> list[Record]:  # fmt: skip
        """Return the records that a domain finds, oldest first."""
        found = await self.ask(f"model.{model}.search_read", list(domain), offset, limit, order, list(fields))
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise ContractBroken(f"tryton: search in {model} answered no list of records", str(found))
        asked = ["id", *(name for name in fields if "." not in name)]  # what is read through a link comes in a record
        for one in found:
            for name in asked:
                if name not in one:
                    raise ContractBroken(f"tryton: search in {model} answered a record without {name}", str(one))
        return found

    async def press(self, model: str, button: str, ids: Sequence[int], context: Record | None = None) -> Any:
        """Press a button on records."""
        return await self.tell(f"model.{model}.{button}", list(ids), context=context)

    async def wizard(
        self, name: str, model: str, ids: Sequence[int], steps: Sequence[tuple[str, Record]],
        context: Record | None = None,
    ) -> Any:  # fmt: skip
        """Run a wizard over records: each step is the state to go to and the forms filled so far.

        A step that answers with a view has changed nothing yet; the caller gives the next one. Returns the last answer.
        """
        about = {**(context or {}), "active_model": model, "active_id": ids[0], "active_ids": list(ids)}
        session, _, end = await self.ask_in(f"wizard.{name}.create", (), about)
        answer: Any = None
        for state, forms in steps:
            answer = await self._call(f"wizard.{name}.execute", (session, forms, state), about)
            if "view" in (answer or {}) and answer["view"].get("state") != end:
                continue
            wrote = WROTE.get()
            if wrote is not None:
                wrote.append(name)
            break
        await self._forget_wizard(name, session, about)
        return answer

    async def ask_in(self, method: str, params: Sequence[Any], context: Record) -> Any:
        """Call what changes nothing, in a context."""
        with changing_nothing():
            return await self._call(method, params, context)

    async def acknowledge(self, warning: AsksFirst) -> None:
        """Answer a warning with yes, once."""
        await self._call("model.res.user.warning.skip", (warning.name,), {})

    async def aclose(self) -> None:
        """Close the connections; the session ends by itself."""
        await self._http.aclose()

    async def _forget_wizard(self, name: str, session: int, about: Record) -> None:
        try:
            await self._call(f"wizard.{name}.delete", (session,), about)
        except (PortError, SaidNo):
            return  # what it keeps of a wizard that ended is cleaned up by Tryton itself

    async def _call(self, method: str, params: Sequence[Any], context: Record) -> Any:
        for attempt in (1, 2):
            session = await self._logged_in()
            sent = [*params, {**self.context, **context}]
            response = await self._post(method, sent, {"authorization": f"Session {session.get_secret_value()}"})
            if response.status_code != _EXPIRED:
                return _meaning(response, method)
            if self._session is session:
                self._session = SecretStr("")  # a session that ended took nothing with it: the call was not carried out
            if attempt == 2:
                break
        raise Misconfigured(f"tryton: {method}: refused right after logging in as {self._user!r}")

    async def _post(self, method: str, params: Sequence[Any], headers: dict[str, str]) -> httpx.Response:
        body = {"id": 1, "method": method, "params": encode(params)}
        return await self._http.send("POST", self._path, json=body, headers=headers)

    async def _logged_in(self) -> SecretStr:
        if self._lock is None:
            self._lock = asyncio.Lock()
        async with self._lock:  # many calls, one login: Tryton hashes the password for a third of a second
            if not self._session.get_secret_value():
                await self._login()
            return self._session

    async def _login(self) -> None:
        params = [self._user, {"password": self._password.get_secret_value()}, "en"]
        try:
            with changing_nothing():
                response = await self._post("common.db.login", params, {})
            if response.status_code in (_EXPIRED, *_WRONG) or "LoginException" in response.text[:200]:
                raise Misconfigured(self._wrong_login(response.status_code))
            with changing_nothing():
                said = _meaning(response, "common.db.login")
            self.user_id, token = int(said[0]), str(said[1])
        except (TypeError, IndexError, ValueError):
            raise ContractBroken("tryton: the login answered no session", response.text[:40]) from None
        secret = SecretStr(base64.b64encode(f"{self._user}:{self.user_id}:{token}".encode()).decode())
        self.context = await self._preferences(secret)
        self._session = secret

    def _wrong_login(self, status: int) -> str:
        if status in _WRONG:
            return f"tryton: there is no database or no JSON-RPC at {self._path} ({status}); check url and database"
        return f"tryton: refuses user {self._user!r} or the password; check them in the settings"

    async def _preferences(self, session: SecretStr) -> Record:
        """Return the context of every call: without company and employee Tryton creates nothing."""
        headers = {"authorization": f"Session {session.get_secret_value()}"}
        response = await self._post("model.res.user.get_preferences", [True, {}], headers)
        said = _meaning(response, "get_preferences")
        if not isinstance(said, dict) or not said.get("company"):
            raise Misconfigured(f"tryton: user {self._user!r} belongs to no company; give it one")
        # English, whatever the user speaks: some refusals are told apart by their text.
        return {**{name: said[name] for name in _CONTEXT if name in said}, "language": "en"}


def _meaning(response: httpx.Response, method: str) -> Any:
    status, where = response.status_code, f"tryton: {method}"
    if status in _BUSY:
        lost = status == httpx.codes.LOCKED or any(word in response.text.lower() for word in _LOST)
        what = "lost against another change" if lost else "busy"
        raise Unavailable(f"{where}: {what} ({status})", retry_after(response), answered=lost)
    if status in _WRONG:
        raise Misconfigured(f"{where}: refused ({status}); check the database's name and what the user may do")
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise OutcomeUnknown(f"{where}: failed on the way ({status}), with or without effect")
    said = json_of(response, where)
    if not response.is_success or not isinstance(said, dict) or not {"result", "error"} & set(said):
        raise ContractBroken(f"{where}: answered {status} without a result", response.text)
    if said.get("error") is not None:
        raise _error(said["error"], where)
    return decode(said.get("result"))


def _error(said: Any, where: str) -> Exception:
    kind, detail = (said[0], said[1]) if isinstance(said, list) and len(said) > 1 else (str(said), "")
    if kind == "UserError":
        message = " ".join(str(part) for part in detail[:2] if part) if isinstance(detail, list) else str(detail)
        if message.startswith("You are not allowed"):
            return Misconfigured(f"{where}: {message}; give the user the group that may")
        return SaidNo(message)
    if kind == "UserWarning":
        return AsksFirst(str(detail[0]), str(detail[1]))
    if kind == "ConcurrencyException":
        return Unavailable(f"{where}: the record was modified in the meanwhile")
    if kind == "LoginException":
        return Misconfigured(f"{where}: the login was refused")
    return ContractBroken(f"{where}: failed inside: {str(kind)[:120]}", str(said))
