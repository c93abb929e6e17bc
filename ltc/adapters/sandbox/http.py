"""HTTP to a sandbox system: one client, one mapping of answers to the error tree."""

from __future__ import annotations

import asyncio
import importlib.util
import math
import sys
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, SecretStr, ValidationError

from ltc.ports.context import CURRENT_ATTEMPT, CURRENT_CHAIN
from ltc.ports.errors import BusinessRefusal, ContractBroken, Misconfigured, OutcomeUnknown, PortError, Unavailable

Model = TypeVar("Model", bound=BaseModel)
_IDLE_SECONDS = 20.0  # below the server's keep-alive, so that a request never meets a connection being closed
_IDLE_CONNECTIONS = 8  # every request looks at each idle connection, so more of them cost more than they save
_JSON = {"content-type": "application/json"}
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def _settle_sniffio() -> None:
    """Say once that an optional package is not there.

    httpcore tries to import sniffio with every lock it takes, and Python searches the whole path each time it is
    missing: a tenth of a worker's time.
    """
    if "sniffio" not in sys.modules and importlib.util.find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]  # "known to be missing", as the import system says it


class SystemClient:
    """Calls one system. Any failure comes out as one of ``ltc.ports.errors``, whose text holds no secrets.

    Args:
        system: its name, for messages.
        url: its address.
        token: the bearer token, if it wants one.
        timeout: real seconds to connect, and to wait for an answer.
    """

    def __init__(self, system: str, url: str, token: SecretStr, timeout: float) -> None:
        _settle_sniffio()
        headers = {"authorization": f"Bearer {token.get_secret_value()}"} if token.get_secret_value() else {}
        self._system = system
        self._timeout = timeout
        self._url = url
        self._headers = headers
        self._client: httpx.AsyncClient | None = None

    def _connected(self) -> httpx.AsyncClient:
        if self._client is None:  # made on first use: a client belongs to the event loop that uses it
            try:
                self._client = httpx.AsyncClient(
                    base_url=self._url, headers=self._headers, timeout=self._timeout, trust_env=False,
                    limits=httpx.Limits(
                        max_connections=100, max_keepalive_connections=_IDLE_CONNECTIONS, keepalive_expiry=_IDLE_SECONDS
                    ),
                )  # fmt: skip
                if not 0 < (self._client.base_url.port or 80) < 65536:
                    raise httpx.InvalidURL("the port is beyond 65535")
            except (httpx.InvalidURL, ValueError):
                self._client = None
                raise Misconfigured(f"{self._system}: the address in the settings is no http URL") from None
        return self._client

    async def ask(
        self, path: str, params: Mapping[str, str] | None = None, wait: float = 0.0, body: str | None = None
    ) -> Any:
        """Read: an answer that does not come changed nothing, so every lost answer is ``Unavailable``."""
        method, headers = ("POST", _JSON) if body else ("GET", {})
        try:
            return await self._send(method, path, body, headers, params, wait)
        except OutcomeUnknown as error:
            raise Unavailable(str(error)) from None

    async def tell(self, method: str, path: str, body: str, key: str) -> Any:
        """Change something, under an effect key."""
        headers = {**_JSON, "idempotency-key": quote(key)}
        return await self._send(method, path, body, headers, None, 0.0)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _send(
        self, method: str, path: str, body: str | None, headers: Mapping[str, str], params: Mapping[str, str] | None,
        wait: float,
    ) -> Any:  # fmt: skip
        headers = {**headers, **_caller()}
        request = self._connected().build_request(
            method, path, content=body, headers=headers, params=params, timeout=self._timeout + wait
        )
        try:
            # httpx bounds each read; a server that trickles bytes must be bounded as a whole.
            async with asyncio.timeout(3 * self._timeout + wait):
                response = await self._connected().send(request)
        except _NOT_SENT as error:
            raise Unavailable(f"{self._system} is away: {type(error).__name__}") from None
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise Misconfigured(f"{self._system}: the address cannot be called: {type(error).__name__}") from None
        except (httpx.TransportError, TimeoutError) as error:
            raise OutcomeUnknown(f"{self._system}: no answer to {method} {path}: {type(error).__name__}") from None
        return self._read(response, f"{self._system}: {method} {path}")

    def _read(self, response: httpx.Response, where: str) -> Any:
        if response.is_success:
            return _json(response, where)
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
        return Unavailable(f"{where}: busy ({status})", _seconds(response.headers.get("retry-after", "")))
    if status >= 500:
        return OutcomeUnknown(f"{where}: failed inside ({status}), with or without effect")
    try:
        said = response.json()
        return BusinessRefusal(str(said["reason"]), str(said["message"]), str(said.get("document", "")))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ContractBroken(f"{where}: answered {status} without a reason", response.text)


def _json(response: httpx.Response, where: str) -> Any:
    try:
        return response.json()
    except ValueError:
        return _broken(f"{where}: answered {response.status_code} with something that is not JSON", response.text)


def _broken(message: str, evidence: str) -> Any:
    raise ContractBroken(message, evidence) from None


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def parse(model: type[Model], answer: Any, where: str) -> Model:
    """Return an answer as the model it should be; fields of its own that a list adds are left out.

    Raises:
        ContractBroken: fields are missing or wrong.
    """
    known = (
        {name: answer[name] for name in model.model_fields if name in answer} if isinstance(answer, dict) else answer
    )
    try:
        return model.model_validate(known)
    except ValidationError as error:
        first = error.errors()[0]
        where = f"{where}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
        raise ContractBroken(f"the answer is not a {model.__name__}: {where}", str(answer)) from None
