"""Runs one chain under fixed names and counts it, so that two ways to run a chain compare to the byte."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, HeaderCodecBehavior, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from activities.wire import data_converter
from benchmarks.count import Counts, count_run
from benchmarks.engine_contender import EngineContender, workers
from benchmarks.yardstick import Yardstick, activities, order
from ltc import devserver
from ltc.model.trail import Entry, Kind
from ltc.ports.store import Appended

IDENTITY = "ltc"  # stands in every task's events: the default would hold the machine's name


async def client_of(server: devserver.DevServer) -> Client:
    """Connect under the fixed identity, as one would by hand."""
    return await Client.connect(server.address, data_converter=pydantic_data_converter, identity=IDENTITY)


async def engine_client_of(server: devserver.DevServer) -> Client:
    """Connect under the fixed identity, with the engine's converter and its codec on headers."""
    return await Client.connect(
        server.address,
        data_converter=data_converter(),
        header_codec_behavior=HeaderCodecBehavior.CODEC,
        identity=IDENTITY,
    )


async def rested(handle: WorkflowHandle[Any, Any], activities: int) -> None:
    """Wait until so many activities have completed and the workflow task after them, too.

    A decision sent from then on meets a chain at rest: it costs a workflow task of its own, every time.
    """
    done = 0
    async for event in handle.fetch_history_events(wait_new_event=True):
        done += event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED
        if done == activities and event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            return
    raise AssertionError(f"the workflow ended after {done} activities instead of resting after {activities}")


@asynccontextmanager
async def yardstick_worker(client: Client, queue: str) -> AsyncIterator[Worker]:
    """A worker for yardstick chains."""
    calls = activities(lambda _: None)
    async with Worker(client, task_queue=queue, workflows=[Yardstick], activities=calls) as worker:
        yield worker


async def count_yardstick(server: devserver.DevServer, chain: str, queue: str) -> Counts:
    """Run one yardstick chain, decided when it rests, and count it."""
    client = await client_of(server)
    async with yardstick_worker(client, queue):
        handle = await client.start_workflow(Yardstick.run, order(1), id=chain, task_queue=queue)
        await rested(handle, activities=5)
        assert await handle.execute_update(Yardstick.approve, "approve") == "accepted"
        await handle.result()
    return await count_run(client, chain)


@dataclass
class Trail:
    """What reached the records of a chain's trail, by sequence number."""

    entries: dict[int, Entry] = field(default_factory=dict)
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def append(self, chain: str, run: str, entries: Sequence[Entry], started: datetime | None = None) -> Appended:
        self.entries.update({entry.seq: entry for entry in entries})
        if any(entry.kind == Kind.ENDED for entry in entries):
            self._ended.set()
        return Appended(inserted=len(entries))

    async def missing(self, chain: str) -> list[tuple[int, int]]:
        return []

    async def told(self) -> None:
        """Wait until the end is on record: it is told when Temporal has taken it, a moment after the result is there."""
        await asyncio.wait_for(self._ended.wait(), 30)


async def count_engine(server: devserver.DevServer) -> tuple[Counts, Trail]:
    """Run the same chain on the engine, decided when it rests, and count it."""
    client, trail, way = await engine_client_of(server), Trail(), EngineContender()
    asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    async with AsyncExitStack() as running:
        for worker in workers(client, trail, asked.put_nowait):
            await running.enter_async_context(worker)
        handle = await way.start(client, 1)
        request = await asyncio.wait_for(asked.get(), 30)
        await rested(handle, activities=5)
        assert await way.approve(client, request)
        result = await asyncio.wait_for(handle.result(), 30)
        await trail.told()
    assert result.outcome == "completed"
    return await count_run(client, handle.id), trail
