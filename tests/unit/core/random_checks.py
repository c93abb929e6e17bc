"""What must hold of a chain after every single input, whatever came before; and once it has ended."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ltc.core import resting
from ltc.core.commands import Command, Input, Schedule
from ltc.core.simulation import Simulation
from ltc.core.state import Hold, State, Token
from ltc.core.turn import Turn
from ltc.model.trail import Entry, Kind
from tests.support.invariants import violations


@dataclass
class Watch:
    """Looks at a chain after every input, and remembers what cannot be seen afterwards."""

    simulation: Simulation
    ids: list[str] = field(default_factory=list)
    held_before: list[int] = field(default_factory=list)
    started: Counter[str] = field(default_factory=Counter)  # clocks, as far as the trail has been read
    ended: Counter[str] = field(default_factory=Counter)
    read: int = 0

    def before(self) -> None:
        """Note by what the chain is held before an input."""
        self.held_before = [hold.id for hold in self.simulation.state.holds if hold.scope == "chain"]

    def after(self, event: Input, commands: list[Command]) -> list[str]:
        """Everything that is wrong now."""
        state = self.simulation.state
        schedules = [command for command in commands if isinstance(command, Schedule)]
        return [
            *self._ids(schedules), *self._unknown_first(schedules), *self._rests(schedules), *_tokens(state),
            *_holds(state), *self._timer(), *self._clocks(), *_never_early(self.simulation.trail),
        ]  # fmt: skip

    def _ids(self, schedules: list[Schedule]) -> list[str]:
        twice = [one.id for one in schedules if one.id in self.ids]
        self.ids += [one.id for one in schedules]
        return [f"activity {one} twice" for one in twice]

    def _unknown_first(self, schedules: list[Schedule]) -> list[str]:
        found = []
        state = self.simulation.state
        for one in schedules:
            flight = state.flights.get(one.id)
            if flight is None:
                continue
            effect = next((e for e in reversed(state.effects) if e.key == flight.key), None)
            if flight.purpose == "do" and (effect is None or effect.status != "unknown"):
                found.append(f"{one.id} was sent without standing as unknown in the undo list")
            if flight.purpose == "undo" and not state.effects[flight.entry].sure:
                found.append(f"{one.id} undoes what nobody knows to have taken place")
            if flight.purpose == "probe" and one.payload["cls"] == "D":
                found.append(f"{one.id} probes what cannot be looked up")
        return found

    def _rests(self, schedules: list[Schedule]) -> list[str]:
        """A chain held before and after an input starts nothing new that takes effect."""
        held = [hold.id for hold in self.simulation.state.holds if hold.scope == "chain"]
        if not [one for one in held if one in self.held_before]:
            return []
        flights = self.simulation.state.flights
        new = [one.id for one in schedules if one.id in flights and flights[one.id].purpose in ("do", "undo")]
        return [f"{one} was sent while the chain is held" for one in new]

    def _timer(self) -> list[str]:
        state = self.simulation.state
        if state.status in ("closing", "ended"):
            return []
        now = self.simulation.now
        wanted = resting.earliest(Turn(self.simulation.setting, state, now, now))
        late = wanted is not None and (state.timer_at is None or state.timer_at > wanted)
        return [f"the timer at {state.timer_at} misses {wanted}"] if late else []

    def _clocks(self) -> list[str]:
        """Each clock runs as often as the trail says; what was read of a long trail is not read again."""
        new, self.read = self.simulation.trail[self.read :], len(self.simulation.trail)
        started, ended, running_now = self.started, self.ended, self.simulation.state.slas
        started.update(one.data["sla"] for one in new if one.kind is Kind.SLA_STARTED)
        ended.update(one.data["sla"] for one in new if one.kind is Kind.SLA_ENDED and not one.data.get("why"))
        running = started - ended
        wrong = [sla for sla, count in running.items() if count != 1 or sla not in running_now]
        wrong += [sla for sla in running_now if running[sla] != 1]
        wrong += [sla for sla in ended if ended[sla] > started[sla]]
        return [f"{sla} started {started[sla]} times, ended {ended[sla]}" for sla in wrong]


def _tokens(state: State) -> list[str]:
    if state.status in ("closing", "ended"):
        return [f"{token.id} is left" for token in state.tokens.values()]
    return [
        f"{token.id} {token.status} at {token.node}: {why}"
        for token in state.tokens.values()
        if (why := _lame(state, token))
    ]


def _lame(state: State, token: Token) -> str:
    """Why a token will never move again."""
    mine = [one for one in state.flights.values() if one.token == token.id and one.born == token.born]
    if token.status == "busy":
        return "" if mine or token.awaits else "nothing of it is in flight"
    if token.status == "held":
        return "" if any(hold.token == token.id for hold in state.holds) else "no hold says so"
    if token.status == "deciding":
        task = state.tasks.get(token.task)
        return "" if task and task.status in ("opening", "open") else "there is no task"
    if token.status == "tasked":
        work = state.human_tasks.get(token.task)
        return "" if work and work.status in ("opening", "open") else "there is no task to do"
    if token.status == "waiting":
        return "" if mine or token.poll_at or token.deadline else "nothing wakes it"
    if token.status == "forked":
        return "" if any(one.parent == token.id for one in state.tokens.values()) else "it has no branches"
    if token.status == "ready":
        return "" if any(hold.scope == "chain" or _covers(hold, token) for hold in state.holds) else "it could move"
    return ""


def _covers(hold: Hold, token: Token) -> bool:
    """Tell whether a hold of a whole leg or item, whose promise was broken, lets a line of it rest."""
    return not hold.token and hold.leg == token.leg and hold.item in ("", token.item)


def _holds(state: State) -> list[str]:
    found = [f"{hold.reason} is nobody's" for hold in state.holds if not hold.owner]
    lost = [hold for hold in state.holds if hold.token and hold.token not in state.tokens]
    idle = [hold for hold in state.holds if hold.token in state.tokens and state.tokens[hold.token].status != "held"]
    return found + [
        f"{hold.reason} holds {hold.token}, which is {word}"
        for word, some in (("gone", lost), ("not held", idle))
        for hold in some
    ]


def _never_early(trail: list[Entry]) -> list[str]:
    return [f"{one.kind} {one.data}" for one in trail[-6:] if float(one.data.get("lag") or 0) < 0]


def at_the_end(simulation: Simulation) -> list[str]:
    """What must hold of a chain that has ended, besides the invariants of every chain."""
    state, world = simulation.state, simulation.world
    found = violations(simulation)
    found += _tasks_closed(simulation.trail)
    made = dict.fromkeys(key for _, key in world.effects)  # type: ignore[attr-defined]
    for effect in state.effects:
        if effect.key in made and effect.status == "absent":
            found.append(f"{effect.op} at {effect.place} took place, and is listed as absent")
        if effect.status in ("remains", "unknown"):
            found.append(f"{effect.op} at {effect.place} is {effect.status}, and nobody has it")
    return found + _children_left(simulation) + _kept_events(state, simulation.trail)


def _tasks_closed(trail: list[Entry]) -> list[str]:
    """Each task was decided, done or given up once; it may be asked anew instead, or be opened again later."""
    opened = dict.fromkeys(one.data["task"] for one in trail if one.kind is Kind.TASK_OPENED)
    closings = [(one.data["task"], one.data["result"]) for one in trail if one.kind is Kind.TASK_CLOSED]
    results = {task: [result for name, result in closings if name == task] for task in opened}
    wrong = [task for task, said in results.items() if not said or len([one for one in said if one != "reopened"]) > 1]
    return [f"task {task} closed as {results[task]}" for task in wrong]


def _children_left(simulation: Simulation) -> list[str]:
    """A chain whose start was undone does not run any more."""
    world: Any = simulation.world
    undone = [one for one in simulation.state.effects if one.op == "chain.start" and one.status == "undone"]
    children = [world.made[one.key]["id"] for one in undone if one.key in world.made]
    return [f"{name} was left running" for name in children if world.books.children[name][0] > simulation.now]


def _kept_events(state: State, trail: list[Entry]) -> list[str]:
    seen = [one.data["id"] for one in trail if one.kind in (Kind.EVENT_KEPT, Kind.EVENT_TAKEN)]
    return [f"event {name} disappeared" for name in state.events if name not in seen]
