"""The demonstration on real systems: deals through BottleCRM and Tryton, then their own books against the plan."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from ltc import devserver
from ltc import settings as settings_module
from ltc.adapters.people_file import PeopleFile
from ltc.bootstrap import open_client, systems_of
from ltc.ending import end
from ltc.settings import QueueLimits, Settings, SystemSettings
from ltc.store import migrate
from ltc.systems import venvs
from ltc.systems.bottlecrm import LEAST_PYTHON, NO_PYTHON
from ltc.systems.running import Systems
from ltc.systems.shared import Places
from starter import example, orderbook
from starter.bots.office import Approvers, Operators
from starter.bots.stage import keep_looking
from starter.installation import ROOT, Layout, locked, running
from starter.progress import Progress
from starter.real import plans, trade
from starter.real.books import TrytonBooks
from starter.real.desks import BottleDesk, TrytonDesk
from starter.real.faults import Faults
from starter.real.judge import RealEvidence
from starter.real.masterdata import seeds
from starter.real.people import Cancellers, Sales
from starter.real.rpc import TrytonRpc
from starter.real.stage import RealStage, RealTempo

PROCESS = "lead_to_cash"
INSTALLATION = "demo-real"
TIMEOUT, SETTLE = 30.0, 3.0  # real seconds: Tryton confirms an order in one, a busy machine in many
SECONDS_HEAD, SECONDS_ORDER = 300.0, 30.0  # after which a run is given up
_EVERY = 0.8  # seconds between two leads
HANDS = 2  # calls of Tryton at once: it is one process, and calls that meet in it begin anew
_GLANCE = 2.0  # seconds between two looks of a person: each costs Tryton a good part of one


@dataclass(frozen=True)
class Options:
    """What to demonstrate.

    Attributes:
        orders: how many orders of the scenario.
        state: the folder of everything the run writes; emptied first.
        faults: kill the systems during the run.
        crm: bottlecrm or tryton; empty: BottleCRM where a Python for it is found.
        cache: where environments and templates are kept; None: the user's cache.
    """

    orders: int
    state: Path
    faults: bool = False
    crm: str = ""
    cache: Path | None = None


async def demonstrate(options: Options, progress: Progress) -> RealEvidence:
    """Run a demonstration; everything that was started is ended, however it ends.

    Raises:
        SystemsError: a real system cannot be had here.
        InstallationError, TemporalNotFoundError: the installation does not start.
        ScenarioError, OrderFileError: the example data is damaged.
    """
    scenario, book = plans.read().subset(options.orders), orderbook.load()
    with locked(options.state.parent):
        systems = Systems(Places.of(options.state / "systems", options.cache), seeds(), progress.say)
        names = await asyncio.to_thread(_names, options, progress.say)
        await asyncio.to_thread(systems.down)  # what a run that was killed has left
        shutil.rmtree(options.state, ignore_errors=True)
        try:
            await asyncio.to_thread(systems.up, names)
            layout = _layout(options, systems.settings())
            migrate.upgrade(layout.settings.database_url())
            async with running(layout, progress.say), _stage(layout.settings, scenario, book, names) as stage:
                return await _played(stage, options, systems, names, progress)
        finally:
            await asyncio.shield(asyncio.to_thread(systems.down))


def _names(options: Options, say: Callable[[str], None]) -> list[str]:
    """Return the systems of the run; where nothing runs BottleCRM, Tryton's opportunities are the CRM."""
    if options.crm == "tryton":
        return ["tryton"]
    if not options.crm and venvs.find_python(LEAST_PYTHON) is None:
        say(NO_PYTHON)
        return ["tryton"]
    return ["tryton", "bottlecrm"]


