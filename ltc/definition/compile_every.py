"""Compiles legs that run again and again by the calendar."""

from __future__ import annotations

import re

from ltc.definition.build import Build
from ltc.definition.nodes import Mapping
from ltc.definition.plan import Every, Loop
from ltc.definition.recurrence import WEEKDAYS

PERIOD = re.compile(r"(?:([1-9][0-9]?) )?(day|week|month|quarter|year)s?")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def every(build: Build, leg: str, keys: Mapping) -> Loop:
    """Compile ``every:`` into a loop over periods."""
    build.places[f"loop:{leg}"] = keys.mark
    build.places[f"loop:{leg}:as"] = keys.at("as")
    for key in ("overlap", "missed"):
        if key in keys.values:
            build.places[f"loop:{leg}:{key}"] = keys.at(key)
    _fits(build, keys, _period(keys.text("each"))[1], keys.text("on"))
    if not any(word in keys.values for word in ("until", "count", "while", "stop")):
        build.problems.add("LTC-D150", keys.mark)
    return Loop(source="", name=keys.text("as"), key="", every=_every(build, leg, keys))


def _every(build: Build, leg: str, keys: Mapping) -> Every:
    number, unit = _period(keys.text("each"))
    at, stop = keys.text("at", "00:00"), keys.mapping("stop")
    event, match = "", ""
    if stop.values:
        awaited, _ = build.awaited(stop.text("event"), stop, f"leg:{leg}", "event")
        event, match = awaited.event, awaited.match
    instants = {
        key: build.use(keys.values.get(key), f"leg:{leg}", want="timestamp", where=f"'{key}'")
        for key in ("from", "until")
    }
    said = {
        "each": number * _MONTHS.get(unit, 1), "unit": "month" if unit in _MONTHS else unit, "on": keys.text("on"),
        "at": int(at[:2]) * 60 + int(at[3:]), "since": instants["from"], "until": instants["until"],
        "count": keys.whole("count"),
        "while_": build.use(keys.values.get("while"), f"leg:{leg}", want="bool", where="'while'"),
        "stop": event, "stop_match": match, "overlap": keys.text("overlap", "beside"),
        "missed": keys.text("missed", "catch_up"), "ends": True,
    }  # fmt: skip
    return Every.model_validate(said)


def _period(text: str) -> tuple[int, str]:
    match = PERIOD.fullmatch(text)
    assert match is not None  # the shape says so
    return int(match[1] or 1), match[2]


def _fits(build: Build, keys: Mapping, unit: str, on: str) -> None:
    """A weekday is a day of a week; all other words are days of a month."""
    if not on:
        return
    known = WEEKDAYS if unit == "week" else ("1 to 31", "first_working_day", "last_working_day", "last_day")
    if unit == "day" or (unit == "week") != (on in WEEKDAYS):
        build.problems.add("LTC-D151", keys.at("on"), word=on, unit=unit, known=() if unit == "day" else known)
