"""A case of a key: a definition that says it, a world in which it counts, and the same definition with it ignored."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import yaml

from ltc.client.start_values import StartValues, evaluate_start
from ltc.core import machine
from ltc.core.simulation import Simulation
from ltc.core.stand_in import Script, StandIn
from ltc.core.turn import Setting
from ltc.definition.build import World
from ltc.definition.compile import load_checked
from ltc.definition.errors import DefinitionError
from ltc.definition.plan import Plan
from ltc.definition.worktime import CalendarWindow
from ltc.ports.operations import Registry
from tests.support.chains import MONDAY, ROOT, opportunity, window

GONE = object()  # an edit that takes a key away
WORLD = World(
    roles={"finance": ["fay", "finn", "fred"], "credit": ["cora", "carl"], "sales": ["sam", "sue"]},
    calendars={"cn": 450, "us": 480},
    beside=ROOT / "tests/unit/keys",
)
DEAL: dict[str, Any] = yaml.safe_load((ROOT / "tests/unit/keys/deal.yaml").read_text(encoding="utf-8"))
# Elsewhere the day begins fifteen hours later, and Monday is free.
ELSEWHERE = CalendarWindow(
    name="us", version="test", hours=((540, 1020),), week="0111110", offsets=((0, -420),),
    since=date(2026, 3, 1), until=date(2027, 4, 1),
)  # fmt: skip
WINDOWS = {"cn": window("cn"), "us": ELSEWHERE}


@dataclass(frozen=True)
class Seen:
    """What came of a definition: refused with codes, or a plan and a chain that ran on it."""

    codes: list[str]
    plan: Plan | None = None
    start: StartValues | None = None
    chain: Simulation | None = None


Look = Callable[[Seen], Any]


def deal(legs: str = "") -> dict[str, Any]:
    """A copy of the definition that cases change, with these of its legs; with all of them when none are named."""
    tree = copy.deepcopy(DEAL)
    if legs:
        tree["legs"] = {name: tree["legs"][name] for name in legs.split()}
    return tree


@dataclass(frozen=True)
class Case:
    """``item``: as tests.support.keys lists it. ``look`` at what came of the definition must give ``sees``.

    ``legs``: the legs of deal.yaml that are kept (all when empty). ``change``: edits that lead from it to the
    definition with the item; ``ignored``: further edits that lead to what the language would be without it; both map
    a dotted path to YAML text. ``world``: what tests.support.chains knows of scripts, and ``net``, ``acts`` (what
    an operator does: hours after the start, intervention), ``days`` (how long), ``deal`` (of the opportunity).
    ``refused``: the code that the definition with the item ignored is refused with; empty when it runs.
    """

    item: str
    look: Look
    sees: Any
    change: dict[str, Any] = field(default_factory=dict)
    ignored: dict[str, Any] = field(default_factory=dict)
    legs: str = ""
    world: dict[str, Any] = field(default_factory=dict)
    refused: str = ""

    @cached_property
    def said(self) -> dict[str, Any]:
        """The definition with the item."""
        tree = deal(self.legs)
        return edited(tree, self.change)

    def observed(self) -> Any:
        """What is seen of the definition with the item."""
        return self._look(self.said)[1]

    def mutant(self) -> tuple[list[str], Any]:
        """The codes that the definition with the item ignored is refused with, and what is seen of it."""
        return self._look(edited(copy.deepcopy(self.said), self.ignored))

    def _look(self, tree: dict[str, Any]) -> tuple[list[str], Any]:
        seen = run(tree, self.world)
        return seen.codes, seen.codes or self.look(seen)


def edited(tree: dict[str, Any], edits: dict[str, Any]) -> dict[str, Any]:
    """Carry out edits: a dotted path to YAML text, or to GONE. ``path+`` appends to a list."""
    for path, value in edits.items():
        *way, last = path.rstrip("+").split(".")
        at: Any = tree
        for name in way:
            at = at[int(name)] if isinstance(at, list) else at[name]
        key: Any = int(last) if isinstance(at, list) else last
        parsed = yaml.safe_load(value) if isinstance(value, str) else value
        if value is GONE:
            del at[key]
        elif path.endswith("+"):
            at[key] += parsed if isinstance(parsed, list) else [parsed]
        else:
            at[key] = parsed
    return tree


def run(tree: dict[str, Any], world: dict[str, Any]) -> Seen:
    """Compile a definition and run one chain on it in simulated time."""
    try:
        plan = load_checked(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True), WORLD).plan
    except DefinitionError as error:
        return Seen(list(dict.fromkeys(problem.code for problem in error.problems)))
    given = copy.deepcopy(world)
    acts, days = given.pop("acts", []), given.pop("days", 400)
    deal = opportunity(given.pop("net", 250_000), **given.pop("deal", {}))
    fields = {"opportunity_id": deal["id"], "opportunity": deal}
    start = evaluate_start(plan, Registry(), fields)
    setting = Setting(plan, WINDOWS)
    chain = f"{plan.process}:{start.key}"
    state = machine.begin(setting, chain=chain, installation="test", requester=start.requester, values=start.values)
    people = StandIn(Script(**given), deal)
    simulation = Simulation(setting, state, people, MONDAY)
    for hours, asked in acts:
        simulation.at(MONDAY + timedelta(hours=hours), people.intervention(**asked))
    simulation.run(MONDAY + timedelta(days=days))
    return Seen([], plan, start, simulation)
