"""Prints what came of a demonstration on real systems: endings, what occurred, checks."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.table import Table

from ltc.wording import label, say
from starter.evidence import Judgement
from starter.real.judge import RealEvidence, kinds_seen
from starter.report import show_judgements


def show(evidence: RealEvidence, judgements: list[Judgement], page: Console) -> None:
    """Print everything."""
    page.print(_endings(evidence), "")
    kinds = ", ".join(f"{kind.replace('_', ' ')} {number}" for kind, number in kinds_seen(evidence).items())
    page.print(say(f"What occurred: {kinds}"), "", highlight=False)
    for text in evidence.strikes:
        page.print(text, highlight=False)
    show_judgements(judgements, page, "Tryton and the CRM, read through their APIs,")


def _endings(evidence: RealEvidence) -> Table:
    table = Table(title=say("How the chains ended, and why"), title_justify="left", title_style="bold", show_edge=False)
    for column in ("ended", "why", "planned", "came"):
        table.add_column(label(column))
    planned = Counter((plan.outcome, plan.why) for plan in evidence.stage.scenario.orders)
    came: Counter[tuple[str, str]] = Counter()
    for plan in evidence.stage.scenario.orders:
        row = evidence.chains.get(evidence.stage.numbers.get(plan.number, ""))
        came[plan.outcome, plan.why] += bool(row and row["outcome"] == plan.outcome)
    for (outcome, why), number in sorted(planned.items(), key=lambda item: (item[0][0], -item[1])):
        table.add_row(outcome, why, str(number), str(came[outcome, why]))
    return table
