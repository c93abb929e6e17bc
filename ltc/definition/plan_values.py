"""The small values of a plan: spans, calls, reactions, promises, and what is pinned of operations and events."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ltc.model.base import Value

Expr = str  # a CEL expression, checked when the definition was loaded
Unit = Literal["s", "m", "h", "d", "bm", "bh", "bd"]


class Span(Value):
    """A length of time and the clock that measures it.

    ``s m h`` elapsed; ``d`` calendar days in the calendar's zone; ``bm bh bd`` working time.
    """

    amount: int
    unit: Unit

    def __str__(self) -> str:
        """Write it as an author would."""
        return f"{self.amount}{self.unit}"


class Retry(Value):
    """How a call is retried, in real seconds. After ``give_up`` it is held."""

    first: float = 1.0
    factor: float = 2.0
    most: float = 60.0
    give_up: float = 900.0
    attempt: float = 30.0  # time limit of one attempt (start to close)


class Call(Value):
    """An operation with its arguments."""

    op: str
    args: dict[str, Expr] = Field(default_factory=dict)


class Undo(Value):
    """How an effect is undone. ``calls`` run in order; for ``irreversible`` only with a human's consent."""

    kind: Literal["call", "none", "irreversible"]
    calls: list[Call] = Field(default_factory=list)
    reason: str = ""


class Reaction(Value):
    """What happens when something went another way: refusal, time-out, rejection, nobody found.

    ``steps``: run the block that begins at ``first``, then go on (``retry`` false) or call again with
    ``override`` among the arguments (``retry`` true).
    """

    kind: Literal["hold", "compensate", "end", "send_back", "steps", "skip", "cancel"]
    outcome: str = ""
    reason: Expr = ""
    leg: str = ""
    max_rounds: int = 0
    first: str = ""
    retry: bool = False
    override: dict[str, str] = Field(default_factory=dict)


class Silence(Value):
    """What a level's silence means once it has lasted this long, counted in the definition's calendar."""

    after: Span
    then: Literal["approve", "reject"] = "approve"


class Rung(Value):
    """One rung of an escalation: at a share of the budget, or at an offset from the due instant.

    ``reassign``: ``role:x``, ``person:x`` or ``manager``; ``decide``: approve or reject. Both are about the approvals
    that are open where the promise was made.
    """

    percent: int = 0
    offset: Span | None = None
    notify: str = ""
    hold: bool = False
    reassign: str = ""
    decide: Literal["", "approve", "reject"] = ""


class Sla(Value):
    """A promised time. ``due`` is an expression giving an instant; otherwise ``target`` counts from the start."""

    id: str  # chain | leg:<leg> | step:<leg.step> | level:<leg.step>:<level> | item:<leg>; then :<name>, if it has one
    scope: Literal["chain", "leg", "step", "level", "item"]
    of: str = ""
    calendar: str
    target: Span | None = None
    due: Expr = ""
    table: Expr = ""  # an output of a decision table that gives the span
    warn_at: int = 0  # percent of the target; 0 never
    pause_while: Expr = ""
    escalate: list[Rung] = Field(default_factory=list)
    own: bool = False  # pauses and holds look at what is promised alone; older plans hold the chain
    theirs: bool = False  # the customer who decides, or who is dunned, is waited for as a customer; in older plans not


class Every(Value):
    """When a recurring leg runs again: each ``each`` ``unit``, on a day of it, at a local time.

    ``on``: ``first_working_day``, ``last_working_day``, ``last_day``, a weekday, a day of the month, or empty (the
    day of the start). ``until`` and ``since`` give instants; ``stop`` is the event that ends it.
    """

    each: int = 1
    unit: Literal["day", "week", "month"] = "month"
    on: str = ""
    at: int = 0  # minutes after local midnight
    since: Expr = ""
    until: Expr = ""
    count: int = 0  # 0: without end
    while_: Expr = ""
    stop: str = ""
    stop_match: Expr = ""
    overlap: Literal["beside", "queue", "skip"] = "beside"
    missed: Literal["catch_up", "skip"] = "catch_up"
    ends: bool = False  # no period begins once an item has ended the chain; older plans go on


class Billing(Value):
    """Which balance equations hold, and with what tolerance in percent."""

    basis: Literal["order", "delivery", "milestone"] = "delivery"
    over: str = "0"
    under: str = "0"
    terms: dict[str, Any] | None = None  # ltc.model.terms.BillingTerms, the value of the name ``billing``


class PinnedOperation(Value):
    """What is pinned of an operation at the start of a chain."""

    effect: bool
    inverse: str = ""
    effect_class: str = "A"
    queue: str = ""
    version: int = 1
    takes: list[str] = Field(default_factory=list)
    document: str = ""  # the type of document it gives ("Order"), empty if it gives none


class PinnedEvent(Value):
    """What is pinned of an event type: how a wait reads again."""

    subject: str
    read: str = ""
    read_takes: str = ""
    refreshes: str = ""
    collects: str = ""
    by: str = ""  # whose event it is: ``customer``, or nobody's in particular


class StartSpec(Value):
    """What starts a chain of this process, and under which business key."""

    event: str = ""
    key: Expr
    input: dict[str, Expr]
    requester: Expr = ""
