"""Keys tell things apart: chains, the items of a loop, the children that a loop starts; lists name each thing once."""

from __future__ import annotations

from ltc.definition.build import Build, Use
from ltc.definition.expressions import ExpressionError
from ltc.definition.expressions import names as named
from ltc.definition.names import Names
from ltc.definition.parsing import parse
from ltc.definition.plan import Leg, Plan


def check_keys(plan: Plan, build: Build, names: Names) -> None:
    """Complain about keys that are the same every time, and about lists that hold nothing, or one thing twice."""
    loops = {leg.id: leg for leg in plan.legs if leg.loop}
    for use in build.uses:
        if use.scope == "start" and use.where == "'key'":
            _same(use, ["event"], "event.FIELD", build)
        elif use.scope.startswith("item:") and use.where == "'key'":
            _item(use, loops[use.scope.removeprefix("item:")], plan, build)
        elif use.where == "'key'" and "." in use.scope and (leg := loops.get(use.scope.split(".")[0])) and leg.loop:
            _same(use, list(names.local[leg.id]), f"{leg.loop.name}.FIELD", build)
    for leg in loops.values():
        _list(leg, build)


def _item(use: Use, leg: Leg, plan: Plan, build: Build) -> None:
    if leg.loop and leg.loop.source not in plan.collections:  # of those a key by another field than the id is refused
        _same(use, [leg.loop.name], leg.loop.name, build)


def _same(use: Use, differing: list[str], what: str, build: Build) -> None:
    try:
        found = named(use.source)
    except ExpressionError:
        return  # said where expressions are checked
    if not any(name in differing for name in found):
        build.problems.add("LTC-D114", use.mark, what=what)


def _list(leg: Leg, build: Build) -> None:
    """A list that is written out holds something, and nothing twice."""
    try:
        tree = parse(leg.loop.source) if leg.loop and leg.loop.source else None
    except ExpressionError:
        return
    if tree is None or tree.kind != "list":
        return
    mark = build.places[f"loop:{leg.id}"]
    if not tree.args:
        build.problems.vain(mark, "for_each", "the list is empty", "remove the leg")
    words = [(node.kind, node.text) for node in tree.args if node.kind in ("string", "int")]
    for at, (_, word) in enumerate(words):
        if words[at] in words[:at]:
            build.problems.add("LTC-D115", mark, word=word, where="'in'")
