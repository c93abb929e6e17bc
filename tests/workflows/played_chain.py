"""Plays one chain on the time-skipping server: the stand-in answers its calls, and days pass between events."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, HeaderCodecBehavior, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.trail import LastEntries, flush
from activities.trail import TrailInterceptor as StoringTrail
from activities.wire import data_converter
from benchmarks.engine_contender import new_key
from ltc.core.commands import CallDone, Decide, EventArrived, Input, Schedule
from ltc.core.stand_in import Script, StandIn
from ltc.definition.plan import Plan, Retry
from ltc.model.clock import VirtualClock
from ltc.model.messages import CHAINS_QUEUE, NOTICES_QUEUE, Answer, Decision
from ltc.model.signatures import sign
from tests.support.chains import MONDAY, opportunity, window
from tests.workflows.history_count import Trail
from workflows.chain import Chain
from workflows.header import TrailInterceptor as RidingTrail
from workflows.runner import chain_runner
from workflows.start_input import ChainStart

OPENING = (EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
CLOSING = (EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED)


@dataclass
class Play:
    """A chain being played. ``agenda`` holds what will happen outside, by business time."""

    environment: WorkflowEnvironment
    plan: Plan
    script: Script
    clock: VirtualClock
    trail: Trail = field(default_factory=Trail)
    agenda: list[tuple[datetime, int, Input]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key = new_key()
        self.world = StandIn(self.script, opportunity())
        self._asked = 0

    # The calls

    def activities(self) -> dict[str, list[Callable[..., Any]]]:
        """Return the activities by queue; each asks the stand-in."""
        queues: dict[str, list[Callable[..., Any]]] = {NOTICES_QUEUE: [flush]}
        for name, operation in self.plan.operations.items():
            queues.setdefault(operation.queue, []).append(self._call(name, operation.queue))
        queues[NOTICES_QUEUE] += [self._call(name, NOTICES_QUEUE) for name in ("people.open_task", "people.notify")]
        return queues

    def _call(self, name: str, queue: str) -> Callable[..., Any]:
        @activity.defn(name=name)
        async def call(request: dict[str, Any]) -> Any:
            info = activity.info()
            now = self.clock.to_virtual(info.current_attempt_scheduled_time)
            (_, first), *later = self.world.respond(Schedule(info.activity_id, name, queue, request, Retry()), now)
            for delay, what in later:
                self._asked += 1
                heapq.heappush(self.agenda, (now + delay, self._asked, what))
            assert isinstance(first, CallDone), f"the script makes {name} fail, which this play does not act"
            return first.result

        return call

    # The course of things

    async def run(self) -> WorkflowHandle[Any, Any]:
        """Play the chain to its end; whatever is on the agenda meets it at rest."""
        async with self._workers() as client:
            handle = await client.start_workflow(
                Chain.run, self._start(), id="realistic_chain:10248", task_queue=CHAINS_QUEUE
            )
            await self._rested(handle)
            while self.agenda:
                moment, _, what = heapq.heappop(self.agenda)
                await self._sleep_until(moment)
                await self._rested(handle)
                await self._happen(handle, what)
                await self._rested(handle)
            result = await asyncio.wait_for(handle.result(), 30)
            await self.trail.told()
        assert result.outcome == "completed"
        return handle

    @asynccontextmanager
    async def _workers(self) -> AsyncIterator[Client]:
        client = await self.environment.connect_client(
            data_converter=data_converter(), header_codec_behavior=HeaderCodecBehavior.CODEC
        )
        storing, last = StoringTrail(self.trail), LastEntries(self.trail)
        async with AsyncExitStack() as running:
            chains = Worker(
                client,
                task_queue=CHAINS_QUEUE,
                workflows=[Chain],
                interceptors=[RidingTrail()],
                workflow_runner=chain_runner(last.take),
            )
            await running.enter_async_context(chains)
            for queue, calls in self.activities().items():
                worker = Worker(client, task_queue=queue, activities=calls, interceptors=[storing])
                await running.enter_async_context(worker)
            yield client

    def _start(self) -> ChainStart:
        return ChainStart(
            installation="test", chain="realistic_chain:10248", key="10248", plan=self.plan,
            windows={"cn": window("cn")}, clock=self.clock, input={"opportunity": self.world.opportunity},
            requester="nancy", public_key=self.key.public, ends_in_result=True,
        )  # fmt: skip

    async def _sleep_until(self, moment: datetime) -> None:
        left = self.clock.to_real(moment) - await self.environment.get_current_time()
        if left > timedelta():
            await self.environment.sleep(left)

    async def _rested(self, handle: WorkflowHandle[Any, Any]) -> None:
        """Wait until nothing is in flight: what comes next then meets the chain alone, every time."""
        for _ in range(10_000):
            # This server tells no pending workflow task; each look at the history is a round trip.
            seen = Counter([event.event_type async for event in handle.fetch_history_events()])
            if sum(seen[kind] for kind in OPENING) == sum(seen[kind] for kind in CLOSING):
                return
        raise AssertionError("the chain does not come to rest")

    async def _happen(self, handle: WorkflowHandle[Any, Any], what: Input) -> None:
        if isinstance(what, EventArrived):
            await handle.signal(Chain.event, what.event)
            return
        assert isinstance(what, Decide)
        answer: Answer = await handle.execute_update(Chain.decide, self._signed(what.decision))
        assert answer.status == "accepted", answer

    def _signed(self, decision: Decision) -> Decision:
        return decision.model_copy(update={"signature": sign(decision, self.key.private)})


async def play(environment: WorkflowEnvironment, plan: Plan, script: Script) -> tuple[WorkflowHandle[Any, Any], Trail]:
    """Play one chain that begins on a Monday at nine in the morning, whatever day it is."""
    clock = VirtualClock(
        anchor_virtual=MONDAY, anchor_real=await environment.get_current_time(), work_rate=1, idle_rate=1, offset=480
    )
    one = Play(environment, plan, script, clock)
    return await one.run(), one.trail
