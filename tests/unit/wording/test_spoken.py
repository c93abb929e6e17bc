"""Phrases are said part by part: what a definition says of itself is Chinese throughout, and what people wrote stays."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ltc.definition.build import World
from ltc.definition.compile import load_checked
from ltc.definition.diagram import mermaid
from ltc.definition.show import lines
from ltc.model.phrase import Phrase, listed, phrase, together
from ltc.wording import chinese, spoken

ROOT = Path(__file__).parents[3]
FULL = ROOT / "tests/unit/definition/full.yaml"
SHIPPED = [path for path in sorted((ROOT / "process_defs").glob("*.yaml")) if "." not in path.stem]
REPAIR = ROOT / "examples/repair/repair.yaml"


def templates(text: str) -> Iterator[str]:
    """Every template that a phrase is made from, down to its parts."""
    if isinstance(text, Phrase):
        if text.template:
            yield text.template
        for part in (*text.parts.values(), *text.pieces):
            yield from templates(part)


def unknown(text: str) -> list[str]:
    words = (re.sub(r"\{.*?\}", "", one) for one in templates(text))
    return [one for one in templates(text) if one not in chinese().shown] if re.search("[a-z]", "".join(words)) else []


def plan_of(path: Path):
    if path == FULL:
        return load_checked(path.read_text("utf-8"), World()).plan
    return load_checked(path, World(calendars={"cn": 450})).plan


@pytest.mark.parametrize("path", [FULL, REPAIR, *SHIPPED], ids=lambda path: path.stem)
def test_all_that_is_shown_of_a_definition_is_known_in_chinese(path: Path) -> None:
    plan, said = plan_of(path), list[str]()
    assert sorted({one for line in lines(plan) for one in unknown(line)}) == []
    mermaid(plan, "zh", lambda text: said.append(text) or text)
    assert sorted({one for text in said for one in unknown(text)}) == []
    plain = [str(line) for line in lines(plan) if line and not isinstance(line, Phrase)]
    assert [line for line in plain if not re.fullmatch(r"  \w+ = \S.*", line)] == [], "these lines are no phrases"


def test_what_people_wrote_stays_as_it_is() -> None:
    reason = "the goods are out; a return needs the customer, within 5 days"
    assert spoken(phrase("irreversible ({reason})", reason=reason), "zh") == f"不可逆（{reason}）"
    assert spoken(phrase("irreversible ({reason})", reason=reason), "en") == f"irreversible ({reason})"
    assert spoken("end lost", "zh") == "end lost"
    both = together("  ", listed([phrase("hold"), "hold"], phrase(" or ")))
    assert (str(both), spoken(both, "zh")) == ("  hold or hold", "  挂起 或 hold")


def test_nothing_is_kept_for_phrases_that_nobody_makes() -> None:
    texts = set[str]()
    for path in [*(ROOT / "ltc/definition").glob("*.py"), ROOT / "ltc/model/phrase.py", ROOT / "ltc/core/whom.py"]:
        tree = ast.parse(path.read_text("utf-8"))
        texts |= {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
    made = {"days", "weeks", "months"}  # of their singular
    assert sorted(set(chinese().shown) - texts - made) == []
