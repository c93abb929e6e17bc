"""Interventions at every rest of every definition: each does what it says, or refuses with a sentence and leaves all."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from ltc.core.commands import CallDone, CallFailed, Input, Schedule
from ltc.core.simulation import Simulation
from ltc.core.stand_in import SOON, StandIn
from ltc.core.state import State
from ltc.model.trail import pack, unpack
from ltc.store.fold import fold_all
from ltc.store.rows import ChainView
from ltc.store.trail import offer
from tests.support.beside import called, cases, chain
from tests.support.chains import MONDAY
from tests.unit.core.random_checks import Watch, at_the_end
from tests.unit.core.random_operators import Fork, ask, offered, wishes
from tests.unit.core.test_fault_matrix import FAULTS, _disturb, placed
from tests.unit.core.test_random import Doubled
from tests.unit.test_store_fold import agree

NAMES = ("lead_to_cash", "web_order", "make_to_order", "services", "distributor", "call_off", "call_off_order")


class Followed:
    """The views of a chain, folded after every input, and compared with what it says itself."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation, self.view, self._done = simulation, ChainView(simulation.state.chain), 0
        simulation.watch = self.follow

    def follow(self, state: State) -> None:
        fresh = [offer(entry).line for entry in self.simulation.trail[self._done :]]
        self._done = len(self.simulation.trail)
        self.view = fold_all(self.view, unpack(pack(fresh)) if fresh else [])
        agree(self.simulation, state, self.view)


class Wary(StandIn):
    """Systems that refuse what they do not know: a person may name any document."""

    def respond(self, command: Schedule, now):  # type: ignore[no-untyped-def]
        try:
            return super().respond(command, now)
        except (LookupError, StopIteration, TypeError, AttributeError, ValueError):
            none: Input = CallDone(command.id, {"found": False})
            no = CallFailed(command.id, "BusinessRefusal", "unknown", {"reason": "unknown_document"})
            return [(SOON, none if command.payload.get("mode") == "probe" else no)]


def _look(one: Simulation, view: ChainView) -> list[str]:
    """Every intervention, now; what is wrong with what came of it."""
    found: list[str] = []
    for number, wish in enumerate(wishes(one)):
        fork, event = Fork.of(one, view), ask(wish, number)
        answer, wrong = fork.feed(event)
        wrong += fork.again(event) if answer.status == "accepted" else []
        found += [f"{wish['action']} {wish.get('step', '')}: {said}" for said in wrong]
    for said, ways in offered(one, view):
        answers = [Fork.of(one, view).feed(ask(wish, 0))[0] for wish in ways]
        # what later steps need has a form that is the definition's own: it is told
        if not any(answer.status in ("accepted", "in_flight") or "supply" in answer.message for answer in answers):
            found.append(f"offered and refused: {said}: {answers[0].message}")
    return found


@pytest.mark.parametrize("seed", range(14))
def test_every_intervention_is_taken_or_refused_as_a_whole(seed: int) -> None:
    dice = random.Random(seed)
    name = NAMES[seed % len(NAMES)]
    op = dice.choice(list(called(name)))
    simulation, world = chain(name, called(name)[op])
    simulation.world = placed(Wary(world.script, world.opportunity), simulation)
    _disturb(world.script, op, dice.choice(FAULTS))
    followed = Followed(simulation)
    for number in range(120):
        if simulation.finished or not simulation.happen(MONDAY + timedelta(days=90)):
            break
        if number % 17 == dice.randrange(17):
            assert _look(simulation, followed.view) == []
    assert _look(simulation, followed.view) == []


@pytest.mark.parametrize("seed", range(14))
def test_a_chain_stands_whatever_operators_do_to_it_one_after_the_other(seed: int) -> None:
    one(seed)


@pytest.mark.full
@pytest.mark.timeout(900)
def test_a_chain_stands_whatever_operators_do_to_it_at_length() -> None:
    for seed in range(100, 1000):
        one(seed)


def one(seed: int) -> None:
    """Let operators act on a chain in the middle of its life, in any order and twice; then it comes to an end."""
    dice = random.Random(seed)
    name = NAMES[seed % len(NAMES)]
    plain, world = chain(name, dice.choice(list(cases(name))))
    simulation = Doubled(plain.setting, plain.state, world, plain.now)
    simulation.world = placed(Wary(world.script, world.opportunity), simulation)
    simulation.eyes = Watch(simulation)  # type: ignore[attr-defined]
    if dice.random() < 0.5:
        _disturb(world.script, dice.choice(list(called(name))), dice.choice(FAULTS))
    Followed(simulation)
    for number in range(dice.randint(2, 6)):
        for _ in range(dice.randint(1, 20)):
            if simulation.finished or not simulation.happen(MONDAY + timedelta(days=200)):
                break
        if simulation.finished:
            break
        event = ask(dice.choice(list(wishes(simulation))), number)
        for _ in range(dice.choice([1, 1, 2])):
            simulation.feed(event)
    _end(simulation)
    assert at_the_end(simulation) == []


def _end(simulation: Simulation) -> None:
    """No more meddling: an operator retries, releases, cancels with consent, and leaves what remains to people."""
    for number in range(40):
        simulation.run(simulation.now + timedelta(days=200))
        if simulation.finished:
            return
        order = ("release", "retry", "cancel", "skip") if number < 30 else ("cancel", "release", "skip", "retry")
        if order[number % 4] != "cancel" or number > 8:
            simulation.feed(ask({"action": order[number % 4], "consent": True}, 1000 + number))
    raise AssertionError((simulation.state.status, simulation.state.holds, simulation.state.tokens))
