"""Compiles promised times: targets, warnings, escalation rungs."""

from __future__ import annotations

from typing import Literal

from ltc.definition.build import Build
from ltc.definition.nodes import Mapping, Source
from ltc.definition.plan import Rung, Sla, Span
from ltc.definition.timespans import parse_percent, parse_rung, parse_span

Scope = Literal["chain", "leg", "step", "level", "item"]


def sla(build: Build, source: Source | None, name: str, scope: Scope, of: str, names: str) -> list[str]:
    """Compile one SLA and return its id in a list; an absent one gives an empty list.

    Args:
        build: what is gathered.
        source: the value of ``sla:``.
        name: the id of the SLA.
        scope: what it is promised for.
        of: the leg, step or level.
        names: the scope of its expressions.
    """
    if not isinstance(source, Mapping):
        return []
    build.places[name] = source.mark
    for key in ("target", "warn_at", "pause_while"):
        build.places[f"{name}:{key}"] = source.at(key)
    build.slas[name] = _compiled(build, source, name, scope, of, names)
    return [name]


def _compiled(build: Build, source: Mapping, name: str, scope: Scope, of: str, names: str) -> Sla:
    target = source.values.get("target")
    due = target.values.get("due") if isinstance(target, Mapping) else None
    calendar = source.text("calendar") or build.calendar
    if "calendar" in source.values:
        build.check_calendar(calendar, source.at("calendar"))
        build.places[f"{name}:calendar"] = source.at("calendar")
    return Sla(
        id=name, scope=scope, of=of, calendar=calendar,
        target=None if isinstance(target, Mapping) else span(source, "target"),
        due=build.use(due, names, want="timestamp", where="'due'"),
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
