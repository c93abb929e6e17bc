"""Folding what people do: tasks, decisions, holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from ltc.model.trail import Kind
from ltc.store.fold_effects import DELAYED, waiting_state
from ltc.store.giving_up import rewind
from ltc.store.reading import MOST, Entry, number, plain, text, whole
from ltc.store.rows import ChainView


def _task_opened(view: ChainView, entry: Entry) -> ChainView:
    task, level = text(entry, "task"), text(entry, "level")
    view = _close_earlier(view, entry, task)
    return view.put(
        "tasks", (task, level), leg=entry.leg, item=entry.item, step=entry.step, subject=text(entry, "subject"),
        digest=text(entry, "digest"), state="open", levels=entry.data.get("levels"), source=entry.data.get("source"),
        votes=whole(number(entry, "votes"), MOST), candidates=[], figures=entry.data.get("figures"), decided_by=[],
        opened=entry.at, opened_wall=entry.wall, closed=None, work=_work(entry),
        rule=entry.data.get("rule"),
    )  # fmt: skip


def _work(entry: Entry) -> dict[str, Any] | None:
    """What only a task that is done has: until when, who claimed it, what was saved, ticked and answered."""
    if text(entry, "what") != "task":
        return None
    deadline = text(entry, "deadline")
    return {"claim": bool(entry.data.get("claim")), **({"deadline": deadline} if deadline else {})}


def _task_acted(view: ChainView, entry: Entry) -> ChainView:
    """A person did something with a task; it goes beside the decisions, too."""
    task, action, actor = text(entry, "task"), text(entry, "action"), text(entry, "actor")
    key = (task, "")
    view = view.put(
        "decisions", (entry.seq,), task=task, level="", actor=actor, decision=action,
        decision_id=text(entry, "id"), comment=text(entry, "comment"), door=text(entry, "door"), at=entry.at,
    )  # fmt: skip
    known = view.get("tasks", key)
    if not known:
        return view
    work = {**(known["work"] or {}), **({"ticks": entry.data["ticks"]} if entry.data.get("ticks") else {})}
    if action in ("claim", "release"):
        work["claimed_by"] = actor if action == "claim" else ""
    elif action in ("save", "complete"):
        work["saved" if action == "save" else "answers"] = entry.data.get("values") or {}
    view = view.put("tasks", key, work=work)
    return view.put("tasks", key, decided_by=[{"actor": actor, "decision": action}]) if action in _LAST else view


_LAST = ("complete", "reject")


def _close_earlier(view: ChainView, entry: Entry, task: str) -> ChainView:
    """Levels follow one another: those before have approved. A task asked anew at a place takes over from the old."""
    for key, row in list(view.each("tasks")):
        if row["state"] != "open":
            continue
        if key[0] == task:
            view = view.put("tasks", key, state="approved", closed=entry.at)
        elif (row["leg"], row["item"], row["step"]) == (entry.leg, entry.item, entry.step):
            view = view.put("tasks", key, state="reopened", closed=entry.at)
    return view


def _task_offered(view: ChainView, entry: Entry) -> ChainView:
    """Who may decide now; ``rule`` keeps who follows, for whom somebody stands in, and how many must agree."""
    more = {name: entry.data[name] for name in ("queue", "standing", "need") if entry.data.get(name)}
    known = view.get("tasks", (text(entry, "task"), text(entry, "level")))
    kept = {
        name: value for name, value in ((known or {}).get("rule") or {}).items() if name not in ("queue", "standing")
    }
    return _rule(view, entry, {**kept, **more}, candidates=entry.data.get("candidates"))


def _task_handed(view: ChainView, entry: Entry) -> ChainView:
    known = view.get("tasks", (text(entry, "task"), text(entry, "level")))
    if not known or not entry.data.get("candidates"):
        return view
    decided = known["decided_by"] or []
    if text(entry, "how") == "take_back":
        decided = [one for one in decided if one["actor"] != text(entry, "actor")]
    candidates = entry.data["candidates"]
    return _rule(view, entry, known["rule"] or {}, candidates=candidates, decided_by=decided)


def _silence(view: ChainView, entry: Entry) -> ChainView:
    """What is decided by itself, and when."""
    known = view.get("tasks", (text(entry, "task"), text(entry, "level")))
    said = {"then": text(entry, "then"), "at": text(entry, "deadline")}
    return _rule(view, entry, {**((known or {}).get("rule") or {}), "silence": said})


def _rule(view: ChainView, entry: Entry, rule: dict[str, Any], **more: Any) -> ChainView:
    key = (text(entry, "task"), text(entry, "level"))
    return view.put("tasks", key, rule=rule or None, **more) if view.get("tasks", key) else view


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
        if key[0] != task:
            continue
        if row["state"] == "open":
            view = view.put("tasks", key, state=result, closed=entry.at)
        if result == "reopened":  # the figures changed after the approval: the chain goes back to it
            view = rewind(view.put("tasks", key, state=result), entry, row["leg"])
    return view


def close_tasks(view: ChainView, entry: Entry) -> ChainView:
    """Close every open task: the chain has ended."""
    for key, row in list(view.each("tasks")):
        if row["state"] == "open":
            view = view.put("tasks", key, state="cancelled", closed=entry.at)
    return view


def _held(view: ChainView, entry: Entry) -> ChainView:
    scope = text(entry, "scope") or ("item" if entry.item else "leg" if entry.leg else "chain")
    return view.put(
        "holds", (entry.seq,), leg=entry.leg, item=entry.item, step=entry.step, scope=scope,
        reason=text(entry, "reason"), owner=text(entry, "owner"), detail=entry.data.get("detail"), since=entry.at,
        since_wall=entry.wall,
    )  # fmt: skip


def _released(view: ChainView, entry: Entry) -> ChainView:
    """Lift the holds of one place for one reason; without a reason, all of that place."""
    place, reason = (entry.leg, entry.item, entry.step), text(entry, "hold")
    for key, row in list(view.each("holds")):
        here = (row["leg"], row["item"], row["step"]) == place and (not reason or row["reason"] == reason)
        if here and row["released"] is None:
            view = view.put("holds", key, released=entry.at, released_by=text(entry, "actor"))
    wait = view.get("waits", place)
    if not wait or wait["state"] == DELAYED:
        return view
    return view.put("waits", place, state=waiting_state(wait["until"], wait["deadline"]))


def _intervened(view: ChainView, entry: Entry) -> ChainView:
    """What an operator's action changes at once, beyond what the entries after it say."""
    action, detail = text(entry, "action"), entry.data.get("detail")
    detail = detail if isinstance(detail, dict) else {}
    if action == "skip":
        view = view.drop("waits", (entry.leg, entry.item, entry.step))
    if action in ("skip", "correct") and plain(detail.get("document")):
        return _named_by_hand(view, entry, plain(detail.get("effect")), plain(detail["document"]))
    if action == "retry" and view.head["compensating_since"] is not None:
        for key, row in list(view.each("effects")):
            if row["status"] == "remains":
                view = view.put("effects", key, status="certain" if row["sure"] else "unknown", why="")
    return view


def _named_by_hand(view: ChainView, entry: Entry, effect: str, document: str) -> ChainView:
    """A person names the document that an effect made: it took place; if it is probed all the same, that counts."""
    place = (entry.leg, entry.item, entry.step)
    lost = [
        (row["ordinal"], key) for key, row in view.each("effects")
        if row["status"] in ("unknown", "remains", "scheduled") and not row["sure"]
        and (key == (effect,) if effect else (row["leg"], row["item"], row["step"]) == place)
    ]  # fmt: skip
    if not lost:
        return view
    return view.put("effects", max(lost)[1], status="certain", sure=True, document=document, at=entry.at)


FOLDERS: Mapping[Kind, Callable[[ChainView, Entry], ChainView]] = MappingProxyType(
    {
        Kind.TASK_OPENED: _task_opened,
        Kind.TASK_OFFERED: _task_offered,
        Kind.TASK_HANDED: _task_handed,
        Kind.SILENCE: _silence,
        Kind.DECIDED: _decided,
        Kind.TASK_ACTED: _task_acted,
        Kind.TASK_CLOSED: _task_closed,
        Kind.HELD: _held,
        Kind.RELEASED: _released,
        Kind.INTERVENED: _intervened,
    }
)
