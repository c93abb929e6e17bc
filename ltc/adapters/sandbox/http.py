"""HTTP to a sandbox system: its answers as the error tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from ltc.ports.context import CURRENT_ATTEMPT, CURRENT_CHAIN
from ltc.ports.errors import BusinessRefusal, ContractBroken, Misconfigured, OutcomeUnknown, PortError, Unavailable
from ltc.transport.http import HttpClient, changing_nothing, json_of, retry_after

_JSON = {"content-type": "application/json"}


class SystemClient:
    """Calls one system. Any failure comes out as one of ``ltc.ports.errors``, whose text holds no secrets.

    Args:
        system: its name, for messages.
        url: its address.
        token: the bearer token, if it wants one.
        timeout: real seconds to connect, and to wait for an answer.
    """

    def __init__(self, system: str, url: str, token: SecretStr, timeout: float) -> None:
        headers = {"authorization": f"Bearer {token.get_secret_value()}"} if token.get_secret_value() else {}
        self._system = system
        self._http = HttpClient(system, url, timeout, headers)

    async def ask(
        self, path: str, params: Mapping[str, str] | None = None, wait: float = 0.0, body: str | None = None
    ) -> Any:
        """Read: an answer that does not come changed nothing, so every lost answer is ``Unavailable``."""
        method, headers = ("POST", _JSON) if body else ("GET", {})
        with changing_nothing():
            return await self._send(method, path, body, headers, params, wait)

    async def tell(self, method: str, path: str, body: str, key: str) -> Any:
        """Change something, under an effect key."""
        headers = {**_JSON, "idempotency-key": quote(key)}
        return await self._send(method, path, body, headers, None, 0.0)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _send(
        self, method: str, path: str, body: str | None, headers: Mapping[str, str], params: Mapping[str, str] | None,
        wait: float,
    ) -> Any:  # fmt: skip
        response = await self._http.send(
            method, path, body=body, headers={**headers, **_caller()}, params=params, wait=wait
        )
        where = f"{self._system}: {method} {path}"
        if response.is_success:
            return json_of(response, where)
        raise _error(response, where)


def _caller() -> dict[str, str]:
    """Return who calls, as headers; quoted, because a chain's id may hold any letters and headers hold ASCII."""
    said = {"x-ltc-chain": quote(CURRENT_CHAIN.get(), safe=":/"), "x-ltc-attempt": str(CURRENT_ATTEMPT.get() or "")}
    return {name: value for name, value in said.items() if value}


def _error(response: httpx.Response, where: str) -> PortError:
    status = response.status_code
    if status in (401, 403):
        return Misconfigured(f"{where}: the system refuses our credentials ({status}); check the token in the settings")
    if status in (429, 503):
        return Unavailable(f"{where}: busy ({status})", retry_after(response))
    if status >= 500:
        return OutcomeUnknown(f"{where}: failed inside ({status}), with or without effect")
    try:
        said = response.json()
        return BusinessRefusal(str(said["reason"]), str(said["message"]), str(said.get("document", "")))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ContractBroken(f"{where}: answered {status} without a reason", response.text)
