"""What goes in and out of a chain: start input, calls, decisions, interventions, events, answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from ltc.model.base import Value
from ltc.model.files import FileRef
from ltc.model.ids import canonical

TRAIL_HEADER = "ltc-trail"
NOTICES_QUEUE = "ltc-notices"  # trail and notices share one task queue
CUSTOMER = "customer"  # the one party outside the company that may be asked: ``customer:NAME`` speaks for it
CHAINS_QUEUE = "ltc-chains"  # workflow tasks


def call_queue(port: str) -> str:
    """Return the task queue of an outside system's calls."""
    return f"ltc-{port}"


class Expectation(Value):
    """What an approval was given on: read again inside the step that commits, and compared.

    ``digest`` is ``ltc.model.ids.digest`` of the document's ``fields`` by name. A difference fails the call with
    type ``FiguresChanged`` and the document just read, and nothing is sent.
    """

    document: str  # "order": read with the port's get_order
    id: str
    fields: list[str]
    digest: str


class CallRequest(Value):
    """The input of every call activity; the activity's type is the operation's name.

    ``do`` carries an effect out, ``read`` reads, ``probe`` asks whether the effect with ``key`` took place.
    An undo is a ``do`` of the inverse operation under a key of its own.
    """

    mode: Literal["do", "read", "probe"] = "do"
    key: str = ""
    cls: Literal["", "A", "B", "C", "D"] = ""
    args: dict[str, Any] = Field(default_factory=dict)
    expect: Expectation | None = None


class ProbeResult(Value):
    """The answer of a probe. ``found`` tells whether the effect took place; ``result`` what it gave."""

    found: bool
    result: dict[str, Any] | None = None


class LevelRequest(Value):
    """One level of a task: whom to ask. ``source`` as in the plan, its expressions already evaluated.

    ``substitutes``: absent people are replaced. ``tell``: send a notice to those found; who are asked one after
    another are told when it is their turn.
    """

    name: str
    source: dict[str, Any]
    votes: int = 1
    substitutes: bool = True
    tell: bool = True


class OpenTask(Value):
    """The notice that opens a task: resolves the approvers and tells them."""

    task: str
    process: str
    subject: str
    requester: str
    figures: dict[str, Any]
    digest: str
    levels: list[LevelRequest]
    what: str = ""  # of a task that is done, not decided: what people read
    at: datetime | None = None  # business time; substitutes stand in from day to day


class TaskOpened(Value):
    """Who may decide, by level name. ``standing``: by level, which substitute is asked for whom."""

    candidates: dict[str, list[str]]
    standing: dict[str, dict[str, list[str]]] = Field(default_factory=dict)


class Notice(Value):
    """A message to people: ``to`` is ``role:x``, a person, or ``customer``."""

    to: str
    about: str
    detail: dict[str, Any] = Field(default_factory=dict)


class Signed(Value):
    """A message whose sender our API vouches for (Ed25519 over the canonical JSON of all else)."""

    actor: str
    expires: datetime
    signature: str = ""

    def signed_bytes(self) -> bytes:
        """Return the bytes that are signed."""
        return canonical(self.model_dump(mode="json", exclude={"signature"}))


class Decision(Signed):
    """A person's decision on a task. ``digest`` is that of the figures the person was shown.

    ``files`` are attached to the comment, by what the file store gave back.
    """

    id: str
    task: str
    decision: Literal["approve", "reject", "send_back"]
    digest: str
    comment: str = ""
    files: list[FileRef] = Field(default_factory=list, max_length=10)


class TaskAct(Signed):
    """What a person does with a task.

    ``values`` are answers by field, null takes a saved one out; ``ticks`` are items of the checklist, false takes a
    tick away. ``digest`` is that of the figures shown; empty does not compare them. Files are named by what the file
    store gave back (``ltc.model.files.FileRef``).
    """

    id: str
    task: str
    action: Literal[
        "claim", "release", "save", "complete", "reject",
        "transfer", "delegate", "add_signer", "take_back", "nudge", "withdraw",
    ]  # fmt: skip
    to: str = ""  # of an approval that is handed on: to whom
    values: dict[str, Any] = Field(default_factory=dict)
    ticks: dict[str, bool] = Field(default_factory=dict)
    comment: str = ""
    digest: str = ""


class Intervention(Signed):
    """An operator's action. ``leg`` ``item`` ``step`` name the place; which else counts depends on the action.

    ``asserted``: the actor's identity is claimed, not proved by a login. ``document`` is what ``skip`` supplies or
    ``correct`` adopts; ``values`` are corrected arguments, ``outright`` when the definition's own are then not even
    evaluated (what was sent by earlier programs does not say so, and is replayed as it went);
    ``by`` extends an SLA (a span such as ``2bd``) or says until when payment is promised;
    ``consent`` allows a cancellation past the point of no return. ``migrate`` and ``revert`` pin ``plan`` and
    ``windows`` in the place of the plan whose digest is ``was``; ``renames`` says what steps are called now
    (``leg.step``). ``recalendar`` pins ``windows`` alone.
    """

    id: str
    action: Literal[
        "retry", "skip", "correct", "hold", "release", "extend", "cancel", "migrate", "revert", "recalendar",
        "dispute", "promise", "settle",
    ]  # fmt: skip
    reason: str
    asserted: bool = True
    leg: str = ""
    item: str = ""
    step: str = ""
    document: dict[str, Any] | None = None
    values: dict[str, Any] | None = None
    outright: bool = False
    sla: str = ""
    by: str = ""
    consent: bool = False
    plan: dict[str, Any] | None = None
    windows: dict[str, Any] | None = None
    was: str = ""
    renames: dict[str, str] = Field(default_factory=dict)


class Event(Value):
    """An event of an outside system, as routed to a chain.

    ``hints`` is what waits take it for that do not name it; ``news`` says that people must hear of it if no chain does.
    """

    id: str
    name: str
    fields: dict[str, Any]
    at: datetime
    hints: str = ""
    news: bool = False


class Answer(Value):
    """What an Update answers at once. ``entries`` are its trail entries, packed and base64; the client writes them.

    ``problems``: by field of a form, why what was given is not taken.
    """

    status: Literal[
        "accepted", "already_decided", "not_your_turn", "figures_changed", "closed", "not_found", "in_flight", "refused"
    ]
    message: str = ""
    entries: str = ""
    problems: dict[str, str] = Field(default_factory=dict)


class Where(Value):
    """Where a chain stands, as it answers a query."""

    chain: str
    status: str
    outcome: str
    leg: str
    seq: int
    undelivered: str  # packed entries not yet known to be stored, base64
    tokens: dict[str, str]
    holds: list[dict[str, Any]]
    open_effects: list[dict[str, Any]]
