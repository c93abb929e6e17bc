"""The state of a chain: everything the machine knows, serialisable, so that continue-as-new is "pass the state"."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter

from ltc.core.state_approvals import DueRung, Task
from ltc.definition.plan import PinnedOperation, Reaction, Undo
from ltc.definition.plan_values import Unit
from ltc.model.trail import Entry

Status = Literal["running", "compensating", "closing", "ended"]


@dataclass
class Frame:
    """A reaction's block that a token runs before it goes on with (or repeats) the step that owns it."""

    node: str
    retry: bool = False
    override: dict[str, str] = field(default_factory=dict)


@dataclass
class Pending:
    """A reaction that is carried out as soon as the chain moves: never while it is held."""

    reaction: Reaction
    reason: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass
class Token:
    """Where one line of the chain stands: a leg, an item's branch, or a branch of a parallel step."""

    id: str
    leg: str
    item: str = ""
    node: str = ""
    status: Literal["ready", "busy", "waiting", "deciding", "tasked", "forked", "held", "ended"] = "ready"
    parent: str = ""
    visit: int = 0
    frames: list[Frame] = field(default_factory=list)
    override: dict[str, Any] = field(default_factory=dict)
    outright: bool = False  # what is overridden is not evaluated
    deadline: datetime | None = None  # of a wait's ``within``
    since: datetime | None = None  # from when ``within`` counts
    poll_at: datetime | None = None
    reads: int = 0
    read_again: bool = False
    taken: int = 0  # events taken since the wait was opened
    branches: int = 0  # of a parallel step: how many have ended
    task: str = ""
    born: int = 0  # ids come again when a chain goes back: answers to a token that was given up are not its namesake's
    awaits: str = ""  # the place where an earlier token's call must have ended first
    expired: bool = False  # the wait's time is over: the document is read a last time
    pending: Pending | None = None


@dataclass
class Recurrence:
    """How far a leg that runs by the calendar is: ``taken`` periods since ``start``; ``queued`` wait their turn."""

    start: datetime
    taken: int = 0
    queued: list[str] = field(default_factory=list)
    closed: bool = False


@dataclass
class LegState:
    """How far a leg is."""

    status: Literal["pending", "open", "done", "skipped"] = "pending"
    visit: int = 0
    items: dict[str, Any] = field(default_factory=dict)  # of a loop: key -> element, or id of the document collected
    keys: list[str] = field(default_factory=list)  # of the items that this visit runs
    results: dict[str, dict[str, Any]] = field(default_factory=dict)  # item -> name -> what its steps left
    recurrence: Recurrence | None = None  # of a leg that runs by the calendar


@dataclass
class Flight:
    """An activity that was scheduled and has not answered yet."""

    purpose: Literal[
        "do", "read", "probe", "open", "watch", "undo", "notify", "flush", "signature", "assign", "act", "reassign"
    ]
    token: str = ""
    op: str = ""
    key: str = ""
    place: str = ""
    entry: int = -1  # of an undo: index in the undo list
    after: Literal["", "retry", "again", "skip", "correct", "adopt", "undo"] = ""
    upto: int = 0  # trail entries up to this one ride on it
    born: int = 0  # of the token
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass
class Effect:
    """An entry of the undo list: entered, as unknown, when the effect is scheduled."""

    place: str
    node: str
    leg: str
    item: str
    op: str
    key: str
    generation: int
    status: Literal["unknown", "certain", "absent", "undone", "stands", "remains"] = "unknown"
    args: dict[str, Any] = field(default_factory=dict)
    sure: bool = False  # it took place
    born: int = 0  # of the token that made it
    done_calls: int = 0
    tries: int = 0
    why: str = ""
    undo: Undo | None = None  # as pinned when it took effect, once the chain has moved to another plan


@dataclass
class LadderState:
    """How far a dunning ladder is: ``taken`` levels; ``shift``: seconds by which pauses and delays moved it on.

    ``disputed`` and ``by_hand`` (until when payment is promised) are what an operator said; ``promised`` is the
    promise that counts, ``broken`` how many were not kept.
    """

    taken: int = 0
    shift: int = 0
    paused_since: datetime | None = None
    why: str = ""
    promised: datetime | None = None
    broken: int = 0
    disputed: bool = False
    by_hand: datetime | None = None


