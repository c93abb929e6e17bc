"""What the records hold of one chain, in the order in which the chain heard it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ltc.model import ids
from ltc.model.trail import Entry, Kind

Record = dict[str, Any]
_ENDS = (Kind.DONE, Kind.REFUSED, Kind.FAILED, Kind.PROBED, Kind.REMAINS)


@dataclass(frozen=True)
class Outcome:
    """How one call came out. ``asked`` and ``at`` are business instants."""

    place: str
    op: str
    mode: str  # do | read | probe | undo
    effect: str
    asked: datetime
    at: datetime
    entry: Entry


@dataclass(frozen=True)
class Asking:
    """One level of an approval that was asked: whom, and what they said when (as time since it was opened)."""

    place: str
    level: str
    source: Record
    opened: datetime
    offered: timedelta | None  # until the people were known; None: nobody was found, or it was not told
    candidates: list[str]
    said: list[tuple[timedelta, Record]]
    acted: list[tuple[timedelta, Record]] = field(default_factory=list)  # of a task: what people did with it
    standing: Record = field(default_factory=dict)  # who stood in for whom
    handed: list[list[str]] = field(default_factory=list)  # whom a rung handed it to, in order
    passed: list[tuple[timedelta, Record]] = field(default_factory=list)  # what approvers did besides deciding


@dataclass(frozen=True)
class Heard:
    """Something that came from outside by itself: an event or an operator's wish."""

    at: datetime
    seq: int  # of the entry that tells of it: two things of one instant have an order
    id: str
    event: Record | None = None
    wish: Record | None = None


@dataclass
class Recorded:
    """One chain as the records know it. ``answers`` and ``intents`` hold what systems gave."""

    chain: str
    trail: list[Entry]
    start: Record  # installation, plan, values, requester
    answers: list[Record] = field(default_factory=list)
    intents: dict[str, Record] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    askings: list[Asking] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    trouble: str = ""

    @property
    def began(self) -> datetime:
        """When the chain began, in business time."""
        return self.trail[0].at

    @property
    def last(self) -> datetime:
        """When it was last heard of."""
        return self.trail[-1].at

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return any(entry.kind is Kind.ENDED for entry in self.trail)


def arrange(
    chain: str, trail: list[Entry], start: Record, answers: list[Record], intents: dict[str, Record],
    events: dict[str, Record], wishes: list[Record],
) -> Recorded:  # fmt: skip
    """Put what is on record of a chain in order.

    Args:
        chain: its id.
        trail: its entries, in order.
        start: installation, plan, values and requester.
        answers: what systems answered to reads, ``asked`` and ``at`` in business time.
        intents: by effect key, what the effect gave.
        events: by id, the fields of events routed to it.
        wishes: the fields of interventions, in order.
    """
    found = Recorded(chain, trail, start, answers, intents, outcomes(trail), askings(trail))
    found.trouble = _trouble(trail)
    came: list[str] = []
    left = [wish for wish in wishes if wish.get("outcome") == "accepted"]
    for entry in trail:
        if entry.kind in (Kind.EVENT_KEPT, Kind.EVENT_TAKEN):
            found.trouble = found.trouble or _event(found, entry, events, came)
        elif entry.kind is Kind.INTERVENED:
            wish = next((one for one in left if one["action"] == entry.data.get("action")), None)
            if wish is None:
                found.trouble = found.trouble or f"the record of the {entry.data.get('action')} by hand is missing"
                continue
            left.remove(wish)
            found.heard.append(Heard(entry.at, entry.seq, str(wish["id"]), wish=wish))
    return found


def _event(found: Recorded, entry: Entry, events: dict[str, Record], came: list[str]) -> str:
    name = str(entry.data.get("id"))
    if name in came:
        return ""
    came.append(name)
    if name not in events:
        return f"the fields of event {name} are not on record"
    event = {"id": name, "name": entry.data["event"], "fields": events[name], "at": entry.at}
    found.heard.append(Heard(entry.at, entry.seq, name, event=event))
    return ""


