"""The compiled plan: what the machine runs, every default filled in. It travels in the start input."""

from __future__ import annotations

from pydantic import Field

from ltc.definition.plan_forms import FormField
from ltc.definition.plan_nodes import (
    AnyNode,
    ApproveNode,
    Arm,
    Awaited,
    CallNode,
    ChooseNode,
    DelayNode,
    EndNode,
    Ladder,
    Level,
    Node,
    ParallelNode,
    Rise,
    TaskNode,
    WaitNode,
)
from ltc.definition.plan_tables import DecisionTable
from ltc.definition.plan_values import (
    Billing,
    Call,
    Every,
    Expr,
    PinnedEvent,
    PinnedOperation,
    Reaction,
    Retry,
    Rung,
    Silence,
    Sla,
    Span,
    StartSpec,
    Undo,
)
from ltc.model.base import Value

__all__ = [
    "ENGINE_LEVEL",
    "SCHEDULES",
    "AnyNode",
    "ApproveNode",
    "Arm",
    "Awaited",
    "Billing",
    "Call",
    "CallNode",
    "ChooseNode",
    "DecisionTable",
    "DelayNode",
    "EndNode",
    "Every",
    "Expr",
    "FormField",
    "Handler",
    "KeepOpen",
    "Ladder",
    "Leg",
    "Level",
    "Loop",
    "Node",
    "ParallelNode",
    "PinnedEvent",
    "PinnedOperation",
    "Pivot",
    "Plan",
    "Reaction",
    "Retry",
    "Rise",
    "Rung",
    "Silence",
    "Sla",
    "Span",
    "StartSpec",
    "TaskNode",
    "Undo",
    "WaitNode",
]

ENGINE_LEVEL = 1
SCHEDULES = ("billing.instalments", "billing.milestones")  # sources of loops whose items fall due


class Loop(Value):
    """A looping leg: a branch per element of a collection, or (``every``) per period."""

    source: str  # a name of ``into:``, or an expression that gives a list
    name: str
    key: Expr
    on_item: bool = False
    every: Every | None = None


class Leg(Value):
    """A stage of the chain."""

    id: str
    title: dict[str, str] = Field(default_factory=dict)
    when: Expr = ""
    loop: Loop | None = None
    first: str = ""
    slas: list[str] = Field(default_factory=list)


class Handler(Value):
    """An event that may come at any time while one of ``legs`` runs (all when empty)."""

    name: str
    event: str
    match: Expr
    subject: Expr
    legs: list[str] = Field(default_factory=list)
    then: Reaction
    when: Expr = ""
    result: str = ""  # the event's name: of its side line, else of the chain
    amends: str = ""  # the document that its steps change


class KeepOpen(Value):
    """How long a completed chain stays open, and which handlers still work then."""

    span: Span
    handlers: list[str]


class Pivot(Value):
    """The point of no return: after the first taking of ``event`` (or the end of ``step``) in ``leg``."""

    leg: str
    event: str = ""
    step: str = ""
    per_item: bool = False


class Plan(Value):
    """A definition ready to run. ``digest`` names it: sha-256 of everything else."""

    process: str
    title: dict[str, str] = Field(default_factory=dict)
    digest: str = ""
    engine_level: int = ENGINE_LEVEL
    currency: str
    calendar: str
    start: StartSpec
    billing: Billing = Billing()
    legs: list[Leg]
    nodes: dict[str, AnyNode]
    slas: dict[str, Sla] = Field(default_factory=dict)
    handlers: list[Handler] = Field(default_factory=list)
    sides: list[Leg] = Field(default_factory=list)  # of handlers with steps, by the handler's name
    keep_open: KeepOpen | None = None
    pivots: list[Pivot] = Field(default_factory=list)
    operations: dict[str, PinnedOperation] = Field(default_factory=dict)
    events: dict[str, PinnedEvent] = Field(default_factory=dict)
    tables: dict[str, DecisionTable] = Field(default_factory=dict)
    collections: list[str] = Field(default_factory=list)  # the names of into:
    tells_rests: bool = False  # a rest that nothing is called for is told with a flush; plans of before leave it unsaid
