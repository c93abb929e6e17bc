"""The invariants are code too: each catches the bugs planted for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ltc.core import calls, undoing
from ltc.core.simulation import Simulation
from ltc.core.stand_in import Script
from ltc.core.state import Effect
from ltc.model.trail import Kind
from tests.support.chains import simulate
from tests.support.invariants import violations


def _undone() -> Simulation:
    return simulate(script=Script(cancel_after="erp.release_delivery"))


def test_nothing_is_wrong_with_a_plain_chain() -> None:
    assert violations(simulate()) == []
    assert violations(_undone()) == []


def test_undo_in_the_wrong_order_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undoing, "order", lambda effects: list(range(len(effects))))
    assert any("undone in the order" in one for one in violations(_undone()))


def test_an_undo_left_out_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undoing, "order", lambda effects: list(range(len(effects) - 1, 0, -1)))
    assert any("is certain" in one for one in violations(_undone()))


def test_an_effect_done_twice_under_one_key_is_caught() -> None:
    simulation = simulate()
    simulation.world.effects.append(simulation.world.effects[1])  # type: ignore[attr-defined]
    assert any("took place 2 times" in one for one in violations(simulation))


def test_an_effect_the_trail_does_not_know_is_caught() -> None:
    simulation = simulate()
    simulation.world.effects.append(("erp.create_order", "ANOTHERKEY"))  # type: ignore[attr-defined]
    assert any("without a word" in one for one in violations(simulation))


def test_a_probe_that_lies_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def believe_absent(turn, flight, after, payload=None):  # type: ignore[no-untyped-def]
        effect = calls.effect_of(turn, flight.key)
        assert isinstance(effect, Effect)
        effect.key = "forgotten"

    monkeypatch.setattr(calls, "probe", believe_absent)
    simulation = simulate(script=Script(lost={"erp.create_order": True}), until=timedelta(days=60))
    assert violations(simulation) != []


def test_a_hole_in_the_trail_and_a_chain_that_ends_twice_are_caught() -> None:
    simulation = simulate()
    ended = simulation.trail[-1]
    assert ended.kind is Kind.ENDED
    simulation.trail.append(ended)
    assert len([one for one in violations(simulation) if "trail" in one or "twice" in one]) == 2


def test_a_chain_that_rests_with_nobody_is_caught() -> None:
    simulation = simulate(script=Script(decisions=[("manager", "silent")]), until=timedelta(days=1))
    assert violations(simulation) == []
    for token in simulation.state.tokens.values():
        token.status = "busy"
    assert any("rests with" in one for one in violations(simulation))


def test_a_timer_later_than_a_deadline_is_caught() -> None:
    simulation = simulate(script=Script(decisions=[("manager", "silent")]), until=timedelta(hours=3))
    assert simulation.state.timer_at is not None
    simulation.state.timer_at += timedelta(days=900)
    assert any("misses" in one for one in violations(simulation))
