"""Calendar files: what ships, what holds on known days, and what a wrong file is told."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ltc.definition.calendars import CalendarError, available, load, window
from ltc.definition.timespans import parse_span
from ltc.definition.worktime import deadline, is_provisional, length

GOOD = """zone: Asia/Shanghai
country: CN
week: mon-fri
hours: ["09:00-12:00", "13:30-18:00"]
"""


def at(text, zone="Asia/Shanghai"):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def cn(year=2026):
    return window("cn", date(year, 1, 1), date(year + 1, 1, 1))


def test_what_ships():
    assert available() == ("always", "cn", "de", "us")
    for name in available():
        cut = window(name, date(2026, 1, 1), date(2027, 1, 1))
        assert len(cut.model_dump_json()) < 400
        assert cut.version == window(name, date(2025, 6, 1), date(2028, 1, 1)).version
        assert load(name).source.title["zh"]


def test_make_up_days_of_china():
    work = {
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
        date(2026, 10, 10),
    }
    exceptions = cn().exceptions
    assert {day for day, works in exceptions.items() if works} == work
    assert not cn().works(date(2026, 10, 7))
    assert cn().works(date(2026, 10, 8))
    assert not cn(2025).works(date(2025, 10, 8))
    assert cn(2025).works(date(2025, 9, 28))


def test_deadlines_over_golden_week():
    start = at("2026-09-30T17:00")
    assert deadline(start, parse_span("2bd"), cn()) == at("2026-10-09T17:00")
    assert deadline(start, parse_span("3bd"), cn()) == at("2026-10-10T17:00")  # a make-up Saturday
    assert deadline(start, parse_span("4bd"), cn()) == at("2026-10-12T17:00")


def test_years_not_yet_published_are_provisional():
    cut = window("cn", date(2026, 6, 1), date(2027, 6, 1))
    assert cut.provisional_from == date(2027, 1, 1)
    assert is_provisional(at("2027-01-01T00:00"), cut)
    assert not is_provisional(at("2026-12-31T23:59"), cut)
    assert cn(2025).provisional_from is None
    assert load("cn").exceptions(date(2027, 1, 1), date(2028, 1, 1))  # statutory days are there all the same


def test_the_holiday_data_knows_make_up_days_before_the_provisional_date():
    published = load("cn").source.provisional
    assert published is not None
    last = load("cn").exceptions(date(published.year - 1, 1, 1), published)
    assert sum(last.values()) >= 3


def test_other_countries():
    de = window("de", date(2026, 1, 1), date(2027, 1, 1))
    assert not de.works(date(2026, 5, 14))
    assert de.works(date(2026, 5, 15))
    us = window("us", date(2026, 1, 1), date(2027, 1, 1))
    assert not us.works(date(2026, 7, 3))  # observed on Friday
    start = at("2026-03-06T17:00", "America/New_York")
    assert deadline(start, parse_span("2bh"), us) == at("2026-03-09T10:00", "America/New_York")


def test_always_is_elapsed_time():
    cut = window("always", date(2026, 1, 1), date(2027, 1, 1))
    start = datetime(2026, 12, 25, 3, tzinfo=UTC)
    assert deadline(start, parse_span("2bd"), cut) == start + timedelta(days=2)
    assert length(parse_span("1bd"), cut) == 86400
    assert not is_provisional(datetime(2030, 1, 1, tzinfo=UTC), cut)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai"])
def test_offsets_are_those_of_the_zone(zone, tmp_path):
    (tmp_path / "z.yaml").write_text(GOOD.replace("Asia/Shanghai", zone))
    cut = window("z", date(2024, 1, 1), date(2027, 1, 1), tmp_path)
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    while moment < datetime(2027, 1, 1, tzinfo=UTC):
        minute = int(moment.timestamp()) // 60
        offset = [east for since, east in cut.offsets if since <= minute][-1]
        assert timedelta(minutes=offset) == moment.astimezone(ZoneInfo(zone)).utcoffset()
        moment += timedelta(minutes=30)


def test_overrides_and_versions(tmp_path):
    file = tmp_path / "ours.yaml"
    file.write_text(GOOD)
    plain = window("ours", date(2026, 1, 1), date(2027, 1, 1), tmp_path)
    file.write_text(GOOD + "overrides: {2026-10-10: off, 2026-12-31: off, 2026-12-05: work}\n")
    ours = window("ours", date(2026, 1, 1), date(2027, 1, 1), tmp_path)
    assert plain.works(date(2026, 10, 10))
    assert not ours.works(date(2026, 10, 10))
    assert not ours.works(date(2026, 12, 31))
    assert ours.works(date(2026, 12, 5))
    assert ours.version != plain.version
    file.write_text(GOOD)
    assert window("ours", date(2026, 1, 1), date(2027, 1, 1), tmp_path) == plain


@pytest.mark.parametrize(
    ("week", "marks"),
    [
        ("mon-fri", "1111100"),
        ("sun-thu", "1111001"),
        ("mon,wed, fri", "1010100"),
        ("mon-sun", "1111111"),
        ("sat", "0000010"),
    ],
)
def test_weeks(week, marks, tmp_path):
    (tmp_path / "w.yaml").write_text(GOOD.replace("mon-fri", week))
    assert load("w", tmp_path).source.week == marks


@pytest.mark.parametrize(
    ("text", "line", "key", "says"),
    [
        ("", 1, "", "LTC-D015"),
        ("[1, 2]", 1, "", "LTC-D015"),
        ("zone: [", 0, "", "LTC-D003"),
        ("zone: UTC\nweek: mon-fri\n", 1, "hours", "is missing"),
        (GOOD.replace("zone:", "zones:"), 1, "zones", "did you mean 'zone'"),
        (GOOD + "zzz: red\n", 5, "zzz", "keys: title, zone"),
        (GOOD + "zone: UTC\n", 5, "", "LTC-D009"),
        (GOOD.replace("Asia/Shanghai", "Asia/Shangai"), 1, "zone", "not a time zone"),
        (GOOD.replace("Asia/Shanghai", "../../etc/passwd"), 1, "zone", "not a time zone"),
        (GOOD.replace("Asia/Shanghai", "localtime"), 1, "zone", "not a time zone"),
        (GOOD.replace("Asia/Shanghai", "posixrules"), 1, "zone", "not a time zone"),
        (GOOD.replace("CN", "XX"), 2, "country", "no holiday data for 'XX'"),
        (GOOD.replace("CN", "cn"), 2, "country", "did you mean 'CN'"),
        (GOOD + "subdivision: QQ\n", 5, "subdivision", "CN has no 'QQ'"),
        (GOOD.replace("country: CN\n", "subdivision: BY\n"), 2, "subdivision", "needs a country"),
        (GOOD.replace("mon-fri", "monday"), 3, "week", "write mon-fri"),
        (GOOD.replace("mon-fri", "mon-"), 3, "week", "write mon-fri"),
        (GOOD.replace("09:00-12:00", "9-12"), 4, "hours", "write 09:00-12:00"),
        (GOOD.replace("09:00-12:00", "22:00-06:00"), 4, "hours", "22:00-24:00 and 00:00-06:00"),
        (GOOD.replace("09:00-12:00", "09:00-14:00"), 4, "hours", "overlap"),
        (GOOD.replace("18:00", "24:30"), 4, "hours", "ends before it starts"),
        (GOOD.replace('["09:00-12:00", "13:30-18:00"]', "[]"), 4, "hours", "is a list"),
        (GOOD + "overrides: {2026-13-01: off}\n", 5, "overrides", "not a date"),
        (GOOD + "overrides: {2026-12-01: maybe}\n", 5, "overrides.2026-12-01", "neither work nor off"),
        (GOOD + "overrides: [2026-12-01]\n", 5, "overrides", "is a mapping"),
        (GOOD + "provisional: soon\n", 5, "provisional", "not a date"),
        (GOOD + "title: &a {en: x}\n", 5, "", "LTC-D006"),
        ("[" * 30000, 1, "", "LTC-D004"),
        ("#" * 70000, 1, "", "LTC-D001"),
    ],
)
def test_a_wrong_file_is_told_where_and_what(text, line, key, says, tmp_path):
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(CalendarError) as caught:
        load("bad", tmp_path)
    assert says in str(caught.value)
    assert "bad.yaml" in str(caught.value)
    assert caught.value.key == key
    if line:
        assert caught.value.line == line


@pytest.mark.parametrize(
    ("name", "says"), [("alway", "did you mean 'always'"), ("../cn", "no calendar"), ("", "no calendar")]
)
def test_an_unknown_calendar(name, says):
    with pytest.raises(CalendarError, match=says):
        load(name)


def test_an_empty_window_is_refused():
    with pytest.raises(ValueError, match="empty or too long"):
        window("cn", date(2026, 1, 1), date(2026, 1, 1))
