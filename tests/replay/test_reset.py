"""Chains on a real server, reset to each of their rests: the present code takes the open history up and ends it."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from temporalio import activity
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import ResetReapplyExcludeType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import WorkflowHistory

from ltc.core.commands import CallDone, CallFailed, CancelRequested, Decide, EventArrived, Input, Intervene
from ltc.devserver import DevServer
from tests.replay.continuing import FREE
from tests.replay.paths import path
from tests.replay.performance import Performance, _result
from tests.replay.replaying import Step, replay, taking_down, waits
from tests.replay.scene import Scene, held, script
from tests.replay.stage import Stage, on, real_client

SAID = (EventArrived, Decide, Intervene, CancelRequested)
AFRESH = [
    ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL, ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_UPDATE,
    ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_CANCEL_REQUEST,
]  # fmt: skip
SCENES = (
    Scene("approved, shipped in parts", "lead_to_cash", lambda: script({"parts": [40, 60]}), net=800_000, real=True),
    Scene("sent back", "lead_to_cash", lambda: script({"decisions": [("manager", "send_back")]}), net=250_000, real=True),
    Scene("held and retried", "lead_to_cash", lambda: script({"refuse": {"erp.confirm_order": ["out_of_stock"]}}),
          (held("retry"),), real=True),
)  # fmt: skip


@dataclass
class Again(Performance):
    """The same chain, taken up at a rest: what it heard after that comes again, in its order."""

    after: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.heard: dict[str, deque[Input]] = {}
        for step in self.after:
            if isinstance(step.event, (CallDone, CallFailed)):
                self.heard.setdefault(step.event.id, deque()).append(step.event)
        self.stage.answering[self.chain] = self._repeat

    async def take_up(self) -> None:
        """Say everything that was said, each when the chain has come to rest."""
        for step in self.after:
            if isinstance(step.event, SAID):
                await self.stage.settled(self.chain)
                await self.deliver(step.event)
        await self.stage.settled(self.chain)

    async def _repeat(self, info: activity.Info, request: dict[str, Any]) -> Any:
        heard = self.heard.get(info.activity_id)
        if not heard:
            assert info.activity_type in FREE, f"{info.activity_id} was never asked before"
            return {}
        return _result([heard.popleft()])


@pytest.fixture(scope="module")
async def stage(dev_server: DevServer) -> AsyncIterator[Stage]:
    async with on(await real_client(dev_server.address), f"reset-{uuid.uuid4().hex[:8]}") as stage:
        yield stage


async def _steps(performance: Performance) -> list[Step]:
    events = (await performance.handle.fetch_history()).events
    with taking_down() as taken:
        assert await replay([WorkflowHistory("one", list(events))]) == {}
    return taken.steps["one"]


def _after(steps: list[Step], cut: Step) -> list[Step]:
    """What comes again after a reset: an Update of the task itself too, which is taken when the task completes."""
    same = [step for step in steps if step.task == cut.task and isinstance(step.event, (Decide, Intervene))]
    return [*same, *steps[steps.index(cut) + 1 :]]


async def _reset(performance: Performance, task: int) -> None:
    """Reset the chain to just before a workflow task completed."""
    client = performance.stage.client
    await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=performance.chain, run_id=performance.runs[0]),
            reason="taken up on the present code",
            workflow_task_finish_event_id=task + 1,
            request_id=uuid.uuid4().hex,
            reset_reapply_exclude_types=AFRESH,
        )
    )


@pytest.mark.parametrize("scene", SCENES, ids=[scene.name for scene in SCENES])
async def test_a_chain_reset_to_each_of_its_rests_ends_as_it_did(stage: Stage, scene: Scene) -> None:
    first = Performance(stage, scene, f"reset:{scene.name}:{uuid.uuid4().hex[:8]}")
    await first.play()
    steps = await _steps(first)
    cuts = waits(steps)
    assert cuts
    for cut in cuts:
        again = Again(stage, scene, first.chain, runs=first.runs, after=_after(steps, cut))
        await _reset(first, cut.task)
        await again.take_up()
        repeated = await _steps(again)
        assert repeated[-1].state["outcome"] == steps[-1].state["outcome"]
        assert path(entry for step in repeated for entry in step.entries) == path(
            entry for step in steps for entry in step.entries
        )
