"""Sales in a rehearsal: enter the deals into the CRM and start their chains, evenly over working hours."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ltc.client import ClientError
from ltc.ports.errors import PortError
from starter.bots.stage import LOG
from starter.rehearsal.shape import ChainPlan, Script
from starter.rehearsal.stage import Stage
from starter.tempo import Pace

REQUIRED_IN = timedelta(days=28)


class Sales:
    """Starts the chains of one scenario."""

    def __init__(self, stage: Stage, script: Script, hours: float) -> None:
        self._stage, self._script = stage, script
        self._turn = script.in_turn()
        self._pace = Pace(stage.tempo, hours / max(1, len(self._turn)))

    async def look(self) -> None:
        """Start what is due by now."""
        while self._turn and self._pace.due():
            if not await self._enter(self._turn[0]):
                return
            self._turn.pop(0)
            self._pace.told += 1

    async def _enter(self, plan: ChainPlan) -> bool:
        deal = plan.deal.model_copy(update={"required_on": self._stage.tempo.now() + REQUIRED_IN})
        body = deal.model_dump(mode="json")
        entered = [{"opportunity": body, "announce": False}]
        await self._stage.command(self._stage.crm, "/opportunities", {"opportunities": entered})
        fields: dict[str, Any] = {"opportunity_id": deal.id, "opportunity": body, **plan.fields}
        try:
            await self._stage.client.start(self._script.process, fields, source="rehearsal")
        except (ClientError, PortError) as error:
            LOG.warning("%s %s: %s", self._script.process, plan.number, error)
            if isinstance(error, PortError):
                return False  # the store is away for a moment
            self._stage.memory.refused.append(f"{self._script.chain(plan)}: not started: {error}")
            self._stage.not_started.add(self._script.chain(plan))
            return True
        self._stage.memory.sent.append(plan.number)
        return True
