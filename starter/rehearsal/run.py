"""A rehearsal: all scenarios on one installation and one virtual clock, until every chain has ended."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ltc.adapters.people_file import PeopleFile
from ltc.bootstrap import files_of
from ltc.ending import end
from ltc.model.clock import VirtualClock
from ltc.store import migrate
from starter import orderbook
from starter.bots.stage import keep_looking
from starter.example import master_data, system_of, write_data
from starter.grounds import doors, settings_for
from starter.installation import Layout, locked, running
from starter.progress import Progress
from starter.rehearsal.evidence import Evidence, gather
from starter.rehearsal.people import People
from starter.rehearsal.progress import watch
from starter.rehearsal.sales import Sales
from starter.rehearsal.shape import ChainPlan, MetFault, Script
from starter.rehearsal.stage import Stage
from starter.tempo import Tempo, clock_for, stretch

INSTALLATION = "rehearsal"
STOCK = 1_000_000  # of each of Northwind's products: who needs shortage brings products of his own
CPU_START, CPU_CHAIN = 20.0, 0.9  # seconds of CPU that a run takes, at its start and for each chain
CORES, SHARE = 2, 0.48  # what of a quiet machine a run may take, so that little is late: most chains are sent early on
SECONDS_A_DAY = 2.8  # real seconds of a virtual day, at least
MOST_SLOWER = 1.4  # days go by that much slower on a busy machine, however busy it is
OVERTIME = 1.6  # how much longer than planned a run may take before it is given up


@dataclass(frozen=True)
class Options:
    """What to rehearse.

    Attributes:
        scripts: the scenarios, cut to as many chains as wanted.
        state: the folder of everything the run writes; emptied first.
        minutes: how long the virtual clock takes; 0 chooses.
    """

    scripts: list[Script]
    state: Path
    minutes: float = 0.0


@dataclass(frozen=True)
class Run:
    """A rehearsal as it was laid out. ``rules``: the faults of each system, with the chain that each is meant for."""

    options: Options
    clock: VirtualClock
    minutes: float
    layout: Layout
    rules: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def least_spread(script: Script) -> float:
    """Return over how many virtual days the chains of a scenario are started at least."""
    return min(35.0, max(2.0, len(script.chains) / 3))


def days_of(scripts: list[Script]) -> float:
    """Return how many virtual days it takes until all scenarios are through."""
    return max(least_spread(script) + script.lasts for script in scripts)


def spread_days(script: Script, scripts: list[Script]) -> float:
    """Return over how many virtual days the chains of a scenario are started.

    What is over soon takes its time, so that the machine has about as much to do all along.
    """
    return max(least_spread(script), min(days_of(scripts) - script.lasts, float(len(script.chains))))


def minutes_for(scripts: list[Script], slower: float = 1.0) -> float:
    """Return how many real minutes the clock takes by default, on a machine so many times slowed down."""
    cpu = (CPU_START + CPU_CHAIN * sum(len(script.chains) for script in scripts)) / (CORES * SHARE)
    days = days_of(scripts) * SECONDS_A_DAY * min(slower, MOST_SLOWER)  # most of them see little to do
    return max(cpu * slower, days) / 60


def lay_out(options: Options) -> Run:
    """Choose the clock and write the systems' data.

    Raises:
        OrderFileError: Northwind's data is damaged.
    """
    minutes = options.minutes or minutes_for(options.scripts, stretch())
    clock = clock_for(days_of(options.scripts), minutes)
    rules = fault_rules(options.scripts)
    words = write_data(options.state, _master(options.scripts), rules)
    words["erp"] += ["--seed", str(options.scripts[0].seed)]
    return Run(options, clock, minutes, _layout(options, clock, words), rules)


def fault_rules(scripts: list[Script]) -> dict[str, list[dict[str, Any]]]:
    """Return the fault plan of each sandbox system."""
    rules: dict[str, list[dict[str, Any]]] = {"crm": [], "erp": []}
    for script in scripts:
        for plan in script.chains:
            for fault in plan.faults:
                known = fault.model_dump(exclude={"of"}).items()
                rule = {name: value for name, value in known if value not in ("", 0.0)}
                rules[system_of(fault.operation)].append({**rule, "match": {"opportunity": met_by(plan, fault)}})
    return rules


def met_by(plan: ChainPlan, fault: MetFault) -> str:
    """Return the business key of the chain that meets a fault: a child's, where it is so planned."""
    return f"{plan.number}{fault.of}" if fault.of.startswith("-") else fault.of or plan.number


def _master(scripts: list[Script]) -> dict[str, Any]:
    """Northwind's master data with stock for all, and what the scenarios bring."""
    data = master_data(orderbook.load())
    data["products"] = [{**product, "stock": STOCK} for product in data["products"]]
    for script in scripts:
        for name, rows in script.master.items():
            data[name] = [*data.get(name, []), *rows] if isinstance(rows, list) else rows
    return data


def _layout(options: Options, clock: VirtualClock, words: dict[str, list[str]]) -> Layout:
    values = settings_for(INSTALLATION, options.state, clock, start_on={})
    return Layout(values, words, tied=True)


@asynccontextmanager
async def _stage(run: Run) -> AsyncIterator[Stage]:
    values, tempo = run.layout.settings, Tempo.of(run.clock)
    async with doors(values) as (client, crm, erp):
        people, files = PeopleFile(values.people_file), files_of(values)
        yield Stage(run.options.scripts, tempo, client, crm, erp, people, files)


async def rehearse(options: Options, progress: Progress) -> Evidence:
    """Run a rehearsal; everything that was started is ended, however it ends.

    Raises:
        InstallationError, TemporalNotFoundError: the installation does not start.
        ClientError: a definition does not compile.
    """
    with locked(options.state.parent):
        shutil.rmtree(options.state, ignore_errors=True)
        run = lay_out(options)
        count = sum(len(script.chains) for script in options.scripts)
        progress.say(f"{count} chains of {len(options.scripts)} processes; the clock takes {run.minutes:.1f} minutes")
        migrate.upgrade(run.layout.settings.database_url())
        async with running(run.layout, progress.say), _stage(run) as stage:
            definitions = await stage.client.definitions()
            for script in options.scripts:
                definitions.get(script.process)  # what does not compile is told before the run
            finished = await _play(run, stage, progress)
            return await gather(stage, run.layout.settings, run.rules, finished=finished)


async def _play(run: Run, stage: Stage, progress: Progress) -> bool:
    """Let the people act until every chain has ended, or the time is long over; tell which."""
    await stage.tempo.until(run.clock.anchor_virtual)
    sales = [
        Sales(stage, script, spread_days(script, run.options.scripts) * 5 / 7 * 9) for script in run.options.scripts
    ]
    looks: list[Callable[[], Any]] = [*(one.look for one in sales), *People(stage).looks()]
    people = [asyncio.create_task(keep_looking(look)) for look in looks]
    try:
        async with asyncio.timeout(run.minutes * 60 * OVERTIME + 60):
            await watch(stage, progress)
        return True
    except TimeoutError:
        return False
    finally:
        await end(people)