def _layout(options: Options, found: dict[str, dict[str, Any]]) -> Layout:
    given = os.environ.get(devserver.ADDRESS_VARIABLE)
    chosen = {port: SystemSettings(**{**one, "timeout": TIMEOUT, "settle": SETTLE}) for port, one in found.items()}
    values = settings_module.load(
        installation=INSTALLATION, state=options.state.resolve(), database="", clock="",
        temporal_address=given or f"127.0.0.1:{devserver.free_port()}", systems=chosen, http_timeout=TIMEOUT,
        settle=SETTLE, process_defs=_definitions(options.state), people_file=example.PEOPLE, poll_events=0.5,
        sweep_every=10.0, log_level="WARNING", queues={"erp": QueueLimits(concurrency=HANDS)},
        start_on={"crm.opportunity_won": PROCESS},
    )  # fmt: skip
    words = {port: {**one, "timeout": TIMEOUT, "settle": SETTLE} for port, one in found.items()}
    return Layout(values, extra={"LTC_SYSTEMS": json.dumps(words)}, tied=True, sandboxes=())


def _definitions(state: Path) -> Path:
    """Put the shipped definition into a folder of its own: the others call what these systems do not carry out."""
    folder = state / "process_defs"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "process_defs" / f"{PROCESS}.yaml", folder)
    return folder.resolve()


@asynccontextmanager
async def _stage(
    values: Settings, scenario: plans.RealScenario, book: orderbook.OrderBook, names: list[str]
) -> AsyncIterator[RealStage]:
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(open_client(values))
        systems = systems_of(values)
        for system in systems.values():
            stack.push_async_callback(system.aclose)
        crm, erp = [
            await stack.enter_async_context(_http(values.systems[port])) for port in ("crm", "erp")
        ]  # fmt: skip
        rpc = TrytonRpc(values.systems["erp"])
        stack.push_async_callback(rpc.aclose)
        stage = RealStage(
            scenario, book, RealTempo.real(), client, crm, erp, PeopleFile(values.people_file), PROCESS,
            systems=systems, rpc=rpc, definition=(await client.definitions()).get(PROCESS).plan,
            installation=INSTALLATION,
        )  # fmt: skip
        stage.desk = BottleDesk(stage) if "bottlecrm" in names else TrytonDesk(stage)
        yield stage


def _http(settings: SystemSettings) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {settings.token.get_secret_value()}"}
    return httpx.AsyncClient(base_url=settings.url, timeout=TIMEOUT, headers=headers, trust_env=False)


async def _played(
    stage: RealStage, options: Options, systems: Systems, names: list[str], progress: Progress
) -> RealEvidence:
    """Let the people act until every chain has ended, or the time is long over; then read the systems' books."""
    await trade.limit_credit(stage)
    looks = [Approvers(stage).look, Operators(stage).look, Cancellers(stage).look, trade.Warehouse(stage).look,
             trade.Bank(stage).look]  # fmt: skip
    people: list[Coroutine[Any, Any, None]] = [keep_looking(look, every=_GLANCE) for look in looks]
    faults = Faults(stage, systems, names, progress.say)
    work = [asyncio.create_task(one) for one in (*people, Sales(stage, _EVERY).run())]
    work += [asyncio.create_task(faults.run())] if options.faults else []
    stage.struck = tuple(names) if options.faults else ()
    finished = True
    try:
        async with asyncio.timeout(SECONDS_HEAD + SECONDS_ORDER * options.orders):
            watching = asyncio.create_task(progress.watch(stage, options.orders))
            work.append(watching)
            while not watching.done():  # whoever fails ends the run at once, with the reason
                done, _ = await asyncio.wait([one for one in work if not one.done()], return_when="FIRST_COMPLETED")
                for one in done:
                    one.result()
    except TimeoutError:
        finished = False
    finally:
        await end(work)
    books = await TrytonBooks(stage.tryton, stage.keys).read()
    books.approvals = stage.memory.approvals
    books.opportunities = await stage.desk.deals()
    rows = await stage.client.store.chains({"process": PROCESS}, limit=1000)
    chains = {row["number"]: row for row in rows}
    return RealEvidence(stage, books, chains, finished, strikes=faults.strikes, faults=options.faults)
