"""The start input of a chain: everything pinned, so that edits elsewhere never touch a running chain."""

from __future__ import annotations

from typing import Any

from ltc.definition.plan import Plan
from ltc.definition.worktime import CalendarWindow
from ltc.model.base import Value
from ltc.model.clock import VirtualClock
from pydantic import Field


class ChainStart(Value):
    """What a chain starts with. ``state`` is set by continue-as-new and by repair only."""

    installation: str
    chain: str  # the workflow id
    key: str  # the business key
    plan: Plan
    windows: dict[str, CalendarWindow]
    clock: VirtualClock | None = None
    input: dict[str, Any] = Field(default_factory=dict)
    requester: str = ""
    public_key: str = ""
    keeps_early: bool = False  # as in ``Setting``; chains begun before it was there go on without
    ends_in_result: bool = False  # likewise
    state: dict[str, Any] | None = None
    repair: str = ""  # why a chain terminated from outside is taken up again: its open effects are undone


class ChainResult(Value):
    """How a chain ended. ``entries`` are the last of its trail, packed and in base64: nothing else carries them."""

    outcome: str
    reason: str = ""
    entries: str = ""
