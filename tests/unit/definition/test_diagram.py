"""Diagrams: everything that a plan does is drawn, and nothing in a title or a condition is read as Mermaid's own.

The grammar here is the part of Mermaid's flowcharts that is written; Mermaid 11 itself parses what it accepts.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ltc.definition.build import World
from ltc.definition.compile import load_checked
from ltc.definition.diagram import mermaid
from ltc.definition.plan import Plan

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
DRAWN = [HERE / "full.yaml", HERE / "odd_names.yaml", *sorted((ROOT / "process_defs").glob("*[a-z].yaml"))]
DRAWN = [path for path in DRAWN if "." not in path.stem]

TEXT = r'"(?:[^"#<>`*$\\\n]|#(?:\d+|quot);)+"'
BOX = rf"(?:\[{TEXT}\]|\(\[{TEXT}\]\)|\[/{TEXT}/\]|\{{{TEXT}\}}|\{{\{{{TEXT}\}}\}}|\[\[{TEXT}\]\]|\[\({TEXT}\)\]|>{TEXT}\])"
VERTEX = re.compile(rf"\s+([a-z]\w*){BOX}")
EDGE = re.compile(rf"  ([a-z]\w*) (?:-->|-- {TEXT} -->|-\.->|-\. {TEXT} \.->) ([a-z]\w*)({BOX})?")
GROUP = re.compile(rf"  subgraph ((?:leg|side)_\w+)\[{TEXT}\]")


def plan_of(path: Path, world: World) -> Plan:
    shipped = path.parent != HERE
    given = path if shipped else path.read_text(encoding="utf-8")
    return load_checked(given, World(calendars={"cn": 450}) if shipped else world).plan


@pytest.mark.parametrize("path", DRAWN, ids=lambda path: path.stem)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_line_is_one_that_mermaid_reads(path: Path, language: str, world: World) -> None:
    first, *rest = mermaid(plan_of(path, world), language).splitlines()
    assert first == "flowchart TD"
    known, ends = set[str](), list[str]()
    depth = 0
    for line in rest:
        if found := GROUP.fullmatch(line):
            known.add(found[1])
            depth += 1
        elif line == "  end":
            depth -= 1
        elif found := VERTEX.fullmatch(line):
            assert found[1] not in known, f"{found[1]} is drawn twice"
            known.add(found[1])
        else:
            found = EDGE.fullmatch(line)
            assert found, line
            ends += [found[1], found[2]]
            known |= {found[2]} if found[3] else set()
    assert depth == 0
    assert [end for end in ends if end not in known] == []


@pytest.mark.parametrize("path", DRAWN, ids=lambda path: path.stem)
def test_everything_that_a_plan_does_is_drawn_and_linked(path: Path, world: World) -> None:
    plan = plan_of(path, world)
    drawn = mermaid(plan)
    boxes = [found[1] for line in drawn.splitlines() if (found := VERTEX.fullmatch(line))]
    steps = [box for box in boxes if box.startswith("n_")]
    assert len(steps) == len(set(steps)) == len(plan.nodes)
    aimed = {found[2] for line in drawn.splitlines() if (found := EDGE.fullmatch(line))}
    assert [step for step in steps if step not in aimed] == [], "no way leads there"
    names = [f"handler_{one.name}" for one in plan.handlers] + [f"table_{name}" for name in plan.tables]
    assert [name for name in names if name not in boxes] == []
    assert ("kept_open" in boxes) == (plan.keep_open is not None)


def test_the_new_constructs_are_drawn(world: World) -> None:
    drawn = mermaid(plan_of(HERE / "full.yaml", world))
    for part in (
        '"dun bill"', '"level first: 10d"', '"start full"', '"kept open for 30d"', "  kept_open -.-> handler_returns",
        "  subgraph side_changes[", "  handler_back -.-> n_order__find", "  table_terms -.-> leg_approval",
        "retainer (every 1 month on first_working_day at 09:00, 12 times",
    ):  # fmt: skip
        assert part in drawn, part


def test_names_that_run_into_one_another_stay_apart(world: World) -> None:
    plan = plan_of(HERE / "odd_names.yaml", world)
    twin = {**plan.nodes, "end_.end": plan.nodes["end.end"].model_copy(update={"id": "end_.end", "next": ""})}
    legs = [*plan.legs, plan.legs[0].model_copy(update={"id": "end_", "first": "end_.end", "when": ""})]
    drawn = mermaid(plan.model_copy(update={"nodes": twin, "legs": legs}))
    boxes = [found[1] for line in drawn.splitlines() if (found := VERTEX.fullmatch(line))]
    assert len(boxes) == len(set(boxes))
