"""Folding what a chain does outside: steps in flight, waits, events, documents, effects and their undoing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ltc.model.trail import Entry, Kind
from ltc.store.reading import document, instant, text
from ltc.store.rows import ChainView, Key

_CERTAINLY_NOT = ("Unavailable", "Misconfigured")  # errors that say that nothing took effect
_FINAL = ("undone", "stands")


def _place(entry: Entry) -> tuple[str, str, str]:
    return entry.leg, entry.item, entry.step


def _scheduled(view: ChainView, entry: Entry) -> ChainView:
    mode, effect = text(entry, "mode"), text(entry, "effect")
    key = (*_place(entry), text(entry, "op"))
    known = view.get("steps", key)
    view = view.put(
        "steps", key, mode=mode, effect=effect, state="in_flight", visit=entry.visit, since=entry.at,
        since_wall=entry.wall, unknowns=known["unknowns"] if known else 0,
    )  # fmt: skip
    if mode != "do" or not effect:
        return view
    ordinal = (view.get("effects", (effect,)) or {"ordinal": entry.seq})["ordinal"]
    place = {"leg": entry.leg, "item": entry.item, "step": entry.step}
    return view.put("effects", (effect,), **place, op=key[3], status="scheduled", ordinal=ordinal, at=entry.at, why="")


def _effect_of(view: ChainView, entry: Entry) -> str:
    """Return the effect an entry is about: the one it names, or that of the step in flight (but not an undo's)."""
    named = text(entry, "effect")
    step = view.get("steps", (*_place(entry), text(entry, "op")))
    if step and step["mode"] == "undo":
        return ""
    return named or (step["effect"] if step else "")


def _mark(view: ChainView, entry: Entry, effect: str, status: str) -> ChainView:
    known = view.get("effects", (effect,))
    if not known or (known["status"] in _FINAL and status == "unknown"):
        return view
    changes: dict[str, object] = {"status": status, "at": entry.at, "why": text(entry, "why") or text(entry, "message")}
    found = document(entry)
    if found and status == "certain":
        changes.update(system=found[0], type=found[1], document=found[2])
    return view.put("effects", (effect,), **changes)


def _landed(view: ChainView, entry: Entry) -> ChainView:
    return view.drop("steps", (*_place(entry), text(entry, "op")))


def _done(view: ChainView, entry: Entry) -> ChainView:
    if text(entry, "mode") in ("do", ""):
        view = _mark(view, entry, _effect_of(view, entry), "certain")
    return _landed(_see(view, entry, "document"), entry)


def _refused(view: ChainView, entry: Entry) -> ChainView:
    return _landed(_mark(view, entry, _effect_of(view, entry), "absent"), entry)


def _failed(view: ChainView, entry: Entry) -> ChainView:
    effect = _effect_of(view, entry)
    known = view.get("effects", (effect,))
    sure = text(entry, "error") in _CERTAINLY_NOT and known is not None and known["status"] == "scheduled"
    return _landed(_mark(view, entry, effect, "absent" if sure else "unknown"), entry)


def _unknown(view: ChainView, entry: Entry) -> ChainView:
    view = _mark(view, entry, _effect_of(view, entry), "unknown")
    key = (*_place(entry), text(entry, "op"))
    known = view.get("steps", key)
    if known is None:
        view = view.put("steps", key, since=entry.at, since_wall=entry.wall, visit=entry.visit, mode="do")
    unknowns = known["unknowns"] + 1 if known else 1
    return view.put("steps", key, state="unknown", unknowns=unknowns)


def _probed(view: ChainView, entry: Entry) -> ChainView:
    status = "certain" if entry.data.get("found") else "absent"
    view = _mark(view, entry, _effect_of(view, entry), status)
    return _landed(_see(view, entry, "document"), entry)


def _see(view: ChainView, entry: Entry, name: str) -> ChainView:
    seen = document(entry, name)
    if not seen:
        return view
    system, kind, identity, version = seen
    known = view.get("documents", (system, kind, identity))
    if known:
        newest = max(known["version"], version)
        return view.put(
            "documents", (system, kind, identity), version=newest, seen=entry.at, digest=text(entry, "data")
        )
    return view.put(
        "documents", (system, kind, identity), version=version, seen=entry.at, digest=text(entry, "data"),
        leg=entry.leg, item=entry.item, step=entry.step,
    )  # fmt: skip


def _document(view: ChainView, entry: Entry) -> ChainView:
    return _see(view, entry, "")


def _waiting(view: ChainView, entry: Entry) -> ChainView:
    known = view.get("waits", _place(entry))
    since = (known["since"], known["since_wall"]) if known else (entry.at, entry.wall)
    return view.put(
        "waits", _place(entry), events=entry.data.get("events"), until=text(entry, "until"),
        deadline=instant(entry, "deadline"), since=since[0], since_wall=since[1],
    )  # fmt: skip


def _condition(view: ChainView, entry: Entry) -> ChainView:
    """The condition of a wait came true: the wait is over."""
    if text(entry, "on").endswith("until") and entry.data.get("value") is True:
        return view.drop("waits", _place(entry))
    return view


def _timed_out(view: ChainView, entry: Entry) -> ChainView:
    return view.drop("waits", _place(entry))


def _event_kept(view: ChainView, entry: Entry) -> ChainView:
    key: Key = (text(entry, "event"), text(entry, "id"))
    return view.put("events_kept", key, leg=entry.leg, item=entry.item, kept=entry.at, taken=None)


def _event_taken(view: ChainView, entry: Entry) -> ChainView:
    key: Key = (text(entry, "event"), text(entry, "id"))
    if view.get("events_kept", key):
        view = view.put("events_kept", key, taken=entry.at)
    wait = view.get("waits", _place(entry))
    if not wait:
        return view
    if not wait["until"]:
        return view.drop("waits", _place(entry))
    return view.put("waits", _place(entry), taken=wait["taken"] + 1)


def _undone(view: ChainView, entry: Entry) -> ChainView:
    view = _mark(view, entry, text(entry, "effect"), "undone")
    return _see(view, entry, "document")


def _stands(view: ChainView, entry: Entry) -> ChainView:
    return _mark(view, entry, text(entry, "effect"), "stands")


def _remains(view: ChainView, entry: Entry) -> ChainView:
    return _mark(view, entry, text(entry, "effect"), "remains")


FOLDERS: Mapping[Kind, Callable[[ChainView, Entry], ChainView]] = MappingProxyType(
    {
        Kind.SCHEDULED: _scheduled,
        Kind.DONE: _done,
        Kind.REFUSED: _refused,
        Kind.FAILED: _failed,
        Kind.UNKNOWN: _unknown,
        Kind.PROBED: _probed,
        Kind.DOCUMENT: _document,
        Kind.WAITING: _waiting,
        Kind.CONDITION: _condition,
        Kind.TIMED_OUT: _timed_out,
        Kind.EVENT_KEPT: _event_kept,
        Kind.EVENT_TAKEN: _event_taken,
        Kind.UNDONE: _undone,
        Kind.STANDS: _stands,
        Kind.REMAINS: _remains,
    }
)
