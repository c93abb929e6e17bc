"""However a definition is mangled, the answer is a plan or complaints with places, never a crash."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ltc.definition.build import World
from ltc.definition.compile import load_checked
from ltc.definition.diagram import mermaid
from ltc.definition.errors import DefinitionError
from ltc.definition.show import lines

FULL = (Path(__file__).parent / "full.yaml").read_text(encoding="utf-8")
BASE = (Path(__file__).parent / "base.yaml").read_text(encoding="utf-8")
WORDS = sorted(
    set(re.findall(r"[\w.:%']+|[\[\]{},]", FULL + BASE)) | {"", "null", "&a", "*a", "- ", "1e9", "-1", "'", "''", "§"}
)
WORLD = World(roles={"finance": ["a", "b"], "credit": ["c"]}, calendars={"cn": 450, "us": 480})


@st.composite
def mangled(draw):
    text = draw(st.sampled_from([FULL, BASE]))
    for _ in range(draw(st.integers(1, 3))):
        way = draw(st.sampled_from(["word", "word", "word", "drop", "double", "indent", "swap"]))
        rows = text.split("\n")
        at = draw(st.integers(0, len(rows) - 1))
        if way == "word":
            spots = list(re.finditer(r"[\w.:%']+|[\[\]{},]", text))
            spot = draw(st.sampled_from(spots))
            text = text[: spot.start()] + draw(st.sampled_from(WORDS)) + text[spot.end() :]
            continue
        if way == "drop":
            rows.pop(at)
        elif way == "double":
            rows.insert(at, rows[at])
        elif way == "indent":
            rows[at] = "  " + rows[at]
        else:
            rows[at], rows[at - 1] = rows[at - 1], rows[at]
        text = "\n".join(rows)
    return text


def answer(text):
    """Return the plan and no complaints, or no plan and the complaints."""
    try:
        return load_checked(text, WORLD).plan, ()
    except DefinitionError as error:
        return None, error.problems


@settings(max_examples=120, deadline=None)
@given(mangled())
def test_mangled_definitions_are_answered(text):
    plan, problems = answer(text)
    if plan is not None:
        assert "\n".join(lines(plan))
        assert mermaid(plan).startswith("flowchart")
    else:
        assert problems
    for problem in problems:
        assert 1 <= problem.line <= text.count("\n") + 2
        assert problem.column >= 1


@pytest.mark.full
@settings(max_examples=5_000, deadline=None)
@given(mangled())
def test_mangled_definitions_are_answered_at_length(text):
    test_mangled_definitions_are_answered.hypothesis.inner_test(text)


def test_a_condition_that_cannot_be_read_is_said_once_and_stops_no_other_check():
    """With tables there, thresholds were looked at anew, and what had been complained about was read again."""
    plan, problems = answer(FULL.replace("has(one.id)", "-1(one.id)", 1))
    assert plan is None
    assert [one.code for one in problems if one.line == line_of("has(one.id)")] == ["LTC-D060"]


def line_of(words):
    return FULL[: FULL.index(words)].count("\n") + 1
