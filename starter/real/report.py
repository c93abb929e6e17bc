"""Prints what came of a demonstration on real systems: endings, what occurred, checks."""

from __future__ import annotations

from rich.console import Console

from ltc.wording import label, say
from starter.evidence import Judgement
from starter.real.judge import RealEvidence, kinds_seen
from starter.report import endings_table, show_judgements


def show(evidence: RealEvidence, judgements: list[Judgement], page: Console) -> None:
    """Print everything."""
    plans, numbers = evidence.stage.scenario.orders, evidence.stage.numbers
    rows = {plan.number: evidence.chains.get(numbers.get(plan.number, "")) for plan in plans}
    page.print(endings_table((plan.outcome, plan.why, rows[plan.number]) for plan in plans), "")
    kinds = ", ".join(f"{label(kind.replace('_', ' '))} {number}" for kind, number in kinds_seen(evidence).items())
    page.print(say(f"What occurred: {kinds}"), "", highlight=False)
    for text in evidence.strikes:
        page.print(text, highlight=False)
    show_judgements(judgements, page, "Tryton and the CRM, read through their APIs,")
