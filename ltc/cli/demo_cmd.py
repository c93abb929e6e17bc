"""`ltc demo`: the whole order book from lead to cash, played by the scenario and checked at the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ltc.cli.exits import BadUsageError, FailedError

if TYPE_CHECKING:
    from starter.demo import Options
    from starter.evidence import Evidence

app = typer.Typer(rich_markup_mode=None)
_PLANTS = ("probe_skipped", "undo_reversed", "key_with_visit")


@app.command()
def demo(
    orders: Annotated[int, typer.Option("--orders", "-n", metavar="N", help="How many of the 830 orders.")] = 830,
    chaos: Annotated[bool, typer.Option("--chaos", help="Kill the worker at 25, 50 and 75 %.")] = False,
    plant: Annotated[
        str,
        typer.Option("--plant", metavar="BUG", help=f"Plant a bug that the checks must catch: {', '.join(_PLANTS)}."),
    ] = "",
    seed: Annotated[int | None, typer.Option(help="Cast the orders anew; without it the scenario file counts.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep databases and logs even when all went well.")] = False,
    minutes: Annotated[float, typer.Option(min=0, help="Real minutes for the virtual clock; 0 chooses.")] = 0.0,
) -> None:
    """Send Northwind's orders down lead_to_cash, play the people, compare with the plan. Exit 1 when a check fails."""
    if plant and plant not in _PLANTS:
        raise BadUsageError(f"--plant: there is no bug {plant!r}; there are {', '.join(_PLANTS)}")
    from ltc import settings
    from starter.demo import Options

    state = settings.load().state / "demo"
    options = Options(orders, state, chaos, plant, seed, minutes)
    evidence = _run(options)
    if not _judge(evidence):
        raise FailedError(f"a check failed; databases and logs are in {state}")
    if not keep:
        _remove(state)


def _run(options: Options) -> Evidence:
    from ltc.cli.interruptible import interruptible
    from ltc.devserver import TemporalNotFoundError, TemporalNotReadyError
    from starter.demo import demonstrate
    from starter.installation import InstallationError
    from starter.order_file import OrderFileError
    from starter.progress import Progress
    from starter.report import console
    from starter.scenario import ScenarioError

    try:
        return interruptible(lambda: demonstrate(options, Progress(console())))
    except (InstallationError, TemporalNotFoundError, TemporalNotReadyError, OrderFileError, ScenarioError) as error:
        raise FailedError(str(error)) from error


def _judge(evidence: Evidence) -> bool:
    from starter.evidence import judge
    from starter.report import console, show

    judgements = judge(evidence)
    show(evidence, judgements, console())
    return all(one.holds for one in judgements)


def _remove(state: Path) -> None:
    import shutil

    shutil.rmtree(state, ignore_errors=True)
