"""What the machine asks of its shell, and what the shell tells the machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from ltc.definition.plan import Plan, Retry
from ltc.definition.worktime import CalendarWindow
from ltc.model.messages import Decision, Event, Intervention, TaskAct


@dataclass(frozen=True)
class Schedule:
    """Start an activity. ``name`` is its type; ``id`` is unique among those in flight."""

    id: str
    name: str
    queue: str
    payload: dict[str, Any]
    retry: Retry


@dataclass(frozen=True)
class Arm:
    """Set the one timer to a business instant, replacing the one that is armed."""

    at: datetime


@dataclass(frozen=True)
class Rest:
    """Upsert the search attributes: the chain has come to rest."""

    state: str
    leg: str


@dataclass(frozen=True)
class Finish:
    """Complete the workflow."""

    outcome: str
    reason: str


@dataclass(frozen=True)
class Repin:
    """From here on the chain runs another plan, or counts by other calendars."""

    plan: Plan
    windows: dict[str, CalendarWindow]


Command = Schedule | Arm | Rest | Finish | Repin


@dataclass(frozen=True)
class Started:
    """The chain begins."""


@dataclass(frozen=True)
class Resumed:
    """A new run goes on with the state of an earlier one; ``repair`` says why when it was terminated."""

    repair: str = ""


@dataclass(frozen=True)
class CallDone:
    """An activity completed."""

    id: str
    result: Any


@dataclass(frozen=True)
class CallFailed:
    """An activity failed for good. ``error`` is the class of ltc.ports.errors, ``Timeout`` or ``Cancelled``."""

    id: str
    error: str
    message: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Tick:
    """The timer fired. ``at``: the instant it was armed for; one replaced meanwhile must not tell the other's time."""

    at: datetime | None = None


@dataclass(frozen=True)
class EventArrived:
    """An outside system reported something."""

    event: Event


@dataclass(frozen=True)
class Decide:
    """A person decides. A decision by signal is ``checked`` only after an activity saw its signature."""

    decision: Decision
    door: Literal["update", "signal"] = "update"


@dataclass(frozen=True)
class Act:
    """A person does something with a task. An act by signal counts only after an activity saw its signature."""

    act: TaskAct
    door: Literal["update", "signal"] = "update"


@dataclass(frozen=True)
class Intervene:
    """An operator acts. ``checked``: what could be objected to it has been asked before it was taken."""

    intervention: Intervention
    checked: bool = False


@dataclass(frozen=True)
class CancelRequested:
    """Temporal's own cancel: it sets the same flag as an operator's."""


Input = Started | Resumed | CallDone | CallFailed | Tick | EventArrived | Decide | Act | Intervene | CancelRequested
