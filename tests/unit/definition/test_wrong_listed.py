"""The lists of wrong definitions are whole: more than sixty with their mended twins, and no code without a case."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from ltc.definition.codes import CODES

HERE = Path(__file__).parent
LISTS = {path: yaml.safe_load(path.read_text("utf-8")) for path in sorted(HERE.glob("wrong_*.yaml"))}
TESTS = {path.name: path.read_text("utf-8") for path in HERE.glob("test_*.py")}
KEYS = "".join(path.read_text("utf-8") for path in sorted((HERE.parent / "keys").glob("*.py")))


def test_more_than_sixty_wrong_definitions_of_every_kind_are_listed() -> None:
    cases = [row for rows in LISTS.values() for row in rows]
    assert len(cases) >= 160
    assert len({row["code"] for row in cases}) >= 80


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_each_marks_one_place_and_has_a_twin_that_differs(path: Path) -> None:
    for row in LISTS[path]:
        assert row["wrong"].count("§") == 1, row
        assert row["wrong"].replace("§", "") != row["old"], row
        assert row["right"] != row["wrong"].replace("§", ""), row
        assert row["code"] in CODES, row


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_each_list_is_run(path: Path) -> None:
    name = path.stem.removeprefix("wrong_")
    assert f'"{name}"' in TESTS["test_wrong.py"] or any(path.name in text for text in TESTS.values())


@pytest.mark.parametrize("code", sorted(CODES))
def test_no_code_is_without_a_case(code: str) -> None:
    listed = Counter(row["code"] for rows in LISTS.values() for row in rows)
    assert listed[code] or any(code in text for text in TESTS.values()) or code in KEYS
