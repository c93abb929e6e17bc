"""Holes in the trail, and what was on record with them, are filled from Temporal's histories while those are kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from ltc.client.connection import reaching
from ltc.client.errors import EngineAwayError, NotFoundError
from ltc.client.histories import RunTrail, trails
from ltc.model.trail import Entry, Kind
from ltc.ports.store import DocumentRef, Records, Route


@dataclass(frozen=True)
class Healed:
    """What healing did: entries inserted, alarms raised, and the ranges still missing."""

    chain: str
    inserted: int
    alarms: int
    missing: list[tuple[int, int]]


async def heal(client: Client, records: Records, chain: str) -> Healed:
    """Read a chain's histories and append every entry they hold; what is on record already stays.

    Where entries were missing, so may be what was put on record beside them: which documents are the chain's, and that
    its effects were intended.

    Raises:
        NotFoundError: Temporal knows no such chain (any more).
        EngineAwayError: Temporal does not answer.
        StoreUnavailable: the records cannot be written.
    """
    runs = await read(client, chain)
    inserted = alarms = 0
    for run in runs:
        if run.entries:
            entries = [run.entries[seq] for seq in sorted(run.entries)]
            done = await records.append(chain, run.run, entries, run.started)
            inserted, alarms = inserted + done.inserted, alarms + done.alarms
    if inserted:
        await route(records, chain, [entry for run in runs for entry in run.entries.values()])
        await records.read_back_intents(chain)
    return Healed(chain, inserted, alarms, await records.missing(chain))


async def read(client: Client, chain: str) -> list[RunTrail]:
    """Read the histories of all runs of a chain, oldest first.

    Raises:
        NotFoundError: Temporal knows no such chain (any more).
        EngineAwayError: Temporal does not answer.
    """
    try:
        with reaching():
            return await trails(client, chain)
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            raise NotFoundError(f"Temporal knows no chain {chain!r}; its history may have passed retention") from error
        raise EngineAwayError(f"Temporal does not answer: {error.message}") from error


async def route(records: Records, chain: str, entries: Iterable[Entry]) -> None:
    """Register the documents that a chain has made, so that events about them find it; those known stay as they are."""
    known: dict[DocumentRef, Route] = {}
    for entry in entries:
        made = entry.data.get("document")
        if entry.kind not in (Kind.DONE, Kind.PROBED) or entry.data.get("mode") == "read" or not isinstance(made, dict):
            continue
        document = DocumentRef(system=made["system"], type=str(made["type"]).lower(), id=made["id"])
        known.setdefault(document, Route(chain=chain, leg=entry.leg, item=entry.item))
    for document, to in known.items():
        await records.correlate(document, to)
