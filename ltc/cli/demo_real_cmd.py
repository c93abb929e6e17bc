"""`ltc demo-real`: sixty orders through real systems, BottleCRM and Tryton, checked against their own records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ltc.cli.demonstrating import conclude, demonstrated
from ltc.cli.exits import BadUsageError

app = typer.Typer(rich_markup_mode=None)
_CRMS = ("bottlecrm", "tryton")


@app.command()
def demo_real(
    orders: Annotated[int, typer.Option("--orders", "-n", metavar="N", help="How many of the 60 orders.")] = 60,
    faults: Annotated[bool, typer.Option("--faults", help="Kill Tryton and the CRM during the run.")] = False,
    crm: Annotated[
        str, typer.Option("--crm", help="bottlecrm or tryton; without it BottleCRM where there is a Python 3.12.")
    ] = "",
    cache: Annotated[
        Path | None, typer.Option("--cache", metavar="DIR", help="Where environments and templates are kept.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep databases and logs even when all went well.")] = False,
) -> None:
    """Sell, deliver and bill on real systems, then compare their own records with the plan. Exit 1: a check failed."""
    if crm and crm not in _CRMS:
        raise BadUsageError(f"--crm: there is no {crm!r}; there are {', '.join(_CRMS)}")
    from ltc import settings
    from starter.progress import Progress
    from starter.real.demo import Options, demonstrate
    from starter.real.judge import judge
    from starter.real.report import show
    from starter.report import console

    state = settings.load().state / "demo-real"
    options = Options(orders, state, faults, crm, cache)
    evidence = demonstrated(lambda: demonstrate(options, Progress(console())))
    judgements = judge(evidence)
    show(evidence, judgements, console())
    conclude(all(one.holds for one in judgements), state, keep)
