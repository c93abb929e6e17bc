"""What a rehearsal leaves behind: the engine's tale, and the systems' own records."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from ltc.definition.plan import Plan
from ltc.settings import Settings
from ltc.store.view_tables import VIEW_TABLES
from starter import books
from starter.books import Books
from starter.bots.stage import Memory
from starter.checks import refuses_undo
from starter.installation import SYSTEMS
from starter.rehearsal.shape import Script
from starter.rehearsal.stage import Row, Stage

Rules = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class PlannedMeeting:
    """A planned fault: whose, of what, and whether it was served."""

    number: str
    operation: str
    fault: str
    reason: str
    met: bool


@dataclass
class Evidence:
    """Everything there is to judge by.

    Attributes:
        chains: the engine's row of every chain, by chain.
        slas: every clock, with chain and process.
        sla_report: the figures by process.
        items: what the loops of each chain ran over.
        counts: how often each operation took effect, by chain, in the systems' records.
    """

    scripts: list[Script]
    memory: Memory
    plans: dict[str, Plan]
    installation: str
    finished: bool
    chains: dict[str, Row] = field(default_factory=dict)
    slas: list[Row] = field(default_factory=list)
    sla_report: dict[str, list[Row]] = field(default_factory=dict)
    meetings: list[PlannedMeeting] = field(default_factory=list)
    items: dict[str, list[str]] = field(default_factory=dict)
    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    trail_holes: list[str] = field(default_factory=list)
    books: Books = field(default_factory=Books)

    def rows_of(self, script: Script) -> dict[str, Row]:
        """Return the engine's rows of a scenario's chains, by business key."""
        planned = {script.chain(plan): plan.number for plan in script.chains}
        return {planned[chain]: row for chain, row in self.chains.items() if chain in planned}


async def gather(stage: Stage, settings: Settings, rules: Rules, *, finished: bool) -> Evidence:
    """Collect what the engine says and what the systems have on record."""
    store = stage.client.store
    definitions = await stage.client.definitions()
    chains = {row["chain"]: row for row in await store.chains({}, limit=100_000)}
    processes = dict.fromkeys([*(script.process for script in stage.scripts), *(r["process"] for r in chains.values())])
    evidence = Evidence(
        stage.scripts, stage.memory, {process: definitions.get(process).plan for process in processes},
        settings.installation, finished, chains=chains,
        slas=await store.read(_slas), items=await store.read(_items), trail_holes=await store.holes(),
        sla_report={process: await store.sla_report(process) for process in processes},
    )  # fmt: skip
    files = {name: settings.state / f"{name}.db" for name in SYSTEMS}
    for name, path in files.items():
        evidence.meetings += meetings(path, rules.get(name, []))
    evidence.books = books.read(files["crm"], files["erp"], stage.memory.approvals)
    evidence.books.refused_undo = _refused_undo(stage.scripts)
    for effect in stage.effects:
        evidence.counts[effect["chain"]][effect["operation"]] += 1
    return evidence


def meetings(path: Path, rules: list[dict[str, Any]]) -> list[PlannedMeeting]:
    """Tell of each rule of a system's fault plan whether it met somebody, as the system's own file has it."""
    with closing(books.opened(path)) as file:
        rows = file.execute("SELECT rule, seen FROM fault_progress").fetchall()
    seen = {int(str(name).partition("-")[0]): int(number) for name, number in rows}
    return [
        PlannedMeeting(
            rule["match"]["opportunity"], rule["operation"], rule["fault"], rule.get("reason", ""),
            seen.get(number, 0) >= rule["nth"],
        )
        for number, rule in enumerate(rules)
    ]  # fmt: skip


def _refused_undo(scripts: list[Script]) -> frozenset[str]:
    return frozenset(
        script.chain(plan)
        for script in scripts
        for plan in script.chains
        if any(refuses_undo(fault) for fault in plan.faults)
    )


def _slas(connection: Any) -> list[Row]:
    slas, chains = VIEW_TABLES["slas"], VIEW_TABLES["chains"]
    query = select(slas, chains.c.number, chains.c.process).join(chains, chains.c.chain == slas.c.chain)
    return [dict(row) for row in connection.execute(query).mappings()]


def _items(connection: Any) -> dict[str, list[str]]:
    legs, found = VIEW_TABLES["legs"], defaultdict[str, list[str]](list)
    for chain, item in connection.execute(select(legs.c.chain, legs.c.item).where(legs.c.item != "").distinct()):
        found[chain].append(item)
    return dict(found)
