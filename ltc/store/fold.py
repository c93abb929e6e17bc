"""The fold: one trail entry into the views of its chain; pure, one small function per kind of entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from ltc.model.trail import Kind
from ltc.store import fold_effects, fold_people, fold_slas
from ltc.store.giving_up import clear, rewind
from ltc.store.reading import Entry, instant, text, whole
from ltc.store.rows import ChainView, Growing

Folder = Callable[[ChainView, Entry], ChainView]

# Kinds that say nothing about movement: a chain that rests goes on resting through them.
_STILL = (
    Kind.RESTED, Kind.CONTINUED, Kind.NOTIFIED, Kind.EVENT_KEPT, Kind.BALANCE, Kind.SLA_STARTED, Kind.SLA_PAUSED,
    Kind.SLA_RESUMED, Kind.SLA_WARNED, Kind.SLA_BREACHED, Kind.SLA_ESCALATED, Kind.SLA_EXTENDED, Kind.SLA_MOVED,
    Kind.MIGRATED, Kind.RECALENDARED, Kind.WAIT_MOVED, Kind.FORGED,
    Kind.NOT_TAKEN,
)  # fmt: skip


_OPEN = ("keep_open", "")  # the row of the time for which a completed chain stays open


def _chain_started(view: ChainView, entry: Entry) -> ChainView:
    net = entry.data.get("net")
    net = net if isinstance(net, dict) else {}
    return view.set(
        process=text(entry, "process"),
        plan=text(entry, "plan"),
        number=text(entry, "number"),
        customer=text(entry, "customer"),
        requester=text(entry, "requester"),
        currency=str(net.get("currency", "")),
        net=whole(int(net.get("minor", 0))),
        state="running",
        started=entry.at,
        started_wall=entry.wall,
    )


def _leg(view: ChainView, entry: Entry, **changes: object) -> ChainView:
    key = (entry.leg, entry.item)
    known = view.get("legs", key)
    return view.put("legs", key, ordinal=known["ordinal"] if known else entry.seq, **changes)


def _leg_entered(view: ChainView, entry: Entry) -> ChainView:
    known = view.get("legs", (entry.leg, entry.item))
    visits = known["visits"] + 1 if known else 1
    view = _leg(view, entry, entered=entry.at, left_at=None, status="running", why="", visits=visits)
    return view.set(leg=entry.leg)


def _leg_skipped(view: ChainView, entry: Entry) -> ChainView:
    return _leg(view, entry, status="skipped", why=text(entry, "why"), left_at=entry.at)


def _leg_left(view: ChainView, entry: Entry) -> ChainView:
    view = _leg(view, entry, status="left", left_at=entry.at)
    return clear(view, entry, lambda row: row["leg"] == entry.leg, flights=False)


def _item_opened(view: ChainView, entry: Entry) -> ChainView:
    return _leg(view, entry, entered=entry.at, status="open", visits=1)


def _item_closed(view: ChainView, entry: Entry) -> ChainView:
    view = _leg(view, entry, status="closed", left_at=entry.at)
    place = (entry.leg, entry.item)
    return clear(view, entry, lambda row: (row["leg"], row["item"]) == place, flights=False)


def _sent_back(view: ChainView, entry: Entry) -> ChainView:
    return rewind(view.set(rounds=view.head["rounds"] + 1), entry, text(entry, "to"))


def _pivot(view: ChainView, _entry: Entry) -> ChainView:
    return view.set(pivot=True)


def _balance(view: ChainView, _entry: Entry) -> ChainView:
    return view.set(imbalances=view.head["imbalances"] + 1)


def _migrated(view: ChainView, entry: Entry) -> ChainView:
    return view.set(plan=text(entry, "plan"))


def _wait_moved(view: ChainView, entry: Entry) -> ChainView:
    """The time limit of a wait, or of a task that people do, is another now."""
    key = (entry.leg, entry.item, entry.step)
    if view.get("waits", key):
        return view.put("waits", key, deadline=instant(entry, "deadline"))
    for task, row in list(view.each("tasks")):
        if row["state"] == "open" and row["work"] is not None and (row["leg"], row["item"], row["step"]) == key:
            view = view.put("tasks", task, work={**row["work"], "deadline": text(entry, "deadline")})
    return view


def _continued(view: ChainView, entry: Entry) -> ChainView:
    """A chain that was cut short is taken up again: nobody will hear how its calls under way came out."""
    if text(entry, "why"):
        for key, _ in list(view.each("steps")):
            view = view.drop("steps", key)
    return view


def _compensating(view: ChainView, entry: Entry) -> ChainView:
    """Everything under way is given up, whatever held it; only calls already sent are seen to their end."""
    view = clear(view, entry, lambda _: True, flights=False)
    return view.set(compensating_since=entry.at, reason=text(entry, "why"))


def _rested(view: ChainView, entry: Entry) -> ChainView:
    leg = text(entry, "leg") or entry.leg or view.head["leg"]
    return view.set(rests_since=view.head["rests_since"] or entry.at, leg=leg)


def _kept_open(view: ChainView, entry: Entry) -> ChainView:
    """Completed, and open for what may still come: shown as a leg of its own, which nothing is late in."""
    view = view.put(
        "legs", _OPEN, ordinal=entry.seq, entered=entry.at, status="open", why=text(entry, "until"), visits=1
    )
    return view.set(leg=_OPEN[0])


def _ended(view: ChainView, entry: Entry) -> ChainView:
    view = view.set(
        outcome=text(entry, "outcome"),
        reason=text(entry, "reason"),
        ended=entry.at,
        ended_wall=entry.wall,
        rests_since=None,
    )
    if view.get("legs", _OPEN):
        view = view.put("legs", _OPEN, status="left", left_at=entry.at)
    view = clear(view, entry, lambda _: True, flights=True)
    return fold_slas.close_all(fold_people.close_tasks(view, entry), entry)


def _nothing(view: ChainView, _entry: Entry) -> ChainView:
    """The timeline shows it; no view counts it."""
    return view


FOLDERS: Mapping[Kind, Folder] = MappingProxyType(
    {
        Kind.CHAIN_STARTED: _chain_started,
        Kind.LEG_ENTERED: _leg_entered,
        Kind.LEG_SKIPPED: _leg_skipped,
        Kind.LEG_LEFT: _leg_left,
        Kind.ITEM_OPENED: _item_opened,
        Kind.ITEM_CLOSED: _item_closed,
        Kind.SENT_BACK: _sent_back,
        Kind.RATE: _nothing,
        Kind.NOTIFIED: _nothing,
        Kind.REVISITED: _nothing,
        Kind.ITEM_SKIPPED: _nothing,
        Kind.DUNNED: fold_effects.reminds,
        Kind.DUNNING_PAUSED: _nothing,
        Kind.DUNNING_RESUMED: _nothing,
        Kind.PERIODS_ENDED: _nothing,
        Kind.CONTINUED: _continued,
        Kind.PIVOT: _pivot,
        Kind.MIGRATED: _migrated,
        Kind.RECALENDARED: _nothing,
        Kind.WAIT_MOVED: _wait_moved,
        Kind.BALANCE: _balance,
        Kind.COMPENSATING: _compensating,
        Kind.RESTED: _rested,
        Kind.ENDED: _ended,
        Kind.HANDLED: _nothing,
        Kind.AMENDED: _nothing,
        Kind.KEPT_OPEN: _kept_open,
        Kind.FORGED: _nothing,
        Kind.NOT_TAKEN: _nothing,
        **fold_effects.FOLDERS,
        **fold_people.FOLDERS,
        **fold_slas.FOLDERS,
    }
)


def fold(view: ChainView, entry: Entry) -> ChainView:
    """Fold one entry. An entry that cannot be read is counted in ``faults`` and otherwise passed over."""
    try:
        folded = FOLDERS[entry.kind](view, entry)
    except (KeyError, ValueError, TypeError, AttributeError):
        folded = view.set(faults=view.head["faults"] + 1)
    if folded.head["rests_since"] is None or entry.kind in _STILL:
        return folded
    return folded.set(rests_since=None)


def fold_all(view: ChainView, entries: Iterable[Entry]) -> ChainView:
    """Fold entries in their order, then derive what follows from the whole."""
    given = list(entries)
    folded = _in_order(Growing.of(view), given)
    if folded.head["faults"] != view.head["faults"]:
        folded = _in_order(view, given)  # an entry that cannot be read leaves no trace: only so is it left off whole
    return settle(folded).settled()


def _in_order(view: ChainView, entries: Sequence[Entry]) -> ChainView:
    for entry in entries:
        view = fold(view, entry)
    if not entries:
        return view
    last = entries[-1]
    return view.set(last_seq=last.seq, last_at=last.at, last_wall=last.wall, last_kind=last.kind.value)


def settle(view: ChainView) -> ChainView:
    """Derive the chain's state and its next deadline from its other rows."""
    state, deadline = _state(view), next_deadline(view)
    head = view.head
    if head["state"] == state and head["next_deadline"] == deadline:
        return view
    return view.set(state=state, next_deadline=deadline)


def _state(view: ChainView) -> str:
    if view.head["ended"] is not None:
        return "ended"
    if any(hold["released"] is None for _, hold in view.each("holds")):
        return "held"
    if view.head["compensating_since"] is not None:
        return "compensating"
    return "kept_open" if view.get("legs", _OPEN) else "running"


def next_deadline(view: ChainView) -> datetime | None:
    """Return the earliest instant at which something is due: a warning, a breach, the end of a wait."""
    moments = [row["deadline"] for _, row in view.each("waits")]
    for _, row in view.each("slas"):
        if row["state"] != "running":
            continue
        if row["warn"] is not None and row["warned"] is None:
            moments.append(row["warn"])
        if row["breached"] is None:
            moments.append(row["deadline"])
    return min((moment for moment in moments if moment is not None), default=None)
