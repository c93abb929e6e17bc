"""What a demonstration leaves behind, and the judgement over it: did everything come as it was planned?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from ltc.definition.plan import Plan
from ltc.model.trail import Kind
from ltc.settings import Settings
from ltc.store.records import TRAIL
from ltc.store.view_tables import VIEW_TABLES
from starter import checks
from starter.books import Books
from starter.bots.stage import Memory, Stage, listed
from starter.chaos import Strike
from starter.checks import Violation
from starter.example import FaultTable, planned_faults
from starter.outcomes import ends_as_told, items_of, keys_follow
from starter.scenario import KINDS, Scenario
from starter.stories import UNKNOWN

Row = dict[str, Any]
WHOLE = 830
FULL_COUNT = 5  # how often each kind occurs when all orders run
JUDGED_FROM = 50  # fewer chains say nothing about a share of 2 %
UNPLANNED_BREACHES = 0.02


@dataclass
class Evidence:
    """Everything there is to judge by. ``chains`` and ``slas`` are the engine's tale, ``books`` the systems'."""

    scenario: Scenario
    memory: Memory
    plan: Plan
    installation: str
    finished: bool
    chains: dict[str, Row] = field(default_factory=dict)  # by order number
    slas: list[Row] = field(default_factory=list)
    sla_report: list[Row] = field(default_factory=list)
    decisions: Counter[str] = field(default_factory=Counter)
    holds: int = 0
    escalations: int = 0
    trail_holes: list[str] = field(default_factory=list)
    served: FaultTable = field(default_factory=Counter)
    books: Books = field(default_factory=Books)
    chaos: list[Strike] | None = None

    def planned(self) -> FaultTable:
        """Count the faults that the scenario plans."""
        return planned_faults(fault for plan in self.scenario.orders for fault in plan.faults)


@dataclass(frozen=True)
class Judgement:
    """One thing that was promised, whether it holds, and what speaks against it."""

    name: str
    holds: bool
    detail: str = ""
    violations: tuple[str, ...] = ()


async def gather(stage: Stage, settings: Settings, *, finished: bool) -> Evidence:
    """Collect what the engine says and what the systems served."""
    store = stage.client.store
    await store.catch_up()  # a worker that was killed may have left views behind
    definitions = await stage.client.definitions()
    rows = await store.chains({"process": stage.process}, limit=10_000)
    evidence = Evidence(
        stage.scenario, stage.memory, definitions.get(stage.process).plan, settings.installation, finished,
        chains={row["number"]: row for row in rows}, slas=await store.read(_slas),
        sla_report=await store.sla_report(stage.process), decisions=await store.read(_decisions),
        holds=await store.read(_holds), escalations=await store.read(_escalations), trail_holes=await store.holes(),
    )  # fmt: skip
    for system in (stage.crm, stage.erp):
        for row in await listed(system, "/faults/counts"):
            if row["planned"]:
                evidence.served[row["operation"], row["fault"], row["reason"]] += row["count"]
    return evidence


def otherwise(number: str, story: str, planned: str, row: Mapping[str, Any] | None) -> str:
    """Tell how a chain did not end as planned, by its row if there is one; nothing when it did."""
    came = (row["outcome"] or row["state"]) if row else "never started"
    reason = row["reason"] if row else ""
    return f"{number} ({story}): planned {planned}, came {came}: {reason}" if came != planned else ""


def kinds_seen(evidence: Evidence) -> dict[str, int]:
    """Count how often each kind occurred, as the systems and the trail have it."""
    faults: Counter[str] = Counter()
    for (_, fault, _), count in evidence.served.items():
        faults[fault] += count
    undone = {effect.chain for effect in evidence.books.effects if effect.operation in checks.UNDOING}
    return {
        "business_refusal": faults["refuse"], "unknown_outcome": sum(faults[kind] for kind in UNKNOWN),
        "send_back": evidence.decisions["send_back"], "rejection": evidence.decisions["reject"],
        "sla_warning": sum(1 for row in evidence.slas if row["warned"]),
        "sla_breach": sum(1 for row in evidence.slas if row["breached"]),
        "escalation": evidence.escalations, "hold": evidence.holds,
        "cancellation": len(undone), "goods_return": len(evidence.books.table("returns")),
        "unpaid": sum(1 for effect in evidence.books.effects if effect.operation == "erp.write_off"),
    }  # fmt: skip


def unplanned_breaches(evidence: Evidence) -> dict[str, list[str]]:
    """Return the breached SLAs of chains that the plan does not delay there, by order number."""
    slow = {plan.number: plan.slow for plan in evidence.scenario.orders}
    found: dict[str, list[str]] = {}
    for row in evidence.slas:
        number, leg = row["number"], row["leg"] or "chain"
        if row["breached"] and leg not in slow.get(number, ()):
            found.setdefault(number, []).append(row["sla"])
    return found


def judge(evidence: Evidence) -> list[Judgement]:
    """Judge a run: every promise with what speaks against it."""
    told = {number: row["outcome"] for number, row in evidence.chains.items() if row["outcome"]}
    keys = keys_follow(evidence.plan, evidence.installation, items_of(evidence.books))
    found = checks.run(evidence.books, (*checks.CHECKS, ends_as_told(told), keys))
    return [*_as_planned(evidence), *(checked(name, bad) for name, bad in found.items()), *_chaos(evidence)]


def checked(name: str, violations: list[Violation]) -> Judgement:
    """Return the judgement of a check over the books."""
    return Judgement(name.replace("_", " "), not violations, violations=tuple(str(one) for one in violations))


def _as_planned(evidence: Evidence) -> Iterator[Judgement]:
    total = len(evidence.scenario.orders)
    left = tuple(sorted(evidence.memory.given_up))
    yield Judgement("every chain ended in time", evidence.finished and not left, violations=left)
    wrong = tuple(
        text
        for plan in evidence.scenario.orders
        if (text := otherwise(plan.number, plan.story, plan.outcome, evidence.chains.get(plan.number)))
    )
    yield Judgement("every order ended as planned", not wrong, f"{total - len(wrong)} of {total}", wrong)
    held = tuple(evidence.memory.unplanned)
    yield Judgement("nothing was held that nobody planned", not held, violations=held)
    unserved = [f"{op}: {fault} {reason}".strip() for (op, fault, reason) in sorted(evidence.planned() - Counter())
                if not evidence.served[op, fault, reason]]  # fmt: skip
    yield Judgement("every planned fault was met", not unserved, violations=tuple(unserved))
    seen, least = kinds_seen(evidence), FULL_COUNT if total >= WHOLE else 1
    rare = [f"{kind}: {seen[kind]}" for kind in KINDS if seen[kind] < least]
    yield Judgement(f"every kind occurred at least {least} times", not rare, violations=tuple(rare))
    yield Judgement("no trail has a hole", not evidence.trail_holes, violations=tuple(evidence.trail_holes))
    yield on_time(unplanned_breaches(evidence), total, killed=evidence.chaos is not None)


def on_time(late: Mapping[str, list[str]], total: int, killed: bool = False) -> Judgement:
    """Judge the breached SLAs that no plan delays, by chain; of few chains, or a killed worker, they say nothing."""
    share = len(late) / max(1, total)
    lines = tuple(f"{number}: {', '.join(slas)}" for number, slas in sorted(late.items()))
    judged = total >= JUDGED_FROM and not killed
    why = "" if judged else "; not judged: the worker was killed" if killed else "; not judged: too few chains"
    most = UNPLANNED_BREACHES * 100
    detail = f"{len(late)} of {total} ({share:.1%}), at most {most:.0f} %{why}"
    return Judgement("SLAs without a planned delay are kept", not judged or share <= UNPLANNED_BREACHES, detail, lines)


def _chaos(evidence: Evidence) -> Iterator[Judgement]:
    if evidence.chaos is None:
        return
    yield Judgement("the worker was killed three times", len(evidence.chaos) == 3, f"{len(evidence.chaos)} times")
    idle = [f"at {one.at:.0%}: {one.running} running, {one.posted} posted" for one in evidence.chaos
            if not one.running or not one.posted]  # fmt: skip
    yield Judgement("each kill met the worker with its hands full", not idle, violations=tuple(idle))
    blind = [f"at {one.at:.0%}" for one in evidence.chaos if not one.probed]
    yield Judgement("effects were probed after each kill", not blind, violations=tuple(blind))


def _slas(connection: Any) -> list[Row]:
    slas, chains = VIEW_TABLES["slas"], VIEW_TABLES["chains"]
    query = select(slas, chains.c.number).join(chains, chains.c.chain == slas.c.chain)
    return [dict(row) for row in connection.execute(query).mappings()]


def _decisions(connection: Any) -> Counter[str]:
    said = VIEW_TABLES["decisions"].c.decision
    found = connection.execute(select(said, func.count()).group_by(said))
    return Counter({str(row[0]): int(row[1]) for row in found})


def _holds(connection: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(VIEW_TABLES["holds"])).scalar() or 0)


def _escalations(connection: Any) -> int:
    climbed = select(func.count()).select_from(TRAIL).where(TRAIL.c.kind == Kind.SLA_ESCALATED, ~TRAIL.c.superseded)
    return int(connection.execute(climbed).scalar() or 0)
