"""Steps that start other chains are held against the definitions beside them."""

from pathlib import Path

import pytest

from ltc.definition.build import World
from ltc.definition.compile import load_checked
from ltc.definition.errors import DefinitionError
from tests.support.chains import ROOT

TEXT = """ltc: 1
process: frame
calendar: cn
currency: USD
start: {event: crm.opportunity_won, key: event.opportunity.number, input: {opportunity: event.opportunity}}
legs:
  calls:
    steps:
      - start: {process: web_order, input: {opportunity_id: opportunity.id, opportunity: opportunity}}
        as: child
"""
WRONG = [
    ("process: web_order", "process: web_ordre", "LTC-D154 9:26"),
    ("opportunity_id: opportunity.id", "opportunity_id: opportunity.id, lines: opportunity.lines", "LTC-D155 9:77"),
    ("opportunity_id: opportunity.id, ", "", "LTC-D156 9:44"),
    ("opportunity_id: opportunity.id", "opportunity_id: opportunity.version", "LTC-D066 9:61"),
    ("process: web_order", "process: frame", "LTC-D157 9:26"),
    ("process: web_order", "process: round", "LTC-D157 9:26"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shipped = (ROOT / "process_defs" / "web_order.yaml").read_text(encoding="utf-8")
    (tmp_path / "web_order.yaml").write_text(shipped, encoding="utf-8")
    back = TEXT.replace("process: frame", "process: round").replace("process: web_order", "process: frame")
    (tmp_path / "round.yaml").write_text(back, encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("process: [", encoding="utf-8")
    (tmp_path / "frame.yaml").write_text(TEXT, encoding="utf-8")
    return tmp_path


def codes(folder: Path, text: str) -> list[str]:
    path = folder / "frame.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        load_checked(path, World())
    except DefinitionError as error:
        return [f"{one.code} {one.line}:{one.column}" for one in error.problems]
    return []


def test_a_right_one_passes(folder: Path) -> None:
    assert codes(folder, TEXT) == []


@pytest.mark.parametrize(("old", "wrong", "said"), WRONG)
def test_a_wrong_one_is_refused_at_its_place(folder: Path, old: str, wrong: str, said: str) -> None:
    assert codes(folder, TEXT.replace(old, wrong)) == [said]


def test_a_text_alone_has_no_neighbours_and_is_not_held_against_any() -> None:
    load_checked(TEXT.replace("process: web_order", "process: anything"), World())
