"""Slips that refuse nothing: each is warned of with its code at its place; its mended twin is warned of nothing."""

from pathlib import Path

import pytest
import yaml

from ltc.definition.build import World
from ltc.definition.compile import load_checked

HERE = Path(__file__).parent
ROWS = yaml.safe_load((HERE / "warned.yaml").read_text("utf-8"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['code']}-{row['what']}")
def test_a_slip_is_warned_of(row, base, load):
    assert base.count(row["old"]) == 1
    spoilt = base.replace(row["old"], row["wrong"])
    offset = spoilt.index("§")
    place = f"{spoilt.count(chr(10), 0, offset) + 1}:{offset - spoilt.rfind(chr(10), 0, offset)}"
    found = load(spoilt.replace("§", "")).build.problems.warnings
    assert [f"{one.code} {one.line}:{one.column}" for one in found] == [f"{row['code']} {place}"]
    assert all(one.warning for one in found)
    assert load(base.replace(row["old"], row["right"])).build.problems.warnings == []


@pytest.mark.parametrize(
    "path", sorted((HERE.parents[2] / "process_defs").glob("*[a-z].yaml")), ids=lambda path: path.stem
)
def test_nothing_shipped_is_warned_of(path):
    if not path.name.endswith(".test.yaml"):
        assert load_checked(path, World(calendars={"cn": 450})).build.problems.warnings == []
