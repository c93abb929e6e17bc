"""Options that many commands share, spelled once."""

from __future__ import annotations

from typing import Annotated

import typer

from ltc.cli.output import Format

Output = Annotated[Format, typer.Option("-o", "--output", help="How to write the result.")]
Actor = Annotated[
    str,
    typer.Option(
        "--actor",
        envvar="LTC_ACTOR",
        metavar="PERSON",
        help="Who acts: an id of the people file; recorded as asserted.",
    ),
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; stays on record.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, change nothing.")]
Chain = Annotated[str, typer.Argument(metavar="CHAIN", help="The chain's id, as `ltc chain list` shows it.")]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, max=10_000, help="At most so many.")]
