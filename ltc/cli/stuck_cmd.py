"""`ltc stuck`: which chains do not move, why, whose turn it is, what happens next, what may be done."""

from __future__ import annotations

from typing import Annotated

import typer

from ltc.cli import options
from ltc.cli.chain_show import stuck_lines
from ltc.cli.output import Column, Format, col, pairs, rows
from ltc.cli.sentences import where
from ltc.cli.session import ask
from ltc.cli.text import clean, moment, short

app = typer.Typer(rich_markup_mode=None)
REASONS = (
    "retrying", "no_worker", "engine_fault", "event_late", "human_overdue", "compensating", "held", "unknown_outcome",
)  # fmt: skip
_LIST = (
    col("CHAIN", "chain"), col("REASON", "reason"), Column("AT", where), col("SINCE", "since", moment),
    col("RESTS WITH", "owner"), col("WHAT", "detail", lambda value: short(value, 60)),
    col("NEXT BY ITSELF", "next", lambda value: short(value, 50)),
    Column("YOU MAY", lambda row: clean(", ".join(row.get("allowed") or []))),
)  # fmt: skip


@app.command()
def stuck(
    chain: Annotated[str, typer.Argument(metavar="CHAIN", help="Only this chain, in full.")] = "",
    reason: Annotated[str, typer.Option(help=f"One of {', '.join(REASONS)}.")] = "",
    leg: Annotated[str, typer.Option(help="Only in this leg.")] = "",
    each: Annotated[
        bool, typer.Option("--each", help="Every chain in a row of its own, also those that wait for one system.")
    ] = False,
    limit: options.Limit = 100,
    output: options.Output = Format.TABLE,
) -> None:
    """Say which chains do not move and why, since when, who owns it, what happens next, what may be done."""
    if reason and reason not in REASONS:
        raise typer.BadParameter(f"{reason!r} is not one of {', '.join(REASONS)}", param_hint="--reason")
    found = ask(lambda desk: desk.stuck(chain, reason, leg, limit, *([True] if each else [])))
    if chain and output is Format.TABLE and found:
        for why in found:
            typer.secho(f"{clean(why['chain'])}  {clean(why['reason'])}", bold=True)
            pairs(stuck_lines(why))
        return
    rows(found, _LIST, output, empty=f"{clean(chain) or 'no chain'} is not stuck" if chain else "nothing is stuck")
