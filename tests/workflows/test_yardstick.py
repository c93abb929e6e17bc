"""The yardstick keeps its counts: it must grow neither fat nor thin, or every comparison with it is worth nothing."""

import json
from datetime import timedelta
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from benchmarks.count import actions, count, count_run
from benchmarks.yardstick import LEGS, Yardstick, order
from ltc.devserver import DevServer
from tests.workflows.history_count import count_yardstick, rested, yardstick_worker


async def test_the_yardstick_costs_what_it_always_cost(dev_server: DevServer) -> None:
    counts = await count_yardstick(dev_server, "SO-yardstick", "yardstick")

    assert counts.kinds == {
        "ACTIVITY_TASK_COMPLETED": 9,
        "ACTIVITY_TASK_SCHEDULED": 9,
        "ACTIVITY_TASK_STARTED": 9,
        "TIMER_CANCELED": 6,
        "TIMER_STARTED": 6,
        "WORKFLOW_EXECUTION_COMPLETED": 1,
        "WORKFLOW_EXECUTION_STARTED": 1,
        "WORKFLOW_EXECUTION_UPDATE_ACCEPTED": 1,
        "WORKFLOW_EXECUTION_UPDATE_COMPLETED": 1,
        "WORKFLOW_TASK_COMPLETED": 11,
        "WORKFLOW_TASK_SCHEDULED": 11,
        "WORKFLOW_TASK_STARTED": 11,
    }
    assert (counts.events, counts.tasks, counts.actions) == (76, 11, 17)
    # Numbers in the history are of varying length; the size moves by some bytes from run to run.
    assert counts.bytes == pytest.approx(11_620, abs=80)


async def test_the_yardstick_is_decided_once_and_answers_where_it_stands(temporal: Client, queue: str) -> None:
    async with yardstick_worker(temporal, queue):
        handle = await temporal.start_workflow(Yardstick.run, order(1), id=queue, task_queue=queue)
        await rested(handle, activities=5)
        assert await handle.query(Yardstick.stage) == "approval (asked)"
        with pytest.raises(WorkflowUpdateFailedError):
            await handle.execute_update(Yardstick.approve, "perhaps")
        assert await handle.execute_update(Yardstick.approve, "approve") == "accepted"
        assert await handle.result() == {"outcome": "completed", "decision": "approve", "documents": 9}
        assert await handle.query(Yardstick.stage) == "completed"


async def test_an_hour_without_a_decision_is_late(time_skipping: WorkflowEnvironment, queue: str) -> None:
    async with yardstick_worker(time_skipping.client, queue):
        handle = await time_skipping.client.start_workflow(Yardstick.run, order(1), id=queue, task_queue=queue)
        while await handle.query(Yardstick.stage) != "approval (asked)":
            pass  # each query is a round trip; this server cannot be asked to wait for new events
        await time_skipping.sleep(timedelta(minutes=61))
        assert await handle.query(Yardstick.stage) == "approval (asked) (late)"
        await handle.execute_update(Yardstick.approve, "approve")
        assert (await handle.result())["outcome"] == "completed"


def test_the_work_is_six_legs_and_nine_activities_on_an_order_of_450_bytes() -> None:
    assert list(LEGS) == ["lead", "order", "approval", "shipment", "invoice", "collection"]
    assert [len(steps) for steps in LEGS.values()] == [2, 1, 2, 1, 2, 1]
    assert 430 <= len(json.dumps(order(7), separators=(",", ":"))) <= 480


def _event(kind: EventType.ValueType, **attributes: dict[str, Any]) -> HistoryEvent:
    event = HistoryEvent(event_type=kind)
    for name, values in attributes.items():
        getattr(event, name).MergeFrom(type(getattr(event, name))(**values))
    return event


def test_retries_and_markers_are_actions_and_local_activities_of_one_task_are_one() -> None:
    local = {"marker_name": "core_local_activity"}
    events = [
        _event(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED),
        _event(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED),
        _event(EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED, activity_task_started_event_attributes={"attempt": 3}),
        _event(
            EventType.EVENT_TYPE_MARKER_RECORDED,
            marker_recorded_event_attributes={**local, "workflow_task_completed_event_id": 4},
        ),
        _event(
            EventType.EVENT_TYPE_MARKER_RECORDED,
            marker_recorded_event_attributes={**local, "workflow_task_completed_event_id": 4},
        ),
        _event(
            EventType.EVENT_TYPE_MARKER_RECORDED,
            marker_recorded_event_attributes={**local, "workflow_task_completed_event_id": 9},
        ),
        _event(EventType.EVENT_TYPE_MARKER_RECORDED, marker_recorded_event_attributes={"marker_name": "core_patch"}),
        _event(EventType.EVENT_TYPE_TIMER_STARTED),
        _event(EventType.EVENT_TYPE_TIMER_CANCELED),
        _event(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED),
    ]

    assert actions(events) == 1 + 1 + 2 + 2 + 1 + 1 + 1
    assert count(events, 99).bytes == 99


async def test_a_running_workflow_is_not_counted(temporal: Client, queue: str) -> None:
    handle = await temporal.start_workflow(Yardstick.run, order(1), id=queue, task_queue=queue)
    try:
        with pytest.raises(ValueError, match="still runs"):
            await count_run(temporal, queue)
    finally:
        await handle.terminate()
