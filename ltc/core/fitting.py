"""Whether a running chain can go on under another plan: what it has entered must be there, and be the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from ltc.core.state import State
from ltc.definition.compare import differing, written
from ltc.definition.plan import Leg, Plan
from ltc.definition.plan_nodes import undo_of

# Keys of a step that name other steps by their ids.
LINKED = ("id", "next", "up", "first", "branches")
# What may differ in a leg that has been entered: what people see, what was promised (its clocks are moved), and how
# an effect is undone (those that took place keep the way that was pinned when they did); and what later releases pin
# besides: which collections are renewed, and that no period begins after an end.
_FREE = ("title", "slas", "undo", "gathered", "ends")
# Parts of a plan that may differ, or that are compared piece by piece.
_APART = (
    "title", "digest", "calendar", "start", "legs", "nodes", "slas", "handlers", "pivots", "operations", "events",
    "collections", "sides", "keep_open", "process", "engine_level",
    "tells_rests",
)  # fmt: skip
_LOST = ("unknown", "remains")


@dataclass(frozen=True)
class Fit:
    """The answer: ``mapped`` when renamed steps were given and used. ``flying``: it may be asked again in a moment."""

    status: Literal["safe", "mapped", "blocked"]
    reasons: list[str] = field(default_factory=list)
    flying: bool = False


def examine(old: Plan, new: Plan, state: State, renames: dict[str, str]) -> Fit:
    """Say whether a chain can move from its plan to another, and if not, every reason why not.

    Args:
        old: the plan that it runs.
        new: the plan that it is to run.
        state: where it stands; it is only looked at.
        renames: ids of steps (``leg.step``) of the old plan with what they are called in the new one.
    """
    flying = list(_flying(state))
    reasons = [
        *flying, *_unfit(old, new, state), *_renamed(old, new, renames), *_parts(old, new, state, renames),
        *_inputs(old, new), *_positions(new, state),
    ]  # fmt: skip
    for leg in entered(old, state):
        reasons += _leg(old, new, leg, renames)
    reasons += _effects(old, new, state, renames)
    if reasons:
        return Fit("blocked", list(dict.fromkeys(reasons)), flying=len(flying) == len(reasons))
    return Fit("mapped" if renames else "safe")


def entered(plan: Plan, state: State) -> list[str]:
    """Return the legs that a chain has been in: what it did there counts on. One that was only passed by does not."""
    there = [token.leg for token in state.tokens.values()] + [effect.leg for effect in state.effects]
    steps = [task.node for task in state.tasks.values()] + [task.node for task in state.human_tasks.values()]
    there += [plan.nodes[step].leg for step in steps if step in plan.nodes]
    sides = [side.id for side in plan.sides if side.id in there]
    return sides + [
        leg.id
        for leg in plan.legs
        if leg.id in there
        or state.legs[leg.id].status in ("open", "done")
        or (state.legs[leg.id].visit and state.legs[leg.id].status == "pending")
    ]


def _flying(state: State) -> Iterator[str]:
    for flight in state.flights.values():
        if flight.purpose not in ("flush", "notify"):
            yield f"in flight: {flight.op or flight.purpose}; wait until it has answered"


def _unfit(old: Plan, new: Plan, state: State) -> Iterator[str]:
    if state.status != "running" or state.ending:
        yield f"the chain is {'ending' if state.status == 'running' else state.status}: only a running one can move"
    if old.process != new.process:
        yield f"the chain runs {old.process!r}, the definition is of {new.process!r}"
    if old.engine_level != new.engine_level:
        yield f"the definition needs engine level {new.engine_level}, the chain has {old.engine_level}"
    if state.open_until is not None:
        yield "the chain is completed, and only kept open"
    if state.due_rungs:
        yield "not at rest: a rung that is due has not been climbed yet; release the chain first"
    sent = [flight.key for flight in state.flights.values()]
    for effect in state.effects:
        if effect.status in _LOST and not effect.sure and effect.key not in sent:
            yield f"not at rest: whether {effect.op} at {effect.place} took effect is not known; find that out first"


def _renamed(old: Plan, new: Plan, renames: dict[str, str]) -> Iterator[str]:
    for before, after in renames.items():
        if before not in old.nodes:
            yield f"map {before}={after}: the chain's plan has no step {before}"
        elif after not in new.nodes:
            yield f"map {before}={after}: the definition has no step {after}"
        elif old.nodes[before].leg != new.nodes[after].leg:
            yield f"map {before}={after}: a step keeps its leg"
        elif after in old.nodes and after not in renames:
            yield f"map {before}={after}: the chain's plan has another step {after}"
    if len(set(renames.values())) < len(renames):
        yield "map: two steps cannot become one"


def _parts(old: Plan, new: Plan, state: State, renames: dict[str, str]) -> Iterator[str]:
    """Whatever else a plan holds. Named things, such as tables, count only where an entered leg speaks of them."""
    before, after = written(old, ("title",)), written(new, ("title",))
    said = str([_shape(old, leg, {}) for leg in entered(old, state)])
    for name in differing(before, after):
        if name in _APART:
            continue
        one, other = before.get(name), after.get(name)
        if not (isinstance(one, dict) and isinstance(other, dict)) or name == "billing":
            yield f"{name} is another: what the chain has done was reckoned by the old one"
            continue
        for part in differing(one, other):
            if f"{part}." in said or f"'{part}'" in said:
                yield f"{name}.{part} is another, and a leg that has been entered uses it"


def _inputs(old: Plan, new: Plan) -> Iterator[str]:
    for name, source in new.start.input.items():
        if name not in old.start.input:
            yield f"name missing: {name!r} of start.input was not taken when the chain started"
        elif old.start.input[name] != source:
            yield f"name {name!r} of start.input means something else now ({source})"


def _positions(new: Plan, state: State) -> Iterator[str]:
    """A leg that nobody was in must lie ahead: it would be entered at once otherwise, behind the chain's back."""
    through = True
    for number, leg in enumerate(new.legs):
        one = state.legs.get(leg.id)
        if (one is None or one.status == "pending") and through and _entered_later(new.legs[number + 1 :], state):
            yield f"leg {leg.id} comes before one that has been entered; the chain is past its place"
        through = through and one is not None and one.status in ("done", "skipped")


