"""Dates at the ends of the calendar, which systems write for never and for unknown: no chain breaks on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ltc.core.commands import CallDone, Input, Schedule
from ltc.core.stand_in import StandIn
from ltc.definition import worktime
from ltc.definition.timespans import parse_span
from tests.support.beside import cases, chain
from tests.support.chains import MONDAY, window
from tests.support.invariants import violations

NEVER, UNKNOWN = "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"
DATES = ("due_date", "required_on", "promised_until", "valid_until", "shipped_at", "received_at")
DEFINITIONS = ("lead_to_cash", "web_order", "make_to_order", "services", "distributor", "call_off")


def dated(value: Any, date: str) -> Any:
    """A document with another date wherever it has one."""
    if isinstance(value, dict):
        return {name: date if name in DATES else dated(one, date) for name, one in value.items()}
    return [dated(one, date) for one in value] if isinstance(value, list) else value


class Dated(StandIn):
    """Systems that know one date only."""

    date: str

    def respond(self, command: Schedule, now: datetime) -> list[tuple[timedelta, Input]]:
        heard = super().respond(command, now)
        return [
            (delay, CallDone(one.id, dated(one.result, self.date)) if isinstance(one, CallDone) else one)
            for delay, one in heard
        ]


@pytest.mark.parametrize("name", DEFINITIONS)
@pytest.mark.parametrize("date", [NEVER, UNKNOWN, "2028-02-29T23:59:59+14:00"])
def test_a_chain_lives_with_any_date(name: str, date: str) -> None:
    simulation, world = chain(name, next(iter(cases(name))))
    simulation.world = Dated(world.script, world.opportunity)
    simulation.world.date, simulation.world.plan = date, simulation.setting.plan
    simulation.state.input = dated(simulation.state.input, date)
    simulation.run(MONDAY + timedelta(days=90))
    assert violations(simulation) == []


@pytest.mark.parametrize("unit", ["s", "h", "d", "bm", "bh", "bd"])
def test_a_span_ends_within_the_calendar(unit: str) -> None:
    last, first = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)
    assert worktime.deadline(last, parse_span(f"1{unit}"), window()).year == 9998
    assert worktime.deadline(first, parse_span(f"1{unit}"), window()).year in (1, 2)
    assert worktime.local_day(last, window()).year == 9998
    assert worktime.within(MONDAY) is MONDAY
