"""Gives every step of a leg its name: the author's, or one derived from what the step does."""

from __future__ import annotations

from collections.abc import Iterator

from ltc.definition.build import Build
from ltc.definition.errors import Mark
from ltc.definition.nodes import Listing, Mapping, Scalar, Source

KINDS = ("call", "wait", "delay", "approve", "task", "choose", "parallel", "end", "dunning", "start")
_REACTIONS = ("on_timeout", "none_found", "on_reject")


def kind_of(step: Mapping) -> str:
    """Return which of the steps a mapping is."""
    return next((kind for kind in KINDS if kind in step.values), "")


def count_steps(steps: Listing) -> int:
    """Count the steps of a leg, those inside others and in reactions too."""
    return sum(1 for _ in _steps(steps))


def name_steps(build: Build, steps: Listing) -> None:
    """Name all steps of a leg, in the order of the file; explicit names are taken first."""
    every = list(_steps(steps))
    taken: dict[str, Mark] = {}
    for step in every:
        if name := step.text("name"):
            if name in taken:
                build.problems.add("LTC-D050", step.at("name"), word=name)
            taken[name] = step.mark
            build.names[step.mark] = name
    for step in every:
        if not step.text("name"):
            build.names[step.mark] = name = _free(_derived(step), taken)
            taken[name] = step.mark


def _derived(step: Mapping) -> str:
    kind = kind_of(step)
    if kind == "dunning":
        return f"dunning_{step.text('dunning')}"
    if kind == "start":
        return f"start_{step.mapping('start').text('process')}"
    if kind == "call":
        return step.text("call").rpartition(".")[2]
    if kind == "task":
        return step.text("task")
    if kind == "approve":
        return f"approve_{step.text('approve')}"
    if kind == "wait":
        awaited = step.values["wait"]
        first = next(awaited.mappings(), None) if isinstance(awaited, Listing) else None
        event = first.text("event") if first else step.text("wait")
        return event.rpartition(".")[2] or kind
    return kind


def _free(name: str, taken: dict[str, Mark]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found


def _steps(steps: Source | None) -> Iterator[Mapping]:
    for step in steps.mappings() if isinstance(steps, Listing) else ():
        yield from _step(step)


def _step(step: Mapping) -> Iterator[Mapping]:
    yield step
    for arm in step.listing("choose").mappings():
        yield from _steps(arm.values.get("steps"))
        yield from _steps(arm.values.get("otherwise"))
    for branch in step.listing("parallel").mappings():
        yield from _steps(branch.values.get("steps"))
    for level in step.listing("levels").mappings():
        yield from _steps(level.values.get("steps"))
    yield from _reaction(step.mapping("hand_over").values.get("then"))
    for reaction in step.mapping("on_refusal").values.values():
        yield from _reaction(reaction)
    for key in _REACTIONS:
        yield from _reaction(step.values.get(key))


def _reaction(reaction: Source | None) -> Iterator[Mapping]:
    if isinstance(reaction, Mapping):
        if any(isinstance(reaction.values.get(kind), Scalar) for kind in ("approve", "task")):
            yield from _step(reaction)
        yield from _steps(reaction.values.get("steps"))
