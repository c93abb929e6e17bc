"""What must hold of any chain in simulated time, whatever happened: each returns what is wrong with it."""

from __future__ import annotations

from collections import Counter

from ltc.core.simulation import Simulation
from ltc.core.stand_in import StandIn
from ltc.model.trail import Kind


def violations(simulation: Simulation) -> list[str]:
    """Everything that is wrong with a chain at rest."""
    return [
        *_once(simulation), *_known(simulation), *_ended_or_held(simulation), *_standing_or_undone(simulation),
        *_newest_first(simulation), *_trail(simulation), *_one_timer(simulation),
    ]  # fmt: skip


def _world(simulation: Simulation) -> StandIn:
    assert isinstance(simulation.world, StandIn)
    return simulation.world


def _once(simulation: Simulation) -> list[str]:
    """E1: no effect took place twice under one key, and no operation twice at one place."""
    counts = Counter(key for _, key in _world(simulation).effects)
    return [f"effect {key} took place {count} times" for key, count in counts.items() if count > 1]


def _known(simulation: Simulation) -> list[str]:
    """E3: every effect that took place was scheduled by the chain, and says so in its trail."""
    scheduled = {entry.data.get("effect") for entry in simulation.trail if entry.kind is Kind.SCHEDULED}
    return [
        f"{op} took place without a word in the trail" for op, key in _world(simulation).effects if key not in scheduled
    ]


def _ended_or_held(simulation: Simulation) -> list[str]:
    """E6: the chain has ended in one way, rests with a named human, or waits for a person's decision."""
    state = simulation.state
    if simulation.finished or (all(hold.owner for hold in state.holds) and state.holds):
        return []
    if any(token.status in ("deciding", "waiting") for token in state.tokens.values()):
        return []
    return [f"the chain neither ended nor rests with anyone: {state.tokens}"]


def _standing_or_undone(simulation: Simulation) -> list[str]:
    """E7: when a chain was undone, everything that took effect is undone or stands for a stated reason."""
    state = simulation.state
    if not simulation.finished or simulation.finished.outcome not in ("cancelled", "rejected"):
        return []
    wrong = [one for one in state.effects if one.status not in ("undone", "absent", "stands")]
    silent = [one for one in state.effects if one.status == "stands" and not one.why]
    return [f"{one.op} is {one.status}" for one in wrong] + [f"{one.op} stands without a reason" for one in silent]


def _newest_first(simulation: Simulation) -> list[str]:
    """E7: what was undone was undone newest first."""
    order = {effect.key: number for number, effect in enumerate(simulation.state.effects)}
    undone = [order[entry.data["effect"]] for entry in simulation.trail if entry.kind is Kind.UNDONE]
    return [] if undone == sorted(undone, reverse=True) else [f"undone in the order {undone}"]


def _trail(simulation: Simulation) -> list[str]:
    """The trail counts without a hole, never backwards in time, and ends at most once."""
    numbers = [entry.seq for entry in simulation.trail]
    found = [] if numbers == list(range(1, len(numbers) + 1)) else [f"the trail has holes: {numbers}"]
    if any(a.at > b.at for a, b in zip(simulation.trail, simulation.trail[1:], strict=False)):
        found.append("the trail goes back in time")
    if sum(entry.kind is Kind.ENDED for entry in simulation.trail) > 1:
        found.append("the chain ended twice")
    return found


def _one_timer(simulation: Simulation) -> list[str]:
    """No deadline of a chain at rest lies before its timer."""
    state = simulation.state
    if simulation.finished:
        return []
    coming = [clock.deadline for clock in state.slas.values() if clock.deadline and not clock.breached]
    late = [moment for moment in coming if state.timer_at is None or moment < state.timer_at]
    return [f"the timer at {state.timer_at} misses {late}"] if late else []
