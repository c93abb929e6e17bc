"""The Chinese pages name only commands, options, keys and reasons that exist, and tell of every one that there is."""

import re
from pathlib import Path

import pytest

from ltc.definition.reference import BEGIN, reference
from ltc.definition.schema import DOCUMENT, SHAPES
from ltc.definition.shapes import Many, OneOf, Record, Shape, Table
from tests.unit.test_cli_docs import ALL, REASONS, TYPED, options_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in
         ("README.zh.md", "docs/zh/operations.md", "docs/zh/language.md", "docs/zh/glossary.md")}  # fmt: skip
OPERATIONS = PAGES["docs/zh/operations.md"]
GUIDE, _, GENERATED = PAGES["docs/zh/language.md"].partition(BEGIN)
SAID = {
    line
    for text in (*PAGES.values(),)
    for line in [
        *(found[2:] for found in text.splitlines() if found.startswith("$ ltc ")),
        *re.findall(r"`(ltc [a-z][^`…]*)`", text),
    ]
}


@pytest.mark.parametrize("line", sorted(SAID))
def test_what_the_pages_say_can_be_typed(line):
    words = line.split()[1:]
    name = " ".join(words[:2]) if " ".join(words[:2]) in TYPED else words[0]
    assert name in TYPED or any(one.startswith(f"{name} ") for one in TYPED), f"there is no command ltc {name}"
    if name in TYPED:
        assert set(re.findall(r"(?<=[ \[])--?[a-z][a-z-]*", line)) <= options_of(TYPED[name]), line


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_command_stands_on_the_page(name):
    assert f"ltc {name}" in OPERATIONS or f"`{name.split()[-1]}`" in OPERATIONS


@pytest.mark.parametrize("reason", REASONS)
def test_every_stuck_reason_stands_on_the_page(reason):
    assert f"| `{reason}` |" in OPERATIONS


def test_the_pages_tell_of_the_same_holds():
    english = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    rows = [set(re.findall(r"^\| `([a-z_]+)`", text, re.MULTILINE)) for text in (english, OPERATIONS)]
    assert rows[0] == rows[1]


def test_the_reference_is_that_of_the_language(monkeypatch):
    from ltc.cli.def_test_shape import TESTS
    from ltc.wording.page import page

    assert page(reference(TESTS).removeprefix(BEGIN)) == GENERATED, (
        "run: LTC_LANG=zh ltc def reference --write docs/zh/language.md"
    )


def keys(shape: Shape) -> set[str]:
    found: set[str] = set()
    if isinstance(shape, Record):
        found |= set(shape.keys)
        for inner in shape.keys.values():
            found |= keys(inner)
    elif isinstance(shape, Many | Table):
        found |= keys(shape.of)
    elif isinstance(shape, OneOf):
        for inner in (shape.listing, *shape.records.values()):
            found |= keys(inner) if inner else set()
    return found


def test_the_guide_names_keys_that_exist():
    known = set().union(*(keys(shape) for shape in (DOCUMENT, *SHAPES.values())))
    said = set(re.findall(r"`([a-z_]+):(?![a-z])", GUIDE))
    assert said - known == set()


def test_the_guide_has_the_sections_of_the_english_one():
    english = (ROOT / "docs/language.md").read_text(encoding="utf-8").partition(BEGIN)[0]
    assert len(re.findall("^## ", GUIDE, re.MULTILINE)) == len(re.findall("^## ", english, re.MULTILINE))


def test_examples_are_those_of_the_english_guide():
    english = (ROOT / "docs/language.md").read_text(encoding="utf-8").partition(BEGIN)[0]
    assert _code(GUIDE) == _code(english)


def _code(text: str) -> list[str]:
    """Return the lines of examples without comments and free text."""
    lines = [line for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    bare = [re.sub(r"(^| +)# .*", "", line) for line in lines]
    return [re.sub(r"(?<=: ){.*}|(?<=irreversible: )[^}]*", "", line) for line in bare]
