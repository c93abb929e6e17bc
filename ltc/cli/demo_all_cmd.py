"""`ltc demo-all`: every shipped process runs its scenario on the sandbox, and is compared with it."""

from __future__ import annotations

from typing import Annotated

import typer

from ltc.cli.demonstrating import conclude, demonstrated
from ltc.cli.exits import BadUsageError

app = typer.Typer(rich_markup_mode=None)


@app.command()
def demo_all(
    chains: Annotated[int, typer.Option("--chains", "-n", min=1, metavar="N", help="Chains of each process.")] = 1000,
    only: Annotated[str, typer.Option("--only", metavar="P,P", help="These processes only, by name.")] = "",
    keep: Annotated[bool, typer.Option("--keep", help="Keep databases and logs even when all went well.")] = False,
    minutes: Annotated[float, typer.Option(min=0, help="Real minutes for the virtual clock; 0 chooses.")] = 0.0,
) -> None:
    """Run all shipped processes at once by their scenarios, compare with the plan. Exit 1 when a check fails."""
    from ltc import settings
    from starter.progress import Progress
    from starter.rehearsal import shape
    from starter.rehearsal.report import show
    from starter.rehearsal.run import Options, rehearse
    from starter.report import console

    there = shape.processes()
    wanted = [name.strip() for name in only.split(",") if name.strip()] or there
    unknown = [name for name in wanted if name not in there]
    if unknown:
        raise BadUsageError(f"--only: there is no scenario of {unknown[0]!r}; there are {', '.join(there)}")
    state = settings.load().state / "demo-all"
    options = Options([shape.read(name).subset(chains) for name in wanted], state, minutes)
    evidence = demonstrated(lambda: rehearse(options, Progress(console())))
    conclude(show(evidence, console()), state, keep)
