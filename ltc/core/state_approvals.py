"""What a chain's state knows of approvals: tasks in progress, and rungs that wait until they can be acted on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal


@dataclass
class DueRung:
    """A rung that is to be acted on as soon as the approval that it means can be decided."""

    sla: str
    rung: int
    leg: str
    item: str
    on: str


@dataclass
class Task:
    """An approval in progress."""

    id: str
    node: str
    token: str
    item: str
    subject: str
    figures: dict[str, Any]
    digest: str
    levels: list[str]  # names of the levels that apply
    at: int = 0
    candidates: list[str] = field(default_factory=list)
    need: int = 1
    approvals: list[str] = field(default_factory=list)  # at this level
    deciders: list[str] = field(default_factory=list)  # at any level
    decisions: dict[str, str] = field(default_factory=dict)  # decision id -> the answer it was given
    rejections: list[str] = field(default_factory=list)  # at this level, where the others still decide
    agreed: list[str] = field(default_factory=list)  # at any level
    queue: list[str] = field(default_factory=list)  # who is asked after the one who is asked now
    standing: dict[str, list[str]] = field(default_factory=dict)  # substitute -> for whom they are asked
    silence_at: datetime | None = None  # when this level's silence means something
    silence_since: datetime | None = None  # from when that counts
    stands: bool = False  # an amendment leads past it again and does not touch what it is bound to
    signers: list[str] = field(default_factory=list)  # added by approvers: each of them must agree, too
    lent: dict[str, str] = field(default_factory=dict)  # who was delegated to -> to whom it comes back
    handed: int = 0  # how often the task was handed on: names those activities
    early: list[dict[str, Any]] = field(default_factory=list)  # decisions by signal from before it could be decided
    status: Literal["opening", "open", "approved", "rejected", "sent_back", "reopened", "cancelled"] = "opening"
