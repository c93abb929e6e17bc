"""The doors for what people do with tasks: an Update that is answered at once, a signal for whoever does not wait."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from ltc.core import commands
    from ltc.model.messages import Answer, Signed, TaskAct


class TaskDoors:
    """Doors of the Chain workflow; it checks signatures and feeds the core."""

    inbox: list[commands.Input]

    def _check(self, message: Signed) -> None:
        raise NotImplementedError

    def _answer(self, event: commands.Input) -> Answer:
        raise NotImplementedError

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
