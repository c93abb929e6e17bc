"""The steps of a plan, each kind with everything that it needs to run."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from ltc.definition.plan_forms import FormField
from ltc.definition.plan_values import Call, Expr, Reaction, Retry, Silence, Span, Undo
from ltc.model.base import Value


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
    result: str = ""  # of one of several events: the name of its fields once it was taken
    into: str = ""  # of one of several events: the collection of what it reports, where the wait says none
    gathered: list[str] = Field(default_factory=list)  # collections that hold what ``refresh`` names: kept as new


class Rise(Value):
    """One level of a dunning ladder: ``after`` the due date, tell ``notify`` and run the block at ``first``."""

    name: str
    after: Span
    notify: str = ""
    first: str = ""


class Ladder(Value):
    """The levels of a wait for money, from the date on which ``document`` is due; ``promises`` 0: any number counts."""

    document: str
    levels: list[Rise]
    pause_while: Expr = ""
    promises: int = 0
    hand_over: Span


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
    ladder: Ladder | None = None
    waits_for: Literal["", "customer", "others"] = ""  # whose event it is; empty: what the event's type says
    tells: bool = False  # what ``result`` names says in ``event`` which of several events it was


class DelayNode(Node):
    """Let time pass: ``span`` from here on or, where ``due`` gives an instant, from that."""

    kind: Literal["delay"] = "delay"
    span: Span | None = None
    due: Expr = ""
    revisit: Literal["", "skip", "again"] = ""


class Level(Value):
    """One level of an approval. ``votes`` 0 means all, or ``percent`` of them when that is said.

    ``source``: {"role": x[, "scope": expr]} | {"person": x} | {"manager_of": expr, "up": n} | {"table": expr}
    | {"owner_of": expr[, "kind": x]} | {"external": "customer"}. ``in_turn``: one after another, each when the one
    before has agreed. ``again``: what becomes of somebody who agreed at an earlier level.
    """

    name: str
    when: Expr = ""
    source: dict[str, Any]
    votes: int = 1
    percent: int = 0
    in_turn: bool = False
    again: Literal["ask", "skip"] = "ask"
    first_reject: Literal["stop", "wait_all"] = "stop"
    substitutes: bool = True
    silence: Silence | None = None
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


class TaskNode(Node):
    """Have a person do something outside any system, and fill a form about it.

    ``source`` says whom to ask, as a level of an approval does. ``on_reject`` none: the task cannot be declined.
    """

    kind: Literal["task"] = "task"
    help: dict[str, str] = Field(default_factory=dict)
    source: dict[str, Any]
    show: dict[str, Expr] = Field(default_factory=dict)
    form: list[FormField] = Field(default_factory=list)
    checklist: dict[str, dict[str, str]] = Field(default_factory=dict)
    claim: bool = False
    result: str = ""
    within: Span | None = None
    on_timeout: Reaction = Reaction(kind="hold")
    none_found: Reaction = Reaction(kind="hold")
    on_reject: Reaction | None = None
    undo: Undo | None = None
    revisit: Literal["", "skip", "again"] = ""


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
    CallNode | WaitNode | DelayNode | ApproveNode | TaskNode | ChooseNode | ParallelNode | EndNode,
    Field(discriminator="kind"),
]


def results_of(node: Node) -> list[str]:
    """Return the names that a step may leave, the surest first."""
    own = [getattr(node, "result", "")]
    own += [one.result for one in node.events] if isinstance(node, WaitNode) else []
    return [name for name in own if name]


def collections_of(node: Node) -> list[str]:
    """Return the collections that a step fills."""
    own = [getattr(node, "into", "")]
    own += [one.into for one in node.events] if isinstance(node, WaitNode) else []
    return [name for name in own if name]


def undo_of(node: Node | None) -> Undo | None:
    """Return what a step says about undoing it; None for one that says nothing, or for none."""
    return getattr(node, "undo", None)
