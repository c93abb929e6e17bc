"""The loops of a worker process beside its chains: event feeds, the router, the sweep, the write-back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, cast

from ltc.bootstrap import Parts
from ltc.client import ChainClient, ClientError
from ltc.settings import SettingsError
from starter.events import Inlet, Router, StartRules
from starter.sweep import Sweep
from starter.writeback import Notes, Writeback, takes_notes

LOG = logging.getLogger("ltc.events")


async def event_loops(parts: Parts, client: ChainClient) -> list[Coroutine[Any, Any, None]]:
    """Return the loops that poll every feed and deliver what is in the inbox."""
    arrived = asyncio.Event()
    every = parts.settings.poll_events
    sources = dict.fromkeys(name.split(".", 1)[0] for name in parts.registry.events)
    loops: list[Coroutine[Any, Any, None]] = [
        Inlet(source, parts.systems[source], parts.store, parts.registry).run(every, arrived)
        for source in sources
        if source in parts.systems
    ]
    rules = StartRules(parts.settings.start_on, await starting_events(client))
    router = Router(client.temporal, parts.store, parts.registry, client, rules)
    return [*loops, router.run(every, arrived)]


def writeback_loops(parts: Parts) -> list[Coroutine[Any, Any, None]]:
    """Return the loop that writes outcomes into the CRM; none where that is not wanted, or the CRM takes no notes.

    Raises:
        SettingsError: it is wanted, and the CRM's adapter cannot do it.
    """
    settings, crm = parts.settings, parts.systems.get("crm")
    wanted = settings.write_back
    chosen = settings.systems.get("crm")
    if not (wanted if wanted is not None else chosen is not None and chosen.adapter != "sandbox"):
        return []
    if not takes_notes(crm):
        if wanted:
            raise SettingsError("LTC_WRITE_BACK: the CRM's adapter writes no notes (crm.log_progress); leave it out")
        return []
    return [Writeback(parts.store, cast("Notes", crm), settings.installation).run(settings.poll_events)]


async def sweep_loop(parts: Parts, client: ChainClient) -> Coroutine[Any, Any, None]:
    """Return the loop of the sweep, after its look for lost records."""
    kept = parts.settings.answers_kept
    sweep = Sweep(client, timedelta(days=kept) if kept else None)
    await sweep.begin()
    return sweep.run(parts.settings.sweep_every)


async def starting_events(client: ChainClient) -> list[str]:
    """Return the events on which some definition starts; a definition that does not compile is left out."""
    definitions = await client.definitions()
    found: dict[str, None] = {}
    for name in definitions.names():
        try:
            found[definitions.get(name).plan.start.event] = None
        except ClientError as error:
            LOG.warning("definition %s is left out: %s", name, error)
    return [event for event in found if event]
