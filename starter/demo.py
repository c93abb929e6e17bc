"""The demonstration: the order book from lead to cash in minutes, then what came of it against what was planned."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ltc.adapters.people_file import PeopleFile
from ltc.ending import end
from ltc.model.clock import VirtualClock
from ltc.store import migrate
from starter import books, casting, example, orderbook, scenario, supply
from starter.bots.customers import Customers
from starter.bots.office import Approvers, Operators
from starter.bots.sales import Cancellers, Sales
from starter.bots.stage import Stage, keep_looking
from starter.bots.warehouse import Warehouse
from starter.chaos import Chaos
from starter.checks import refuses_undo
from starter.demo_worker import PLANT, PROBES
from starter.evidence import Evidence, gather
from starter.grounds import HTTP_TIMEOUT, doors, settings_for
from starter.installation import Installation, Layout, locked, running
from starter.progress import Progress
from starter.tempo import TAIL_DAYS, Tempo, clock_for, stretch

PROCESS = "lead_to_cash"
INSTALLATION = "demo"
CPU_START, CPU_ORDER = 20.0, 0.6  # seconds of CPU that a run takes, at its start and for each order
CORES, SHARE = 2, 0.7  # what of a quiet machine a run may take, so that little is late
OVERTIME = 1.6  # how much longer than planned a run may take before it is given up


@dataclass(frozen=True)
class Options:
    """What to demonstrate.

    Attributes:
        orders: how many orders of the scenario.
        state: the folder of everything the run writes; emptied first.
        chaos: kill the worker at 25, 50 and 75 %.
        plant: the name of a planted bug, or nothing.
        seed: cast the orders anew under another seed; None takes the scenario file.
        minutes: how long the virtual clock takes; 0 chooses by the number of orders.
    """

    orders: int
    state: Path
    chaos: bool = False
    plant: str = ""
    seed: int | None = None
    minutes: float = 0.0


@dataclass(frozen=True)
class Run:
    """A run as it was laid out before its start."""

    options: Options
    scenario: scenario.Scenario
    book: orderbook.OrderBook
    clock: VirtualClock
    days: float
    minutes: float
    layout: Layout


def spread_days(orders: int) -> float:
    """Return over how many virtual days the orders are sent: the more there are, the longer."""
    return min(60.0, max(3.0, orders / 4))


def minutes_for(orders: int, slower: float = 1.0) -> float:
    """Return how many real minutes the virtual clock takes by default, on a machine so many times slowed down."""
    quiet = 1.0 if orders <= 24 else 2.2 if orders <= 120 else 2.2 + 4.2 * min(1.0, orders / 830)
    needed = (CPU_START + CPU_ORDER * orders) * slower / (CORES * SHARE)
    return max(quiet, needed / 60)


def lay_out(options: Options) -> Run:
    """Choose the orders, the clock and the supply, and write the systems' data.

    Raises:
        ScenarioError, OrderFileError: the example data does not allow it.
    """
    book = orderbook.load()
    whole = scenario.read() if options.seed is None else casting.cast(book.opportunities, options.seed)
    chosen = Chaos.slow_down(whole.subset(options.orders)) if options.chaos else whole.subset(options.orders)
    days = spread_days(options.orders)
    minutes = options.minutes or minutes_for(options.orders, stretch())
    clock = clock_for(max(days + 25, days / 3 + TAIL_DAYS), minutes)
    orders = {order.number: order for order in book.opportunities}
    shipped = [orders[plan.number] for plan in chosen.in_turn() if plan.outcome not in ("lost", "rejected")]
    stock = supply.plan(shipped, book.products, days * 24, chosen.seed)
    data = example.master_data(book, stock, clock.anchor_virtual)
    words = example.write_data(options.state, data, example.fault_rules(chosen))
    words["erp"] += ["--seed", str(chosen.seed)]
    return Run(options, chosen, book, clock, days, minutes, _layout(options, clock, words))


def _layout(options: Options, clock: VirtualClock, words: dict[str, list[str]]) -> Layout:
    timeout = HTTP_TIMEOUT * (12 if options.chaos else 1)
    start_on = {"crm.opportunity_won": PROCESS}
    values = settings_for(INSTALLATION, options.state, clock, http_timeout=timeout, start_on=start_on)
    extra = {PROBES: str(options.state.resolve() / "probes.log")} | ({PLANT: options.plant} if options.plant else {})
    return Layout(values, words, ("-m", "starter.demo_worker"), extra, tied=True)


async def demonstrate(options: Options, progress: Progress) -> Evidence:
    """Run a demonstration; everything that was started is ended, however it ends.

    Raises:
        InstallationError, TemporalNotFoundError: the installation does not start.
    """
    with locked(options.state.parent):
        shutil.rmtree(options.state, ignore_errors=True)
        run = lay_out(options)
        progress.say(f"{options.orders} orders; the virtual clock takes about {run.minutes:.1f} minutes")
        migrate.upgrade(run.layout.settings.database_url())
        async with running(run.layout, progress.say) as installation, _stage(run) as stage:
            (await stage.client.definitions()).get(PROCESS)  # a definition that does not compile is told before the run
            chaos = Chaos(run.scenario, installation, stage) if options.chaos else None
            finished = await _play(run, stage, installation, chaos, progress)
            evidence = await gather(stage, run.layout.settings, finished=finished)
            if chaos is not None:
                evidence.chaos = chaos.report()
            evidence.books = books.read(options.state / "crm.db", options.state / "erp.db", stage.memory.approvals)
            evidence.books.refused_undo = frozenset(
                chain for chain, plan in stage.plans.items() if any(refuses_undo(fault) for fault in plan.faults)
            )
            return evidence


@asynccontextmanager
async def _stage(run: Run) -> AsyncIterator[Stage]:
    values, tempo = run.layout.settings, Tempo.of(run.clock)
    async with doors(values) as (client, crm, erp):
        yield Stage(run.scenario, run.book, tempo, client, crm, erp, PeopleFile(values.people_file), PROCESS)


async def _play(run: Run, stage: Stage, installation: Installation, chaos: Chaos | None, progress: Progress) -> bool:
    """Let the people act until every chain has ended, or the time is long over; tell which."""
    await stage.tempo.until(run.clock.anchor_virtual)
    sales = Sales(stage, run.days * 5 / 7 * 7.5)
    looks: list[Callable[[], Any]] = [
        sales.look, Cancellers(stage).look, Approvers(stage).look, Operators(stage).look,
        Warehouse(stage).look, Customers(stage).look,
    ]  # fmt: skip
    if chaos is not None:
        chaos.take_over(sales)
    people = [asyncio.create_task(keep_looking(look)) for look in looks]
    try:
        async with asyncio.timeout(run.minutes * 60 * OVERTIME + (240 if chaos else 0)):
            await progress.watch(stage, len(run.scenario.orders), chaos)
        return True
    except TimeoutError:
        return False
    finally:
        await end(people)
