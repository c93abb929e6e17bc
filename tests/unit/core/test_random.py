"""Chains under random scripts, faults and people: the invariants hold after every input, whatever happened."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ltc.core.commands import Started
from ltc.definition.plan import Plan
from ltc.model.trail import Kind
from tests.support.chains import MONDAY, shipped
from tests.support.keys import listed
from tests.support.keys_used import used
from tests.unit.core.random_checks import at_the_end
from tests.unit.core.random_definitions import Author, by_chance
from tests.unit.core.random_lives import Doubled, chain, helped
from tests.unit.core.random_world import meddle

SOME = settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(max_examples=15, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=800, deadline=None, suppress_health_check=list(HealthCheck))


def live(simulation: Doubled, rng: random.Random, meddling: float) -> None:
    """Let a chain live: its agenda, and what nobody planned in between; then everybody helps it to an end."""
    simulation.at(MONDAY, Started())
    simulation._begun = True
    for _ in range(150):
        if simulation.finished:
            break
        if simulation.state.seq and rng.random() < meddling:
            simulation.feed(meddle(simulation, rng))
        elif not simulation.happen(MONDAY + timedelta(days=90)):
            break
    helped(simulation, rng)
    assert simulation.finished, (simulation.state.status, simulation.state.holds, simulation.state.tokens)
    assert at_the_end(simulation) == []


def one(plan: Plan, seed: int) -> Doubled:
    """Live one chain."""
    rng = random.Random(seed)
    made = chain(plan, rng, rng.choice([0.0, 0.1, 0.4]))
    live(made, rng, rng.choice([0.0, 0.05, 0.3]))
    return made


@pytest.mark.parametrize("name", ["lead_to_cash", "web_order"])
@SOME
@given(seed=st.integers(0, 2**32))
def test_a_shipped_definition_stands_whatever_happens(name: str, seed: int) -> None:
    one(shipped(name), seed)


@pytest.mark.parametrize("name", ["make_to_order", "services", "distributor", "call_off", "first_order"])
@FEW
@given(seed=st.integers(0, 2**32))
def test_the_other_shipped_definitions_stand_as_well(name: str, seed: int) -> None:
    one(shipped(name), seed)


# What chance does not write, besides what only people read: a file beside, a second way of saying the same,
# a reaction that sends back from its own approval, and a wait's retry, which is a call's.
UNWRITTEN = (
    "billing.milestones.amount", "billing.milestones.after", "tables.file", "step.wait.retry", "step.end.name",
    "reaction.task.name", "reaction.approve.on_send_back", "reaction.approve.on_send_back.send_back",
    "reaction.approve.on_send_back.max_rounds",
)  # fmt: skip


def test_chance_writes_every_key_of_the_language() -> None:
    written: list[str] = []
    for seed in range(100):
        written += used(yaml.load(Author(seed).text(), yaml.CSafeLoader))
    keys = [item for item in listed() if "." in item and "=" not in item and "span" not in item]
    shown = (".title", ".help", ".label", ".en", ".zh")
    left = [key for key in keys if key not in dict.fromkeys(written) and not key.endswith(shown)]
    assert left == [key for key in keys if key in UNWRITTEN]


MET = (
    Kind.HANDLED, Kind.AMENDED, Kind.KEPT_OPEN, Kind.PERIODS_ENDED, Kind.DUNNED, Kind.TASK_ACTED, Kind.SILENCE,
    Kind.TASK_HANDED, Kind.RECALENDARED, Kind.CONTINUED,
)  # fmt: skip
DONE = ("chain.start", "erp.create_dunning")


def test_chance_meets_what_can_be_written() -> None:
    met: list[str] = []
    for seed in range(75):
        lived = one(by_chance(seed)[0], seed)
        met += dict.fromkeys(entry.kind.value for entry in lived.trail)
        met += dict.fromkeys(name for name, _ in lived.world.effects)  # type: ignore[attr-defined]
        left = [word for word in (*(kind.value for kind in MET), *DONE) if word not in met]
        if not left:
            break
    assert left == []


@SOME
@given(written=st.integers(0, 2**32), seed=st.integers(0, 2**32))
def test_any_definition_stands_whatever_happens(written: int, seed: int) -> None:
    one(by_chance(written)[0], seed)


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "name", ["lead_to_cash", "web_order", "make_to_order", "services", "distributor", "call_off", "first_order"]
)
@MANY
@given(seed=st.integers(0, 2**32))
def test_a_shipped_definition_stands_whatever_happens_at_length(name: str, seed: int) -> None:
    one(shipped(name), seed)


@pytest.mark.full
@pytest.mark.timeout(900)
@MANY
@given(written=st.integers(0, 2**32), seed=st.integers(0, 2**32))
def test_any_definition_stands_whatever_happens_at_length(written: int, seed: int) -> None:
    one(by_chance(written)[0], seed)
