"""Working time against an oracle that walks minute by minute with real zone data."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ltc.definition.timespans import parse_span
from ltc.definition.worktime import CalendarWindow, after, consumed, deadline, is_provisional, length

MINUTE = timedelta(minutes=1)
OFFICE = ((540, 720), (810, 1080))
NIGHTS = ((0, 360), (1320, 1440))
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC")
SINCE, UNTIL = date(2023, 12, 1), date(2025, 4, 1)


def offsets_of(zone: str) -> tuple[tuple[int, int], ...]:
    """The changes of the offset, found by the minute: independent of how calendars.py finds them."""
    found = []
    moment = datetime(2023, 11, 1, tzinfo=UTC)
    while moment < datetime(2025, 6, 1, tzinfo=UTC):
        offset = int(moment.astimezone(ZoneInfo(zone)).utcoffset() / MINUTE)
        if not found or found[-1][1] != offset:
            found.append((int(moment.timestamp()) // 60, offset))
        moment += timedelta(minutes=30)
    return tuple(found)


OFFSETS = {zone: offsets_of(zone) for zone in ZONES}


def window(zone="Asia/Shanghai", hours=OFFICE, week="1111100", flips=()):
    return CalendarWindow(
        name="t", version="1", hours=hours, week=week, flips=tuple(sorted(flips)), offsets=OFFSETS[zone],
        since=SINCE, until=UNTIL,
    )  # fmt: skip


def works(moment, zone, window):
    """The oracle's question: is this minute working time?"""
    local = moment.astimezone(ZoneInfo(zone))
    flip = (local.date() - window.since).days in window.flips
    on = (window.week[local.weekday()] == "1") != flip
    minute = local.hour * 60 + local.minute
    return on and any(start <= minute < end for start, end in window.hours)


def oracle_consumed(start, end, zone, window):
    minutes, moment = 0, start
    while moment < end:
        minutes += works(moment, zone, window)
        moment += MINUTE
    return minutes * 60


def oracle_after(start, minutes, zone, window):
    moment = start
    while minutes > 0:
        minutes -= works(moment, zone, window)
        moment += MINUTE
    return moment


def minutes_between(first, last):
    """Whole minutes, as instants."""
    origin = datetime.fromisoformat(first).replace(tzinfo=UTC)
    span = (datetime.fromisoformat(last).replace(tzinfo=UTC) - origin) // MINUTE
    return st.integers(0, span).map(lambda minute: origin + minute * MINUTE)


starts = st.one_of(
    minutes_between("2024-01-01", "2025-02-01"),
    minutes_between("2024-03-07", "2024-04-09"),  # spring changes
    minutes_between("2024-10-24", "2024-11-05"),  # autumn changes
    minutes_between("2024-02-26", "2024-03-02"),  # leap day
)
windows = st.builds(
    lambda zone, hours, week, flips: (zone, window(zone, hours, week, flips)),
    st.sampled_from(ZONES),
    st.sampled_from((OFFICE, NIGHTS, ((0, 1440),), ((0, 90), (150, 200)))),
    st.sampled_from(("1111100", "1111111", "0000011", "1000000", "1111110")),
    st.sets(st.integers(0, 480), max_size=12),
)


@settings(max_examples=60, deadline=None)
@given(windows, starts, st.integers(0, 9 * 1440))
def test_consumed_equals_the_minutes_counted(pair, start, minutes):
    zone, calendar = pair
    end = start + minutes * MINUTE
    assert consumed(start, end, "bh", calendar) == oracle_consumed(start, end, zone, calendar)


@settings(max_examples=60, deadline=None)
@given(windows, starts, st.integers(1, 1200))
def test_after_equals_the_minutes_walked(pair, start, minutes):
    zone, calendar = pair
    assert after(start, minutes * 60, "bm", calendar) == oracle_after(start, minutes, zone, calendar)


@settings(max_examples=200, deadline=None)
@given(windows, starts, st.integers(0, 10**7), st.sampled_from(("s", "h", "bm", "bd")))
def test_after_is_the_inverse_of_consumed(pair, start, seconds, unit):
    _, calendar = pair
    end = after(start, seconds, unit, calendar)
    assert end >= start
    assert consumed(start, end, unit, calendar) == seconds
    if seconds:
        assert consumed(start, end - timedelta(microseconds=1), unit, calendar) == seconds - 1


@settings(max_examples=80, deadline=None)
@given(windows, starts, st.integers(1, 40), st.integers(0, 99))
def test_late_never_early_when_a_clock_is_stopped_and_started(pair, start, days, share):
    _, calendar = pair
    for unit in ("d", "bd", "h"):
        budget = length(parse_span(f"{days}{unit}"), calendar)
        due = after(start, budget, unit, calendar)
        stopped = start + (due - start) * share / 100
        used = consumed(start, stopped, unit, calendar)
        assert used <= budget  # all of it is used where what follows until it is due is no working time
        assert used == budget or after(stopped, budget - used, unit, calendar) >= due


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ZONES), starts, st.integers(1, 60))
def test_calendar_days_keep_the_local_time_of_day(zone, start, days):
    end = deadline(start, parse_span(f"{days}d"), window(zone))
    local = start.astimezone(ZoneInfo(zone)).replace(tzinfo=None) + timedelta(days=days)
    later = [local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)]
    assert end == max(later)


