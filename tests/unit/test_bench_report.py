"""The bench's arithmetic: ratios are of pairs, percentiles are values that occurred, limits go the right way."""

import pytest

from benchmarks.load import Window
from benchmarks.report import Goal, Side, foreign, goals, percentile, ratio, table
from benchmarks.run import options, verdict


def side(name: str, rates: list[float], cpu: float, lone: float, task: float, others: float = 0.0) -> Side:
    windows = [Window(int(rate * 10), 10.0, cpu * rate * 10, 5.0, others, [2.0]) for rate in rates]
    tasks = {"wall": [task] * 100, "cpu": [task] * 100}
    return Side(name, windows, [lone] * 3, tasks, tasks)


def test_the_ratio_is_the_median_of_pairs_not_the_ratio_of_medians() -> None:
    assert ratio([9.0, 30.0, 8.0], [10.0, 20.0, 16.0]) == 0.9


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_a_percentile_is_a_value_that_occurred(share: float, expected: int) -> None:
    assert percentile(range(100, 0, -1), share) == expected


def test_a_percentile_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.99)


def test_limits_go_the_right_way() -> None:
    assert Goal("most", 1.0, 1.0).met
    assert not Goal("most", 1.01, 1.0).met
    assert Goal("least", 1.0, 1.0, at_least=True).met
    assert not Goal("least", 0.99, 1.0, at_least=True).met


def test_each_goal_is_missed_by_what_it_is_about() -> None:
    base = side("base", [10.0, 20.0], cpu=0.05, lone=0.2, task=0.005)
    slow = side("slow", [8.0, 17.0], cpu=0.07, lone=0.23, task=0.021)

    assert [goal.met for goal in goals(base, base, 0.5)] == [True] * 6
    assert [goal.met for goal in goals(base, slow, 0.8)] == [False] * 6
    assert table(base, slow, goals(base, slow, 0.8)).count("MISSED") == 6


def test_a_miss_fails_on_a_quiet_machine_and_is_only_told_on_a_busy_one(capsys: pytest.CaptureFixture[str]) -> None:
    missed = [Goal("throughput", 0.5, 0.9, at_least=True)]
    busy = side("busy", [10.0], cpu=0.05, lone=0.2, task=0.005, others=0.9)

    assert verdict([Goal("throughput", 0.9, 0.9, at_least=True)], 0.0) == 0
    assert verdict(missed, 0.1) == 1
    assert verdict(missed, foreign([busy])) == 0
    assert "not judged" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--windows", "0"], ["--seconds", "0"], ["--seconds", "nan"], ["--lone", "x"]])
def test_options_that_make_no_sense_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit):
        options(words)
