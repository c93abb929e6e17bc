"""The compiled plan: what the machine runs, every default filled in. It travels in the start input."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from ltc.model.base import Value

ENGINE_LEVEL = 1
Expr = str  # a CEL expression, checked when the definition was loaded


class Span(Value):
    """A length of time and the clock that measures it.

    ``s m h`` elapsed; ``d`` calendar days in the calendar's zone; ``bm bh bd`` working time.
    """

    amount: int
    unit: Literal["s", "m", "h", "d", "bm", "bh", "bd"]


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


class Node(Value):
    """What every step has. ``id`` is ``leg.step``; ``next`` follows in the same block; ``up`` encloses it."""

    id: str
    leg: str
    step: str
    title: dict[str, str] = Field(default_factory=dict)
    next: str = ""
    up: str = ""
    slas: list[str] = Field(default_factory=list)


class CallNode(Node):
    """Call an operation."""

    kind: Literal["call"] = "call"
    call: Call
    result: str = ""
    into: str = ""
    undo: Undo | None = None
    on_refusal: dict[str, Reaction] = Field(default_factory=dict)
    revisit: Literal["", "skip", "call"] = ""
    revisit_call: Call | None = None
    retry: Retry = Retry()


class Awaited(Value):
    """One event a wait waits for. ``subject`` gives the id of the document it is about."""

    event: str
    match: Expr
    subject: Expr
    refresh: str = ""  # the name in the definition that the re-read document replaces


class WaitNode(Node):
    """Wait for any of several events, until a condition holds."""

    kind: Literal["wait"] = "wait"
    events: list[Awaited]
    until: Expr = ""
    result: str = ""
    into: str = ""
    within: Span | None = None
    on_timeout: Reaction = Reaction(kind="hold")
    poll: Span = Span(amount=1, unit="d")
    undo: Undo | None = None
    revisit: Literal["", "skip"] = ""
    retry: Retry = Retry()


class Level(Value):
    """One level of an approval. ``votes`` 0 means all."""

    name: str
    when: Expr = ""
    source: dict[str, Any]  # {"role": x} | {"person": x} | {"manager_of": expr, "up": n}
    votes: int = 1
    slas: list[str] = Field(default_factory=list)


class ApproveNode(Node):
    """Have people decide on a document."""

    kind: Literal["approve"] = "approve"
    subject: str
    binds: list[Expr] = Field(default_factory=list)
    four_eyes: bool = False
    levels: list[Level]
    none_found: Reaction = Reaction(kind="hold")
    on_reject: Reaction = Reaction(kind="hold")
    on_send_back: Reaction | None = None  # none: this approval cannot be sent back
    undo: Undo | None = None


class Arm(Value):
    """One arm of a choice; no condition means otherwise."""

    when: Expr = ""
    first: str = ""


class ChooseNode(Node):
    """Take the first arm whose condition holds."""

    kind: Literal["choose"] = "choose"
    arms: list[Arm]


class ParallelNode(Node):
    """Run branches at once. ``need`` branches must end before it goes on."""

    kind: Literal["parallel"] = "parallel"
    branches: list[str]
    need: int
    rest: Literal["cancel", "keep"] = "cancel"


class EndNode(Node):
    """End the chain (in a loop: the item, and with it the chain once its siblings ended)."""

    kind: Literal["end"] = "end"
    outcome: Literal["completed", "lost", "cancelled", "rejected", "written_off"]
    reason: Expr = ""


AnyNode = Annotated[
    CallNode | WaitNode | ApproveNode | ChooseNode | ParallelNode | EndNode, Field(discriminator="kind")
]


class Loop(Value):
    """A looping leg: a branch per element of a collection."""

    source: str  # a name of ``into:``, or an expression that gives a list
    name: str
    key: Expr
    on_item: bool = False


class Leg(Value):
    """A stage of the chain."""

    id: str
    title: dict[str, str] = Field(default_factory=dict)
    when: Expr = ""
    loop: Loop | None = None
    first: str = ""
    slas: list[str] = Field(default_factory=list)


class Rung(Value):
    """One rung of an escalation: at a share of the budget, or at an offset from the due instant."""

    percent: int = 0
    offset: Span | None = None
    notify: str = ""
    hold: bool = False


class Sla(Value):
    """A promised time. ``due`` is an expression giving an instant; otherwise ``target`` counts from the start."""

    id: str  # chain | leg:<leg>[:name] | step:<leg.step> | level:<leg.step>:<level> | item:<leg>
    scope: Literal["chain", "leg", "step", "level", "item"]
    of: str = ""
    calendar: str
    target: Span | None = None
    due: Expr = ""
    warn_at: int = 0  # percent of the target; 0 never
    pause_while: Expr = ""
    escalate: list[Rung] = Field(default_factory=list)


class Handler(Value):
    """An event that may come at any time while one of ``legs`` runs (all when empty)."""

    name: str
    event: str
    match: Expr
    subject: Expr
    legs: list[str] = Field(default_factory=list)
    then: Reaction


class Pivot(Value):
    """The point of no return: after the first taking of ``event`` (or the end of ``step``) in ``leg``."""

    leg: str
    event: str = ""
    step: str = ""
    per_item: bool = False


class Billing(Value):
    """Which balance equations hold, and with what tolerance in percent."""

    basis: Literal["order", "delivery"] = "delivery"
    over: str = "0"
    under: str = "0"


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


class StartSpec(Value):
    """What starts a chain of this process, and under which business key."""

    event: str = ""
    key: Expr
    input: dict[str, Expr]
    requester: Expr = ""


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
    pivots: list[Pivot] = Field(default_factory=list)
    operations: dict[str, PinnedOperation] = Field(default_factory=dict)
    events: dict[str, PinnedEvent] = Field(default_factory=dict)
    collections: list[str] = Field(default_factory=list)  # the names of into:
