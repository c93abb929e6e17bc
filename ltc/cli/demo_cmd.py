"""`ltc demo`: the whole order book from lead to cash, played by the scenario and checked at the end."""

from __future__ import annotations

from typing import Annotated

import typer

from ltc.cli.demonstrating import conclude, demonstrated
from ltc.cli.exits import BadUsageError

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
    from starter.demo import Options, demonstrate
    from starter.evidence import judge
    from starter.progress import Progress
    from starter.report import console, show

    state = settings.load().state / "demo"
    options = Options(orders, state, chaos, plant, seed, minutes)
    evidence = demonstrated(lambda: demonstrate(options, Progress(console())))
    judgements = judge(evidence)
    show(evidence, judgements, console())
    conclude(all(one.holds for one in judgements), state, keep)
