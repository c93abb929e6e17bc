"""A workflow that computes without end on the event loop: its task fails, the worker goes on, the task is tried again."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.worker import Worker

from ltc.onloop import OnLoop

TRIES: list[str] = []


@workflow.defn(sandboxed=False)
class Endless:
    """Computes without end when it is first tried."""

    @workflow.run
    async def run(self) -> int:
        TRIES.append(workflow.info().workflow_id)
        while len(TRIES) == 1:
            pass
        return len(TRIES)


async def test_a_task_without_end_fails_and_is_tried_again(temporal: Client, queue: str) -> None:
    TRIES.clear()
    async with Worker(temporal, task_queue=queue, workflows=[Endless], workflow_task_executor=OnLoop(0.5, 0.1)):
        handle = await temporal.start_workflow(Endless.run, id=queue, task_queue=queue)
        assert await asyncio.wait_for(handle.result(), 60) >= 2
    history = await handle.fetch_history()
    failed = [one for one in history.events if one.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED]
    assert "computed for more than 0.5 s" in failed[0].workflow_task_failed_event_attributes.failure.message
