"""What differs between two plans, in the words of the definition: legs, steps, approvals, promises, handlers; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from ltc.definition.plan import Plan
from ltc.model.base import Value

How = Literal["added", "removed", "changed", "moved"]
# What ties steps together: a neighbour that comes or goes changes these, and is told itself.
LINKS = ("id", "leg", "step", "next", "up", "first", "branches")
# The parts of a plan that are compared piece by piece, or follow from the others.
_TOLD = ("process", "digest", "legs", "nodes", "slas", "handlers", "operations", "events", "collections", "tells_rests")
_KINDS = {"approve": "approval", "task": "task"}


class Change(Value):
    """One difference. ``leg`` is empty for what belongs to the whole definition; ``fields`` names what changed."""

    kind: str
    name: str
    how: How
    leg: str = ""
    fields: list[str] = Field(default_factory=list)


def changes(old: Plan, new: Plan) -> list[Change]:
    """Return what changed from one plan to another: the whole definition first, then leg by leg."""
    return [*_whole(old, new), *_legs(old, new), *_steps(old, new), *_slas(old, new), *_handlers(old, new)]


def written(value: Any, without: tuple[str, ...] = ()) -> Any:
    """Return a plan's value as JSON values, at every depth without some of its keys."""
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json")
    if isinstance(value, dict):
        return {name: written(one, without) for name, one in value.items() if name not in without}
    return [written(one, without) for one in value] if isinstance(value, list) else value


def differing(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return the names of the fields that two mappings do not share."""
    return [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]


def _named(kind: str, old: dict[str, Any], new: dict[str, Any], without: tuple[str, ...] = ()) -> Iterator[Change]:
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            yield Change(kind=kind, name=name, how="removed")
        elif name not in old:
            yield Change(kind=kind, name=name, how="added")
        elif fields := differing(_fields(old[name], without), _fields(new[name], without)):
            yield Change(kind=kind, name=name, how="changed", fields=fields)


def _fields(value: Any, without: tuple[str, ...]) -> dict[str, Any]:
    found = written(value, without)
    return found if isinstance(found, dict) else {"value": found}


def _whole(old: Plan, new: Plan) -> Iterator[Change]:
    """What belongs to no leg. A mapping of named things, such as tables, is compared thing by thing."""
    before, after = written(old), written(new)
    for name in differing(before, after):
        if name in _TOLD:
            continue
        if name == "tables":
            yield from _named("table", before.get(name) or {}, after.get(name) or {})
        elif isinstance(before.get(name), dict) and isinstance(after.get(name), dict):
            yield Change(kind=name, name=name, how="changed", fields=differing(before[name], after[name]))
        else:
            yield Change(kind=name, name=name, how="changed")
    yield from _named("operation", dict(old.operations), dict(new.operations))


def _legs(old: Plan, new: Plan) -> Iterator[Change]:
    before, after = ({leg.id: leg for leg in plan.legs} for plan in (old, new))
    for change in _named("leg", before, after, (*LINKS, "slas")):
        yield change.model_copy(update={"leg": change.name})
    kept = [leg for leg in before if leg in after]
    for leg, there in zip(kept, [leg for leg in after if leg in before], strict=True):
        if leg != there:
            yield Change(kind="leg", name=there, how="moved", leg=there)
    for leg in kept:
        if _order(old, leg, new) != _order(new, leg, old):
            yield Change(kind="leg", name=leg, how="moved", leg=leg, fields=["steps"])


def _order(plan: Plan, leg: str, other: Plan) -> list[str]:
    return [node.id for node in plan.nodes.values() if node.leg == leg and node.id in other.nodes]


def _steps(old: Plan, new: Plan) -> Iterator[Change]:
    for change in _named("step", dict(old.nodes), dict(new.nodes), (*LINKS, "slas")):
        node = (new if change.how == "added" else old).nodes[change.name]
        yield change.model_copy(update={"leg": node.leg, "kind": _KINDS.get(node.kind, "step")})


def _slas(old: Plan, new: Plan) -> Iterator[Change]:
    for change in _named("sla", dict(old.slas), dict(new.slas)):
        sla = (new if change.how == "added" else old).slas[change.name]
        yield change.model_copy(update={"leg": "" if sla.scope == "chain" else sla.of.split(".")[0].split(":")[0]})


def _handlers(old: Plan, new: Plan) -> Iterator[Change]:
    before, after = ({one.name: one for one in plan.handlers} for plan in (old, new))
    yield from _named("handler", before, after)
