"""The doors of a chain: Updates that are answered at once, signals for whoever does not wait, queries."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from ltc.core import commands, interventions, machine
    from ltc.core.state import State, dump
    from ltc.core.turn import Setting
    from ltc.model.messages import Answer, Decision, Event, Intervention, Signed, TaskAct, Where
    from ltc.model.signatures import check

    from workflows.start_input import ChainStart


class Doors:
    """Checks who speaks; what is believed is fed to the core, which ``Chain`` does."""

    start: ChainStart
    setting: Setting
    state: State
    inbox: list[commands.Input]

    def _answer(self, event: commands.Input) -> Answer:
        raise NotImplementedError

    def _check(self, message: Signed) -> None:
        problem = check(message, self.start.public_key, workflow.now().astimezone(UTC))
        if problem:
            raise ApplicationError(problem, type="NotBelieved", non_retryable=True)

    @workflow.update(name="act")
    def act(self, wish: TaskAct) -> Answer:
        """A person does something with a task; answered at once."""
        return self._answer(commands.Act(wish))

    @act.validator
    def _check_act(self, wish: TaskAct) -> None:
        self._check(wish)

    @workflow.signal(name="act_signal")
    def act_signal(self, wish: TaskAct) -> None:
        """What a fire-and-forget sender does with a task: its signature is checked in an activity."""
        self.inbox.append(commands.Act(wish, "signal"))

    @workflow.update(name="decide")
    def decide(self, decision: Decision) -> Answer:
        """A person decides; answered at once."""
        return self._answer(commands.Decide(decision))

    @decide.validator
    def _check_decision(self, decision: Decision) -> None:
        self._check(decision)

    @workflow.update(name="intervene")
    def intervene(self, intervention: Intervention) -> Answer:
        """An operator acts; answered at once."""
        return self._answer(commands.Intervene(intervention, checked=True))

    @intervene.validator
    def _check_intervention(self, intervention: Intervention) -> None:
        self._check(intervention)
        against = interventions.objection(self.setting, self.state, intervention)
        if against is not None:
            raise ApplicationError(against.message, type=against.status, non_retryable=True)

    @workflow.signal(name="decide_signal")
    def decide_signal(self, decision: Decision) -> None:
        """A decision of a fire-and-forget sender: its signature is checked in an activity."""
        self.inbox.append(commands.Decide(decision, "signal"))

    @workflow.signal(name="event")
    def event(self, event: Event) -> None:
        """An outside system reported something."""
        self.inbox.append(commands.EventArrived(event))

    @workflow.query(name="where")
    def where(self) -> Where:
        """Where the chain stands, with the entries not yet known to be stored."""
        return machine.where(self.setting, self.state)

    @workflow.query(name="state")
    def whole(self) -> dict[str, Any]:
        """The whole state: what a repair of a terminated chain goes on with."""
        return dump(self.state)

    @workflow.query(name="pinned")
    def pinned(self) -> ChainStart:
        """What a new run would start with: plan and calendars as pinned now, which may have changed since the start."""
        return self.start.model_copy(update={"state": dump(self.state)})
