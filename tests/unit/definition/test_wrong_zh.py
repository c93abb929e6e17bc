"""Every wrong definition of the lists is complained about in Chinese, with code, line and column as in English."""

import re

import pytest

from ltc.definition.errors import DefinitionError
from ltc.wording import say
from tests.unit.definition.test_wrong import CASES

_BARE = re.compile(r"[A-Za-z]{2,} (?:the|is|are|no|not|of|or|a|an|to|and|must|which|in|has|have) ")


@pytest.mark.parametrize(("code", "old", "wrong", "right"), CASES)
def test_a_complaint_is_said_in_chinese(code, old, wrong, right, base, load, monkeypatch):
    with pytest.raises(DefinitionError) as caught:
        load(base.replace(old, wrong.replace("§", "")))
    english = str(caught.value)
    monkeypatch.setenv("LTC_LANG", "zh")
    for before, after in zip(english.split("\n"), say(english).split("\n"), strict=True):
        head = re.match(r".*?:\d+:\d+: LTC-D\d{3} ", before)
        assert head
        assert after.startswith(head[0])
        rest = re.sub(r"'[^']*'|\"[^\"]*\"|`[^`]*`|(?:an? \w+ \()?list of \w+", "", after.removeprefix(head[0]))
        assert re.search("[\u4e00-\u9fff]", rest)
        assert not _BARE.search(rest), after
