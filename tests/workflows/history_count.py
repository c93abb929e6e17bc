"""Runs one chain under fixed names and counts it, so that two ways to run a chain compare to the byte."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from benchmarks.count import Counts, count_run
from benchmarks.yardstick import Yardstick, activities, order
from ltc import devserver

IDENTITY = "ltc"  # stands in every task's events: the default would hold the machine's name


async def client_of(server: devserver.DevServer) -> Client:
    """Connect under the fixed identity."""
    return await Client.connect(server.address, data_converter=pydantic_data_converter, identity=IDENTITY)


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
