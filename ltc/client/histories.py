"""Trail entries read back out of Temporal's histories: headers of activities, answers of Updates, a chain's result."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from ltc.model.messages import TRAIL_HEADER, Answer
from ltc.model.trail import Entry, unpack
from workflows.start_input import ChainResult, ChainStart


@dataclass
class RunTrail:
    """What the history of one run says: its entries by sequence number, when it began and which run came before."""

    run: str
    started: datetime | None = None
    previous: str = ""
    closed: bool = False
    entries: dict[int, Entry] = field(default_factory=dict)
    begun_with: list[Payload] = field(default_factory=list)

    async def start(self, client: Client) -> ChainStart:
        """Return what the run began with: plan, input, and for a later run the state of the one before."""
        found: ChainStart = (await client.data_converter.decode(self.begun_with, [ChainStart]))[0]
        return found


async def trails(client: Client, chain: str) -> list[RunTrail]:
    """Read the trails of all runs of a chain, oldest first. A run whose history is gone ends the list there.

    Raises:
        RPCError: Temporal does not answer, or knows no such chain.
    """
    found: list[RunTrail] = []
    run: str | None = None
    while True:
        try:
            trail = await read_run(client, client.get_workflow_handle(chain, run_id=run))
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND and found:
                break  # retention has passed over the earlier run
            raise
        found.append(trail)
        if not trail.previous:
            break
        run = trail.previous
    return found[::-1]


async def read_run(client: Client, handle: WorkflowHandle[object, object]) -> RunTrail:
    """Read the trail of one run out of its history."""
    run = handle.run_id or (await handle.describe()).run_id
    handle = client.get_workflow_handle(handle.id, run_id=run)
    trail = RunTrail(run=run)
    async for event in handle.fetch_history_events():
        await _read_event(client, trail, event)
    return trail


async def _read_event(client: Client, trail: RunTrail, event: HistoryEvent) -> None:
    kind = event.event_type
    if kind == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
        began = event.workflow_execution_started_event_attributes
        trail.started = event.event_time.ToDatetime(tzinfo=UTC)
        trail.previous = began.continued_execution_run_id
        trail.begun_with = list(began.input.payloads)
    elif kind == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
        header = event.activity_task_scheduled_event_attributes.header.fields
        if TRAIL_HEADER in header:
            payload = (await _decode(client, [header[TRAIL_HEADER]]))[0]
            _keep(trail, unpack(payload.data))
    elif kind == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
        outcome = event.workflow_execution_update_completed_event_attributes.outcome
        if outcome.HasField("success"):
            await _read_said(client, trail, outcome.success.payloads, Answer)
    elif kind == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
        result = event.workflow_execution_completed_event_attributes.result
        await _read_said(client, trail, result.payloads, ChainResult)


async def _read_said(
    client: Client, trail: RunTrail, payloads: Iterable[Payload], kind: type[Answer] | type[ChainResult]
) -> None:
    said = (await client.data_converter.decode(list(payloads), [kind]))[0]
    if isinstance(said, kind) and said.entries:
        _keep(trail, unpack(base64.b64decode(said.entries)))


def _keep(trail: RunTrail, entries: list[Entry]) -> None:
    for entry in entries:
        trail.entries[entry.seq] = entry


async def _decode(client: Client, payloads: list[Payload]) -> list[Payload]:
    codec = client.data_converter.payload_codec
    return await codec.decode(payloads) if codec else payloads
