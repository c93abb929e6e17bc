"""Every word kept for later is refused where it stands, says what to write today, and has its reason on record."""

from pathlib import Path

import pytest

from ltc.definition import schema_reserved
from ltc.definition.errors import DefinitionError

[ADR] = (Path(__file__).parents[3] / "docs" / "adr").glob("0016-*.md")
WORDS = [
    *((word, "calendar: cn", f"calendar: cn\n{word}: x") for word in schema_reserved.DOCUMENT),
    ("webhook", "start:\n", "start:\n  webhook: x\n"),
    *((word, "  order:\n    steps:", f"  order:\n    {word}: x\n    steps:") for word in schema_reserved.PLACE),
    *((word, "- call: customer.resolve", f"- call: customer.resolve\n        {word}: x") for word in schema_reserved.PLACE),
    ("retry", "on_timeout: hold", "on_timeout: retry"),
    ("retry", "on_timeout: hold", "on_timeout: {retry: {}}"),
]  # fmt: skip
INSTEAD = {
    **schema_reserved.DOCUMENT, **schema_reserved.START, **schema_reserved.PLACE, **schema_reserved.REACTION,
}  # fmt: skip


@pytest.mark.parametrize(("word", "old", "wrong"), WORDS)
def test_a_reserved_word_is_refused_with_what_to_write(word, old, wrong, base, load):
    assert old in base
    with pytest.raises(DefinitionError) as caught:
        load(base.replace(old, wrong, 1))
    [problem] = caught.value.problems
    assert problem.code == "LTC-D021"
    assert f"'{word}'" in str(problem)
    assert "not in this version" in str(problem)
    assert (INSTEAD[word] if f"{word}:" in wrong else "use one of: hold") in str(problem)


def test_every_reserved_word_has_its_reason_on_record():
    text = ADR.read_text("utf-8")
    assert [word for word in INSTEAD if f"`{word}`" not in text and f"`start.{word}`" not in text] == []
