"""`ltc views`: what is derived from the records: rebuild it, compare it, fill its holes."""

from __future__ import annotations

from typing import Annotated

import typer

from ltc.cli import options
from ltc.cli.exits import FailedError, PartialError
from ltc.cli.intervening import confirm
from ltc.cli.output import Format, col, note, one, rows, tell
from ltc.cli.session import ask
from ltc.cli.text import clean, counted, short

app = typer.Typer(
    help="Rebuild, verify and heal what is derived from the records.", no_args_is_help=True, rich_markup_mode=None
)
OneChain = Annotated[str, typer.Option("--chain", metavar="CHAIN", help="Only this chain.")]
_DIFFERENCES = (
    col("CHAIN", "chain"), col("TABLE", "table"), col("ROW", "key", lambda value: short(value, 40)),
    col("IN THE VIEW", "live", lambda value: short(value, 60)),
    col("FROM THE TRAIL", "fresh", lambda value: short(value, 60)),
)  # fmt: skip
_HEALED = (
    col("CHAIN", "chain"), col("ENTRIES", "inserted", right=True),
    col("RESULT", "result", lambda value: short(value, 100)),
)  # fmt: skip


@app.command()
def refold(
    chain: OneChain = "", drop: Annotated[bool, typer.Option("--drop", help="Drop the tables of views first.")] = False,
    yes: options.Yes = False, dry_run: options.DryRun = False, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Rebuild the views from the trail. Records are not touched."""
    if drop and chain:
        raise typer.BadParameter("--drop drops the views of all chains; leave out --chain")
    count = 1 if chain else ask(lambda desk: desk.count_chains())
    if dry_run:
        one({"chains": count, "dry_run": True}, output, lambda _: tell(f"would refold {counted(count, 'chain')}"))
        return
    if drop:
        note(
            f"the views of {counted(count, 'chain')} are dropped and rebuilt; lists are incomplete meanwhile,"
            " and `ltc sla` counts them when all are done"
        )
        confirm("drop and rebuild?", yes)
    done = ask(lambda desk: desk.refold(chain, drop))
    one({"chains": done, "dry_run": False}, output, lambda _: tell(f"refolded {counted(done, 'chain')}"))


@app.command()
def verify(chain: OneChain = "", output: options.Output = Format.TABLE) -> None:
    """Compare the views with a fresh fold of the trail, row by row; exit 1 when one differs."""
    found = ask(lambda desk: desk.verify(chain))
    rows(found, _DIFFERENCES, output, empty="every view is what its trail says")
    if found:
        raise FailedError(f"{counted(len(found), 'row')} differ from the trail; `ltc views refold` mends them")


@app.command()
def heal(chain: OneChain = "", limit: options.Limit = 1000, output: options.Output = Format.TABLE) -> None:
    """Read trails with holes again from Temporal's histories; without --chain all that are known to have one."""
    healed = ask(lambda desk: desk.heal(chain, limit))
    rows(healed, _HEALED, output, empty="no trail has a hole")
    failed = [row for row in healed if not row["ok"]]
    if failed and len(failed) == len(healed):
        raise FailedError(f"no trail could be healed: {clean(failed[0]['result'])}")
    if failed:
        raise PartialError(f"{counted(len(failed), 'trail')} could not be healed")
