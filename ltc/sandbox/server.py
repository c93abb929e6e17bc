"""Running a sandbox system: uvicorn, with connections that can be cut without an answer."""

from __future__ import annotations

import socket
import threading
from asyncio import Transport

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from ltc.sandbox.clock import Clock
from ltc.sandbox.settings import SandboxSettings


class CuttableProtocol(H11Protocol):
    """HTTP/1.1 whose requests may cut their connection: ``scope["extensions"]["ltc.abort"]``."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Hand each request of this connection the way to cut it."""
        super().connection_made(transport)
        app = self.app
        extensions = {"ltc.abort": transport.abort}

        async def cuttable(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"] = extensions
            await app(scope, receive, send)

        self.app = cuttable


def create_app(settings: SandboxSettings, clock: Clock | None = None) -> FastAPI:
    """Make the application of the system that the settings name.

    Raises:
        ValueError: a setting is wrong.
    """
    if settings.system == "crm":
        from ltc.sandbox.crm.app import create_app as crm

        return crm(settings, clock)
    from ltc.sandbox.erp.app import create_app as erp

    return erp(settings, clock)


def config(app: FastAPI | ASGIApp) -> uvicorn.Config:
    """Return uvicorn's configuration: quiet, quick to stop, idle connections kept longer than clients keep them."""
    return uvicorn.Config(
        app, http=CuttableProtocol, ws="none", loop="asyncio", log_level="warning", access_log=False,
        timeout_keep_alive=60, timeout_graceful_shutdown=1, server_header=False, date_header=False,
    )  # fmt: skip


def listen(host: str, port: int) -> socket.socket:
    """Take an address; port 0 takes a free one.

    Raises:
        ValueError: the address is taken, or is none of this machine.
    """
    # The protocol is named because asyncio turns Nagle's delay (40 ms per answer) off only where it is.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ValueError(f"{host}:{port}: {error.strerror}; choose another with --port or --host") from None
    return listener


def serve(app: FastAPI, listener: socket.socket) -> None:
    """Serve until the process is told to stop."""
    with listener:
        uvicorn.Server(config(app)).run(sockets=[listener])


class ServerThread:
    """An application in a thread of this process, on a loopback port, free if not said; for tests."""

    def __init__(self, app: FastAPI | ASGIApp, port: int = 0) -> None:
        self._server = uvicorn.Server(config(app))
        self._socket = listen("127.0.0.1", port)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self) -> ServerThread:
        """Start serving; requests may be sent at once, they wait in the socket's queue."""
        self._socket.listen(128)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and end the thread."""
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()
