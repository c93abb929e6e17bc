"""The wire of K3Cloud's WebAPI: one service per address, a form and its data as JSON in JSON, queries page by page.

Protocol: SDK kingdee-cdp-webapi-sdk 8.2.0 (addresses, headers, cookies, ``response_error:``) and the published
parameters of its services; docs/adapters/kingdee.md says what was seen where.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import httpx

from ltc.adapters.kingdee.account import Account
from ltc.adapters.kingdee.answers import ContextLost, SaidNo, body_of, check, rows_of
from ltc.ports.errors import ContractBroken, Misconfigured, OutcomeUnknown, Unavailable
from ltc.transport.http import HttpClient, retry_after

STUB = "/Kingdee.BOS.WebApi.ServicesStub."
PAGE = 2000  # the most that one ExecuteBillQuery gives
MOST_ROWS = 50 * PAGE
_JSON = {"content-type": "application/json; charset=utf-8"}
_GATEWAY = 519  # what the vendor's public gateway says with an errcode of its own
Said = TypeVar("Said")


class K3Client:
    """Calls one K3Cloud for one account. Every failure comes out as ``ltc.ports.errors``, or as ``SaidNo``.

    Args:
        system: its name, for messages.
        url: the server, with or without ``/k3cloud``.
        account: how to get in.
        timeout: real seconds to connect, and to wait for an answer.
    """

    def __init__(self, system: str, url: str, account: Account, timeout: float) -> None:
        root = url.rstrip("/")
        self._base = root if root.lower().endswith("/k3cloud") else f"{root}/k3cloud"
        self._path = httpx.URL(self._base).path
        self.system = system
        self.account = account
        self._http = HttpClient(system, self._base, timeout)
        self._session: dict[str, str] = {}
        self._ended: dict[str, str] = {}  # the session before: an answer on its way may still name it
        self._entering = asyncio.Lock()

    async def act(self, service: str, form: str, data: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Change something: ``Save``, ``Submit``, ``Audit``… Returns the answer's ``Result``.

        Raises:
            SaidNo: it refused; nothing took effect.
            PortError: see ``ltc.ports.errors``.
        """
        where = f"{self.system}: {service} {form}"
        body = {"formid": form, **more, "data": json.dumps(data, ensure_ascii=False)}
        return await self._call(
            f"DynamicFormService.{service}", body, where, lambda said: check(said, where, writes=True), writes=True
        )

    async def query(
        self, form: str, keys: Sequence[str], where: str, order: str = "", most: int = MOST_ROWS
    ) -> list[dict[str, Any]]:
        """Return the rows of a form that match a filter, each by field, page by page.

        Raises:
            SaidNo: it does not know a field, or the filter.
            PortError: see ``ltc.ports.errors``.
        """
        found: list[dict[str, Any]] = []
        while True:
            limit = min(PAGE, most - len(found))
            rows = await self._page(form, keys, where, order, len(found), limit)
            found += [dict(zip(keys, row, strict=True)) for row in rows]
            if len(rows) < limit or len(found) >= most:
                return found

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _page(
        self, form: str, keys: Sequence[str], which: str, order: str, start: int, limit: int
    ) -> list[list[Any]]:
        where = f"{self.system}: query {form}"
        asked = {"FormId": form, "FieldKeys": ",".join(keys), "FilterString": which, "OrderString": order,
                 "TopRowCount": 0, "StartRow": start, "Limit": limit}  # fmt: skip
        body = {"data": json.dumps(asked, ensure_ascii=False)}
        rows = await self._call(
            "DynamicFormService.ExecuteBillQuery", body, where, lambda said: rows_of(said, where), writes=False
        )
        if any(len(row) != len(keys) for row in rows):
            raise ContractBroken(f"{where}: a row has not as many values as fields were asked", str(rows[:1]))
        if any(isinstance(value, list | dict) for row in rows for value in row):
            raise ContractBroken(f"{where}: a row holds a list where one value was asked", str(rows[:1]))
        return rows

    async def _call(
        self, service: str, body: dict[str, Any], where: str, read: Callable[[Any], Said], *, writes: bool
    ) -> Said:
        for again in (False, True):
            session = await self._enter()
            text = await self._post(service, body, where, session, writes=writes)
            try:
                return read(body_of(text, where, writes=writes))
            except ContextLost as lost:
                if again or self.account.auth == "signed":
                    raise Misconfigured(
                        f"{where}: the server does not accept who we are: {self._clean(str(lost))}; check database,"
                        " user, the application and its authorisation"
                    ) from None
                self._leave(session)
            except ContractBroken as broken:
                raise ContractBroken(str(broken), self._clean(broken.evidence)) from None
            except SaidNo as no:
                raise no from None
        raise AssertionError("a call is tried twice at most")

    async def _enter(self) -> dict[str, str]:
        """Return the session's headers; with signed requests there is none."""
        if self.account.auth == "signed":
            return {}
        async with self._entering:
            if not self._session:
                self._session = await self._log_in()
            return self._session

    def _leave(self, session: dict[str, str]) -> None:
        if self._session is session:  # another call may have entered anew already
            self._session, self._ended = {}, session

    async def _log_in(self) -> dict[str, str]:
        service, body = self.account.login()
        where = f"{self.system}: log-in"
        response = await self._http.ask("POST", f"{STUB}{service}.common.kdsvc", body=json.dumps(body), headers=_JSON)
        self._check_http(response, where, writes=False)
        said = body_of(response.text, where, writes=False)
        result = said.get("LoginResultType") if isinstance(said, dict) else None
        if result not in (1, -5):
            text = str(said.get("Message") or "") if isinstance(said, dict) else ""
            raise Misconfigured(
                f"{where}: refused (LoginResultType {result}): {self._clean(text)[:200]}; check database, user and"
                " the credentials; nothing is tried again, since wrong passwords lock the user"
            )
        cookies = {**dict(response.cookies)}
        number = cookies.get("kdservice-sessionid") or str(said.get("KDSVCSessionId") or "")
        if not number:
            raise ContractBroken(f"{where}: accepted, but without a session")
        cookies["kdservice-sessionid"] = number
        return {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
                "kdservice-sessionid": number}  # fmt: skip

    async def _post(
        self, service: str, body: dict[str, Any], where: str, session: dict[str, str], *, writes: bool
    ) -> str:
        path = f"{STUB}{service}.common.kdsvc"
        signed = self.account.signed_headers(self._path + path) if self.account.auth == "signed" else {}
        call = self._http.send if writes else self._http.ask
        response = await call(
            "POST", path, body=json.dumps(body, ensure_ascii=False).encode(), headers={**_JSON, **session, **signed}
        )
        self._check_http(response, where, writes=writes)
        return response.text

    def _check_http(self, response: httpx.Response, where: str, *, writes: bool) -> None:
        """Tell the few answers that are not HTTP 200: they come from what stands before K3Cloud."""
        status = response.status_code
        if status in (200, 206):
            return
        if status in (401, 403, 404, _GATEWAY):
            raise Misconfigured(
                f"{where}: refused before K3Cloud looked at it ({status}): {self._clean(response.text)[:200]}; check"
                " the address (…/k3cloud/), the application and its authorisation"
            )
        if status in (429, 503):
            raise Unavailable(f"{where}: busy ({status})", retry_after(response))
        if status >= 500:
            text = f"{where}: failed ({status})"
            raise OutcomeUnknown(f"{text}, with or without effect") if writes else Unavailable(text)
        raise ContractBroken(f"{where}: answered {status}", self._clean(response.text))

    def _clean(self, text: str) -> str:
        for secret in (*self.account.secrets(), *self._session.values(), *self._ended.values()):
            text = text.replace(secret, "***")
        for session in (self._session, self._ended):
            if session:
                text = text.replace(session["kdservice-sessionid"], "***")
        return text
