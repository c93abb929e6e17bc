"""Prints what came of a demonstration: endings, SLA figures, faults, checks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from ltc.wording import label, say
from starter.evidence import Evidence, Judgement, kinds_seen
from starter.scenario import KINDS

WIDE = 130  # characters of a line where there is no terminal
SHOWN = 12  # violations shown of each kind


def console() -> Console:
    """Return where to print: as wide as the terminal, or wide enough for the tables where there is none."""
    found = Console()
    return found if found.is_terminal else Console(width=WIDE, soft_wrap=True)


def show(evidence: Evidence, judgements: list[Judgement], page: Console) -> None:
    """Print everything."""
    _endings(evidence, page)
    _kinds(evidence, page)
    _slas(evidence, page)
    _faults(evidence, page)
    _strikes(evidence, page)
    show_judgements(judgements, page)


def table_of(title: str, *columns: str) -> Table:
    """Return an empty table in the report's style."""
    table = Table(title=say(title), title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(label(column), justify="left" if number == 0 or column in ("why", "story") else "right")
    return table


def endings_table(told: Iterable[tuple[str, str, Mapping[str, Any] | None]]) -> Table:
    """Return the table of endings: of each chain how it was to end, why, and its row if there is one."""
    table = table_of("How the chains ended, and why", "ended", "why", "planned", "came")
    planned: Counter[tuple[str, str]] = Counter()
    came: Counter[tuple[str, str]] = Counter()
    for outcome, why, row in told:
        planned[outcome, why] += 1
        came[outcome, why] += bool(row and row["outcome"] == outcome)
    for (outcome, why), number in sorted(planned.items(), key=lambda item: (item[0][0], -item[1])):
        table.add_row(outcome, why, str(number), str(came[outcome, why]))
    return table


def _endings(evidence: Evidence, page: Console) -> None:
    plans, chains = evidence.scenario.orders, evidence.chains
    page.print(endings_table((plan.outcome, plan.why, chains.get(plan.number)) for plan in plans), "")
    ends = Counter(row["outcome"] or row["state"] for row in evidence.chains.values())
    total = max(1, len(evidence.scenario.orders))
    shares = ", ".join(f"{end} {number} ({number / total:.0%})" for end, number in ends.most_common())
    back = len(evidence.memory.back_orders)
    page.print(say(f"In all: {shares}; {back} orders ({back / total:.0%}) waited for goods on back-order."), "")


def _kinds(evidence: Evidence, page: Console) -> None:
    table = table_of("What occurred", "kind", "orders planned", "seen")
    seen = kinds_seen(evidence)
    for kind in KINDS:
        planned = sum(kind in plan.kinds for plan in evidence.scenario.orders)
        table.add_row(label(kind.replace("_", " ")), str(planned), str(seen[kind]))
    page.print(table, "")


def _slas(evidence: Evidence, page: Console) -> None:
    page.print(sla_table(evidence.sla_report), "")


def sla_table(report: list[dict[str, Any]]) -> Table:
    """Return the table of how promised times were kept."""
    table = table_of(
        "Promised times by leg (used: hours of their own clock; lag: real seconds of the engine)",
        "sla", "count", "met", "warned", "breached", "median h", "p90 h", "lag p90 s", "lag max s",
    )  # fmt: skip
    for row in report:
        used = [_hours(row["median"]), _hours(row["p90"])]
        lags = ["-" if row[name] is None else f"{row[name]:.2f}" for name in ("lag_p90", "lag")]
        counts = [str(row[name]) for name in ("count", "met", "warned", "breached")]
        table.add_row(row["sla"], *counts, *used, *lags)
    return table


def _hours(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds / 3600:.1f}"


def _faults(evidence: Evidence, page: Console) -> None:
    planned, faults = evidence.planned(), dict[str, None]()
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for operation, fault, reason in sorted(planned):
        name = f"{fault}: {reason}" if reason else fault
        faults[fault] = None
        rows[operation][fault] += evidence.served[operation, fault, reason]
        if not evidence.served[operation, fault, reason]:
            rows[operation][f"missing {name}"] += 1
    table = table_of("Faults served, by operation (- : none planned)", "operation", *faults)
    wanted = {(operation, fault) for operation, fault, _ in planned}
    for operation, counts in rows.items():
        table.add_row(operation, *(str(counts[fault]) if (operation, fault) in wanted else "-" for fault in faults))
    page.print(table, "")


def _strikes(evidence: Evidence, page: Console) -> None:
    for strike in evidence.chaos or ():
        said = (
            f"Worker killed at {strike.at:.0%}: {strike.running} activities running, {strike.posted} between post and "
            f"answer; {strike.probed} effects probed afterwards, {strike.found} of them found."
        )
        page.print(say(said))


def show_judgements(judgements: list[Judgement], page: Console, whose: str = "the sandbox CRM and ERP") -> None:
    """Print the checks, over whose records they go, and the verdict."""
    page.print(say(f"[bold]Checks[/bold] (balances and effects: over the records of {say(whose)} alone)"))
    for one in judgements:
        show_judgement(one, page)
    failed = sum(1 for one in judgements if not one.holds)
    verdict = "Everything came as it was planned." if not failed else f"{failed} checks failed."
    page.print(f"\n{say(verdict)}", style="bold")


def show_judgement(one: Judgement, page: Console) -> None:
    """Print one check and the first things that speak against it."""
    mark = "[green]ok  [/green]" if one.holds else "[red]FAIL[/red]"
    page.print(f"  {mark} {label(one.name)}{f': {say(one.detail)}' if one.detail else ''}", highlight=False)
    if one.holds:
        return
    for line in one.violations[:SHOWN]:
        page.print(f"         {say(line)}", highlight=False, markup=False)
    if len(one.violations) > SHOWN:
        page.print(say(f"         and {len(one.violations) - SHOWN} more"), highlight=False)
