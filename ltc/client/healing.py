"""Holes in the trail are filled from Temporal's histories, as long as those are kept."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from ltc.client.connection import reaching
from ltc.client.errors import EngineAwayError, NotFoundError
from ltc.client.histories import trails
from ltc.ports.store import Records


@dataclass(frozen=True)
class Healed:
    """What healing did: entries inserted, alarms raised, and the ranges still missing."""

    chain: str
    inserted: int
    alarms: int
    missing: list[tuple[int, int]]


async def heal(client: Client, records: Records, chain: str) -> Healed:
    """Read a chain's histories and append every entry they hold; what is on record already stays.

    Raises:
        NotFoundError: Temporal knows no such chain (any more).
        EngineAwayError: Temporal does not answer.
        StoreUnavailable: the records cannot be written.
    """
    try:
        with reaching():
            runs = await trails(client, chain)
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            raise NotFoundError(f"Temporal knows no chain {chain!r}; its history may have passed retention") from error
        raise EngineAwayError(f"Temporal does not answer: {error.message}") from error
    inserted = alarms = 0
    for run in runs:
        if run.entries:
            entries = [run.entries[seq] for seq in sorted(run.entries)]
            done = await records.append(chain, run.run, entries, run.started)
            inserted, alarms = inserted + done.inserted, alarms + done.alarms
    return Healed(chain, inserted, alarms, await records.missing(chain))
