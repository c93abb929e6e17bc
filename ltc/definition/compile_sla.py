"""Compiles promised times: targets, warnings, escalation rungs."""

from __future__ import annotations

from typing import Literal

from ltc.definition.build import Build
from ltc.definition.nodes import Listing, Mapping, Source
from ltc.definition.plan import Rung, Sla, Span
from ltc.definition.timespans import parse_percent, parse_rung, parse_span

Scope = Literal["chain", "leg", "step", "level", "item"]


def sla(build: Build, source: Source | None, name: str, scope: Scope, of: str, names: str) -> list[str]:
    """Compile the promises of one place and return their ids; an absent one gives an empty list.

    Args:
        build: what is gathered.
        source: the value of ``sla:``: one promise, or a list of several, each with a name.
        name: the id of the promise; a promise with a name of its own adds that.
        scope: what it is promised for.
        of: the leg, step or level.
        names: the scope of its expressions.
    """
    found: list[str] = []
    several = source.mappings() if isinstance(source, Listing) else [source] if isinstance(source, Mapping) else []
    for keys in several:
        own = keys.text("name")
        one = f"{name}:{own}" if own else name
        if one in found:
            build.problems.add("LTC-D130", keys.at("name"), word=own)
            continue
        build.places[one] = keys.mark
        for key in ("target", "warn_at", "pause_while"):
            build.places[f"{one}:{key}"] = keys.at(key)
        build.slas[one] = _compiled(build, keys, one, scope, of, names)
        found.append(one)
    return found


def _compiled(build: Build, source: Mapping, name: str, scope: Scope, of: str, names: str) -> Sla:
    target = source.values.get("target")
    given = target.values if isinstance(target, Mapping) else {}
    calendar = source.text("calendar") or build.calendar
    if "calendar" in source.values:
        build.check_calendar(calendar, source.at("calendar"))
        build.places[f"{name}:calendar"] = source.at("calendar")
    return Sla(
        id=name, scope=scope, of=of, calendar=calendar, own=True, theirs=True,
        target=None if isinstance(target, Mapping) else span(source, "target"),
        due=build.use(given.get("due"), names, want="timestamp", where="'due'"),
        table=build.use(given.get("table"), names, want="span", where="'table'"),
        warn_at=parse_percent(source.text("warn_at")) if "warn_at" in source.values else 0,
        pause_while=build.use(
            source.values.get("pause_while"), names, want="bool", where="'pause_while'", extra=("waiting_for",)
        ),
        escalate=[_rung(build, keys, f"{name}:{at}") for at, keys in enumerate(source.listing("escalate").mappings())],
    )  # fmt: skip


def _rung(build: Build, keys: Mapping, place: str) -> Rung:
    build.places[place] = keys.mark
    for key in ("notify", "reassign", "decide", "hold"):
        build.places[f"{place}:{key}"] = keys.at(key)
    percent, offset = parse_rung(keys.text("at"))
    return Rung(
        percent=percent, offset=offset, notify=keys.text("notify"), hold=keys.flag("hold"),
        reassign=keys.text("reassign"), decide=_decided(keys),
    )  # fmt: skip


def _decided(keys: Mapping) -> Literal["", "approve", "reject"]:
    said = keys.text("decide")
    return "approve" if said == "approve" else "reject" if said == "reject" else ""


def span(keys: Mapping, key: str) -> Span | None:
    """Return the span at a key, if it is given."""
    return parse_span(keys.text(key)) if key in keys.values else None
