"""Spans, shares and rungs: what is read, what is refused, and with which remedy."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ltc.definition.plan import Span
from ltc.definition.timespans import parse_percent, parse_rung, parse_share, parse_span


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("4h", 4, "h"), ("30d", 30, "d"), ("4bh", 4, "bh"), ("5bd", 5, "bd"),
        ("90m", 90, "m"), ("30s", 30, "s"), ("15bm", 15, "bm"), (" 7 d ", 7, "d"),
    ],
)  # fmt: skip
def test_reads_spans(text, amount, unit):
    assert parse_span(text) == Span(amount=amount, unit=unit)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("P1D", "does not say its clock"), ("PT4H", "does not say its clock"), ("p1w", "does not say its clock"),
        ("", "not a length"), ("d", "not a length"), ("4", "not a length"), ("1.5h", "not a length"),
        ("-4h", "not a length"), ("four hours", "not a length"), ("4h 30m", "not a length"), ("٣d", "not a length"),
        ("2w", "seven per week"), ("4H", "did you mean h?"), ("5BD", "did you mean bd?"), ("3 days", "d or bd"),
        ("5x", "no unit 'x'"), ("0d", "no time at all"), ("99999d", "ten years"), ("P" + "9" * 100000, "clock"),
        ("9" * 100000 + "d", "not a length"),
    ],
)  # fmt: skip
def test_refuses_with_a_remedy(text, says):
    with pytest.raises(ValueError) as caught:
        parse_span(text)
    assert says in str(caught.value)
    assert len(str(caught.value)) < 300


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        span = parse_span(text)
    except ValueError:
        return
    assert span.amount > 0
    assert text.strip().endswith(span.unit)


def test_rungs():
    assert parse_rung("150%") == (150, None)
    assert parse_rung("due + 7d") == (0, Span(amount=7, unit="d"))
    assert parse_rung("due+5bd") == (0, Span(amount=5, unit="bd"))
    assert parse_rung("due") == (0, Span(amount=0, unit="s"))


@pytest.mark.parametrize(
    "text", ["due - 1d", "due + ", "due 7d", "7d", "100", "%", "0%", "1001%", "due + P1D", "50 percent"]
)
def test_wrong_rungs(text):
    with pytest.raises(ValueError):
        parse_rung(text)


def test_percent_and_share():
    assert parse_percent("80%") == 80
    assert parse_percent(" 200 %") == 200
    assert parse_share("2.5%") == "2.5"
    assert parse_share("0%") == "0"
    for text in ("80", "0%", "-5%", "1e2%", "1001%", "5.5%"):
        with pytest.raises(ValueError):
            parse_percent(text)
    for text in ("101%", "2,5%", "", "x%"):
        with pytest.raises(ValueError):
            parse_share(text)
