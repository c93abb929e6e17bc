"""Folding in place gives what folding one entry after the other into ever new views gives."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from ltc.core.stand_in import Script
from ltc.store import fold, trail
from ltc.store.reading import Line
from ltc.store.rows import ChainView
from ltc.store.views import advance
from tests.support.chains import MONDAY, simulate

SCRIPTS: tuple[dict[str, Any], ...] = (
    {},
    {"pays": [30, 70], "parts": [40, 60]},
    {"decisions": [("manager", "send_back"), ("manager", "approve")]},
    {"lost": {"erp.create_order": True}, "cancel_after": "erp.release_delivery"},
    {"fail": {"erp.create_order": ["Misconfigured"]}},
)


def slowly(view: ChainView, lines: Sequence[Line]) -> ChainView:
    """What each entry makes of the view before it, nothing changed in place."""
    for line in lines:
        view = fold.fold(view, line)
        assert type(view) is ChainView
    last = lines[-1]
    return fold.settle(view.set(last_seq=last.seq, last_at=last.at, last_wall=last.wall, last_kind=last.kind.value))


def trail_of(number: int) -> list[Line]:
    one = simulate(net=800_000, script=Script(**SCRIPTS[number]), run=False)
    one.run(MONDAY + timedelta(days=30))
    return [trail.offer(entry).line for entry in one.trail]


@pytest.mark.parametrize("unreadable", [False, True])
@pytest.mark.parametrize("number", range(len(SCRIPTS)))
def test_in_place_and_anew_are_the_same_in_parts_of_any_size(number: int, unreadable: bool) -> None:
    lines = trail_of(number)
    if unreadable:
        lines = [line._replace(data={"net": {"minor": "much"}}) if line.seq % 7 == 3 else line for line in lines]
        lines[5] = lines[5]._replace(kind=lines[0].kind, data={"net": {"minor": "much"}})
    dice = random.Random(number)
    quick = anew = ChainView("c")
    while lines:
        size = dice.randint(1, 9)
        some, lines = lines[:size], lines[size:]
        said = {name: dict(rows) for name, rows in quick.tables.items()}
        after = fold.fold_all(quick, some)
        assert {name: dict(rows) for name, rows in quick.tables.items()} == said, "the view before stays as it was"
        quick, anew = after, slowly(anew, some)
        assert type(quick) is ChainView
        assert quick == anew
        assert [list(rows) for rows in quick.tables.values()] == [list(rows) for rows in anew.tables.values()]
    assert bool(quick.head["faults"]) is unreadable


def test_what_no_entry_touches_stays_the_same_table() -> None:
    """What is written follows from which tables are others: a table that is not touched is not looked at."""
    lines = trail_of(0)
    before = fold.fold_all(ChainView("c"), lines[:40])
    after = fold.fold_all(before, lines[40:42])
    touched = {name for name, rows in after.tables.items() if rows is not before.tables[name]}
    assert "chains" in touched
    assert len(touched) < len(after.tables)


def test_a_whole_trail_at_once_is_what_its_parts_are() -> None:
    lines = [("r", line) for line in trail_of(1)]
    assert advance(ChainView("c"), lines) == advance(advance(ChainView("c"), lines[:17]), lines[17:])
