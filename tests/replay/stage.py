"""Where chains are performed: a Temporal server, workers, and activities answered by each chain's stand-in."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from temporalio import activity
from temporalio.api.enums.v1 import EventType, IndexedValueType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, HeaderCodecBehavior, WorkflowHandle
from temporalio.common import RawValue
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker, WorkflowRunner

from activities.wire import data_converter
from ltc import devserver
from ltc.model.messages import NOTICES_QUEUE, Signed, call_queue
from ltc.model.signatures import sign
from workflows.chain import Chain
from workflows.header import TrailInterceptor
from workflows.runner import chain_runner

IDENTITY = "recorder"  # stands in every event of a task: the default would hold the machine's name
PRIVATE = hashlib.sha256(b"the key of recorded chains").digest()
PUBLIC = base64.b64encode(Ed25519PrivateKey.from_private_bytes(PRIVATE).public_key().public_bytes_raw()).decode()
CALLS = (NOTICES_QUEUE, *(call_queue(port) for port in ("crm", "customer", "erp", "chain")))
Answering = Callable[[activity.Info, dict[str, Any]], Awaitable[Any]]
S = TypeVar("S", bound=Signed)
OPENED = {
    EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED: 1, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: 1,
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED: -1, EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED: -1,
    EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED: -1, EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED: -1,
    EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT: -1, EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT: -1,
}  # fmt: skip
# After each of these the server has a workflow task begun, though not always in the same moment.
WAKING = (
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED, EventType.EVENT_TYPE_TIMER_FIRED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
)  # fmt: skip
CLOSED = (
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
)  # fmt: skip


def signed(message: S) -> S:
    """Return a message as our API would send it."""
    return message.model_copy(update={"signature": sign(message, PRIVATE)})


def at_rest(events: Sequence[HistoryEvent]) -> bool:
    """Tell whether nothing is in flight in a history, and all that came has been heard by a workflow task."""
    begun, woken = 0, 0
    for event in events:
        begun = event.event_id if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED else begun
        woken = event.event_id if event.event_type in WAKING else woken
    return woken < begun and sum(OPENED.get(event.event_type, 0) for event in events) == 0


@dataclass
class Stage:
    """A server with workers on it. ``answering`` holds who answers a chain's activities, by workflow id."""

    client: Client
    queue: str
    skipping: WorkflowEnvironment | None = None
    answering: dict[str, Answering] = field(default_factory=dict)

    async def settled(
        self, chain: str, patience: float = 20.0, after: HistoryEvent | None = None
    ) -> list[HistoryEvent]:
        """Wait until the newest run of a chain has closed or has nothing in flight; return its history.

        ``after``: its last event when it rested before; something has come since.

        Read from the history, not asked by query: a query would leave workflow tasks of its own in it.
        """
        handle: WorkflowHandle[Any, Any] = self.client.get_workflow_handle(chain)
        async with asyncio.timeout(patience):
            while True:
                events = list((await handle.fetch_history()).events)
                last = events[-1].event_type
                if last in CLOSED or (events[-1] != after and at_rest(events)):
                    return events
                await asyncio.sleep(0.01)

    async def pass_time(self, delay: timedelta) -> None:
        """Let time pass where it can be skipped; on a real server it does not."""
        if self.skipping is not None and delay > timedelta(0):
            await self.skipping.sleep(delay)

    async def _answer(self, request: Any) -> Any:
        info = activity.info()
        return await self.answering[info.workflow_id or ""](info, request)


async def _client(address: str) -> Client:
    return await Client.connect(
        address, data_converter=data_converter(), header_codec_behavior=HeaderCodecBehavior.CODEC, identity=IDENTITY
    )


@asynccontextmanager
async def on(
    client: Client, queue: str, *, skipping: WorkflowEnvironment | None = None, cached: int = 100,
    runner: WorkflowRunner | None = None,
) -> AsyncIterator[Stage]:  # fmt: skip
    """Run workers for the length of a block; with ``cached`` 0 every workflow task replays its chain anew."""
    stage = Stage(client, queue, skipping)

    @activity.defn(dynamic=True)
    async def call(args: Sequence[RawValue]) -> Any:
        return await stage._answer(activity.payload_converter().from_payload(args[0].payload))

    chains = Worker(
        client, task_queue=queue, workflows=[Chain], interceptors=[TrailInterceptor()], max_cached_workflows=cached,
        workflow_runner=runner or chain_runner(),
        debug_mode=True,  # the detector of deadlocks takes a busy machine for one
    )  # fmt: skip
    async with AsyncExitStack() as running:
        await running.enter_async_context(chains)
        for name in CALLS:
            await running.enter_async_context(
                Worker(client, task_queue=name, activities=[call], graceful_shutdown_timeout=timedelta(0))
            )
        yield stage


async def skipping_client(environment: WorkflowEnvironment) -> Client:
    """Connect to a time-skipping server as the engine does; chains' search attributes are made known to it."""
    client = await _client(environment.client.service_client.config.target_host)
    keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    wanted = dict.fromkeys(devserver.SEARCH_ATTRIBUTES, keyword)
    try:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=wanted)
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise
    return client


async def real_client(address: str) -> Client:
    """Connect to a real server as the engine does."""
    return await _client(address)
