"""Folding what people do: tasks, decisions, holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ltc.model.trail import Entry, Kind
from ltc.store.reading import text
from ltc.store.rows import ChainView


def _task_opened(view: ChainView, entry: Entry) -> ChainView:
    task, level = text(entry, "task"), text(entry, "level")
    view = _pass_others(view, entry, task, level)
    return view.put(
        "tasks", (task, level), leg=entry.leg, item=entry.item, step=entry.step, subject=text(entry, "subject"),
        digest=text(entry, "digest"), state="open", levels=entry.data.get("levels"),
        candidates=entry.data.get("candidates"), rule=entry.data.get("rule"), figures=entry.data.get("figures"),
        decided_by=[], opened=entry.at, opened_wall=entry.wall, closed=None,
    )  # fmt: skip


def _pass_others(view: ChainView, entry: Entry, task: str, level: str) -> ChainView:
    """Levels follow one another: when the next one opens, those before it have approved."""
    for key, row in list(view.each("tasks")):
        if key[0] == task and key[1] != level and row["state"] == "open":
            view = view.put("tasks", key, state="approved", closed=entry.at)
    return view


def _decided(view: ChainView, entry: Entry) -> ChainView:
    task, level, actor = text(entry, "task"), text(entry, "level"), text(entry, "actor")
    decision = text(entry, "decision")
    view = view.put(
        "decisions", (entry.seq,), task=task, level=level, actor=actor, decision=decision,
        decision_id=text(entry, "id"), comment=text(entry, "comment"), door=text(entry, "door"), at=entry.at,
    )  # fmt: skip
    known = view.get("tasks", (task, level))
    if not known:
        return view
    decided = [*(known["decided_by"] or []), {"actor": actor, "decision": decision}]
    return view.put("tasks", (task, level), decided_by=decided)


def _task_closed(view: ChainView, entry: Entry) -> ChainView:
    task, result = text(entry, "task"), text(entry, "result") or "cancelled"
    for key, row in list(view.each("tasks")):
        if key[0] == task and row["state"] == "open":
            view = view.put("tasks", key, state=result, closed=entry.at)
    return view


def close_all(view: ChainView, entry: Entry) -> ChainView:
    """Close every open task and hold: the chain has ended."""
    for key, row in list(view.each("tasks")):
        if row["state"] == "open":
            view = view.put("tasks", key, state="cancelled", closed=entry.at)
    for key, row in list(view.each("holds")):
        if row["released"] is None:
            view = view.put("holds", key, released=entry.at)
    return view


def _held(view: ChainView, entry: Entry) -> ChainView:
    scope = text(entry, "scope") or ("item" if entry.item else "leg" if entry.leg else "chain")
    return view.put(
        "holds", (entry.seq,), leg=entry.leg, item=entry.item, step=entry.step, scope=scope,
        reason=text(entry, "reason"), owner=text(entry, "owner"), detail=entry.data.get("detail"), since=entry.at,
        since_wall=entry.wall,
    )  # fmt: skip


def _released(view: ChainView, entry: Entry) -> ChainView:
    """A release without a place lifts the chain's own holds; one with a place lifts the holds there."""
    for key, row in list(view.each("holds")):
        here = row["scope"] == "chain" if not entry.leg else (row["leg"], row["item"]) == (entry.leg, entry.item)
        if here and row["released"] is None:
            view = view.put("holds", key, released=entry.at, released_by=text(entry, "actor"))
    return view


FOLDERS: Mapping[Kind, Callable[[ChainView, Entry], ChainView]] = MappingProxyType(
    {
        Kind.TASK_OPENED: _task_opened,
        Kind.DECIDED: _decided,
        Kind.TASK_CLOSED: _task_closed,
        Kind.HELD: _held,
        Kind.RELEASED: _released,
    }
)
