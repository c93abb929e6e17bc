"""One chain performed on a stage: its stand-in answers activities, and sends what comes later at its time."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from ltc.core import commands
from ltc.core.commands import CallDone, CallFailed, CancelRequested, Decide, EventArrived, Input, Intervene, Schedule
from ltc.core.stand_in import StandIn
from ltc.definition.plan import Retry
from ltc.model.clock import VirtualClock
from ltc.model.messages import Answer, Decision, Event
from tests.replay.scene import Act, Scene
from tests.replay.stage import CLOSED, PUBLIC, Stage, signed
from tests.support.chains import MONDAY, opportunity, setting
from workflows.chain import Chain
from workflows.start_input import ChainStart

A_MOMENT = timedelta(milliseconds=5)  # timers are late by a millisecond or two, never early


@dataclass
class Performance:
    """One chain. ``runs`` are its runs' ids, ``answers`` what it answered to people."""

    stage: Stage
    scene: Scene
    chain: str
    runs: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    now: datetime = MONDAY
    acts: int = 0
    _agenda: list[tuple[datetime, int, Input | Act]] = field(default_factory=list)
    _count: int = 0

    def __post_init__(self) -> None:
        self.deal = {**opportunity(self.scene.net), **self.scene.changes}
        self.world = StandIn(self.scene.script(), self.deal, plan=self.scene.plan())
        self.trouble = {*self.scene.hangs, *self.scene.flaky}
        self.handle: WorkflowHandle[Any, Any] = self.stage.client.get_workflow_handle(self.chain)

    # From the first event to the last

    async def play(self) -> list[HistoryEvent]:
        """Perform the chain to its end, or until it rests for good; return the history of its newest run."""
        await self.begin()
        return await self.go_on()

    async def begin(self) -> None:
        """Start the chain."""
        self.stage.answering[self.chain] = self._answer
        await self._read_clock()
        start = await self._start()
        first = await self.stage.client.start_workflow(Chain.run, start, id=self.chain, task_queue=self.stage.queue)
        self.runs.append(first.result_run_id or "")

    async def go_on(self) -> list[HistoryEvent]:
        """Let things happen, one after another, until none is left or the scene is over."""
        while True:
            events = await self.stage.settled(self.chain)
            if events[-1].event_type in CLOSED:
                return events
            if not await self.advance(events[-1]):
                return events

    async def advance(self, seen: HistoryEvent) -> bool:
        """Let the next thing happen to a chain at rest, whose history ended so; tell whether there was one."""
        state = await self.handle.query("state")
        await self._read_clock()
        self._plan_act(state)
        moments = [self._agenda[0][0]] if self._agenda else []
        timer = None
        if self.stage.skipping is not None and state["timer_at"]:
            timer = datetime.fromisoformat(state["timer_at"]) + A_MOMENT
            moments.append(timer)
        if not moments or min(moments) > MONDAY + self.scene.until:
            return False
        await self._wait_until(min(moments))
        if timer == min(moments):  # it has fired: the server tells so a moment later, and loses a task asked meanwhile
            await self.stage.settled(self.chain, after=seen)
        while self._agenda and self._agenda[0][0] <= self.now:
            await self.deliver(heapq.heappop(self._agenda)[2])
            if self._agenda and self._agenda[0][0] <= self.now:
                await self.stage.settled(self.chain)
        return True

    async def _start(self) -> ChainStart:
        plan = self.scene.plan()
        anchor = datetime.now(UTC) if self.stage.skipping is None else await self.stage.skipping.get_current_time()
        self.clock = VirtualClock(anchor_virtual=MONDAY, anchor_real=anchor, work_rate=1, idle_rate=1, offset=480)
        return ChainStart(
            installation="corpus", chain=self.chain, key="10248", plan=plan, windows=setting(plan).windows,
            clock=self.clock, input={"opportunity": self.deal}, requester="nancy", public_key=PUBLIC,
            ends_in_result=self.scene.ends_in_result,
        )  # fmt: skip

    # Time

    async def _read_clock(self) -> None:
        if self.stage.skipping is not None and self.runs:
            self.now = self.clock.to_virtual(await self.stage.skipping.get_current_time())

    async def _wait_until(self, moment: datetime) -> None:
        await self.stage.pass_time(moment - self.now)
        self.now = max(self.now, moment)

    def later(self, delay: timedelta, what: Input | Act) -> None:
        """Put something on the agenda."""
        self._count += 1
        heapq.heappush(self._agenda, (self.now + delay, self._count, what))

    def _plan_act(self, state: dict[str, Any]) -> None:
        if self.acts >= len(self.scene.acts):
            return
        act = self.scene.acts[self.acts]
        due = act.at == "rest" or (act.at == "held" and state["holds"])
        if due or any(one.startswith(act.at) for one in self.asked):
            self.acts += 1
            self.later(act.wait, act)

    # What the chain asks

    async def _answer(self, info: activity.Info, request: dict[str, Any]) -> Any:
        """Answer an activity; what comes later goes on the agenda."""
        name = info.activity_type
        self.asked.append(info.activity_id)
        if name in self.trouble:
            self.trouble.discard(name)
            if name in self.scene.hangs:
                await asyncio.Event().wait()
            raise ApplicationError(f"{name} is away", type="Unavailable")
        if self.stage.skipping is not None:
            self.now = self.clock.to_virtual(info.scheduled_time)
        await self._meanwhile(info.activity_id)
        command = Schedule(info.activity_id, name, info.task_queue, request, Retry())
        heard = self.world.respond(command, self.now)
        own = [event for _, event in heard if isinstance(event, (CallDone, CallFailed))]
        for delay, event in heard:
            if not isinstance(event, (CallDone, CallFailed)):
                self.later(delay, event)
        return _result(own)

    async def _meanwhile(self, activity: str) -> None:
        """Let what is to be done to the chain before an activity answers be done."""
        if self.acts < len(self.scene.acts) and self.scene.acts[self.acts].at == f"during {activity}":
            self.acts += 1
            await self.deliver(self.scene.acts[self.acts - 1])

    # What is said to the chain

    async def deliver(self, what: Input | Act) -> None:
        """Send something to the chain; a chain that has closed meanwhile does not hear it."""
        try:
            if isinstance(what, Act):
                await self._act(what)
            else:
                await self._say(what)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def _say(self, what: Input) -> None:
        if isinstance(what, EventArrived):
            await self.handle.signal(Chain.event, what.event)
        elif isinstance(what, Decide) and self.scene.signals:
            await self.handle.signal(Chain.decide_signal, signed(what.decision))
        elif isinstance(what, Decide):
            await self._update(Chain.decide, signed(what.decision))
        elif isinstance(what, commands.Act) and self.scene.signals:
            await self.handle.signal(Chain.act_signal, signed(what.act))
        elif isinstance(what, commands.Act):
            await self._update(Chain.act, signed(what.act))
        elif isinstance(what, Intervene):
            await self._update(Chain.intervene, signed(what.intervention))
        elif isinstance(what, CancelRequested):
            await self.handle.cancel()

    async def _update(self, update: Any, message: Any) -> None:
        try:
            self.answers.append(await self.handle.execute_update(update, message, id=message.id))
        except WorkflowUpdateFailedError:
            if (await self.stage.settled(self.chain))[-1].event_type not in CLOSED:
                raise

    async def _act(self, act: Act) -> None:
        if act.does == "intervene":
            if act.what.get("document"):
                self.world.books.order = dict(act.what["document"])  # the operator made it by hand
            await self._say(self.world.intervention(**act.what))
        elif act.does == "decide":
            await self._say(Decide(Decision.model_validate(await self._decision(act.what))))
        elif act.does == "event":
            await self._say(EventArrived(Event.model_validate({"at": self.now, **act.what})))
        elif act.does == "cancel":
            await self._say(CancelRequested())
        else:
            await self._repair(str(act.what.get("why", "terminated from outside")))

    async def _decision(self, what: dict[str, Any]) -> dict[str, Any]:
        """A decision on the open task, but for what is given."""
        state = await self.handle.query("state")
        task = next(task for task in reversed(state["tasks"].values()) if task["status"] in ("open", "opening"))
        person = (task["candidates"] or ["nobody"])[0]
        expires = "2099-01-01T00:00:00Z"
        plain = {"id": "D-1", "task": task["id"], "digest": task["digest"], "actor": person, "expires": expires}
        return {**plain, "decision": "approve", **what}

    async def _repair(self, why: str) -> None:
        """Cut the chain short from outside, then take it up again, as the sweep does."""
        await self.handle.terminate("cut short")
        pinned = await self.handle.query("pinned", result_type=ChainStart)
        start = pinned.model_copy(update={"repair": why})
        again = await self.stage.client.start_workflow(
            Chain.run, start, id=self.chain, task_queue=self.stage.queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        )  # fmt: skip
        self.runs.append(again.result_run_id or "")


def _result(own: Sequence[Input]) -> Any:
    for event in own:
        if isinstance(event, CallDone):
            return event.result
        if isinstance(event, CallFailed):
            raise ApplicationError(event.message, event.detail, type=event.error, non_retryable=True)
    return {}
