"""What a recorded chain goes through: its definition, its systems and people, and what is done to it beside that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from ltc.core.stand_in import Script
from ltc.definition.compile import load
from ltc.definition.plan import Plan
from tests.support.chains import shipped

DEFINITIONS = Path(__file__).with_name("definitions")


@dataclass(frozen=True)
class Act:
    """Something done to a chain once.

    Attributes:
        at: when: the chain is ``held``; it comes to rest (``rest``); it rests and an activity whose id begins so has
            been scheduled; ``during`` and the id of an activity: while that has not answered yet.
        does: ``intervene``, ``decide``, ``event``, ``cancel`` (Temporal's own) or ``repair`` (cut short, then taken
            up again).
        what: the message's fields.
        wait: how long after the chain came to rest.
    """

    at: str
    does: Literal["intervene", "decide", "event", "cancel", "repair"]
    what: dict[str, Any] = field(default_factory=dict)
    wait: timedelta = timedelta(hours=1)


@dataclass(frozen=True)
class Scene:
    """One chain to be recorded.

    Attributes:
        name: what it shows.
        definition: a shipped definition, or one of ``tests/replay/definitions``.
        script: what its systems and people do.
        acts: what is done to it besides, in this order.
        net: what the deal is worth, in cents; ``changes`` are other fields of the opportunity.
        real: on a real server, where events come at once and promises of days never end; otherwise time is skipped.
        signals: people decide by signal.
        hangs: operations whose first attempt never answers; ``flaky`` those whose first attempt fails.
        until: how long it is watched.
        adapt: a last change to the compiled plan.
        ends_in_result: as in ``Setting``; what is recorded from before that goes on as it was.
    """

    name: str
    definition: str
    script: Callable[[], Script] = Script
    acts: tuple[Act, ...] = ()
    net: int = 50_000
    changes: dict[str, Any] = field(default_factory=dict)
    real: bool = False
    signals: bool = False
    hangs: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    until: timedelta = timedelta(days=400)
    adapt: Callable[[Plan], Plan] = lambda plan: plan
    ends_in_result: bool = False

    def plan(self) -> Plan:
        """Return the plan that the chain is to run."""
        own = DEFINITIONS / f"{self.definition}.yaml"
        return self.adapt(load(own) if own.exists() else shipped(self.definition))


def script(values: dict[str, Any]) -> Script:
    """Return a script of its own (a stand-in uses its script up), in which nothing comes on the minute of a slow poll.

    The time-skipping server cannot complete a workflow task that cancels a timer which fires meanwhile.
    """
    plain = {"ship_after": timedelta(days=1, minutes=37), "pay_after": timedelta(days=7, minutes=53)}
    copied = {name: value.copy() if hasattr(value, "copy") else value for name, value in values.items()}
    return Script(**{**plain, **copied})


def held(action: str, **what: Any) -> Act:
    """An operator acts on what is held."""
    return Act("held", "intervene", {"action": action, **what})


def during(activity: str, action: str, **what: Any) -> Act:
    """An operator acts while an activity has not answered yet."""
    return Act(f"during {activity}", "intervene", {"action": action, **what})


def after(activity: str, action: str, **what: Any) -> Act:
    """An operator acts once an activity has been scheduled and the chain rests."""
    return Act(activity, "intervene", {"action": action, **what})
