"""The cases beside the shipped definitions, as chains that tests can disturb."""

from __future__ import annotations

from functools import cache

from ltc.cli.def_test import begun
from ltc.core.simulation import Simulation
from ltc.core.stand_in import StandIn
from ltc.definition.compile import read_source
from ltc.definition.nodes import Mapping
from ltc.model.trail import Kind
from tests.support.chains import ROOT, shipped


@cache
def cases(name: str) -> dict[str, Mapping]:
    """What is given in each case beside a shipped definition."""
    tree, _ = read_source(ROOT / "process_defs" / f"{name}.test.yaml")
    return {one.text("name"): one.mapping("given") for one in tree.listing("cases").mappings()}


def chain(name: str, case: str) -> tuple[Simulation, StandIn]:
    """A case's chain before anything has happened, and its world."""
    simulation = begun(shipped(name), cases(name)[case])
    world = simulation.world
    assert isinstance(world, StandIn)
    return simulation, world


@cache
def called(name: str) -> dict[str, str]:
    """The operations that the cases carry out, forth or back, with the first case that does."""
    found: dict[str, str] = {}
    for case in cases(name):
        simulation, _ = chain(name, case)
        simulation.run()
        for entry in simulation.trail:
            if entry.kind is Kind.SCHEDULED and entry.data.get("op"):
                found.setdefault(entry.data["op"], case)
    return found
