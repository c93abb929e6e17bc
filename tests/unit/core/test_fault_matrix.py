"""The fault matrix: every shipped definition, every step, every fault, exhaustively; then the invariants."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ltc.core.commands import CallDone, EventArrived, Schedule
from ltc.core.simulation import Simulation
from ltc.core.stand_in import Script, StandIn
from ltc.definition.plan import CallNode, WaitNode
from ltc.ports.operations import REFUSALS
from tests.support.beside import called, chain
from tests.support.chains import MONDAY, ROOT, setting, shipped, simulate
from tests.support.invariants import violations

DEFINITIONS = sorted(path.stem for path in (ROOT / "process_defs").glob("*.yaml") if ".test" not in path.name)
FAULTS = [
    "ok", "refused", "unlisted", "lost_applied", "lost_absent", "crash_before_ack", "Misconfigured", "ContractBroken",
    "Unavailable", "Timeout", "Cancelled",
]  # fmt: skip


def _cells() -> list[tuple[str, str, str]]:
    return [(name, op, fault) for name in DEFINITIONS for op in called(name) for fault in FAULTS]


def _disturb(script: Script, op: str, fault: str) -> None:
    """Add a fault to what the case beside the definition says: the first call of the operation meets it."""
    if fault == "refused":
        script.refuse[op] = [REFUSALS.get(op, ("refused",))[0], *script.refuse.get(op, [])]
    elif fault == "unlisted":
        script.refuse[op] = ["an unheard of reason", *script.refuse.get(op, [])]
    elif fault.startswith("lost"):
        script.lost[op] = fault == "lost_applied"
    elif fault[0].isupper():
        script.fail[op] = [fault, *script.fail.get(op, [])]


def placed(world: StandIn, simulation: Simulation) -> StandIn:
    """Return a world that knows what the chain runs, so that its people know their tasks."""
    world.plan = simulation.setting.plan
    return world


class _Twice(StandIn):
    """Completions arrive twice: the worker died between the answer and its acknowledgement."""

    def respond(self, command: Schedule, now):  # type: ignore[no-untyped-def]
        heard = super().respond(command, now)
        return heard + [(delay * 2, event) for delay, event in heard if isinstance(event, CallDone)]


def _help(simulation: Simulation) -> None:
    """An operator retries what is held, a few times; then cancels with consent, and leaves to people what remains."""
    world = simulation.world
    assert isinstance(world, StandIn)
    for action in ("retry", "retry", "release", "cancel", "skip"):
        if simulation.finished:
            return
        simulation.at(simulation.now, world.intervention(action=action, consent=action == "cancel"))
        simulation.run(simulation.now + timedelta(days=200))


@pytest.mark.parametrize(("name", "op", "fault"), _cells())
def test_no_fault_of_a_call_loses_or_doubles_anything(name: str, op: str, fault: str) -> None:
    simulation, world = chain(name, called(name)[op])
    _disturb(world.script, op, fault)
    if fault == "crash_before_ack":
        simulation.world = placed(_Twice(world.script, world.opportunity), simulation)
    simulation.run(MONDAY + timedelta(days=400))
    assert any(one.name == op for one in simulation.schedules)
    assert violations(simulation) == []
    _help(simulation)
    assert violations(simulation) == []
    assert simulation.finished, simulation.path()
    assert all(one.purpose == "watch" for one in simulation.state.flights.values()), "only a look may come too late"


@pytest.mark.parametrize("name", DEFINITIONS)
def test_every_call_of_a_shipped_definition_is_in_the_matrix(name: str) -> None:
    nodes = shipped(name).nodes.values()
    assert {node.call.op for node in nodes if isinstance(node, CallNode)} <= set(called(name))


@pytest.mark.parametrize("name", DEFINITIONS)
@pytest.mark.parametrize("fault", ["twice", "before", "lost", "late"])
def test_no_fault_of_an_event_loses_or_doubles_anything(name: str, fault: str) -> None:
    simulation = simulate(name, run=False)
    waits = [node for node in simulation.setting.plan.nodes.values() if isinstance(node, WaitNode)]
    assert waits
    simulation.world = placed(_Events(fault, simulation.state.input["opportunity"]), simulation)
    simulation.run(MONDAY + timedelta(days=400))
    assert violations(simulation) == []
    assert simulation.finished is not None, simulation.path()
    assert simulation.finished.outcome == "completed"


class _Events(StandIn):
    """Events arrive twice, before anyone waits, late, or never (then the slow poll reads)."""

    def __init__(self, fault: str, opportunity: dict[str, object]) -> None:
        super().__init__(Script(parts=[50, 50]), opportunity)
        self.fault = fault

    def respond(self, command: Schedule, now):  # type: ignore[no-untyped-def]
        heard = super().respond(command, now)
        events = [one for one in heard if isinstance(one[1], EventArrived)]
        others = [one for one in heard if not isinstance(one[1], EventArrived)]
        if self.fault == "twice":
            return [*others, *events, *events]
        if self.fault == "before":
            return [*others, *[(timedelta(0), event) for _, event in events]]
        if self.fault == "late":
            return [*others, *[(delay + timedelta(days=9), event) for delay, event in events]]
        return others


def test_the_settings_of_all_shipped_definitions_are_whole() -> None:
    assert {"lead_to_cash", "web_order"} <= set(DEFINITIONS)
    for name in DEFINITIONS:
        assert setting(shipped(name)).windows
