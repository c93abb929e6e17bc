"""Chains under random scripts that are moved to another plan, and back, whenever somebody likes: the invariants hold."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ltc.core.commands import Started
from ltc.definition.plan import Plan
from ltc.model.ids import digest
from tests.support.chains import MONDAY, setting, shipped
from tests.unit.core.random_checks import at_the_end
from tests.unit.core.random_definitions import by_chance
from tests.unit.core.random_lives import Doubled, chain, helped
from tests.unit.core.random_world import intervention, meddle

FEW = settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
ANSWERS: Counter[str] = Counter()


def other(plan: Plan) -> Plan:
    """The same process with other titles and twice the time for every promise."""
    slas = {
        name: sla.model_copy(update={"target": sla.target.model_copy(update={"amount": sla.target.amount * 2})})
        if sla.target else sla
        for name, sla in plan.slas.items()
    }  # fmt: skip
    made = plan.model_copy(update={"title": {"en": "Other"}, "slas": slas, "digest": ""})
    return made.model_copy(update={"digest": digest(made.model_dump(mode="json", exclude={"digest"}))})


def move(one: Doubled, rng: random.Random, plans: list[Plan]) -> None:
    """Move the chain to the plan that it does not run, by going back where it came from there."""
    to = next(plan for plan in plans if plan.digest != one.setting.plan.digest)
    windows = {name: window.model_dump(mode="json") for name, window in setting(to).windows.items()}
    back = bool(one.state.versions) and rng.random() < 0.5
    wish = intervention(
        one.state, rng, action="revert" if back else "migrate", plan=to.model_dump(mode="json"), windows=windows,
        was=one.setting.plan.digest, leg="", item="", step="", id=f"M-{rng.random()}", values=None, document=None,
    )  # fmt: skip
    answer = one.feed(wish)
    assert answer is not None
    assert answer.status in ("accepted", "in_flight", "refused", "closed"), answer
    assert (one.setting.plan.digest == to.digest) == (answer.status == "accepted")
    ANSWERS[answer.status] += 1


def live(one: Doubled, rng: random.Random, plans: list[Plan]) -> None:
    """Let a chain live, with moves in between."""
    one.at(MONDAY, Started())
    one._begun = True
    for _ in range(150):
        if one.finished:
            break
        if one.state.seq and rng.random() < 0.2:
            move(one, rng, plans)
        elif one.state.seq and rng.random() < 0.1:
            one.feed(meddle(one, rng))
        elif not one.happen(MONDAY + timedelta(days=90)):
            break
    helped(one, rng)
    assert one.finished, (one.state.status, one.state.holds, one.state.tokens)
    assert at_the_end(one) == []


@pytest.mark.parametrize("name", ["lead_to_cash", "web_order", ""])
@FEW
@given(seed=st.integers(0, 2**32))
def test_a_chain_stands_wherever_it_is_moved(name: str, seed: int) -> None:
    rng = random.Random(seed)
    plan = shipped(name) if name else by_chance(seed)[0]
    live(chain(plan, rng, rng.choice([0.0, 0.2])), rng, [plan, other(plan)])


def test_moves_were_taken_and_refused() -> None:
    """What the chains above went through: without moves that were taken they would have shown nothing."""
    if not ANSWERS:
        pytest.skip("run with the tests above")
    assert ANSWERS["accepted"] > 50
    assert ANSWERS["in_flight"] > 10
