"""HTTP to an outside system: one client, every failure of the transport told apart.

What an answer means is the adapter's to say; what a missing answer means is said here: not sent is ``Unavailable``,
sent and not answered is ``OutcomeUnknown``, an address that cannot be called is ``Misconfigured``.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from ltc.ports.errors import ContractBroken, Misconfigured, OutcomeUnknown, Unavailable

_IDLE_SECONDS = 20.0  # below the server's keep-alive, so that a request never meets a connection being closed
_IDLE_CONNECTIONS = 8  # every request looks at each idle connection, so more of them cost more than they save
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
MOST_BYTES = 20_000_000


def _settle_sniffio() -> None:
    """Say once that an optional package is not there.

    httpcore tries to import sniffio with every lock it takes, and Python searches the whole path each time it is
    missing: a tenth of a worker's time.
    """
    if "sniffio" not in sys.modules and importlib.util.find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]  # "known to be missing", as the import system says it


def _keep_quiet() -> None:
    """Keep httpcore from logging headers at DEBUG: an answer's Set-Cookie holds a session, which is a secret."""
    logging.getLogger("httpcore").setLevel(logging.INFO)


class HttpClient:
    """Calls one system over HTTP. A failure of the transport comes out as one of ``ltc.ports.errors``, without secrets.

    Args:
        system: its name, for messages.
        url: its address.
        timeout: real seconds to connect, and to wait for an answer.
        headers: sent with every request (they may hold secrets; they are never in an error).
        auth: what signs each request, if it wants that.
    """

    def __init__(
        self, system: str, url: str, timeout: float, headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
    ) -> None:  # fmt: skip
        _settle_sniffio()
        _keep_quiet()
        self.system = system
        self._timeout = timeout
        self._url = url
        self._headers = dict(headers or {})
        self._auth = auth
        self._client: httpx.AsyncClient | None = None

    async def send(
        self, method: str, path: str, *, body: str | bytes | None = None, json: Any = None,
        headers: Mapping[str, str] | None = None, params: Mapping[str, str] | None = None, wait: float = 0.0,
    ) -> httpx.Response:  # fmt: skip
        """Send a request and return the answer, whatever its status. ``wait`` is added to the time to answer.

        Raises:
            Unavailable: not sent: nobody is there.
            OutcomeUnknown: sent, no answer.
            Misconfigured: the address cannot be called.
            ContractBroken: the answer is longer than any answer should be.
        """
        client = self._connected()
        request = client.build_request(
            method, path, content=body, json=json, headers=headers, params=params, timeout=self._timeout + wait
        )
        try:
            # httpx bounds each read; a server that trickles bytes must be bounded as a whole.
            async with asyncio.timeout(3 * self._timeout + wait):
                response = await client.send(request)
        except _NOT_SENT as error:
            raise Unavailable(f"{self.system} is away: {type(error).__name__}") from None
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise Misconfigured(f"{self.system}: the address cannot be called: {type(error).__name__}") from None
        except (httpx.TransportError, httpx.DecodingError, TimeoutError) as error:
            raise OutcomeUnknown(f"{self.system}: no answer to {method} {path}: {type(error).__name__}") from None
        if len(response.content) > MOST_BYTES:
            raise ContractBroken(f"{self.system}: {method} {path}: the answer has {len(response.content):,} bytes")
        return response

    async def ask(self, method: str, path: str, **how: Any) -> httpx.Response:
        """Send a request that changes nothing: an answer that does not come is ``Unavailable``."""
        with changing_nothing():
            return await self.send(method, path, **how)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _connected(self) -> httpx.AsyncClient:
        if self._client is None:  # made on first use: a client belongs to the event loop that uses it
            try:
                self._client = httpx.AsyncClient(
                    base_url=self._url, headers=self._headers, auth=self._auth, timeout=self._timeout, trust_env=False,
                    limits=httpx.Limits(
                        max_connections=100, max_keepalive_connections=_IDLE_CONNECTIONS, keepalive_expiry=_IDLE_SECONDS
                    ),
                )  # fmt: skip
                if not 0 < (self._client.base_url.port or 80) < 65536:
                    raise httpx.InvalidURL("the port is beyond 65535")
            except (httpx.InvalidURL, ValueError):
                self._client = None
                raise Misconfigured(f"{self.system}: the address in the settings is no http URL") from None
        return self._client


@contextmanager
def changing_nothing() -> Iterator[None]:
    """Say of the calls within that they change nothing: an answer that does not come is ``Unavailable``."""
    try:
        yield
    except OutcomeUnknown as error:
        raise Unavailable(str(error)) from None


def json_of(response: httpx.Response, where: str) -> Any:
    """Return an answer's JSON.

    Raises:
        ContractBroken: it is something else (a login page, a proxy's error), with an excerpt.
    """
    try:
        return response.json()
    except ValueError:
        raise ContractBroken(
            f"{where}: answered {response.status_code} with something that is not JSON", response.text
        ) from None


def retry_after(response: httpx.Response) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110 §10.2.3, the form in seconds); None without a usable one."""
    try:
        seconds = float(response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
