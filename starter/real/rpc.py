"""Tryton as the warehouse, the bank and the auditors see it: its own API, called without ltc's adapter."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import httpx

from ltc.ports.errors import BusinessRefusal
from ltc.settings import SystemSettings

Row = dict[str, Any]
_KEPT = ("company", "companies", "employee", "employees", "groups", "language")


class TrytonRpc:
    """A session on one Tryton database. All methods raise ``httpx.HTTPError`` while Tryton is away."""

    def __init__(self, settings: SystemSettings) -> None:
        self._settings = settings
        self._client = httpx.AsyncClient(base_url=settings.url, timeout=60.0, trust_env=False)
        self._headers: dict[str, str] = {}
        self._context: Row = {}

    async def aclose(self) -> None:
        """Close the connection."""
        await self._client.aclose()

    @property
    def company(self) -> int:
        """The id of the company that the user works for; 0 before the first call."""
        return int(self._context.get("company") or 0)

    async def find(self, model: str, domain: Sequence[Any], fields: Sequence[str]) -> list[Row]:
        """Return the records that a domain finds, oldest first."""
        found = await self.call(f"model.{model}.search_read", domain, 0, None, [["id", "ASC"]], fields)
        rows: list[Row] = found
        return rows

    async def call(self, method: str, *params: Any, context: Row | None = None) -> Any:
        """Call a method; logs in first, and once again when the session has ended.

        Raises:
            BusinessRefusal: Tryton says no.
        """
        for attempt in (1, 2):
            if not self._headers:
                await self._log_in()
            body = {"id": 1, "method": method, "params": [*_wire(params), {**self._context, **(context or {})}]}
            answer = await self._client.post(f"/{self._settings.database}/rpc/", json=body, headers=self._headers)
            if answer.status_code == httpx.codes.UNAUTHORIZED and attempt == 1:
                self._headers = {}
                continue
            answer.raise_for_status()
            return _read(answer.json(), method)
        return None

    async def _log_in(self) -> None:
        words = {"password": self._settings.password.get_secret_value()}
        user = self._settings.user
        body = {"id": 1, "method": "common.db.login", "params": [user, words, "en"]}
        answer = await self._client.post(f"/{self._settings.database}/rpc/", json=body)
        answer.raise_for_status()
        number, token, *_ = _read(answer.json(), "common.db.login")
        word = base64.b64encode(f"{user}:{number}:{token}".encode()).decode()
        self._headers = {"Authorization": f"Session {word}"}
        self._context = {}
        known = await self.call("model.res.user.get_preferences", True)
        self._context = {name: known[name] for name in _KEPT if name in known}


def number_in(reference: Any) -> int:
    """Return the id in a reference such as ``sale.line,12``; 0 for none."""
    text = str(reference or "").partition(",")[2]
    return int(text) if text.isdigit() else 0


def _wire(value: Any) -> Any:
    """Write a value as Tryton's JSON has it."""
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, dict):
        return {name: _wire(one) for name, one in value.items()}
    return [_wire(one) for one in value] if isinstance(value, list | tuple) else value


def _read(body: Row, method: str) -> Any:
    if body.get("error"):
        raise BusinessRefusal("refused", f"{method}: {body['error']}", "")
    return _plain(body.get("result"))


def _plain(value: Any) -> Any:
    """Read a value of Tryton's JSON; dates stay as their parts."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get("__class__") == "Decimal":
        return Decimal(value["decimal"])
    return {name: _plain(one) for name, one in value.items()}
