"""What the people of a rehearsal see: tasks, holds, goods to ship, bills to pay, and what happened. A registry.

A sight is either a *demand*, which somebody has to answer until it is gone, or *news*. A new kind is a function with
``@sight("name")``; it reads only through the typed client, the views and the sandbox systems' pages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from ltc.store.view_tables import VIEW_TABLES
from starter.bots.office import open_holds
from starter.bots.stage import listed
from starter.rehearsal.stage import Row, Stage

MOST = 5000


@dataclass(frozen=True)
class Sight:
    """Something seen.

    Attributes:
        kind: the kind; a rule's ``when`` begins with it.
        place: where or what of that kind; a rule's pattern is held against it.
        chain: the chain it is about.
        key: what makes it the same sight when it is seen again.
        since: from which virtual instant on.
        row: everything known; a rule's ``where`` and an action's ``{names}`` are of it.
        demand: somebody has to answer.
        parts: it is answered in parts: the next part counts from the last one.
    """

    kind: str
    place: str
    chain: str
    key: str
    since: datetime
    row: Row = field(default_factory=dict)
    demand: bool = False
    parts: bool = False


Source = Callable[[Stage], Awaitable[list[Sight]]]
SOURCES: dict[str, Source] = {}


def sight(kind: str) -> Callable[[Source], Source]:
    """Enter a kind of sight into the registry."""

    def enter(source: Source) -> Source:
        SOURCES[kind] = source
        return source

    return enter


@sight("task")
async def tasks(stage: Stage) -> list[Sight]:
    """Open approvals and tasks. Place: ``leg.level`` of an approval, ``leg.step`` of a task that is done."""
    found = []
    for row in await stage.client.store.tasks(limit=MOST):
        place = f"{row['leg']}.{row['step'] if row['work'] else row['level']}"
        key = f"task {row['task']} {row['level']}"
        found.append(Sight("task", place, row["chain"], key, row["opened"], row, demand=True))
    return found


@sight("hold")
async def holds(stage: Stage) -> list[Sight]:
    """Open holds. Place: the leg, or ``chain``; ``where: {reason: …}`` says why."""
    rows = await stage.client.store.read(open_holds)
    return [
        Sight("hold", row["leg"] or "chain", row["chain"], f"hold {row['seq']}", row["since"], row, demand=True)
        for row in rows
    ]


@sight("ships")
async def releases(stage: Stage) -> list[Sight]:
    """Released orders with goods still to ship, in parts. Place: the warehouse, if the system has several."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in await listed(stage.erp, "/warehouse/open"):
        groups[row["order"], row["release"]].append(row)
    return [
        Sight("ships", str(rows[0].get("warehouse", "")), rows[0]["chain"], f"ships {release}",
              instant(rows[0]["released"]), {**rows[0], "lines": rows}, demand=True, parts=True)
        for (_, release), rows in groups.items()
    ]  # fmt: skip


@sight("bill")
async def bills(stage: Stage) -> list[Sight]:
    """Open invoices, paid in parts. Place: the invoice's kind, if the system tells kinds apart."""
    rows = await listed(stage.erp, "/bank/open")
    return [
        Sight("bill", str(row.get("kind", "")), row["chain"], f"bill {row['invoice']}", instant(row["posted"]), row,
              demand=True, parts=True)
        for row in rows
    ]  # fmt: skip


@sight("effect")
async def effects(stage: Stage) -> list[Sight]:
    """What took effect in a system. Place: the operation (``erp.create_order``, ``warehouse.ship``)."""
    for system, client in (("crm", stage.crm), ("erp", stage.erp)):
        last = max((row["seq"] for row in stage.effects if row["system"] == system), default=0)
        for row in await listed(client, "/effects", after=last, limit=5000):
            stage.effects.append({**row, "system": system, "chain": stage.documents.note(row)})
    return [
        Sight("effect", row["operation"], row["chain"], f"{row['system']} {row['seq']}",
              instant(row["at_virtual"]), row)
        for row in stage.effects if row["chain"]
    ]  # fmt: skip


@sight("wait")
async def waits(stage: Stage) -> list[Sight]:
    """Steps that wait. Place: ``leg.step``."""
    found = []
    for row in await stage.client.store.read(_rows, "waits"):
        if row["state"] == "waiting" and row["since"]:
            key = f"wait {row['leg']}[{row['item']}].{row['step']} {row['since']}"
            found.append(Sight("wait", f"{row['leg']}.{row['step']}", row["chain"], key, row["since"], row))
    return found


@sight("leg")
async def legs(stage: Stage) -> list[Sight]:
    """Legs that were entered. Place: the leg; ``where: {item: …}`` is one branch of a loop."""
    return [
        Sight("leg", row["leg"], row["chain"], f"leg {row['leg']}[{row['item']}]", row["entered"], row)
        for row in await stage.client.store.read(_rows, "legs") if row["entered"]
    ]  # fmt: skip


@sight("chain")
async def chains(stage: Stage) -> list[Sight]:
    """Chains that began and ended. Place: ``started``, ``ended``; ``where: {outcome: …}`` is how."""
    found = []
    for row in await stage.client.store.read(_rows, "chains"):
        if row["started"]:
            found.append(Sight("chain", "started", row["chain"], "started", row["started"], row))
        if row["ended"]:
            found.append(Sight("chain", "ended", row["chain"], "ended", row["ended"], row))
    return found


def instant(text: str) -> datetime:
    """Return an instant as a system writes it."""
    return datetime.fromisoformat(text)


def _rows(connection: Any, table: str) -> list[Row]:
    return [dict(row) for row in connection.execute(select(VIEW_TABLES[table])).mappings()]
