"""Continues a chain, cut at a rest, on the present core: it hears again what it heard after the cut."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ltc.core import machine
from ltc.core.commands import CallDone, CallFailed, Finish, Input, Resumed, Schedule, Started, Tick
from ltc.core.state import load
from ltc.model.trail import Entry
from tests.replay.paths import Stop, stops
from tests.replay.replaying import Step

FREE = ("trail.flush", "people.notify")  # nobody's step waits for these: one more of them is answered, too
LATE = timedelta(seconds=1)  # a recorded timer was never as late as that


@dataclass(frozen=True)
class Rest:
    """What became of a chain from a cut on."""

    path: list[Stop]
    activities: list[tuple[str, str]]  # id, and the key of the effect: another key would be another effect
    finish: Finish | None
    unanswered: list[str]  # asked for without an answer: a run was cut short, or nobody asked that before
    untold: list[int]  # entries that left on no activity, in no answer and no result, though the chain has ended


def recorded_rest(steps: list[Step], at: int) -> Rest:
    """Return what became of the chain after step ``at`` when it was recorded."""
    after = steps[at + 1 :]
    commands = [command for step in after for command in step.commands]
    finish = next((command for command in commands if isinstance(command, Finish)), None)
    asked = [command for command in commands if isinstance(command, Schedule)]
    way = stops(entry for step in after for entry in step.entries)
    return Rest(way, [_asked(one) for one in asked], finish, _never(asked, _answered(after)), [])


def _answered(steps: list[Step]) -> list[str]:
    return [step.event.id for step in steps if isinstance(step.event, (CallDone, CallFailed))]


def _never(asked: list[Schedule], answered: list[str]) -> list[str]:
    return [one.id for one in asked if one.id not in answered and one.name not in FREE]


def _asked(command: Schedule) -> tuple[str, str]:
    return command.id, str(command.payload.get("key", ""))


def go_on(steps: list[Step], at: int) -> Rest:
    """Continue from the state after step ``at``, written and read; all that came later comes again, in its order."""
    chain = _Chain(steps[at])
    after = steps[at + 1 :]
    answered = _answered(after)
    for step in after:
        chain.catch_up(step)
        chain.hear(step)
        chain.answer_free(step, answered)
    return chain.rest(answered)


@dataclass
class _Chain:
    cut: Step
    trail: list[Entry] = field(default_factory=list)
    asked: list[Schedule] = field(default_factory=list)
    finish: Finish | None = None
    left: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.state: Any = load(self.cut.state)

    def catch_up(self, step: Step) -> None:
        """Let the timers fire that were not armed when the chain was recorded."""
        for _ in range(100):
            armed = self.state.timer_at
            if armed is None or self.finish or armed + LATE > step.now:
                return
            self._feed(step, Tick(), armed, step.wall - (step.now - armed))

    def hear(self, step: Step) -> None:
        """Hear what was heard, unless it answers what is not asked any more."""
        event = step.event
        if self.finish or (isinstance(event, (CallDone, CallFailed)) and event.id not in self.state.flights):
            return
        if isinstance(event, Tick) and (self.state.timer_at is None or self.state.timer_at > step.now):
            return
        if isinstance(event, (Started, Resumed)):
            self.state.timer_at = None  # a new run arms its own
        self._feed(step, event, step.now, step.wall)

    def answer_free(self, step: Step, answered: list[str]) -> None:
        """Answer at once what nobody's step waits for and was not asked when the chain was recorded."""
        for name in [name for name in self.state.flights if name.split("#")[0] in FREE and name not in answered]:
            self._feed(step, CallDone(name, {}), step.now, step.wall)

    def _feed(self, step: Step, event: Input, now: datetime, wall: datetime) -> None:
        before = self.state.seq
        self.state, commands, answer = machine.step(step.setting, self.state, event, now, wall)
        self.trail += [entry for entry in self.state.undelivered if entry.seq > before]
        asked = [command for command in commands if isinstance(command, Schedule)]
        self.asked += asked
        self.finish = next((one for one in commands if isinstance(one, Finish)), self.finish)
        in_result = self.finish is not None and step.setting.ends_in_result
        if asked or in_result or (answer is not None and answer.status == "accepted"):
            self.left.update(entry.seq for entry in self.state.undelivered)

    def rest(self, answered: list[str]) -> Rest:
        """Say what became of it."""
        untold = [entry.seq for entry in self.trail if entry.seq not in self.left] if self.finish else []
        return Rest(
            stops(self.trail), [_asked(one) for one in self.asked], self.finish, _never(self.asked, answered), untold
        )
