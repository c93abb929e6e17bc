"""Entries of the trail in words: every kind has a sentence; what an offered approval says."""

import pytest

from ltc.cli.sentences import sentence
from ltc.model.trail import Kind

OFFERED = {
    "kind": "task_offered",
    "data": {
        "task": "approval.approve", "level": "board", "candidates": ["lars", "fay"], "queue": ["maria"], "need": 2,
        "standing": {"lars": ["nancy"]},
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_entry_is_told_in_words(kind: Kind) -> None:
    assert kind not in sentence({"kind": kind, "data": {}}) or "_" not in kind, "write it into ltc/cli/sentences.py"


def test_an_offered_approval_names_the_people_and_whom_they_stand_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LTC_LANG", raising=False)
    said = "offered to lars (for nancy), fay, level board, then maria, 2 must agree"
    assert sentence(OFFERED) == said
    assert sentence({"kind": "task_offered", "data": {"task": "t", "candidates": []}}) == "offered to nobody"
    monkeypatch.setenv("LTC_LANG", "zh")
    assert sentence(OFFERED) == "分派给 lars（代 nancy）, fay，级别 board，然后 maria，须 2 人同意"
