"""The second door for events: signed webhooks are kept in the inbox before they are answered, then find their chain.

``POST /webhooks/NAME``, signed by Standard Webhooks; the body is ``{"type": EVENT, "data": {FIELDS}}``. The event's id
is ``webhook-id``, its source NAME: one that comes by the feed of the same name, too, under the same id, counts once.
"""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from ltc.client.start_values import subject_of
from ltc.model.base import first_fault
from ltc.ports.errors import PortError
from ltc.ports.operations import Registry
from ltc.ports.store import DocumentRef, InboxEvent, WebhookStore
from ltc.settings import Settings, SettingsError, WebhookSettings
from starter.standard_webhooks import WebhookError, key_of, verify

LOG = logging.getLogger("ltc.webhooks")
_LONGEST_ID = 200


def endpoints(settings: Settings, registry: Registry) -> dict[str, WebhookSettings]:
    """Return the endpoints that the settings name, checked.

    Raises:
        SettingsError: an endpoint has no usable secret, or takes an event that there is not.
    """
    for name, endpoint in settings.webhooks.items():
        for secret in endpoint.secrets:
            try:
                key_of(secret.get_secret_value())
            except ValueError as error:
                raise SettingsError(f"LTC_WEBHOOKS: {name}: {error}") from None
        for event in endpoint.events:
            if event not in registry.events:
                known = ", ".join(sorted(registry.events))
                raise SettingsError(f"LTC_WEBHOOKS: {name}: there is no event {event!r}; there are {known}")
    return settings.webhooks


class WebhookDoor:
    """Takes webhooks in. ``clock`` gives Unix seconds."""

    def __init__(
        self, settings: Settings, records: WebhookStore, registry: Registry, clock: Callable[[], float] = time.time
    ) -> None:
        self._endpoints = endpoints(settings, registry)
        self._most = settings.webhook_size
        self._records = records
        self._registry = registry
        self._clock = clock

    async def take(self, name: str, request: Request) -> dict[str, Any]:
        """Take a message in; it is on record when this returns.

        Raises:
            WebhookError: it is not taken; nothing of it is kept.
            PortError: the records are away; the sender is to try again.
        """
        endpoint = self._endpoints.get(name)
        if endpoint is None:
            raise WebhookError(404, "there is no such webhook here; the settings name them (LTC_WEBHOOKS)")
        body = await self._body(request)
        secrets = [secret.get_secret_value() for secret in endpoint.secrets]
        message = verify(secrets, request.headers, body, self._clock())
        event = self._event(name, endpoint, message, _read(body))
        if await self._records.receive(event):
            LOG.info("webhook %s: %s %s is in the inbox", name, event.name, message)
            return {"stored": message, **await self._what_follows(event)}
        there = await self._records.received(name, message)
        if there is not None and (there.name, there.fields) != (event.name, event.fields):
            raise WebhookError(409, f"{message} was stored with other content; give each event an id of its own")
        return {"known": message, "state": there.state if there else "new"}

    async def _body(self, request: Request) -> bytes:
        """Read the body, but never more than is allowed."""
        announced = request.headers.get("content-length", "0")
        too_large = WebhookError(413, f"the message is larger than {self._most} bytes; send ids, not documents")
        if announced.isascii() and announced.isdigit() and int(announced) > self._most:
            raise too_large
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > self._most:
                raise too_large
            parts.append(part)
        return b"".join(parts)

    def _event(self, source: str, endpoint: WebhookSettings, message: str, sent: Mapping[str, Any]) -> InboxEvent:
        kind = self._registry.events.get(sent["type"])
        allowed = endpoint.events or list(self._registry.events)
        if kind is None or kind.name not in allowed:
            raise WebhookError(
                422,
                f"type: {sent['type'][:80]!r} is no event this webhook takes; it takes {', '.join(sorted(allowed))}",
            )
        try:
            kind.fields.model_validate(sent["data"])
        except ValidationError as error:
            place, msg = first_fault(error, "data")
            raise WebhookError(422, f"{place}: {msg}; {kind.name} has the fields {_named(kind.fields)}") from None
        document = subject_of(kind, sent["data"])
        if document is None:
            raise WebhookError(422, f"data.{kind.subject}: names no document; {kind.name} is found by it")
        if len(document.id) > _LONGEST_ID:
            raise WebhookError(422, f"data.{kind.subject}: no document's id has more than {_LONGEST_ID} characters")
        return InboxEvent(source=source, id=message, name=kind.name, fields=sent["data"], document=document)

    async def _what_follows(self, event: InboxEvent) -> dict[str, str]:
        """Say where the event goes when all chains of its document have ended."""
        about: DocumentRef | None = event.document
        ended = await self._records.ended_chains(about) if about else []
        if not ended:
            return {}
        return {"note": f"{ended[0]} has ended: the event goes to the late events, to role:operator"}


def _read(body: bytes) -> dict[str, Any]:
    try:
        sent = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise WebhookError(400, 'the body is not JSON; send {"type": EVENT, "data": {FIELDS}}') from None
    if b"\\u0000" in body:
        raise WebhookError(422, "the body holds a NUL character (\\u0000), which no record can keep; leave it out")
    try:
        json.dumps(sent, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise WebhookError(422, "the body holds half a character (\\ud800 to \\udfff alone); send whole ones") from None
    if not (isinstance(sent, dict) and isinstance(sent.get("type"), str) and isinstance(sent.get("data"), dict)):
        raise WebhookError(422, 'the body says no type and data; send {"type": EVENT, "data": {FIELDS}}')
    return sent


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _named(fields: Any) -> str:
    return ", ".join(fields.model_fields)


def create_app(door: WebhookDoor) -> FastAPI:
    """Make the application that takes webhooks."""
    app = FastAPI(title="ltc webhooks", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/about")
    async def about() -> dict[str, str]:
        return {"system": "webhook"}

    @app.post("/webhooks/{name}")
    async def take(name: str, request: Request) -> JSONResponse:
        try:
            taken = await door.take(name, request)
            return JSONResponse(taken, 202 if "stored" in taken else 200)
        except WebhookError as error:
            LOG.warning("webhook %s refused with %d: %s", name[:60], error.status, error)
            return JSONResponse({"error": str(error)}, error.status)
        except PortError as error:
            LOG.error("webhook %s cannot be kept now: %s", name[:60], error)
            return JSONResponse({"error": "it cannot be kept now; send it again"}, 503, {"Retry-After": "5"})

    return app


def listen_on(host: str, port: int) -> socket.socket:
    """Take an address; port 0 takes a free one.

    Raises:
        ValueError: the address is taken, or is none of this machine.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise ValueError(
            f"{host}:{port}: {error.strerror or error}; set LTC_WEBHOOK_ADDRESS to a free address of this machine"
        ) from None


async def serve_on(app: FastAPI, listener: socket.socket) -> None:
    """Serve until the process is told to stop; what has arrived is answered first."""
    config = uvicorn.Config(
        app, ws="none", loop="asyncio", log_level="warning", access_log=False, server_header=False,
        timeout_graceful_shutdown=5,
    )  # fmt: skip
    with listener:
        await uvicorn.Server(config).serve(sockets=[listener])
