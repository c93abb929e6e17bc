"""What only Temporal knows about chains: calls under way, failing workflow tasks, who polls which queue."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, PendingActivityState, TaskQueueType, WorkflowExecutionStatus
from temporalio.api.failure.v1 import Failure
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflow.v1 import PendingActivityInfo, PendingWorkflowTaskInfo
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryReverseRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from ltc.model.messages import CHAINS_QUEUE
from ltc.store.stuck_facts import EngineFacts, PendingActivity, TaskFailure

AT_ONCE = 16
POLL = timedelta(seconds=75)  # a poll lasts up to 60 s: whoever has not asked since is gone
LATEST = 10  # events looked at for the cause of a failing workflow task
PATIENCE = timedelta(seconds=5)
_ALIVE = (
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING,
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED,
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW,
)


async def engine_facts(client: Client, chains: Iterable[str], queues: Iterable[str]) -> EngineFacts:
    """Ask Temporal about some chains and about the queues they use.

    Raises:
        RPCError: Temporal does not answer.
    """
    gate = asyncio.Semaphore(AT_ONCE)
    described = await asyncio.gather(*(_describe(client, gate, chain) for chain in chains))
    pending: list[PendingActivity] = []
    failures: list[TaskFailure] = []
    for chain, found in described:
        if found is None:
            failures.append(TaskFailure(chain=chain, cause="Temporal does not know this chain", kind="lost"))
            continue
        failures += _cut_short(chain, found)
        pending += [_pending(chain, one) for one in found.pending_activities]
        task = found.pending_workflow_task
        if found.HasField("pending_workflow_task") and task.attempt > 1:
            failures.append(await _failure(client, chain, found, task))
    names = dict.fromkeys([CHAINS_QUEUE, *queues])
    counts = await asyncio.gather(*(pollers(client, queue) for queue in names))
    return EngineFacts(pending=pending, failures=failures, pollers=dict(zip(names, counts, strict=True)))


async def pollers(client: Client, queue: str) -> int:
    """Return how many pollers asked for work on a queue lately.

    Raises:
        RPCError: Temporal does not answer.
    """
    return len(await pollers_named(client, queue))


async def pollers_named(client: Client, queue: str) -> list[str]:
    """Return the names of those who asked for work on a queue lately.

    Raises:
        RPCError: Temporal does not answer.
    """
    kind = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW if queue == CHAINS_QUEUE else TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind, report_pollers=True
        ),
        timeout=PATIENCE,
    )
    since = datetime.now(UTC) - POLL
    return [one.identity for one in answer.pollers if one.last_access_time.ToDatetime(tzinfo=UTC) >= since]


async def _describe(
    client: Client, gate: asyncio.Semaphore, chain: str
) -> tuple[str, DescribeWorkflowExecutionResponse | None]:
    async with gate:
        try:
            described = await client.get_workflow_handle(chain).describe(rpc_timeout=PATIENCE)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return chain, None
            raise
        return chain, described.raw_description


def _cut_short(chain: str, found: DescribeWorkflowExecutionResponse) -> list[TaskFailure]:
    """Chains end by completing: whatever else closed one came from outside."""
    info = found.workflow_execution_info
    if info.status in _ALIVE:
        return []
    status = WorkflowExecutionStatus.Name(info.status).removeprefix("WORKFLOW_EXECUTION_STATUS_").lower()
    cause, closed = f"{status} from outside", _instant(info.close_time)
    return [TaskFailure(chain=chain, cause=cause, since=closed, kind="cut_short")]


def _pending(chain: str, one: PendingActivityInfo) -> PendingActivity:
    waiting = one.state == PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED and one.attempt > 1
    return PendingActivity(
        chain=chain,
        id=one.activity_id,
        operation=one.activity_type.name,
        queue=one.activity_options.task_queue.name,
        attempt=one.attempt,
        last_error=_said(one.last_failure),
        next_try=_instant(one.next_attempt_schedule_time) if waiting else None,
        scheduled=_instant(one.scheduled_time),
    )


async def _failure(
    client: Client, chain: str, described: DescribeWorkflowExecutionResponse, task: PendingWorkflowTaskInfo
) -> TaskFailure:
    execution = described.workflow_execution_info.execution
    request = GetWorkflowExecutionHistoryReverseRequest(
        namespace=client.namespace,
        execution=WorkflowExecution(workflow_id=chain, run_id=execution.run_id),
        maximum_page_size=LATEST,
    )
    answer = await client.workflow_service.get_workflow_execution_history_reverse(request, timeout=PATIENCE)
    cause, since = "the workflow task fails", _instant(task.original_scheduled_time)
    for event in answer.history.events:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
            cause = _said(event.workflow_task_failed_event_attributes.failure) or cause
            since = _instant(event.event_time) or since
            break
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
            cause = "the workflow task is not answered in time"
            break
    return TaskFailure(chain=chain, cause=cause, attempt=task.attempt, since=since)


def _said(failure: Failure) -> str:
    return failure.message[:300]


def _instant(stamp: Timestamp) -> datetime | None:
    return stamp.ToDatetime(tzinfo=UTC) if stamp.seconds else None
