"""Prints what came of a rehearsal: by process endings, SLA figures and faults, then the checks and the verdict."""

from __future__ import annotations

from collections import Counter

from rich.console import Console

from ltc.wording import say
from starter.evidence import Judgement
from starter.rehearsal.evidence import Evidence
from starter.rehearsal.judge import judge_books, judge_process
from starter.rehearsal.shape import Script
from starter.report import endings_table, show_judgement, sla_table, table_of


def show(evidence: Evidence, page: Console) -> bool:
    """Print everything; tell whether all holds."""
    judged = {script.process: judge_process(evidence, script) for script in evidence.scripts}
    for script in evidence.scripts:
        page.print(
            "", say(f"[bold]{script.process}[/bold]  ({len(script.chains)} chains, seed {script.seed})"), "", sep="\n"
        )
        _endings(evidence, script, page)
        page.print(sla_table(evidence.sla_report[script.process]), "")
        _faults(evidence, script, page)
        show_each(judged[script.process], page)
    whose = say("[bold]All processes[/bold] (balances and effects: over the records of the sandbox systems alone)")
    page.print("", whose, sep="\n")
    whole = judge_books(evidence)
    show_each(whole, page)
    failed = [one for found in (*judged.values(), whole) for one in found if not one.holds]
    _verdicts(judged, whole, page)
    verdict = "Everything came as it was planned." if not failed else f"{len(failed)} checks failed."
    page.print(f"\n{say(verdict)}", style="bold")
    return not failed


def show_each(judgements: list[Judgement], page: Console) -> None:
    """Print judgements, each with what speaks against it."""
    for one in judgements:
        show_judgement(one, page)


def _verdicts(judged: dict[str, list[Judgement]], whole: list[Judgement], page: Console) -> None:
    words = [f"{name} {'ok' if all(one.holds for one in found) else 'FAIL'}" for name, found in judged.items()]
    page.print(
        "\n" + ", ".join([*words, f"books {'ok' if all(one.holds for one in whole) else 'FAIL'}"]), highlight=False
    )


def _endings(evidence: Evidence, script: Script, page: Console) -> None:
    rows = evidence.rows_of(script)
    page.print(endings_table((plan.ends, plan.why, rows.get(plan.number)) for plan in script.chains), "")
    begun = tuple(plan.number for plan in script.chains)
    children = Counter(
        f"{row['process']} {row['outcome'] or row['state']}" for row in evidence.chains.values()
        if row["number"] not in begun and row["number"].startswith(begun)
    )  # fmt: skip
    if children:
        page.print(
            say("Started by other chains: ") + ", ".join(f"{name} {number}" for name, number in children.items()), ""
        )


def _faults(evidence: Evidence, script: Script, page: Console) -> None:
    """Print the table fault × operation: met of planned."""
    numbers = tuple(plan.number for plan in script.chains)
    mine = [one for one in evidence.meetings if one.number.startswith(numbers)]
    if not mine:
        return
    planned = Counter((one.operation, f"{one.fault}:{one.reason}".rstrip(":")) for one in mine)
    met = Counter((one.operation, f"{one.fault}:{one.reason}".rstrip(":")) for one in mine if one.met)
    table = table_of("Faults met, of those planned, by operation", "operation", "why")
    table.columns[1].header = "faults"
    for operation in sorted({one.operation for one in mine}):
        cells = [
            f"{fault} {met[of, fault]}/{count}" for (of, fault), count in sorted(planned.items()) if of == operation
        ]
        table.add_row(operation, ", ".join(cells))
    page.print(table, "")
