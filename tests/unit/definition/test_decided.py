"""What conditions can come to: never claims of what may hold, and finds what cannot."""

import pytest

from ltc.definition.decided import possible

NONE: dict[str, tuple[int | None, int | None]] = {"size": (0, None), "month.number": (1, 12), "base(x.fee)": (0, 500)}
NEVER = (
    "a.n > 5 && a.n < 5", "a.n > 5 && a.n < 6", "5 < a.n && 3 > a.n", "a.s == 'x' && a.s == 'y'", "a && !a",
    "a.s in ['x', 'y'] && a.s == 'z'", "a.s < 'b' && a.s > 'c'", "a.n > b.n && b.n >= a.n", "size(a.list) < 0",
    "month.number > 12", "month.number == 0", "base(x.fee) > money('5.00 USD')", "has(a.s) && !has(a.s)",
    "a ? false : b.n < 3 && b.n > 3", "false && a", "a.n == -1 && a.n > 0", "!(a || !a)",
)  # fmt: skip
MAYBE = (
    "a.n > 5 && a.n < 7", "a.n >= 5 && a.n <= 5", "a.s != 'x' && a.s != 'y'", "a.s > 'b' && a.s < 'c'", "a && !b",
    "a.n > b.n && b.n > 3", "size(a.list) == 0", "month.number == 12", "base(x.fee) >= money('5.00 USD')",
    "a.list.exists(one, one.n > 5) && a.list.exists(one, one.n < 5)", "a.n + 1 > 5 && a.n < 3", "a ? b : !b",
    "a.s == 'x' && b.s == 'y'", "a.s == '' && b", "a.n == b.n", "a.s.contains('x') && a.s == 'y'",
)  # fmt: skip


@pytest.mark.parametrize("source", NEVER)
def test_what_cannot_be_is_found(source):
    assert not possible([(source, True)], NONE)
    assert possible([(source, False)], NONE)
    assert not possible([(f"!({source})", False)], NONE)


@pytest.mark.parametrize("source", MAYBE)
def test_nothing_is_claimed_of_what_may_be(source):
    assert possible([(source, True)], NONE)
    assert possible([(source, False)], NONE)


def test_too_many_ways_are_believed():
    source = " && ".join(f"x.a{number} == 1 && x.a{number} == 2" for number in range(8))
    assert possible([(source, True)], NONE)


def test_several_conditions_are_held_together():
    assert not possible([("a.n > 5", True), ("a.n > 3", False)], NONE)
    assert possible([("a.n > 3", True), ("a.n > 5", False)], NONE)
