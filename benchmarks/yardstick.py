"""The yardstick: the plain chain as one would write it by hand on Temporal. Frozen: it must not grow fat.

Six legs, nine activities (2, 1, 2, 1, 2, 1), one SLA timer of an hour armed and cancelled per leg, one approval by
Update in the third leg, the stage queryable. `tests/workflows/test_yardstick.py` holds its counts.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow

LEGS: dict[str, tuple[str, ...]] = {
    "lead": ("qualify_lead", "resolve_customer"),
    "order": ("create_order",),
    "approval": ("check_credit", "ask_approver"),
    "shipment": ("release_delivery",),
    "invoice": ("post_invoice", "send_invoice"),
    "collection": ("watch_payment",),
}
SLA = timedelta(hours=1)
ATTEMPT = timedelta(seconds=30)


def order(number: int) -> dict[str, Any]:
    """Return the order that every activity takes: about 450 bytes of JSON."""
    lines = [
        {"product": f"P-{number % 77:03d}-{line}", "quantity": 10 + line, "unit_price": 1999 + line, "discount": "0.05"}
        for line in range(4)
    ]
    return {
        "id": f"SO-{number:08d}",
        "customer": {"id": f"C-{number % 91:05d}", "name": "Handelsgesellschaft Nord"},
        "currency": "USD",
        "net": 87956,
        "tax": 7037,
        "gross": 94993,
        "lines": lines,
    }


def activities(wants_approval: Callable[[str], None]) -> list[Callable[..., Any]]:
    """Return the nine activities. They do nothing but `ask_approver`, which tells whose decision is wanted."""

    def no_op(name: str) -> Callable[..., Any]:
        @activity.defn(name=name)
        async def call(order: dict[str, Any]) -> dict[str, Any]:
            if name == "ask_approver":
                wants_approval(activity.info().workflow_id or "")
            return {"document": f"{name}-{order['id']}", "version": 1}

        return call

    return [no_op(name) for steps in LEGS.values() for name in steps]


@workflow.defn(name="Yardstick")
class Yardstick:
    """The plain chain, by hand."""

    def __init__(self) -> None:
        self._stage = "new"
        self._decision = ""

    @workflow.run
    async def run(self, order: dict[str, Any]) -> dict[str, Any]:
        documents: list[str] = []
        for leg in LEGS:
            self._stage = leg
            await self._within_sla(self._leg(leg, order, documents))
        self._stage = "completed"
        return {"outcome": self._stage, "decision": self._decision, "documents": len(documents)}

    async def _within_sla(self, leg: Awaitable[None]) -> None:
        clock = asyncio.create_task(self._breach())
        await leg
        clock.cancel()

    async def _breach(self) -> None:
        await workflow.sleep(SLA)
        self._stage += " (late)"

    async def _leg(self, leg: str, order: dict[str, Any], documents: list[str]) -> None:
        for step in LEGS[leg]:
            done = await workflow.execute_activity(step, order, start_to_close_timeout=ATTEMPT)
            documents.append(done["document"])
        if leg == "approval":
            self._stage = "approval (asked)"
            await workflow.wait_condition(lambda: bool(self._decision))

    @workflow.update
    def approve(self, decision: str) -> str:
        already, self._decision = self._decision, self._decision or decision
        return "already decided" if already else "accepted"

    @approve.validator
    def check(self, decision: str) -> None:
        if decision not in {"approve", "reject"}:
            raise ValueError(f"{decision!r} is no decision; say approve or reject")

    @workflow.query
    def stage(self) -> str:
        return self._stage