@dataclass
class SlaClock:
    """A running SLA: (budget, consumed, running since), so that pausing and extending are ordinary."""

    id: str
    sla: str
    on: str
    leg: str
    item: str
    started: datetime
    budget: int = 0  # seconds of its own clock
    unit: Unit = "h"
    extended: int = 0
    consumed: int = 0
    running_since: datetime | None = None
    due: datetime | None = None
    deadline: datetime | None = None
    warn: datetime | None = None
    warned: bool = False
    breached: bool = False
    rungs: list[int] = field(default_factory=list)  # indices of the rungs that have been climbed
    moved: datetime | None = None  # when its deadline was moved: what is due since then is no lag of the engine


@dataclass
class HumanTask:
    """A task in progress, or over: who may do it, who has claimed it, what was saved and ticked, what was answered."""

    id: str
    node: str
    token: str
    item: str
    figures: dict[str, Any]
    digest: str
    candidates: list[str] = field(default_factory=list)
    claimed_by: str = ""
    saved: dict[str, Any] = field(default_factory=dict)
    ticks: dict[str, dict[str, str]] = field(default_factory=dict)  # item of the checklist -> by, at
    answers: dict[str, Any] = field(default_factory=dict)
    acts: dict[str, str] = field(default_factory=dict)  # id of an act -> the answer it was given
    early: list[dict[str, Any]] = field(default_factory=list)  # acts by signal from before it was open
    status: Literal["opening", "open", "completed", "declined", "timed_out", "cancelled"] = "opening"


@dataclass
class Hold:
    """Why a chain, leg or item rests until a named person acts."""

    id: int
    scope: Literal["chain", "leg", "item"]
    reason: str
    owner: str
    since: datetime
    token: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    leg: str = ""  # of a hold of a whole leg, or of a whole item, rather than of one line in it
    item: str = ""


@dataclass
class Kept:
    """An event that has arrived. Kept from the chain's start, consumed once. ``hints``, ``news``: as in ``Event``."""

    id: str
    name: str
    fields: dict[str, Any]
    taken: bool = False
    hints: str = ""
    news: bool = False


@dataclass
class Version:
    """A plan that the chain ran before it was moved to another: what going back needs."""

    digest: str
    legs: dict[str, int]  # how often each leg had been entered then
    renames: dict[str, str] = field(default_factory=dict)


@dataclass
class State:
    """A chain."""

    chain: str
    installation: str
    requester: str
    input: dict[str, Any]
    status: Status = "running"
    outcome: str = ""
    reason: str = ""
    consent: bool = False
    seq: int = 0
    results: dict[str, Any] = field(default_factory=dict)
    collections: dict[str, dict[str, Any]] = field(default_factory=dict)
    rates: dict[str, str] = field(default_factory=dict)
    legs: dict[str, LegState] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    births: int = 0
    visits: dict[str, int] = field(default_factory=dict)
    generations: dict[str, int] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    flights: dict[str, Flight] = field(default_factory=dict)
    slas: dict[str, SlaClock] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    ladders: dict[str, LadderState] = field(default_factory=dict)
    human_tasks: dict[str, HumanTask] = field(default_factory=dict)
    holds: list[Hold] = field(default_factory=list)
    hold_count: int = 0
    events: dict[str, Kept] = field(default_factory=dict)
    pivots: list[str] = field(default_factory=list)
    rounds: dict[str, int] = field(default_factory=dict)
    interventions: dict[str, str] = field(default_factory=dict)
    timer_at: datetime | None = None
    rested: str = ""
    undelivered: list[Entry] = field(default_factory=list)
    ending: bool = False  # an end was reached outside loops: only what is still in flight is waited for
    pending_outcome: str = ""
    pending_reason: str = ""
    versions: list[Version] = field(default_factory=list)  # the plans before this one, oldest first
    operations: dict[str, PinnedOperation] = field(default_factory=dict)  # of earlier plans, for undoing
    open_until: datetime | None = None  # completed, and kept open until then
    due_rungs: list[DueRung] = field(default_factory=list)
    side_count: int = 0  # notices, flushes and checks scheduled so far: names their activities


_ADAPTER: TypeAdapter[State] = TypeAdapter(State)


def dump(state: State) -> dict[str, Any]:
    """Write a state as JSON values."""
    written: dict[str, Any] = _ADAPTER.dump_python(state, mode="json")
    return written


def load(written: dict[str, Any]) -> State:
    """Read what ``dump`` wrote."""
    return _ADAPTER.validate_python(written)
