"""Replays histories as a worker would, and takes down every step that the core is led through."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.common import HeaderCodecBehavior
from temporalio.worker import Replayer, WorkflowRunner

from activities.wire import data_converter
from ltc.core import machine
from ltc.core.commands import Command, Input
from ltc.core.state import State, dump
from ltc.core.turn import Setting
from ltc.model.messages import Answer
from ltc.model.trail import Entry
from workflows.chain import Chain
from workflows.header import TrailInterceptor
from workflows.runner import chain_runner

# What a workflow task leaves in the history right after its completion.
_LEFT_BEHIND = {
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_TIMER_CANCELED, EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
    EventType.EVENT_TYPE_MARKER_RECORDED,
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One step of the core. ``task``: the id of the event that started its workflow task. ``state``: after it."""

    task: int
    setting: Setting
    event: Input
    now: datetime
    wall: datetime
    commands: list[Command]
    answer: Answer | None
    entries: list[Entry]
    state: dict[str, Any]

    @property
    def resting(self) -> bool:
        """Whether nothing is in flight after it: the chain waits for somebody, or for time to pass."""
        return not self.state["flights"] and self.state["status"] != "ended"

    @property
    def standing(self) -> str:
        """Where the chain stands: two rests that differ only in time and in what was read stand the same."""
        state = self.state
        tokens = [(one["id"], one["node"], one["status"]) for one in state["tokens"].values()]
        legs = [(name, leg["status"], leg["visit"]) for name, leg in state["legs"].items()]
        holds = [(hold["scope"], hold["reason"]) for hold in state["holds"]]
        tasks = [(task["id"], task["at"], task["status"], len(task["approvals"])) for task in state["tasks"].values()]
        clocks = [(clock["id"], clock["warned"], clock["breached"], clock["rungs"]) for clock in state["slas"].values()]
        return repr((state["status"], tokens, legs, holds, tasks, clocks))


@dataclass
class Taken:
    """What was taken down, by the id of the history."""

    steps: dict[str, list[Step]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


@contextmanager
def taking_down() -> Iterator[Taken]:
    """Take down every step of the core that workflows go through within the block."""
    taken, step = Taken(), machine.step

    def noted(setting: Setting, state: State, event: Input, now: datetime, wall: datetime) -> Any:
        before, info = state.seq, workflow.info()
        state, commands, answer = step(setting, state, event, now, wall)
        entries = [entry for entry in state.undelivered if entry.seq > before]
        task = info.get_current_history_length()
        taken.steps.setdefault(info.workflow_id, []).append(
            Step(task, setting, event, now, wall, list(commands), answer, entries, dump(state))
        )
        return state, commands, answer

    machine.step = noted
    try:
        yield taken
    finally:
        machine.step = step


def replayer(runner: WorkflowRunner | None = None) -> Replayer:
    """Return a replayer set up as the worker of chains is (``ltc.running``)."""
    return Replayer(
        workflows=[Chain], interceptors=[TrailInterceptor()], data_converter=data_converter(),
        header_codec_behavior=HeaderCodecBehavior.CODEC, workflow_runner=runner or chain_runner(),
        debug_mode=True,  # the detector of deadlocks takes a busy machine for one
    )  # fmt: skip


async def replay(histories: Iterable[WorkflowHistory], runner: WorkflowRunner | None = None) -> dict[str, str]:
    """Replay histories; return what failed, by the id of the history."""
    failures: dict[str, str] = {}

    async def each() -> AsyncIterator[WorkflowHistory]:
        for history in histories:
            yield history

    async with replayer(runner).workflow_replay_iterator(each()) as results:
        async for result in results:
            if result.replay_failure is not None:
                failures[result.history.workflow_id] = str(result.replay_failure)
    return failures


def waits(run: list[Step]) -> list[Step]:
    """Return the rests of a run, each where its workflow task ended, and each standing once."""
    last = {step.task: step for step in run}
    found: dict[str, Step] = {}
    for step in last.values():
        if step.resting:
            found.setdefault(step.standing, step)
    return list(found.values())


def whole_at(history: WorkflowHistory, task: int) -> bool:
    """Tell whether a history holds the end of the workflow task that ``task`` started: only there can it be cut."""
    return len(history.events) > task


def cut(history: WorkflowHistory, task: int) -> WorkflowHistory:
    """Return a history as it stood when the workflow task that ``task`` started had been completed."""
    events = list(history.events)
    end = task + 1  # events count from one: this is the index behind the task's completion
    assert events[end - 1].event_id == task + 1
    while end < len(events) and events[end].event_type in _LEFT_BEHIND:
        end += 1
    return WorkflowHistory(f"{history.workflow_id}@{task}", events[:end])