def _trouble(trail: list[Entry]) -> str:
    """Why a chain cannot be gone through again at all."""
    if not trail or trail[0].kind is not Kind.CHAIN_STARTED:
        return "its trail has no beginning"
    if [entry.seq for entry in trail] != list(range(trail[0].seq, trail[0].seq + len(trail))):
        return "its trail has holes; `ltc views heal` fills them"
    if any(entry.kind is Kind.MIGRATED for entry in trail):
        return "it was moved to another plan while it ran"
    if any(entry.kind is Kind.CONTINUED and entry.data.get("why") for entry in trail):
        return "it was cut short and taken up again"
    return ""


def outcomes(trail: Iterable[Entry]) -> list[Outcome]:
    """Return how each call came out, in the order of the answers."""
    flying: list[Entry] = []
    found: list[Outcome] = []
    for entry in trail:
        if entry.kind is Kind.SCHEDULED:
            flying.append(entry)
        elif entry.kind in _ENDS:
            asked = _asked(flying, entry)
            if asked is not None:
                flying.remove(asked)
                data = asked.data
                where = ids.place(asked.leg, asked.item, asked.step)
                mode, key = str(data.get("mode", "do")), str(data.get("effect", ""))
                found.append(Outcome(where, str(data["op"]), mode, key, asked.at, entry.at, entry))
    return found


def _asked(flying: list[Entry], entry: Entry) -> Entry | None:
    """Return the call that an answer is the answer of; what remains is told under the effect, not under its undo."""
    place = (entry.leg, entry.item, entry.step)
    for one in flying:
        if (one.leg, one.item, one.step) != place:
            continue
        if entry.kind is Kind.REMAINS:
            if one.data.get("mode") == "undo":
                return one
        elif one.data.get("op") == entry.data.get("op") and (
            (one.data.get("mode") == "probe") == (entry.kind is Kind.PROBED) or entry.kind is Kind.FAILED
        ):
            return one
    return None


def askings(trail: list[Entry]) -> list[Asking]:
    """Return every level that was asked, and every task that was given, in order, with what people said and did."""
    found: list[Asking] = []
    for number, entry in enumerate(trail):
        if entry.kind is Kind.TASK_OPENED:
            later = [one for one in trail[number + 1 :] if one.data.get("task") == entry.data.get("task")]
            again = next((at for at, one in enumerate(later) if one.kind is Kind.TASK_OPENED), len(later))
            found.append(_asking(entry, later[:again]))
    return found


def _asking(opened: Entry, later: list[Entry]) -> Asking:
    level = str(opened.data.get("level") or opened.step)
    offered = next((one for one in later if one.kind is Kind.TASK_OFFERED), None)
    people = [*(offered.data.get("candidates") or []), *(offered.data.get("queue") or [])] if offered else []
    said = [
        (one.at - opened.at, one.data)
        for one in later
        if one.kind is Kind.DECIDED and one.data.get("level") == level and one.data.get("door") != "automatic"
    ]
    given = [one for one in later if one.kind is Kind.TASK_HANDED]
    return Asking(
        ids.place(opened.leg, opened.item, opened.step), level, opened.data.get("source") or {}, opened.at,
        offered.at - opened.at if offered else None, list(dict.fromkeys(people)), said,
        acted=[(one.at - opened.at, one.data) for one in later if one.kind is Kind.TASK_ACTED],
        standing=(offered.data.get("standing") or {}) if offered else {},
        handed=[_people(one.data) for one in given if one.data.get("how") == "reassign"],
        passed=[(one.at - opened.at, {**one.data, "id": f"{one.data.get('how')}@{one.seq}"}) for one in given
                if one.data.get("how") != "reassign" and one.data.get("level") == level],
    )  # fmt: skip


def _people(data: Record) -> list[str]:
    value = data.get("candidates") or data.get("to")
    return [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []
