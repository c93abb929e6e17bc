"""A discrete-event simulator: drives the pure core against a world, in simulated time, without a server."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from ltc.core import machine
from ltc.core.commands import Arm, Finish, Input, Repin, Schedule, Started, Tick
from ltc.core.state import State, dump, load
from ltc.core.turn import Setting
from ltc.model.messages import Answer
from ltc.model.trail import Entry

MOST_STEPS = 20_000


class World(Protocol):
    """What answers a chain: systems and people."""

    def respond(self, command: Schedule, now: datetime) -> list[tuple[timedelta, Input]]:
        """Answer a scheduled activity: what the chain hears, and how much later."""
        ...

    def answered(self, event: Input, answer: Answer, now: datetime) -> None:
        """Take note of what the chain answered to a decision or an intervention."""
        ...


@dataclass
class Simulation:
    """One chain in simulated time. ``roundtrip`` writes and reads the state between any two inputs."""

    setting: Setting
    state: State
    world: World
    now: datetime
    roundtrip: bool = False
    finished: Finish | None = None
    trail: list[Entry] = field(default_factory=list)
    schedules: list[Schedule] = field(default_factory=list)
    watch: Callable[[State], None] | None = None
    _agenda: list[tuple[datetime, int, Input]] = field(default_factory=list)
    _count: int = 0
    _begun: bool = False
    _timer: tuple[datetime, int] | None = None

    def __post_init__(self) -> None:
        if hasattr(self.world, "plan"):
            self.world.plan = self.setting.plan

    def at(self, moment: datetime, event: Input) -> int:
        """Put something on the agenda."""
        self._count += 1
        heapq.heappush(self._agenda, (moment, self._count, event))
        return self._count

    def run(self, until: datetime | None = None) -> State:
        """Run until the chain ends, nothing is left to happen, or simulated time is up.

        Raises:
            RuntimeError: the chain does not come to an end within a great many inputs.
        """
        for _ in range(MOST_STEPS):
            if self.finished is not None or not self.happen(until):
                return self.state
        raise RuntimeError(
            f"the chain did not come to an end within {MOST_STEPS} inputs; it stands at {self.state.tokens}"
        )

    def happen(self, until: datetime | None = None) -> bool:
        """Let the next thing on the agenda happen; tell whether there was one before simulated time is up."""
        if self.state.seq == 0 and not self._begun:
            self._begun = True
            self.at(self.now, Started())
        while self._agenda and not (until and self._agenda[0][0] > until):
            moment, number, event = heapq.heappop(self._agenda)
            if isinstance(event, Tick) and (self._timer is None or self._timer[1] != number):
                continue
            self.now = max(self.now, moment)
            self.feed(event)
            return True
        return False

    def feed(self, event: Input) -> Answer | None:
        """Give the chain one input now, and let the world answer what it asks for."""
        if self.roundtrip:
            self.state = load(dump(self.state))
        before = self.state.seq
        self.state, commands, answer = machine.step(self.setting, self.state, event, self.now, self.now)
        self.trail += [entry for entry in self.state.undelivered if entry.seq > before]
        if answer is not None:
            self.world.answered(event, answer, self.now)
        for command in commands:
            if isinstance(command, Schedule):
                self.schedules.append(command)
                for delay, heard in self.world.respond(command, self.now):
                    self.at(self.now + delay, heard)
            elif isinstance(command, Arm):
                self._timer = (command.at, self.at(command.at, Tick()))
            elif isinstance(command, Finish):
                self.finished = command
            elif isinstance(command, Repin):
                self.setting = replace(self.setting, plan=command.plan, windows=command.windows)
        if self.watch is not None:
            self.watch(self.state)
        return answer

    def path(self) -> list[str]:
        """The chain's way in words: one line per entry that tells where it went."""
        return [line for entry in self.trail if (line := describe(entry))]


_ACTED = {"claim": "claimed", "release": "released", "save": "saved", "complete": "completed", "reject": "declined"}
_TELLING: dict[str, Callable[[Entry], str]] = {
    "done": lambda e: f"{_at(e)} {e.data.get('mode', '')} {e.data.get('op', '')}",
    "refused": lambda e: f"{_at(e)} refused {e.data.get('reason', '')}",
    "decided": lambda e: f"{_at(e)} {e.data.get('level', '')} {e.data.get('decision', '')}",
    "task_opened": lambda e: f"{_at(e)} asks {e.data.get('level', '')}" if e.data.get("level") else f"{_at(e)} opens",
    "task_acted": lambda e: f"{_at(e)} {_ACTED.get(e.data.get('action', ''), '')}",
    "leg_skipped": lambda e: f"{e.leg} skipped",
    "leg_entered": lambda e: f"{e.leg} entered",
    "dunned": lambda e: f"{_at(e)} dunned {e.data.get('level', '')}",
    "dunning_paused": lambda e: f"{_at(e)} dunning rests: {e.data.get('why', '')}",
    "dunning_resumed": lambda e: f"{_at(e)} dunning goes on: {e.data.get('why', '')}",
    "item_opened": lambda e: f"{e.leg}[{e.item}] opened" if e.data.get("period") else "",
    "item_skipped": lambda e: f"{e.leg}[{e.item}] left out: {e.data.get('why', '')}",
    "periods_ended": lambda e: f"{e.leg} periods ended: {e.data.get('why', '')}",
    "sent_back": lambda e: f"{_at(e)} sent back to {e.data.get('to', '')}",
    "revisited": lambda e: f"{_at(e)} revisited {e.data.get('how', '')}",
    "probed": lambda e: f"{_at(e)} probed {'found' if e.data.get('found') else 'absent'}",
    "held": lambda e: f"{_at(e) or 'chain'} held {e.data.get('reason', '')}",
    "released": lambda e: f"{_at(e) or 'chain'} released",
    "timed_out": lambda e: f"{_at(e)} timed out",
    "delayed": lambda e: f"{_at(e)} delayed",
    "sla_warned": lambda e: f"warned {e.data.get('sla', '')}",
    "sla_breached": lambda e: f"breached {e.data.get('sla', '')}",
    "sla_escalated": lambda e: f"escalated {e.data.get('sla', '')}",
    "kept_open": lambda e: "kept open",
    "amended": lambda e: f"{_at(e)} amends {e.data.get('document', '')}",
    "handled": lambda e: f"{e.data.get('handler', '')} handles {e.data.get('event', '')}",
    "forged": lambda e: f"forged {e.data.get('decision', '')}",
    "pivot": lambda e: f"pivot {e.data.get('what', '')}",
    "compensating": lambda e: "compensating",
    "undone": lambda e: f"{_at(e)} undone",
    "stands": lambda e: f"{_at(e)} stands",
    "remains": lambda e: f"{_at(e)} remains",
    "event_kept": lambda e: f"kept {e.data.get('event', '')}",
    "event_taken": lambda e: f"{_at(e)} took {e.data.get('event', '')}",
    "balance": lambda e: f"balance {e.data.get('equation', '')}",
    "ended": lambda e: f"ended {e.data.get('outcome', '')}",
}


def _at(entry: Entry) -> str:
    if not entry.step or not entry.leg:
        return entry.leg or entry.step
    return f"{entry.leg}[{entry.item}].{entry.step}" if entry.item else f"{entry.leg}.{entry.step}"


def describe(entry: Entry) -> str:
    """Say in one line what an entry tells of a chain's path; empty when it tells nothing of it."""
    tell = _TELLING.get(entry.kind.value)
    return tell(entry) if tell else ""
