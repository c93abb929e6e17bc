"""The virtual clock: monotone, exact both ways, fast at work and faster at night."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ltc.model.clock import VirtualClock

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 09:00 in China
REAL = datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=UTC)
US = timedelta(microseconds=1)

clocks = st.builds(
    lambda work, idle, offset, hours, week, hour: VirtualClock(
        anchor_virtual=datetime(2026, 3, 2, tzinfo=UTC) - timedelta(minutes=offset) + timedelta(hours=hour),
        anchor_real=REAL, work_rate=work, idle_rate=idle, offset=offset, start=hours[0], end=hours[1], week=week,
    ),
    st.integers(1, 20000), st.integers(1, 400000), st.sampled_from((0, 480, -300, 330)),
    st.sampled_from(((540, 1080), (0, 1440), (0, 1), (1439, 1440))),
    st.sampled_from(("1111100", "1111111", "0000000", "0000001")), st.integers(0, 23),
)  # fmt: skip
ticks = st.integers(-(10**10), 10**10)


@settings(deadline=None)
@given(clocks, ticks)
def test_real_comes_back_exactly(clock, tick):
    real = REAL + tick * US
    virtual = clock.to_virtual(real)
    assert clock.to_real(virtual) == real


@settings(deadline=None)
@given(clocks, ticks)
def test_virtual_is_reached_late_never_early(clock, tick):
    virtual = MONDAY + tick * US
    real = clock.to_real(virtual)
    assert clock.to_virtual(real) >= virtual
    assert clock.to_virtual(real - US) < virtual


@settings(deadline=None)
@given(clocks, ticks, st.integers(1, 10**10))
def test_time_goes_forward(clock, tick, more):
    assert clock.to_virtual(REAL + tick * US) < clock.to_virtual(REAL + (tick + more) * US)


def clock(**fields):
    return VirtualClock(
        **{"anchor_virtual": MONDAY, "anchor_real": REAL, "work_rate": 3600, "idle_rate": 36000, "offset": 480} | fields
    )


def test_rates_hold():
    fast = clock()
    assert fast.to_virtual(REAL) == MONDAY
    assert fast.to_real(MONDAY + timedelta(hours=9)) - REAL == timedelta(seconds=9)  # a working day
    assert fast.to_real(MONDAY + timedelta(hours=24)) - REAL == timedelta(seconds=9 + 1.5)  # and the night after it
    week = 5 * 9 + (168 - 45) / 10
    assert fast.to_real(MONDAY + timedelta(weeks=4)) - REAL == timedelta(seconds=4 * week)
    assert fast.to_virtual(REAL + timedelta(seconds=4 * week)) == MONDAY + timedelta(weeks=4)


def test_weekends_are_idle():
    friday_close = MONDAY + timedelta(days=4, hours=9)
    assert clock().to_real(friday_close + timedelta(hours=63)) - clock().to_real(friday_close) == timedelta(seconds=6.3)


@settings(deadline=None)
@given(ticks)
def test_identity_shows_real_time(tick):
    same = VirtualClock.identity()
    assert same.to_virtual(REAL + tick * US) == same.to_real(REAL + tick * US) == REAL + tick * US


def test_it_travels_as_json():
    assert VirtualClock.model_validate_json(clock().model_dump_json()) == clock()


def test_a_year_away_is_as_quick_as_a_second_away():
    far = clock()
    assert far.to_real(far.to_virtual(REAL + timedelta(days=4000 / 3600))) == REAL + timedelta(days=4000 / 3600)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"anchor_virtual": MONDAY + timedelta(days=1)}, "Monday"),
        ({"anchor_virtual": MONDAY.replace(tzinfo=None)}, "timezone"),
        ({"work_rate": 0}, "greater than or equal to 1"),
        ({"start": 1080, "end": 540}, "end before they start"),
        ({"week": "11111"}, "pattern"),
    ],
)
def test_unsound_clocks_are_refused(fields, says):
    with pytest.raises(ValueError, match=says):
        clock(**fields)
