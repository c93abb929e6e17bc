"""What all people of the demonstration share: the plans, the clock, the systems' addresses, what they remember."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from ltc.client import ChainClient, ClientError
from ltc.ports.errors import PortError
from ltc.ports.people import People
from starter.books import Approval
from starter.orderbook import OrderBook
from starter.scenario import OrderPlan, Scenario
from starter.tempo import Tempo

LOG = logging.getLogger("ltc.demo")
GLANCE = 0.25  # real seconds between two looks at a list


@dataclass
class Memory:
    """What people did, for the report and the checks: nothing here comes from the engine's own records."""

    sent: list[str] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    back_orders: set[str] = field(default_factory=set)
    unplanned: list[str] = field(default_factory=list)
    given_up: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)


async def listed(system: httpx.AsyncClient, path: str, **params: Any) -> list[dict[str, Any]]:
    """Read a list page of a sandbox system."""
    answer = await system.get(path, params=params)
    answer.raise_for_status()
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@dataclass
class Stage:
    """Where people act. ``process`` is the definition that the orders run through."""

    scenario: Scenario
    book: OrderBook
    tempo: Tempo
    client: ChainClient
    crm: httpx.AsyncClient
    erp: httpx.AsyncClient
    people: People
    process: str = "lead_to_cash"
    memory: Memory = field(default_factory=Memory)
    plans: dict[str, OrderPlan] = field(init=False)

    def __post_init__(self) -> None:
        self.plans = {f"{self.process}:{plan.number}": plan for plan in self.scenario.orders}

    async def command(self, system: httpx.AsyncClient, path: str, body: Any) -> dict[str, Any] | None:
        """Give a system a command; None when it says no, which goes on record."""
        answer = await system.post(path, json=body)
        if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
            self.memory.refused.append(f"{path}: {answer.json().get('message', '')}")
            return None
        answer.raise_for_status()
        done: dict[str, Any] = answer.json()
        return done


async def keep_looking(look: Callable[[], Awaitable[None]], every: float = GLANCE) -> None:
    """Look again and again until cancelled; who is away for a moment is asked again later."""
    while True:
        try:
            await look()
        except (httpx.HTTPError, PortError, ClientError, TimeoutError) as error:
            LOG.debug("%s: %s", type(error).__name__, error)
        await asyncio.sleep(every)
