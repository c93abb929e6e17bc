"""Folding promised times: one row per clock, a new round each time the clock starts again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from ltc.model.trail import Kind
from ltc.store.reading import Entry, instant, number, text
from ltc.store.rows import ChainView, Key, Row


def _latest(view: ChainView, entry: Entry) -> tuple[Key, Row] | None:
    """Return the newest round of the clock an entry is about."""
    key: Key = (text(entry, "sla"), entry.item)
    rounds = [(known, row) for known, row in view.each("slas") if known[:2] == key]
    return max(rounds, key=lambda found: int(found[0][2]), default=None)


def _change(view: ChainView, entry: Entry, **changes: Any) -> ChainView:
    found = _latest(view, entry)
    return view.put("slas", found[0], **changes) if found else view


def _started(view: ChainView, entry: Entry) -> ChainView:
    found = _latest(view, entry)
    key: Key = (text(entry, "sla"), entry.item, int(found[0][2]) + 1 if found else 1)
    if found and found[1]["ended"] is None:
        view = view.put("slas", found[0], ended=entry.at, state="replaced")
    return view.put(
        "slas", key, on_what=text(entry, "on"), leg=entry.leg, step=entry.step, state="running", started=entry.at,
        deadline=instant(entry, "deadline"), warn=instant(entry, "warn"), budget=entry.data.get("budget"),
        planned=entry.data.get("planned"),
    )  # fmt: skip


def _paused(view: ChainView, entry: Entry) -> ChainView:
    return _change(view, entry, state="paused", paused=entry.at)


def _moved(view: ChainView, entry: Entry) -> dict[str, Any]:
    """The instants after a deadline moved: the warning moves along, as nothing else is said of it."""
    found = _latest(view, entry)
    before = found[1]["deadline"] if found else None
    warn = found[1]["warn"] if found else None
    after = instant(entry, "deadline") or before
    if warn is not None and before is not None and after is not None:
        warn += after - before
    return {"deadline": after, "warn": instant(entry, "warn") or warn}


def _resumed(view: ChainView, entry: Entry) -> ChainView:
    return _change(view, entry, state="running", paused=None, **_moved(view, entry))


def _lag(view: ChainView, entry: Entry) -> float:
    found = _latest(view, entry)
    return max(number(entry, "lag"), found[1]["lag"] if found else 0.0)


def _warned(view: ChainView, entry: Entry) -> ChainView:
    return _change(view, entry, warned=entry.at, lag=_lag(view, entry))


def _breached(view: ChainView, entry: Entry) -> ChainView:
    return _change(view, entry, breached=entry.at, lag=_lag(view, entry))


def _escalated(view: ChainView, entry: Entry) -> ChainView:
    """Keep how many rungs have been climbed; the trail counts them from 0."""
    return _change(view, entry, rung=int(number(entry, "rung")) + 1, lag=_lag(view, entry))


def _not_started(view: ChainView, entry: Entry) -> ChainView:
    """Its target could not be had (no row in the table, no date): nothing is promised, and that must be seen."""
    found = _latest(view, entry)
    key: Key = (text(entry, "sla"), entry.item, int(found[0][2]) + 1 if found else 1)
    return view.put(
        "slas", key, on_what=text(entry, "on"), leg=entry.leg, step=entry.step, state="not_started", started=entry.at,
        ended=entry.at, why=text(entry, "why").removeprefix("not started: "),
    )  # fmt: skip


def _ended(view: ChainView, entry: Entry) -> ChainView:
    if text(entry, "why"):
        return _not_started(view, entry)
    late = number(entry, "late")
    found = _latest(view, entry)
    breached = found[1]["breached"] if found else None
    if late > 0 and breached is None:
        breached = entry.at  # it ended late before its timer was seen
    return _change(view, entry, state="ended", ended=entry.at, used=number(entry, "used"), late=late, breached=breached)


def _extended(view: ChainView, entry: Entry) -> ChainView:
    found = _latest(view, entry)
    if not found:
        return view
    return view.put("slas", found[0], **_moved(view, entry), extensions=found[1]["extensions"] + 1)


def _shifted(view: ChainView, entry: Entry) -> ChainView:
    """A deadline was reckoned anew: by another calendar, or under another plan."""
    changes = {name: instant(entry, name) for name in ("deadline", "warn") if instant(entry, name) is not None}
    return _change(view, entry, **changes)


def close_all(view: ChainView, entry: Entry) -> ChainView:
    """Stop every clock that still runs: the chain has ended."""
    for key, row in list(view.each("slas")):
        if row["ended"] is None:
            view = view.put("slas", key, ended=entry.at, state="stopped")
    return view


FOLDERS: Mapping[Kind, Callable[[ChainView, Entry], ChainView]] = MappingProxyType(
    {
        Kind.SLA_STARTED: _started,
        Kind.SLA_PAUSED: _paused,
        Kind.SLA_RESUMED: _resumed,
        Kind.SLA_WARNED: _warned,
        Kind.SLA_BREACHED: _breached,
        Kind.SLA_ESCALATED: _escalated,
        Kind.SLA_ENDED: _ended,
        Kind.SLA_EXTENDED: _extended,
        Kind.SLA_MOVED: _shifted,
    }
)
