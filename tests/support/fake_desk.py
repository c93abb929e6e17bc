"""A desk for commands that answers from what it was given, and the rows it answers with."""

from __future__ import annotations

from typing import Any


def chain(**more: Any) -> dict[str, Any]:
    return {
        "chain": "p:1", "process": "p", "number": "1", "customer": "ALFKI", "requester": "ann", "currency": "USD",
        "net": 123456, "state": "held", "leg": "order", "outcome": "", "reason": "", "pivot": False, "gap": False,
        "started": "2026-03-02T01:30:00+00:00", "ended": None, "rests_since": None, "next_deadline": None,
        "holds": [{"leg": "order", "item": "", "step": "create_order", "scope": "leg", "reason": "unavailable",
                   "owner": "role:operator", "since": "2026-03-02T02:00:00+00:00", "released": None}],
        "effects": [
            {"effect": "K1", "leg": "lead", "item": "", "step": "qualify_lead", "op": "crm.qualify_lead",
             "status": "certain", "type": "Lead", "document": "L-1", "ordinal": 2, "why": ""},
            {"effect": "K2", "leg": "order", "item": "", "step": "create_order", "op": "erp.create_order",
             "status": "unknown", "type": "", "document": "", "ordinal": 5, "why": ""},
        ],
        "slas": [{"sla": "leg:order", "item": "", "state": "running", "deadline": "2026-03-03T02:00:00+00:00",
                  "started": "2026-03-02T02:00:00+00:00", "breached": None, "ended": None}],
        "steps": [], "waits": [], "tasks": [], "legs": [], "documents": [], "events_kept": [], "stuck": [],
        **more,
    }  # fmt: skip


def task(**more: Any) -> dict[str, Any]:
    return {
        "ref": "p:1/approval.approve_order#1", "chain": "p:1", "task": "approval.approve_order#1", "subject": "order",
        "level": "manager", "levels": ["manager"], "state": "open", "candidates": ["mia"], "digest": "D1",
        "figures": {"order.net": {"minor": 123456, "currency": "USD"}}, "decisions": [], "customer": "ALFKI",
        "requester": "ann", "opened": "2026-03-02T02:00:00+00:00", "closed": None, **more,
    }  # fmt: skip


class FakeDesk:
    """Answers from what it was given and remembers what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, Any] = {
            "chain": chain(), "task": task(), "intervene": {"status": "accepted"}, "decide": {"status": "accepted"},
            "may_intervene": None, "opportunity": {},
            "document": lambda _chain, _hold, given: given, **answers,
        }  # fmt: skip
        self.asked: list[tuple[str, tuple[Any, ...]]] = []

    async def __aenter__(self) -> FakeDesk:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.asked.append(("close", ()))

    def __getattr__(self, name: str) -> Any:
        async def answer(*args: Any) -> Any:
            self.asked.append((name, args))
            given = self.answers[name]
            if isinstance(given, Exception):
                raise given
            return given(*args) if callable(given) else given

        return answer

    def told(self, name: str) -> list[tuple[Any, ...]]:
        return [args for asked, args in self.asked if asked == name]
