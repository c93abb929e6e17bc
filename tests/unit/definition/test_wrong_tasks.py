"""Wrong tasks: each is refused with its code at its place, and its mended twin passes."""

from pathlib import Path

import pytest
import yaml

from ltc.definition.errors import DefinitionError

HERE = Path(__file__).parent
BASE = (HERE / "tasks_base.yaml").read_text("utf-8")
ROWS = yaml.safe_load((HERE / "wrong_tasks.yaml").read_text("utf-8"))


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['code']}-{number}" for number, row in enumerate(ROWS)])
def test_wrong_task(row, load):
    assert BASE.count(row["old"]) == 1
    text = BASE.replace(row["old"], row["wrong"])
    offset = text.index("§")
    line, column = text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
    with pytest.raises(DefinitionError) as caught:
        load(text.replace("§", ""))
    found = [f"{p.code} {p.line}:{p.column}" for p in caught.value.problems]
    assert f"{row['code']} {line}:{column}" in found
    assert {one.split()[0] for one in found} == {row["code"]}
    load(BASE.replace(row["old"], row["right"]))


@pytest.mark.parametrize(
    ("old", "wide"),
    [
        ("          net: {type: money}\n", "".join(f"          f{number}: {{type: yes_no}}\n" for number in range(41))),
        ("{cables: Cables}", "{" + ", ".join(f"c{number}: C" for number in range(41)) + "}"),
        ("{good: Good, poor: Poor}", "{" + ", ".join(f"c{number}: C" for number in range(61)) + "}"),
    ],
)
def test_a_form_has_its_limits(old, wide, load):
    with pytest.raises(DefinitionError, match="LTC-D183"):
        load(BASE.replace(old, wide))