def _entered_later(legs: list[Leg], state: State) -> bool:
    return any(leg.id in state.legs and state.legs[leg.id].status in ("open", "done") for leg in legs)


def _leg(old: Plan, new: Plan, leg: str, renames: dict[str, str]) -> Iterator[str]:
    """Compare a leg that has been entered with what the new plan says of it."""
    if all(one.id != leg for one in [*new.legs, *new.sides]):
        now = _called_now(old, new, leg)
        kept = f": it looks like {now} there, but a leg that was entered keeps its name; give it a title" if now else ""
        yield f"leg {leg} has been entered, and is not in the definition{kept}"
        return
    before, after = _shape(old, leg, renames), _shape(new, leg, {})
    for name in differing(before, after):
        if name not in after:
            step = next((was for was, now in renames.items() if now == name), name)
            alike = _alike(before, after, name)
            hint = f"; if it is only renamed: --map {step}={alike}" if alike else ""
            yield f"leg {leg} has been entered, and its step {step} is gone{hint}"
        elif name not in before:
            yield f"leg {leg} has been entered, and has a new step {name}"
        else:
            fields = ", ".join(differing(before[name], after[name]))
            yield f"leg {leg} has been entered, and {name} is another there ({fields})"


def _called_now(old: Plan, new: Plan, leg: str) -> str:
    """Return the leg of the new plan that has the same steps, where the old plan has none of its name."""

    def steps(plan: Plan, name: str) -> list[tuple[str, str]]:
        return [(node.kind, node.step) for node in plan.nodes.values() if node.leg == name]

    known = [one.id for one in old.legs]
    named = (one.id for one in new.legs if one.id not in known and steps(new, one.id) == steps(old, leg))
    return next(named, "")


def _alike(before: dict[str, Any], after: dict[str, Any], name: str) -> str:
    def bare(one: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in one.items() if key not in (*LINKED, "step")}

    return next((one for one in after if one not in before and bare(after[one]) == bare(before[name])), "")


def _shape(plan: Plan, leg: str, renames: dict[str, str]) -> dict[str, Any]:
    """Return what a leg is made of, by step; the leg itself, its pivots and what it uses under their own names."""
    nodes = [node for node in plan.nodes.values() if node.leg == leg]
    found = {renames.get(node.id, node.id): rename(written(node, _FREE), renames) for node in nodes}
    itself = next((one for one in [*plan.legs, *plan.sides] if one.id == leg), None)
    steps = {was.split(".", 1)[1]: now.split(".", 1)[1] for was, now in renames.items() if was.startswith(f"{leg}.")}
    pivots = [written(one) for one in plan.pivots if one.leg == leg]
    for pivot in pivots:
        pivot["step"] = steps.get(pivot["step"], pivot["step"])
    head = rename(written(itself, _FREE), renames) if itself else {}
    return {f"leg {leg}": {**head, "pivots": pivots, "uses": _uses(plan, str(found))}, **found}


def _uses(plan: Plan, said: str) -> dict[str, Any]:
    """The versions of operations, and the shapes of events, that a leg speaks of."""
    operations = {name: one.version for name, one in plan.operations.items() if f"'{name}'" in said}
    return {**operations, **{name: written(one) for name, one in plan.events.items() if f"'{name}'" in said}}


def rename(value: Any, renames: dict[str, str]) -> Any:
    """Return JSON values of a step with the ids of steps replaced, its own name among them."""
    if isinstance(value, dict):
        found = {name: _linked(one, renames) if name in LINKED else rename(one, renames) for name, one in value.items()}
        if value.get("id") in renames and "step" in value:
            found["step"] = renames[value["id"]].split(".", 1)[1]
        return found
    return [rename(one, renames) for one in value] if isinstance(value, list) else value


def _linked(value: Any, renames: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_linked(one, renames) for one in value]
    return renames.get(value, value) if isinstance(value, str) else rename(value, renames)


def _effects(old: Plan, new: Plan, state: State, renames: dict[str, str]) -> Iterator[str]:
    """What took effect keeps its undo; but where the definition now says that nothing undoes it, somebody must look."""
    for effect in state.effects:
        if effect.status in ("absent", "undone", "stands"):
            continue
        before = effect.undo or undo_of(old.nodes[effect.node])
        after = undo_of(new.nodes.get(renames.get(effect.node, effect.node)))
        if before is not None and before.calls and (after is None or not after.calls):
            yield f"the undo of {effect.op} at {effect.place}, which has taken effect, is gone"
