"""A chain in a world by chance, of which every step is taken twice and watched; and the help that ends it."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from ltc.core import machine
from ltc.core.commands import Command, Input
from ltc.core.simulation import Simulation
from ltc.core.state import dump, load
from ltc.definition.plan import Plan
from ltc.model.messages import Answer
from tests.support.chains import MONDAY, opportunity, setting
from tests.unit.core.random_checks import Watch
from tests.unit.core.random_world import ByChance, intervention


class Doubled(Simulation):
    """Every input is taken by the state and by a copy that was written and read: both must do the same."""

    last: list[Command]

    def feed(self, event: Input) -> Answer | None:
        """Take one input twice."""
        copy, around = load(dump(self.state)), self.setting
        watch: Watch = self.eyes  # type: ignore[attr-defined]
        watch.before()
        taken: list[Any] = []
        real = machine.step

        def step(*args: Any) -> Any:
            result = real(*args)
            taken.append(result)
            return result

        machine.step = step
        try:
            answer = super().feed(event)
        finally:
            machine.step = real
        twin, commands, same = real(around, copy, event, self.now, self.now)
        assert commands == taken[0][1]
        assert same == answer
        assert twin == self.state or dump(twin) == dump(self.state)  # what is equal need not be written to see it
        wrong = watch.after(event, commands)
        assert wrong == [], (event, wrong)
        return answer


def chain(plan: Plan, rng: random.Random, trouble: float) -> Doubled:
    """A chain that has not begun, in a world by chance."""
    line = opportunity(rng.choice([50_000, 250_000, 800_000]))["lines"][0]
    lines = [{**line, "id": str(number)} for number in range(rng.randint(1, 3))]
    deal = opportunity(line["net"]["minor"], lines=lines, required_on=rng.choice([None, "2026-04-20"]))
    around = setting(plan)
    state = machine.begin(
        around, chain="by:chance", installation="test", requester="nancy", values={"opportunity": deal}
    )
    simulation = Doubled(around, state, ByChance(rng, deal, trouble), MONDAY)
    simulation.eyes = Watch(simulation)  # type: ignore[attr-defined]
    return simulation


def helped(simulation: Doubled, rng: random.Random) -> None:
    """No more trouble: an operator retries, releases, cancels with consent, and leaves what remains to people."""
    simulation.world.trouble = 0.0  # type: ignore[attr-defined]
    for number in range(40):
        simulation.run(simulation.now + timedelta(days=200))
        if simulation.finished:
            return
        order = ("release", "retry", "cancel", "skip") if number < 30 else ("cancel", "release", "skip", "retry")
        action = order[number % 4]
        if action == "cancel" and number < 9:
            continue
        simulation.feed(intervention(simulation.state, rng, action=action, leg="", item="", step="", consent=True))
