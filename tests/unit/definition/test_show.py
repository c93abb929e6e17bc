"""`ltc def show` says everything: whatever is changed in a plan changes what is shown of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ltc.definition.build import World
from ltc.definition.compile import load_checked
from ltc.definition.plan import Plan
from ltc.definition.show import lines

ROOT = Path(__file__).parents[3]
SHIPPED = sorted(path for path in (ROOT / "process_defs").glob("*.yaml") if "." not in path.stem)
FULL = Path(__file__).parent / "full.yaml"
Place = tuple[str | int, ...]

# What is not said: what ties the parts of a plan together, what is pinned of operations and events, and what follows
# from other things that are said.
APART = ("digest", "engine_level", "operations", "events", "collections", "sides", "tells_rests")
TIES = (
    "id",
    "leg",
    "next",
    "up",
    "first",
    "branches",
    "slas",
    "scope",
    "of",
    "own",
    "theirs",
    "subject",
    "refresh",
    "tells",
    "gathered",
    "ends",
)
WORDS = (
    "skip", "again", "hold", "m", "cancelled", "text", "customer", "others", "approve", "wait_all", "any", "keep",
    "cancel", "milestone", "week", "EUR", "6", "irreversible", "date", "order", "month", "lost", "none", "whole",
)  # fmt: skip


def leaves(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any, dict[str, Any]]]:
    """Every value of a plan with its place and the record around it."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, dict | list):
            yield from leaves(inner, (*place, key))
        elif inner not in (None, "", 0, False):
            yield (*place, key), inner, value if isinstance(value, dict) else {}


def said(place: Place, around: dict[str, Any]) -> bool:
    """Whether a value is among those that are shown."""
    last = next(key for key in reversed(place) if isinstance(key, str))
    if place[0] in APART or place[:3] in (("billing", "terms", "basis"), ("billing", "terms", "tolerance")):
        return False
    if last in TIES or (place[0] == "pivots" and last == "leg"):
        return False
    if last == "kind":
        side_line = place[0] == "handlers" and around.get("kind") == "steps"
        return not side_line and not (place[0] == "nodes" and len(place) == 3)
    without = {"required": "default", "revisit": "revisit_call"}.get(last, "")
    if around.get(without) is not None:
        return False
    return not (
        (last == "places" and around["type"] != "decimal") or (last == "outcome" and around["kind"] == "cancel")
    )


def changed(dump: dict[str, Any], place: Place) -> list[str]:
    """What is shown of the plan with one value replaced by another that it may have."""
    where: Any = dump
    for key in place[:-1]:
        where = where[key]
    before = where[place[-1]]
    number = isinstance(before, int | float) and not isinstance(before, bool)
    others = [not before] if before is True else [before + 1] if number else [f"{before}x", *WORDS, ""]
    try:
        for other in others:
            where[place[-1]] = other
            try:
                shown = list(lines(Plan.model_validate(dump)))
            except (ValueError, KeyError, ArithmeticError):
                continue
            if other != before:
                return shown
    finally:
        where[place[-1]] = before
    raise AssertionError(f"no other value is taken at {place}: {before!r}")


def sort_of(dump: dict[str, Any], place: Place) -> Place:
    """The place without the names of steps, promises and tables: each sort of value is changed once."""
    inside = place[2:] if place[0] in ("nodes", "slas", "tables") else place[1:]
    kind = dump["nodes"][place[1]]["kind"] if place[0] == "nodes" else ""
    return (place[0], kind, *(key for key in inside if isinstance(key, str)))


def sorts(dump: dict[str, Any]) -> dict[Place, Place]:
    """The sorts of values that are said, each with the first place where it stands."""
    found: dict[Place, Place] = {}
    for place, _, around in leaves(dump):
        if said(place, around):
            found.setdefault(sort_of(dump, place), place)
    return found


@pytest.fixture(scope="module")
def full(world: World) -> Plan:
    return load_checked(FULL.read_text(encoding="utf-8"), world).plan


def unsaid(plan: Plan, places: Iterable[Place]) -> list[Place]:
    dump, was = plan.model_dump(mode="json"), list(lines(plan))
    return [place for place in places if changed(dump, place) == was]


def test_whatever_a_plan_with_every_key_says_is_shown(full: Plan) -> None:
    found = sorts(full.model_dump(mode="json"))
    assert len(found) > 150
    assert unsaid(full, found.values()) == [], "write these into ltc/definition/show*.py"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_what_only_a_shipped_definition_says_is_shown_too(path: Path, full: Plan) -> None:
    plan, known = load_checked(path, World(calendars={"cn": 450})).plan, sorts(full.model_dump(mode="json"))
    found = sorts(plan.model_dump(mode="json"))
    assert unsaid(plan, [place for sort, place in found.items() if sort not in known]) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_no_key_of_a_shipped_definition_is_left_out(path: Path) -> None:
    """Each leg, handler, table, name and expression of the file stands in what is shown of it."""
    plan = load_checked(path, World(calendars={"cn": 450})).plan
    shown = "\n".join(lines(plan))
    names = [*plan.tables, *(leg.id for leg in plan.legs), *(one.name for one in plan.handlers), *plan.collections]
    names += [node.step for node in plan.nodes.values()] + [node.next.partition(".")[2] for node in plan.nodes.values()]
    assert [name for name in names if name not in shown] == []
