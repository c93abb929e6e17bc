"""Chains that Temporal has and the records do not, as after a database was lost: put on record from their histories.

A start says more than a history keeps of it: the fields of its event are read back from what the chain began with, as
far as the definition takes them over unchanged; who started it is known only where that was another chain.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from ltc.client.connection import reaching
from ltc.client.errors import EngineAwayError, RefusedError
from ltc.client.healing import Healed, heal, read
from ltc.client.histories import RunTrail
from ltc.client.start_values import subject_of
from ltc.definition.plan import Plan
from ltc.ports.operations import Registry
from ltc.ports.store import DocumentRef, Route, StartRequest
from ltc.store.lookups import unrecorded
from ltc.store.store import Store
from workflows.start_input import ChainStart

SOURCE = "temporal"  # of a start that was read back
PAGE = 1_000
PATIENCE = timedelta(seconds=5)
_EVERY = "WorkflowType = 'Chain'"
_PATH = re.compile(r"event((?:\.[A-Za-z_][A-Za-z0-9_]*)+)")


async def forgotten(client: Client, store: Store, token: bytes | None = None) -> tuple[list[str], bytes | None]:
    """Look at one page of the chains that Temporal lists: return those not on record, oldest first, and the next page.

    Raises:
        EngineAwayError: Temporal does not answer.
    """
    try:
        with reaching():
            listed = client.list_workflows(_EVERY, page_size=PAGE, next_page_token=token)
            await listed.fetch_next_page()
    except RPCError as error:
        raise EngineAwayError(f"Temporal does not answer: {error.message}") from error
    found = sorted(listed.current_page or [], key=lambda one: one.start_time)
    names = list(dict.fromkeys(one.id for one in found))
    return await store.read(unrecorded, names), listed.next_page_token or None


async def installation_of(client: Client, chain: str) -> str:
    """Return which installation a chain of Temporal belongs to, by what its newest run began with; empty: it is gone.

    Raises:
        EngineAwayError: Temporal does not answer.
    """
    try:
        with reaching():
            async for event in client.get_workflow_handle(chain).fetch_history_events(
                page_size=1, rpc_timeout=PATIENCE
            ):
                begun = list(event.workflow_execution_started_event_attributes.input.payloads)
                return (await RunTrail(run="", begun_with=begun).start(client)).installation
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise EngineAwayError(f"Temporal does not answer: {error.message}") from error
    return ""


async def recall(client: Client, store: Store, registry: Registry, installation: str, chain: str) -> Healed:
    """Put a chain on record again: its plan, its start, its trail, its documents. Harmless when done twice.

    Raises:
        NotFoundError: Temporal knows no such chain (any more).
        RefusedError: it belongs to another installation.
        EngineAwayError: Temporal does not answer.
        StoreUnavailable: the records cannot be written.
    """
    start = await (await read(client, chain))[0].start(client)
    if start.installation != installation:
        raise RefusedError(f"{chain} belongs to the installation {start.installation!r}, not to {installation!r}")
    about = DocumentRef(system="chain", type="child", id=chain)
    parents = [route.chain for route in await store.routes(about)]
    event = registry.events.get(start.plan.start.event)
    fields = fields_of(start.plan, start.input, start.key, event.subject if event else "")
    request = _request(start, f"chain:{parents[0]}" if parents else SOURCE, fields)
    await store.record_start(request)
    healed = await heal(client, store, chain)
    subject = subject_of(event, request.input) if event else None
    if subject is not None:
        await store.correlate(subject, Route(chain=chain))
    await store.known_again(chain, SOURCE)
    return healed


def _request(start: ChainStart, source: str, fields: dict[str, Any]) -> StartRequest:
    return StartRequest(
        chain=start.chain, installation=start.installation, process=start.plan.process, key=start.key,
        plan_digest=start.plan.digest, plan=start.plan.model_dump(mode="json"), input=fields,
        source=source,
    )  # fmt: skip


def fields_of(plan: Plan, values: dict[str, Any], key: str, subject: str = "") -> dict[str, Any]:
    """Return the fields of the start event as far as they can be told from what a chain began with.

    What the definition reckons from a field, instead of taking it over, is lost; but ``subject``, the field that names
    the document the event is about, is also told by the document itself: ``opportunity_id`` by ``opportunity``.
    """
    fields: dict[str, Any] = {}
    for name, source in plan.start.input.items():
        path = _PATH.fullmatch(source.strip())
        if path and name in values:
            _put(fields, path[1].split(".")[1:], values[name])
    path = _PATH.fullmatch(plan.start.key.strip())
    if path:
        _put(fields, path[1].split(".")[1:], key)
    document = fields.get(subject.removesuffix("_id"))
    if subject and isinstance(document, dict) and isinstance(document.get("id"), str):
        fields.setdefault(subject, document["id"])
    return fields


def _put(fields: dict[str, Any], path: list[str], value: Any) -> None:
    inner: Any = fields
    for name in path[:-1]:
        inner = inner.setdefault(name, {})
        if not isinstance(inner, dict):
            return
    inner.setdefault(path[-1], value)
