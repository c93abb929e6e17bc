"""The Chain workflow: a thin shell that feeds the pure core and carries out its commands."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from ltc.core import commands, machine
    from ltc.core.state import dump, load
    from ltc.core.turn import Setting
    from ltc.model.ids import canonical
    from ltc.model.messages import Answer
    from ltc.model.trail import pack_within

    from workflows.doors import Doors
    from workflows.landing import landed
    from workflows.start_input import ChainResult, ChainStart

STATE_KEY = SearchAttributeKey.for_keyword("LtcState")
LEG_KEY = SearchAttributeKey.for_keyword("LtcLeg")
# An activity input of 3 MB makes the server terminate the chain; a workflow task as a whole takes 4 MB.
MOST_INPUT_BYTES, MOST_TASK_BYTES = 512_000, 2_000_000
# Past these a chain at rest goes on as a new run.
MOST_EVENTS, MOST_BYTES, MOST_UPDATES = 4_000, 4_000_000, 1_000
TICK = timedelta(milliseconds=1)


@workflow.defn(name="Chain")
class Chain(Doors):
    """One deal on its way from lead to cash."""

    @workflow.init
    def __init__(self, start: ChainStart) -> None:
        self.start = start
        self.setting = Setting(start.plan, start.windows, start.clock, start.keeps_early, start.ends_in_result)
        if start.state is not None:
            self.state = load(start.state)
        else:
            self.state = machine.begin(
                self.setting,
                chain=start.chain,
                installation=start.installation,
                requester=start.requester,
                values=start.input,
            )
        self.inbox: list[commands.Input] = []
        self.finish: commands.Finish | None = None
        self.timer: asyncio.Task[None] | None = None
        self.updates = 0
        self.begun = False
        self.cancelled = False
        self.task_bytes = (0, 0)

    @workflow.run
    async def run(self, start: ChainStart) -> ChainResult:
        """Feed the core until it has ended; go on as a new run when this one has grown too long."""
        self._begin()
        while self.finish is None:
            try:
                await workflow.wait_condition(self._called)
            except asyncio.CancelledError:
                if workflow.cancellation_reason() is None:
                    raise  # nobody cancelled the chain: the worker drops it from its cache
            self._hear_cancel()
            self._drain()
            if self._too_long():
                again = {"state": dump(self.state), "repair": ""}  # what was taken up again is not so anew
                workflow.continue_as_new(self.start.model_copy(update=again))
        return ChainResult(outcome=self.finish.outcome, reason=self.finish.reason, entries=self._last_entries())

    def _begin(self) -> None:
        """Begin, before anything else is heard: signals and Updates can come with the first workflow task."""
        if self.begun:
            return
        self.begun = True
        first = self.start.state is None
        self.inbox.insert(0, commands.Started() if first else commands.Resumed(self.start.repair))
        self._drain()

    def _called(self) -> bool:
        return bool(self.inbox) or self.finish is not None or self._cancel_unheard() or self._too_long()

    def _cancel_unheard(self) -> bool:
        return not self.cancelled and workflow.cancellation_reason() is not None

    def _hear_cancel(self) -> None:
        """Temporal's cancel, read as a fact: the exception alone can be swallowed when an activity ends with it."""
        if self._cancel_unheard():
            self.cancelled = True
            self.inbox.append(commands.CancelRequested())

    def _drain(self) -> None:
        while self.inbox:
            self._feed(self.inbox.pop(0))

    def _feed(self, event: commands.Input) -> Answer | None:
        wall = workflow.now().astimezone(UTC)
        now = self.start.clock.to_virtual(wall) if self.start.clock else wall
        if isinstance(event, commands.Tick) and event.at is not None:
            now = max(now, event.at)
        self.state, wanted, answer = machine.step(self.setting, self.state, event, now, wall)
        for command in wanted:
            self._carry_out(command, wall)
        return answer

    # Commands

    def _carry_out(self, command: commands.Command, wall: datetime) -> None:
        if isinstance(command, commands.Schedule):
            self._schedule(command)
        elif isinstance(command, commands.Arm):
            real = self.start.clock.to_real(command.at) if self.start.clock else command.at
            if self.timer is not None:
                self.timer.cancel()
            self.timer = asyncio.create_task(self._sleep(max(real - wall, TICK) + TICK, command.at))
        elif isinstance(command, commands.Rest):
            workflow.upsert_search_attributes([STATE_KEY.value_set(command.state), LEG_KEY.value_set(command.leg)])
        elif isinstance(command, commands.Repin):
            self.start = self.start.model_copy(update={"plan": command.plan, "windows": command.windows})
            self.setting = replace(self.setting, plan=command.plan, windows=command.windows)
        else:
            self.finish = command

    async def _sleep(self, delay: timedelta, at: datetime) -> None:
        await workflow.sleep(delay)
        self.timer = None
        self.inbox.append(commands.Tick(at))

    def _schedule(self, command: commands.Schedule) -> None:
        if self._too_large(command.payload):
            self.inbox.append(commands.CallFailed(command.id, "TooLarge", "the arguments are too large to be sent"))
            return
        retry = command.retry
        handle = workflow.start_activity(
            command.name,
            command.payload,
            activity_id=command.id,
            task_queue=command.queue,
            start_to_close_timeout=timedelta(seconds=retry.attempt),
            schedule_to_close_timeout=timedelta(seconds=retry.give_up),
            retry_policy=RetryPolicy(
                initial_interval=timedelta(seconds=retry.first),
                backoff_coefficient=retry.factor,
                maximum_interval=timedelta(seconds=retry.most),
            ),
        )
        handle.add_done_callback(lambda done: self.inbox.append(landed(command.id, done)))

    def _too_large(self, payload: dict[str, Any]) -> bool:
        """Measure before scheduling: one command, and the sum of a workflow task."""
        size = len(canonical(payload))
        return size > MOST_INPUT_BYTES or not self.spend(size)

    def spend(self, size: int) -> bool:
        """Take so many bytes of what a workflow task may send, headers included; tell whether they were left."""
        length = workflow.info().get_current_history_length()
        spent = self.task_bytes[1] if self.task_bytes[0] == length else 0
        fits = spent + size <= MOST_TASK_BYTES
        self.task_bytes = (length, spent + size if fits else spent)
        return fits

    def _too_long(self) -> bool:
        info = workflow.info()
        grown = (
            info.get_current_history_length() > MOST_EVENTS
            or info.get_current_history_size() > MOST_BYTES
            or self.updates > MOST_UPDATES
            or info.is_continue_as_new_suggested()
        )
        return (
            grown
            and self.finish is None
            and not self.inbox
            and not self.state.flights
            and workflow.all_handlers_finished()
        )

    # Answers

    def _answer(self, event: commands.Input) -> Answer:
        self.updates += 1
        self._begin()
        answer = self._feed(event)
        assert answer is not None
        if answer.status != "accepted" or not self.state.undelivered:
            return answer
        packed = pack_within(self.state.undelivered, 32_000)
        return answer.model_copy(update={"entries": base64.b64encode(packed).decode()})

    def _last_entries(self) -> str:
        if not self.start.ends_in_result or not self.state.undelivered:
            return ""
        return base64.b64encode(pack_within(self.state.undelivered, MOST_INPUT_BYTES)).decode()
