"""A loopback HTTP proxy before a system under contract: the faults of a bad day, without the system's help."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

import httpx

Kind = Literal[
    "busy",  # 503 with Retry-After: 7; the system sees nothing
    "cut",  # the connection is cut; the system sees nothing
    "error_before",  # 502; the system sees nothing, but the caller cannot know
    "lost_reply",  # the system answers; the connection is cut before the answer
    "error_after",  # the system answers; the caller is told 502
    "html",  # the system answers; the caller gets an HTML page with status 200
    "hold",  # the connection is cut; the request goes on to the system when released: a late commit
    "silence",  # the system answers; the caller hears nothing until it gives up
]
_PAGE = b"<!DOCTYPE html><html><body>Please sign in to continue.</body></html>"
_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "te", "upgrade",
        "proxy-authenticate", "proxy-authorization", "trailer", "host", "expect"}  # fmt: skip
_PATIENCE = 60.0  # seconds; a caller that never gives up is let go after this


@dataclass(frozen=True)
class Seen:
    """One request that passed the proxy. ``path`` holds the query; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Fault:
    """A planned fault: it meets the ``nth`` request from now that ``when`` is true of, once. ``met`` says it did."""

    kind: Kind
    nth: int = 1
    when: Callable[[Seen], bool] = lambda seen: True
    met: bool = False


@dataclass
class _Answer:
    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


class FaultProxy:
    """Stands before one system; started with ``async with``.

    Args:
        upstream: the system's address; a path in it is kept.
        verify: whether an https upstream's certificate is checked.
    """

    def __init__(self, upstream: str, verify: bool = True) -> None:
        parts = urlsplit(upstream)
        self._upstream = f"{parts.scheme}://{parts.netloc}"
        self._path = parts.path
        self._verify = verify
        self._faults: list[Fault] = []
        self._held: list[Seen] = []
        self._open: set[asyncio.StreamWriter] = set()
        self.seen: list[Seen] = []
        self.url = ""

    async def __aenter__(self) -> FaultProxy:
        """Listen on a free loopback port."""
        self._client = httpx.AsyncClient(
            base_url=self._upstream, trust_env=False, follow_redirects=False, timeout=_PATIENCE, verify=self._verify
        )
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}{self._path}"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening; requests still held are forgotten."""
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await self._client.aclose()

    def meet(self, kind: Kind, nth: int = 1, when: Callable[[Seen], bool] = lambda seen: True) -> Fault:
        """Plan a fault for the ``nth`` request from now on that ``when`` is true of."""
        fault = Fault(kind, nth, when)
        self._faults.append(fault)
        return fault

    def calm(self) -> None:
        """Forget the faults that nothing has met."""
        self._faults.clear()

    async def release(self) -> int:
        """Send the held requests on to the system now, one after another; return how many, when it has answered."""
        held, self._held = self._held, []
        for request in held:
            with contextlib.suppress(httpx.TransportError):
                await self._forward(request)
        return len(held)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while not writer.is_closing() and (request := await _read(reader)) is not None:
                self.seen.append(request)
                await self._answer(request, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            writer.transport.abort()
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(self, request: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fault = self._next(request)
        if fault in ("cut", "hold"):
            if fault == "hold":
                self._held.append(request)
            writer.transport.abort()
            return
        before = {"busy": _Answer(503, [("Retry-After", "7")]), "error_before": _Answer(502)}.get(fault)
        answer = before or await self._from_system(request)
        if fault == "lost_reply":
            writer.transport.abort()
        elif fault == "silence":
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reader.read(), _PATIENCE)
            writer.transport.abort()
        else:
            after = {"error_after": _Answer(502), "html": _Answer(200, [("Content-Type", "text/html")], _PAGE)}
            await _write(after.get(fault, answer), writer)

    async def _from_system(self, request: Seen) -> _Answer:
        try:
            return await self._forward(request)
        except httpx.TransportError:
            raise ConnectionError from None  # the system cut the connection: so does the proxy

    async def _forward(self, request: Seen) -> _Answer:
        headers = [(name, value) for name, value in request.headers.items() if name not in _HOP]
        got = await self._client.request(request.method, request.path, headers=headers, content=request.body)
        # Multiple cookies must stay multiple headers.
        kept = [(name, value) for name, value in got.headers.multi_items() if name.lower() not in _HOP]
        return _Answer(got.status_code, kept, got.content)

    def _next(self, request: Seen) -> str:
        for fault in self._faults:
            if fault.when(request):
                fault.nth -= 1
                if fault.nth == 0:
                    fault.met = True
                    self._faults.remove(fault)
                    return fault.kind
        return ""


async def _read(reader: asyncio.StreamReader) -> Seen | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *rest = head.rstrip("\r\n").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {}
    for row in rest:
        name, _, value = row.partition(":")
        headers[name.strip().lower()] = value.strip()
    if "chunked" in headers.get("transfer-encoding", ""):
        return Seen(method, path, headers, await _chunks(reader))
    return Seen(method, path, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


async def _write(answer: _Answer, writer: asyncio.StreamWriter) -> None:
    rows = [f"HTTP/1.1 {answer.status} {httpx.codes.get_reason_phrase(answer.status) or 'Answer'}"]
    rows += [f"{name}: {value}" for name, value in answer.headers]
    rows += [f"Content-Length: {len(answer.body)}", "", ""]
    writer.write("\r\n".join(rows).encode("latin-1") + answer.body)
    await writer.drain()
