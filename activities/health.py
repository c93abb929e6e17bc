"""Keeps on record how the outside systems are doing, beside the calls and never in their way."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Iterable

from activities.breaker import Breaker
from ltc.ports.errors import PortError
from ltc.ports.health import HealthStore, Limits, SystemHealth

LOG = logging.getLogger("ltc.systems")


class HealthNotes:
    """Writes each system's newest state, one at a time; what comes meanwhile replaces what is not written yet.

    Args:
        records: where to.
        worker: this process, for readers; default: its number and its machine.
    """

    def __init__(self, records: HealthStore, worker: str = "") -> None:
        self._records = records
        self._worker = worker or f"{os.getpid()}@{socket.gethostname()}"
        self._latest: dict[str, SystemHealth] = {}
        self._writing: asyncio.Task[None] | None = None

    def breakers(self, systems: Iterable[tuple[Iterable[str], Limits]]) -> dict[str, Breaker]:
        """Return a breaker per port; ports of one group reach the same system and share one, with its limits."""
        made: dict[str, Breaker] = {}
        for group, limits in systems:
            ports = list(group)
            one = Breaker(ports[0], limits, said=lambda health, ports=tuple(ports): self.note(health, ports))  # type: ignore[misc]
            made |= dict.fromkeys(ports, one)
        return made

    def note(self, health: SystemHealth, ports: Iterable[str] = ()) -> None:
        """Say what changed: in the log at once, on record as soon as may be."""
        level = logging.WARNING if health.state == "away" else logging.INFO
        LOG.log(level, "%s: %s; %s", health.system, health.state, health.error or "it answers")
        for port in ports or (health.system,):
            self._latest[port] = health.model_copy(update={"system": port, "worker": self._worker})
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def settled(self) -> None:
        """Wait until what was said is written."""
        if self._writing is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._writing

    async def _write(self) -> None:
        while self._latest:
            port = next(iter(self._latest))
            health = self._latest.pop(port)
            try:
                await self._records.record_health(health)
            except PortError as error:
                LOG.warning("how %s is doing is not on record now (%s)", port, error)
