"""Counts what a finished workflow cost: events, workflow tasks, billable actions, bytes of history.

Billable actions follow the documented rules of Temporal Cloud (docs.temporal.io/evaluate/cloud/actions) as far as a
history shows them: queries, heartbeats and rejected updates leave no event and are not in the count.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

_LOCAL_ACTIVITY = "core_local_activity"
# One action for each such event. A marker of local activities is counted apart: all of one task together are one.
_BILLED = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
        EventType.EVENT_TYPE_TIMER_STARTED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
        EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
        EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED,
        EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
        EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
        EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
        EventType.EVENT_TYPE_NEXUS_OPERATION_SCHEDULED,
    }
)


@dataclass(frozen=True)
class Counts:
    """What one run cost.

    Attributes:
        events: events in the history.
        tasks: workflow tasks completed.
        actions: billable actions.
        bytes: size of the history as the server accounts for it (0: not asked).
        event_bytes: sum of the serialised events.
        kinds: how many events of each type, by its short name.
    """

    events: int
    tasks: int
    actions: int
    bytes: int
    event_bytes: int
    kinds: dict[str, int]


def _short(event: HistoryEvent) -> str:
    return EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")


def actions(events: Iterable[HistoryEvent]) -> int:
    """Return the billable actions that the events show, retries of activities included."""
    total = 0
    tasks_with_local_activities: dict[int, bool] = {}
    for event in events:
        if event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED:
            marker = event.marker_recorded_event_attributes
            if marker.marker_name == _LOCAL_ACTIVITY:
                tasks_with_local_activities[marker.workflow_task_completed_event_id] = True
            else:
                total += 1
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
            total += event.activity_task_started_event_attributes.attempt - 1
        else:
            total += event.event_type in _BILLED
    return total + len(tasks_with_local_activities)


def count(events: Iterable[HistoryEvent], history_bytes: int = 0) -> Counts:
    """Count a history; `history_bytes` is the server's own figure, when known."""
    listed = list(events)
    kinds = Counter(_short(event) for event in listed)
    return Counts(
        events=len(listed),
        tasks=kinds["WORKFLOW_TASK_COMPLETED"],
        actions=actions(listed),
        bytes=history_bytes,
        event_bytes=sum(event.ByteSize() for event in listed),
        kinds=dict(sorted(kinds.items())),
    )


async def count_run(client: Client, workflow_id: str, run_id: str | None = None) -> Counts:
    """Count a finished run: its history, and the size that the server reports for it.

    Raises:
        RPCError: there is no such workflow.
        ValueError: it still runs, so that its counts are not final.
    """
    handle = client.get_workflow_handle(workflow_id, run_id=run_id)
    description = await handle.describe()
    if description.close_time is None:
        raise ValueError(f"{workflow_id} still runs; count it when it has ended")
    info = description.raw_description.workflow_execution_info
    return count([event async for event in handle.fetch_history_events()], info.history_size_bytes)
