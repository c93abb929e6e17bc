"""Goes through one recorded chain again, under any plan, in simulated time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import ValidationError

from ltc.core import machine
from ltc.core.commands import Started
from ltc.core.simulation import MOST_STEPS, Simulation
from ltc.core.turn import Setting
from ltc.definition.plan import Plan
from ltc.definition.worktime import CalendarWindow
from ltc.whatif.facts import Facts, facts, same
from ltc.whatif.recorded import Record, Recorded
from ltc.whatif.world import Habits, NotToldError, RecordedWorld

FOLLOWED = timedelta(days=400)  # how long a chain that had ended is watched when it does not end any more
Values = Callable[[Plan, Recorded], Record]


@dataclass
class Again:
    """A chain gone through again; ``trouble`` says why it could not be."""

    facts: Facts = field(default_factory=Facts)
    assumed: Counter[str] = field(default_factory=Counter)
    unheard: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    trouble: str = ""


@dataclass
class Compared:
    """A recorded chain beside what it would have been."""

    chain: str
    before: Facts
    again: Again
    trouble: str = ""


def compare(
    recorded: Recorded, new: Plan, windows: dict[str, CalendarWindow], habits: Habits, values: Values
) -> Compared:
    """Compare a chain with what it would have been under another plan.

    It is gone through again under its own plan first: where that does not give what is on record, the records do not
    tell enough, and nothing is said of the other plan.
    """
    before = facts(recorded.trail)
    found = Compared(recorded.chain, before, Again())
    if recorded.trouble:
        found.trouble = recorded.trouble
        return found
    control = go_through(recorded, Plan.model_validate(recorded.start["plan"]), windows, habits, values)
    found.trouble = control.trouble or same(before, control.facts)
    if found.trouble:
        return found
    found.again = go_through(recorded, new, windows, habits, values)
    found.trouble = found.again.trouble
    return found


def go_through(
    recorded: Recorded, plan: Plan, windows: dict[str, CalendarWindow], habits: Habits, values: Values
) -> Again:
    """Go through a chain again under a plan."""
    world = RecordedWorld(recorded, habits)
    try:
        setting = Setting(plan, windows)
        state = machine.begin(
            setting, chain=recorded.chain, installation=recorded.start["installation"],
            requester=recorded.start["requester"], values=values(plan, recorded),
        )  # fmt: skip
        one = Simulation(setting, state, world, recorded.began)
        _run(one, world, recorded)
    except NotToldError as error:
        return Again(trouble=str(error))
    except (KeyError, ValueError, TypeError, ValidationError, RuntimeError) as error:
        return Again(trouble=f"it cannot be gone through: {type(error).__name__} {error}"[:200])
    return Again(facts(one.trail), world.assumed, world.unheard, world.refused)


def _run(one: Simulation, world: RecordedWorld, recorded: Recorded) -> None:
    until = recorded.last if not recorded.ended else recorded.last + FOLLOWED
    one.at(recorded.began, Started())
    one._begun = True
    for _ in range(MOST_STEPS):
        _take_agenda(one, world)
        if one.finished is not None or not one.happen(until):
            return
    raise RuntimeError("it does not come to an end")


def _take_agenda(one: Simulation, world: RecordedWorld) -> None:
    for moment, what in world.agenda:
        one.at(max(moment, one.now), what)
    world.agenda.clear()


def slack(to_business: Callable[[datetime], datetime], wall: datetime) -> timedelta:
    """Return how much business time two real seconds are, at a real instant: clocks of two machines differ by less."""
    return to_business(wall + timedelta(seconds=2)) - to_business(wall)