def berlin(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin"))


def test_calendar_days_over_the_gap_and_the_overlap():
    calendar = window("Europe/Berlin")
    one = parse_span("1d")
    assert deadline(berlin("2024-03-30T12:00"), one, calendar) == berlin("2024-03-31T12:00")
    assert deadline(berlin("2024-03-30T12:00"), one, calendar) - berlin("2024-03-30T12:00").astimezone(
        UTC
    ) == timedelta(hours=23)
    assert deadline(berlin("2024-03-30T02:30"), one, calendar) == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)
    assert deadline(berlin("2025-03-29T02:30"), one, calendar) == datetime(2025, 3, 30, 1, 30, tzinfo=UTC)
    assert deadline(berlin("2024-10-26T02:30"), one, calendar) == datetime(2024, 10, 27, 1, 30, tzinfo=UTC)


def china(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        ("2024-03-04T10:00", "1bd", "2024-03-05T10:00"),  # Monday to Tuesday
        ("2024-03-04T09:00", "1bd", "2024-03-04T18:00"),  # a whole day ends at its closing
        ("2024-03-04T11:00", "2bh", "2024-03-04T14:30"),  # over lunch
        ("2024-03-01T17:00", "4bh", "2024-03-04T12:00"),  # over the weekend, ends at the break
        ("2024-03-02T15:00", "30m", "2024-03-02T15:30"),  # elapsed time knows no weekend
        ("2024-03-02T15:00", "15bm", "2024-03-04T09:15"),  # begins at the next opening
        ("2024-02-28T10:00", "2bd", "2024-03-01T10:00"),  # leap day works
        ("2024-02-28T10:00", "2d", "2024-03-01T10:00"),
    ],
)
def test_deadlines(start, span, end):
    assert deadline(china(start), parse_span(span), window()) == china(end)


def test_make_up_days_work_and_holidays_do_not():
    flips = [(day - SINCE).days for day in (date(2024, 2, 4), date(2024, 2, 12), date(2024, 2, 13))]
    calendar = window(flips=flips)
    assert calendar.exceptions == {date(2024, 2, 4): True, date(2024, 2, 12): False, date(2024, 2, 13): False}
    assert calendar.works(date(2024, 2, 4))
    assert deadline(china("2024-02-03T10:00"), parse_span("4bh"), calendar) == china("2024-02-04T14:30")
    assert deadline(china("2024-02-09T17:00"), parse_span("2bh"), calendar) == china("2024-02-14T10:00")


def test_beyond_the_window_the_week_goes_on():
    calendar = window()
    start = china("2030-01-07T10:00")
    assert deadline(start, parse_span("5bd"), calendar) == china("2030-01-14T10:00")
    assert is_provisional(start, calendar)
    assert not is_provisional(china("2024-05-05T10:00"), calendar)
    known = calendar.model_copy(update={"provisional_from": date(2024, 5, 1)})
    assert is_provisional(china("2024-05-01T00:00"), known)
    assert not is_provisional(china("2024-04-30T23:59"), known)


def test_consumed_before_the_start_is_nothing():
    start = china("2024-03-04T10:00")
    for unit in ("s", "d", "bd"):
        assert consumed(start, start - timedelta(days=1), unit, window()) == 0


def test_lengths():
    assert length(parse_span("2bd"), window()) == 2 * 450 * 60
    assert length(parse_span("2d"), window()) == 172800
    assert length(parse_span("4bh"), window()) == 14400


@pytest.mark.parametrize(
    "change",
    [
        {"hours": ((540, 500),)}, {"hours": ((540, 720), (700, 800))}, {"hours": ((0, 1441),)}, {"hours": ()},
        {"week": "0000000"}, {"week": "11111"}, {"flips": (3, 3)}, {"offsets": ()},
    ],
)  # fmt: skip
def test_an_unsound_window_is_refused(change):
    fields = window().model_dump() | change
    with pytest.raises(ValueError):
        CalendarWindow(**fields)


def test_json_is_small_and_comes_back():
    calendar = window(flips=range(0, 480, 16))
    text = calendar.model_dump_json()
    assert len(text) < 400
    assert CalendarWindow.model_validate_json(text) == calendar


def test_a_year_is_consumed_in_under_a_millisecond():
    calendar = window("Europe/Berlin", flips=range(0, 480, 12))
    start = datetime.combine(SINCE, time(12), UTC)
    consumed(start, start + timedelta(days=1), "bd", calendar)
    best = min(_timed(lambda: consumed(start, start + timedelta(days=366), "bd", calendar)) for _ in range(50))
    assert best < 0.001


def _timed(call):
    from time import thread_time

    began = thread_time()
    call()
    return thread_time() - began
