"""Folding what a chain does outside: steps in flight, waits, events, documents, effects and their undoing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from ltc.model.trail import RESTS, Kind
from ltc.store.reading import Entry, document, instant, text
from ltc.store.rows import ChainView, Key, Row

DELAYED = "delayed"  # the state of a wait that is for time alone

_CERTAINLY_NOT = ("TooLarge", "FiguresChanged")  # after any other error an earlier attempt may have taken effect
_FINAL = ("undone", "stands")
_UNDOING = ("undone", "stands", "remains")


def _place(entry: Entry) -> tuple[str, str, str]:
    return entry.leg, entry.item, entry.step


def _scheduled(view: ChainView, entry: Entry) -> ChainView:
    mode, effect = text(entry, "mode"), text(entry, "effect")
    key = (*_place(entry), text(entry, "op"))
    before = _flight(view, entry)
    known = view.get("steps", before) if before else None
    view = _past_timeout(view.drop("steps", before) if before else view, entry)
    view = view.put(
        "steps", key, mode=mode, effect=effect, state="in_flight", visit=entry.visit, since=entry.at,
        since_wall=entry.wall, unknowns=known["unknowns"] if known else 0,
    )  # fmt: skip
    if mode == "probe":
        return _mark(view, entry, effect, "unknown")
    if mode != "do" or not effect:
        return view
    ordinal = (view.get("effects", (effect,)) or {"ordinal": entry.seq})["ordinal"]
    place = {"leg": entry.leg, "item": entry.item, "step": entry.step}
    return view.put("effects", (effect,), **place, op=key[3], status="scheduled", ordinal=ordinal, at=entry.at, why="")


def _flight(view: ChainView, entry: Entry) -> Key | None:
    """Find what an answer belongs to: by its place, by its effect, or, for a line given up meanwhile, by operation."""
    key: Key = (*_place(entry), text(entry, "op"))
    if view.get("steps", key):
        return key
    effect = text(entry, "effect")
    for other, row in view.each("steps"):
        if (effect and row["effect"] == effect) or (not effect and not entry.leg and other[3] == key[3]):
            return other
    return None


def _effect_of(view: ChainView, entry: Entry) -> str:
    """Return the effect an answer is about: the one it names, or that of the step in flight (but not an undo's)."""
    key = _flight(view, entry)
    step = view.get("steps", key) if key else None
    if step and step["mode"] == "undo":
        return ""
    return text(entry, "effect") or (step["effect"] if step else "")


def _mark(view: ChainView, entry: Entry, effect: str, status: str) -> ChainView:
    known = view.get("effects", (effect,))
    if known is None and effect and status in _UNDOING:
        return _brought_about(view, entry, effect, status)
    if not known or (known["status"] in _FINAL and status == "unknown"):
        return view
    changes: dict[str, object] = {"status": status, "at": entry.at, "why": text(entry, "why") or text(entry, "message")}
    if status in ("certain", "absent"):
        changes["sure"] = status == "certain"
    found = document(entry)
    if found and status == "certain":
        changes.update(system=found[0], type=found[1], document=found[2])
    return view.put("effects", (effect,), **changes)


def _brought_about(view: ChainView, entry: Entry, effect: str, status: str) -> ChainView:
    """What a wait brought about enters the undo list unsaid: it is first heard of when it is to be undone."""
    place = {"leg": entry.leg, "item": entry.item, "step": entry.step}
    return view.put(
        "effects", (effect,), **place, op=text(entry, "op"), status=status, ordinal=entry.seq, at=entry.at, sure=True,
        why=text(entry, "why"),
    )  # fmt: skip


def _landed(view: ChainView, entry: Entry) -> ChainView:
    key = _flight(view, entry)
    return view.drop("steps", key) if key else view


def _done(view: ChainView, entry: Entry) -> ChainView:
    if text(entry, "mode") in ("do", ""):
        view = _mark(view, entry, _effect_of(view, entry), "certain")
    return _landed(_see(view, entry, "document"), entry)


def _refused(view: ChainView, entry: Entry) -> ChainView:
    return _landed(_mark(view, entry, _effect_of(view, entry), "absent"), entry)


def _failed(view: ChainView, entry: Entry) -> ChainView:
    never = text(entry, "error") in _CERTAINLY_NOT or text(entry, "sent") == "never"
    status = "absent" if never else "unknown"
    return _landed(_mark(view, entry, _effect_of(view, entry), status), entry)


def _unknown(view: ChainView, entry: Entry) -> ChainView:
    view = _mark(view, entry, _effect_of(view, entry), "unknown")
    key = _flight(view, entry) or (*_place(entry), text(entry, "op"))
    known = view.get("steps", key)
    if known is None:
        view = view.put(
            "steps", key, since=entry.at, since_wall=entry.wall, visit=entry.visit, mode="do",
            effect=text(entry, "effect"),
        )  # fmt: skip
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
    key, known = _same_document(view, system, kind, identity)
    if known:
        newest = max(known["version"], version)
        return view.put("documents", key, version=newest, seen=entry.at, digest=text(entry, "data") or known["digest"])
    return view.put(
        "documents", key, version=version, seen=entry.at, digest=text(entry, "data"),
        leg=entry.leg, item=entry.item, step=entry.step,
    )  # fmt: skip


def _same_document(view: ChainView, system: str, kind: str, identity: str) -> tuple[Key, Row | None]:
    """Find a document whatever its type was called: ``Order`` by the operation that gave it, ``order`` by its name."""
    for key, row in view.each("documents"):
        if (key[0], str(key[1]).lower(), key[2]) == (system, kind.lower(), identity):
            return key, row
    return (system, kind, identity), None


def _document(view: ChainView, entry: Entry) -> ChainView:
    return _see(view, entry, "")


def _waiting(view: ChainView, entry: Entry) -> ChainView:
    view = _past_timeout(view, entry)
    until, deadline = text(entry, "until"), instant(entry, "deadline")
    return view.put(
        "waits", _place(entry), events=entry.data.get("events"), until=until, state=waiting_state(until, deadline),
        taken=0, deadline=deadline, since=entry.at, since_wall=entry.wall,
    )  # fmt: skip


def _delayed(view: ChainView, entry: Entry) -> ChainView:
    return view.put(
        "waits", _place(entry), events=[], until="", state=DELAYED, taken=0, deadline=instant(entry, "until"),
        since=entry.at, since_wall=entry.wall,
    )  # fmt: skip


def _delay_over(view: ChainView, entry: Entry) -> ChainView:
    return view.drop("waits", _place(entry))


def waiting_state(until: str, deadline: datetime | None) -> str:
    """``resting`` for a ladder that reminds nobody until people have dealt with why; else ``waiting``."""
    return "resting" if until.startswith(RESTS) and deadline is None else "waiting"


def _past_timeout(view: ChainView, entry: Entry) -> ChainView:
    """A line that goes on elsewhere has left the wait that timed out."""
    for key, row in list(view.each("waits")):
        if row["state"] == "timed_out" and key[:2] == (entry.leg, entry.item) and key[2] != entry.step:
            view = view.drop("waits", key)
    return view


def _condition(view: ChainView, entry: Entry) -> ChainView:
    """The condition of a wait came true: the wait is over."""
    if text(entry, "on").endswith("until") and entry.data.get("value") is True:
        return view.drop("waits", _place(entry))
    return view


def _timed_out(view: ChainView, entry: Entry) -> ChainView:
    """What the definition says comes next; where it says hold, the wait goes on once it is released."""
    key = _place(entry)
    return view.put("waits", key, state="timed_out", deadline=None) if view.get("waits", key) else view


def reminds(view: ChainView, entry: Entry) -> ChainView:
    """A ladder took a level: until its steps are through, nothing of it waits; then it says anew for what it does."""
    key = _place(entry)
    return view.put("waits", key, state="reminds", deadline=None) if view.get("waits", key) else view


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


def _over(view: ChainView, entry: Entry) -> ChainView:
    """Nothing more is under way for an effect: neither its own calls nor those that undo it."""
    effect = text(entry, "effect")
    for key, row in list(view.each("steps")):
        if row["effect"] == effect or (row["mode"] == "undo" and key[:3] == _place(entry)):
            view = view.drop("steps", key)
    return view


def _undone(view: ChainView, entry: Entry) -> ChainView:
    view = _mark(view, entry, text(entry, "effect"), "undone")
    return _over(_see(view, entry, "document"), entry)


def _stands(view: ChainView, entry: Entry) -> ChainView:
    return _over(_mark(view, entry, text(entry, "effect"), "stands"), entry)


def _remains(view: ChainView, entry: Entry) -> ChainView:
    return _over(_mark(view, entry, text(entry, "effect"), "remains"), entry)


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
        Kind.DELAYED: _delayed,
        Kind.DELAY_OVER: _delay_over,
        Kind.EVENT_KEPT: _event_kept,
        Kind.EVENT_TAKEN: _event_taken,
        Kind.UNDONE: _undone,
        Kind.STANDS: _stands,
        Kind.REMAINS: _remains,
    }
)
