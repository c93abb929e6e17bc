"""Faults of real systems during a run: each server is killed once or twice and started again, its data stays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from ltc.systems.running import Systems
from starter.real.stage import RealStage

AWAY = 4.0  # seconds that a killed system stays away
MOMENTS = (0.25, 0.5, 0.7)  # shares of the chains that have ended
_LOOK = 0.5


class Faults:
    """Kills one system after another as the run goes on."""

    def __init__(self, stage: RealStage, systems: Systems, names: Sequence[str], say: Callable[[str], None]) -> None:
        self._stage = stage
        self._systems = systems
        self._turn = [(share, names[number % len(names)]) for number, share in enumerate(MOMENTS)]
        self._say = say
        self.strikes: list[str] = []

    async def run(self) -> None:
        """Strike at each moment."""
        total = len(self._stage.scenario.orders)
        for share, name in self._turn:
            while await self._ended() < share * total:  # noqa: ASYNC110 - the records are asked, nobody tells
                await asyncio.sleep(_LOOK)
            await self._strike(name, await self._ended())

    async def _ended(self) -> int:
        rows = await self._stage.client.store.chains({"process": self._stage.process}, limit=1000)
        return sum(1 for row in rows if row["outcome"])

    async def _strike(self, name: str, ended: int) -> None:
        self._systems.strike(name)
        self._say(f"{name} is killed with {ended} chains ended")
        await asyncio.sleep(AWAY)
        await asyncio.to_thread(self._systems.revive, name)
        self.strikes.append(f"{name} was away from {ended} to {await self._ended()} ended chains")
        self._say(f"{name} answers again")
