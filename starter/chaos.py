"""Chaos: the worker is killed three times with its hands full, and what is in doubt then is probed afterwards."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.client import Client

from ltc.store.records import INTENTS
from starter.bots.sales import Sales
from starter.bots.stage import Stage
from starter.demo_worker import PROBES
from starter.installation import Installation
from starter.outcomes import chain_id
from starter.scenario import OrderPlan, PlannedFault, Scenario

MOMENTS = (0.25, 0.5, 0.75)
GROUP = 26  # orders entered at once before each kill; the ERP is slow to create them
RUNNING = 20  # activities that run when the worker is killed
SLOW = 20.0  # real seconds the ERP takes for each of them; a worker attempt may take 30
HELD = 0.8 * SLOW  # real seconds from the first posted effect until we strike, however few there are
PATIENCE = 240.0  # real seconds until so many run; a busy machine is slow to bring them there
_STARTED = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED


@dataclass
class Strike:
    """One kill: at which share of ended chains, with how many activities running and effects posted, not answered."""

    at: float
    running: int
    posted: int
    when: float = 0.0
    probed: int = 0
    found: int = 0


class Chaos:
    """Kills the worker at three moments."""

    def __init__(self, scenario: Scenario, installation: Installation, stage: Stage) -> None:
        self._installation = installation
        self._stage = stage
        self._groups = groups(scenario)
        self._plans: dict[str, OrderPlan] = {}
        self._sales: Sales | None = None
        self.strikes: list[Strike] = []

    @staticmethod
    def slow_down(scenario: Scenario) -> Scenario:
        """Make the ERP slow to create the orders of the groups."""
        chosen = {number for group in groups(scenario) for number in group}
        slow = PlannedFault(operation="erp.create_order", fault="slow", seconds=SLOW)
        orders = [
            plan.model_copy(update={"faults": [*plan.faults, slow], "slow": [*plan.slow, "order"]})
            if plan.number in chosen
            else plan
            for plan in scenario.orders
        ]
        return scenario.model_copy(update={"orders": orders})

    def take_over(self, sales: Sales) -> None:
        """Take the groups out of the turn of sales."""
        self._sales = sales
        numbers = [number for group in self._groups for number in group]
        self._plans = {plan.number: plan for plan in sales.set_aside(numbers)}

    async def strike(self, progress: float, say: Callable[[str], None]) -> None:
        """Kill the worker if its next moment has come, and start another."""
        number = len(self.strikes)
        if number >= len(self._groups) or self._sales is None:
            return
        if progress < MOMENTS[number]:
            return
        strike = await self._kill(number)
        self.strikes.append(strike)
        say(
            f"chaos: worker killed at {progress:.0%}, {strike.running} activities running, "
            f"{strike.posted} between post and answer"
        )
        await self._installation.start_worker()

    async def _kill(self, number: int) -> Strike:
        assert self._sales is not None
        group = self._groups[number]
        await self._sales.enter([self._plans[one] for one in group])
        chains = [chain_id(self._stage.process, one) for one in group]
        enough = min(RUNNING, len(group) * 4 // 5)  # some are still on their way, or held up by another fault
        deadline, first = time.monotonic() + PATIENCE, 0.0
        running = posted = 0
        # Strike when enough run; where the machine is too slow for that, before the first of them is answered.
        while (running < enough or not posted) and time.monotonic() < (first + HELD if first else deadline):
            await asyncio.sleep(0.1)
            posted = await self._stage.client.store.read(partial(_posted, chains))
            running = max(posted, await _running(self._stage.client.temporal, chains))
            first = first or (time.monotonic() if posted else 0.0)
        [worker] = self._installation.table.named("worker")
        await asyncio.to_thread(self._installation.table.kill, worker)
        return Strike(MOMENTS[number], running, posted, when=time.time())

    def report(self) -> list[Strike]:
        """Count what was probed after each kill, until the next."""
        lines = _probes(Path(self._installation.layout.extra[PROBES]))
        ends = [strike.when for strike in self.strikes[1:]] + [float("inf")]
        for strike, end in zip(self.strikes, ends, strict=True):
            here = [found for when, found in lines if strike.when <= when < end]
            strike.probed, strike.found = len(here), sum(here)
        return self.strikes


def groups(scenario: Scenario) -> list[list[str]]:
    """Choose the orders entered at once before each kill: three groups of orders that the ERP creates at once."""
    fitting = [plan.number for plan in scenario.orders if not plan.early and not plan.lost and not _stops_early(plan)]
    size = min(GROUP, len(fitting) // (len(MOMENTS) + 1))
    return [fitting[index * size : (index + 1) * size] for index in range(len(MOMENTS))] if size else []


def _stops_early(plan: OrderPlan) -> bool:
    """Tell whether a fault meets it before or at its order, other than the slowness that we plan ourselves."""
    met = [fault for fault in plan.faults if (fault.fault, fault.seconds) != ("slow", SLOW)]
    return any(fault.operation in ("crm.qualify_lead", "customer.resolve", "erp.create_order") for fault in met)


async def _running(client: Client, chains: list[str]) -> int:
    """Count the activities that Temporal knows to be started, over these chains; each effect sent is one, too."""
    found = await asyncio.gather(
        *(client.get_workflow_handle(chain).describe() for chain in chains), return_exceptions=True
    )
    total = 0
    for one in found:
        if not isinstance(one, BaseException):
            pending = one.raw_description.pending_activities
            total += sum(1 for activity in pending if activity.state == _STARTED)
    return total


def _posted(chains: list[str], connection: Any) -> int:
    found = connection.execute(
        select(func.count()).where(INTENTS.c.state == "sent", INTENTS.c.chain.in_(chains))
    ).scalar()
    return int(found or 0)


def _probes(log: Path) -> list[tuple[float, bool]]:
    try:
        lines = [line.split() for line in log.read_text().splitlines()]
    except OSError:
        return []
    return [(float(line[0]), line[2] == "found") for line in lines]
