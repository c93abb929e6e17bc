"""Processes as vendors describe them, written by a stranger to the code: each does what its vendor says, case by case."""

from __future__ import annotations

from pathlib import Path

import pytest

from ltc.cli.def_test import run_file
from ltc.definition.build import World
from ltc.definition.compile import load_checked
from ltc.definition.neighbours import Folder

HERE = Path(__file__).parent / "vendors"
NAMES = sorted(path.stem for path in HERE.glob("*.yaml") if "." not in path.stem)


@pytest.fixture(scope="module")
def beside() -> World:
    return World(calendars={"cn": 450}, folder=Folder(HERE))


def test_there_are_twenty_of_them() -> None:
    assert len(NAMES) > 20


@pytest.mark.parametrize("name", NAMES)
def test_it_does_what_its_vendor_says(name: str, beside: World) -> None:
    definition = HERE / f"{name}.yaml"
    assert load_checked(definition, beside).build.problems.warnings == []
    results = run_file(HERE / f"{name}.test.yaml", definition, beside)
    assert results
    assert {one.case: one.differences for one in results if not one.ok} == {}
    assert {one.case: one.notes for one in results if one.notes} == {}
