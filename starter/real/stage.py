"""What the people of the demonstration on real systems share: a clock of real seconds, the systems, what they know."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from ltc.definition import calendars
from ltc.definition.plan import CallNode, Plan
from ltc.model.clock import VirtualClock
from ltc.model.ids import effect_key
from ltc.ports.errors import OutcomeUnknown, Unavailable
from ltc.ports.systems import System
from starter.bots.stage import Stage
from starter.outcomes import GENERATIONS, chain_id
from starter.real.plans import RealPlan
from starter.real.rpc import TrytonRpc
from starter.tempo import CALENDAR, Tempo

_PAUSE = 0.5  # real seconds before somebody who found a system away tries again
_TRIES = 240


class RealTempo(Tempo):
    """Real time; what a plan calls hours are seconds."""

    @classmethod
    def real(cls) -> RealTempo:
        """Make the tempo."""
        return cls(VirtualClock.identity(), calendars.window(CALENDAR, date(2026, 1, 1), date(2026, 12, 1)))

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC)

    def after_hours(self, start: datetime, hours: float) -> datetime:
        """Return the instant so many seconds later."""
        return start + timedelta(seconds=hours)


@dataclass
class RealStage(Stage):
    """Where people act on real systems.

    Attributes:
        systems: the adapters of the systems, as a worker has them.
        rpc: Tryton's own API.
        desk: how sales work with the CRM at hand.
        definition: the plan of the process, for the keys that orders carry.
        installation: whose keys they are.
        deals: the CRM's id of each order's deal, by the order's number.
        numbers: what the CRM numbers each order's deal: the chain is called by it.
        keys: the chain of each key that an order may carry.
        short: orders for which something was lacking in the warehouse.
        bounced: chains of which a payment came back.
        struck: the systems that are killed during the run.
    """

    systems: Mapping[str, System] = field(default_factory=dict)
    rpc: TrytonRpc | None = None
    desk: Any = None
    definition: Plan | None = None
    installation: str = ""
    deals: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    short: set[str] = field(default_factory=set)
    bounced: set[str] = field(default_factory=set)
    struck: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Chains are known by the number that the CRM gives a deal: none before it is entered."""
        self.plans = {}

    def enter(self, plan: RealPlan, deal: str, number: str) -> None:
        """Note which deal of the CRM an order is, before it can start a chain."""
        assert self.definition is not None, "the stage was made with it"
        self.deals[plan.number], self.numbers[plan.number] = deal, number
        self.plans[chain_id(self.process, number)] = plan
        self.keys |= order_keys(self.definition, self.installation, self.process, number)

    @property
    def tryton(self) -> TrytonRpc:
        """Tryton's own API."""
        assert self.rpc is not None, "the stage was made with it"
        return self.rpc

    def plan(self, chain: str) -> RealPlan | None:
        """Return the plan of a chain."""
        found = self.plans.get(chain)
        return found if isinstance(found, RealPlan) else None

    async def certain(self, operation: str, request: BaseModel, key: str) -> Any:
        """Do something with a system until it is certain that it took place, once; a system that is away is waited for.

        Raises:
            BusinessRefusal: the system says no.
            Unavailable: it stays away too long.
        """
        port, method = operation.split(".", 1)
        system = self.systems[port]
        for _ in range(_TRIES):
            try:
                return await getattr(system, method)(request, key)
            except OutcomeUnknown:
                found = await self._probed(system, operation, request, key)
                if found is not None:
                    return found
            except Unavailable as error:
                await asyncio.sleep(max(_PAUSE, error.retry_after or 0.0))
        raise Unavailable(f"{operation}: the system stays away")

    @staticmethod
    async def _probed(system: System, operation: str, request: BaseModel, key: str) -> BaseModel | None:
        await asyncio.sleep(system.settle_seconds)
        for _ in range(_TRIES):
            try:
                return await system.probe(operation, key, request)
            except Unavailable:
                await asyncio.sleep(_PAUSE)
        raise Unavailable(f"{operation}: the system stays away")


def order_keys(plan: Plan, installation: str, process: str, number: str) -> dict[str, str]:
    """Return the chain of every key that an order may carry: reckoned from the plan, not read from the engine."""
    chain = chain_id(process, number)
    calls = [node for node in plan.nodes.values() if isinstance(node, CallNode)]
    return {
        effect_key(installation, chain, node.leg, "", node.step, generation): chain
        for node in calls if node.call.op == "erp.create_order" for generation in range(GENERATIONS)
    }  # fmt: skip


def key_of(*parts: str) -> str:
    """Return a person's key for an effect: the same parts give the same key, fit for a reference field."""
    return uuid.uuid5(uuid.NAMESPACE_OID, "/".join(("demo-real", *parts))).hex[:20].upper()
