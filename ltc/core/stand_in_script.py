"""What a stand-in for systems and people is told to do otherwise than plainly: refusals, faults, words of people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

SOON = timedelta(seconds=1)


@dataclass
class Script:
    """What happens to a simulated chain, beyond the plain course of things.

    ``refuse``: operation -> reasons, one per call. ``fail``: operation -> error classes, one per call.
    ``lost``: operations whose first reply is lost, with whether the effect took place.
    ``decisions``: (level, decision) in order; a level without one approves; ``silent`` says nothing; several words
    (``reject, approve``) are said by one candidate each.
    ``answers``: (task, answers as text by field, ``reject`` or ``silent``) in order; one without is filled in plainly.
    ``people``: level, task, or who is asked (``role:x``, ``managers`` when a rung asks those above) -> candidates;
    ``wen for maria`` is a substitute. ``parts``: shares of the order in each delivery.
    ``pays``: shares of an invoice in each payment; ``[]`` never pays. ``fee_after``: when a reminder's fee is paid.
    ``cancel_after``: operation after which the customer cancels.
    ``events``: what else happens: ``event``, ``after`` (operation), ``later`` (how much), ``twice``, and its ``fields``
    (a mapping, or what makes one of the stand-in's books). ``elsewhere``: the share of the order that a second
    warehouse has; ``lacks``: the share that is to be made, of parts to be
    bought. ``back_after``: how long announced goods take to come back.
    ``children``: how chains that were started end, in order (``never`` does not); all others complete.
    ``tier``: the customer's. ``calls``: shares of a contract in each call-off, ``call_every`` apart.
    """

    refuse: dict[str, list[str]] = field(default_factory=dict)
    fail: dict[str, list[str]] = field(default_factory=dict)
    lost: dict[str, bool] = field(default_factory=dict)
    decisions: list[tuple[str, str]] = field(default_factory=list)
    people: dict[str, list[str]] = field(default_factory=dict)
    answers: list[tuple[str, str | dict[str, str]]] = field(default_factory=list)
    parts: list[int] = field(default_factory=lambda: [100])
    pays: list[int] = field(default_factory=lambda: [100])
    ship_after: timedelta = timedelta(days=1)
    pay_after: timedelta = timedelta(days=7)
    fee_after: timedelta | None = None
    cancel_after: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    elsewhere: int = 0
    lacks: int = 100
    back_after: timedelta = timedelta(days=3)
    children: list[str] = field(default_factory=list)
    child_after: timedelta = timedelta(days=5)
    calls: list[int] = field(default_factory=lambda: [100])
    call_every: timedelta = timedelta(days=7)
    tier: str = "standard"
