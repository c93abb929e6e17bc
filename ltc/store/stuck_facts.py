"""What is known of a chain when one asks why it does not move, and the form of the answer; pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from ltc.model.base import Value
from ltc.store.rows import ChainView, Row

REASONS = (
    "held", "engine_fault", "unknown_outcome", "no_worker", "retrying", "compensating", "human_overdue", "event_late",
)  # fmt: skip
OPERATORS = "role:operator"
WorkingTime = Callable[[datetime, datetime], float]


class PendingActivity(Value):
    """An activity that Temporal has scheduled and not seen complete. Times are real."""

    chain: str
    id: str
    operation: str = ""
    queue: str = ""
    attempt: int = 1
    last_error: str = ""
    next_try: datetime | None = None
    scheduled: datetime | None = None


class TaskFailure(Value):
    """The engine's own fault: a workflow task that keeps failing, a chain cut short from outside, or lost.

    Times are real.
    """

    chain: str
    cause: str
    kind: Literal["failing", "cut_short", "lost"] = "failing"
    attempt: int = 1
    since: datetime | None = None


class EngineFacts(Value):
    """What only Temporal knows, as the caller has just asked it. ``pollers`` counts pollers by task queue."""

    pending: list[PendingActivity] = Field(default_factory=list)
    failures: list[TaskFailure] = Field(default_factory=list)
    pollers: dict[str, int] = Field(default_factory=dict)


class Stuck(Value):
    """One reason why a chain does not move. ``since_working``: seconds of working time, if a window was given.

    ``next`` is what happens without anybody doing anything, at ``next_at``; times of retries are real (``clock``
    says ``wall``), all others business time.
    """

    chain: str
    reason: str
    leg: str = ""
    item: str = ""
    step: str = ""
    since: datetime | None
    clock: str = "business"
    since_working: float | None = None
    owner: str
    detail: str = ""
    next: str = ""
    next_at: datetime | None = None
    allowed: list[str]


@dataclass(frozen=True)
class Asked:
    """One chain, its facts and the instants at which it is looked at."""

    view: ChainView
    now: datetime
    wall: datetime
    pending: tuple[PendingActivity, ...] = ()
    failures: tuple[TaskFailure, ...] = ()
    pollers: dict[str, int] = field(default_factory=dict)
    working: WorkingTime | None = None
    started: datetime | None = None  # as its start is on record; real time


def say(asked: Asked, reason: str, since: datetime | None, **said: Any) -> Stuck:
    """Make an answer; working time is counted where the clock is that of business."""
    business = said.get("clock", "business") == "business"
    worked = asked.working(since, asked.now) if asked.working and since is not None and business else None
    return Stuck(chain=asked.view.chain, reason=reason, since=since, since_working=worked, **said)


def where_of(row: Row) -> dict[str, str]:
    """Return the place of a row."""
    return {"leg": row["leg"], "item": row["item"], "step": row["step"]}


def held_at(asked: Asked, where: dict[str, str]) -> bool:
    """Tell whether something is held at a place."""
    return any(row["released"] is None and where_of(row) == where for _, row in asked.view.each("holds"))


def sent_once(hold: Row) -> bool:
    """Tell whether a hold is of a call that nobody can look up: trying again would send it twice."""
    return isinstance(hold["detail"], dict) and hold["detail"].get("sent") == "once"
