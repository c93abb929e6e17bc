"""`ltc sla`: promised times per leg, with the engine's lag beside them; what is breached or about to be."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ltc.cli import options
from ltc.cli.inputs import instant
from ltc.cli.output import Column, Format, col, rows, tell
from ltc.cli.session import ask
from ltc.cli.text import moment, short, span

app = typer.Typer(rich_markup_mode=None)


def _seconds(value: Any) -> str:
    return f"{value:.2f} s" if isinstance(value, (int, float)) else ""


_REPORT = (
    col("SLA", "sla"), col("COUNT", "count", right=True), col("MET", "met", right=True),
    col("WARNED", "warned", right=True), col("BREACHED", "breached", right=True), col("RUNNING", "running", right=True),
    col("NOT STARTED", "not_started", right=True),
    col("MEDIAN USED", "median", span, right=True), col("P90 USED", "p90", span, right=True),
    col("ENGINE LAG", "lag", _seconds, right=True),
)  # fmt: skip
_OPEN = (
    col("CHAIN", "chain"), col("SLA", "sla"), col("ITEM", "item"), col("DUE", "deadline", moment),
    Column("HOW", lambda row: _how(row)),
)  # fmt: skip


def _how(row: dict[str, Any]) -> str:
    if row.get("state") == "not_started":
        return f"not started: {short(row.get('why'), 100)}"
    if row.get("breached"):
        return f"breached {moment(row['breached'])}"
    return f"warned {moment(row['warned'])}" if row.get("warned") else "in time"


@app.command()
def sla(
    open_only: Annotated[
        bool, typer.Option("--open", help="List running clocks that warned or breached, and those without a target.")
    ] = False,
    process: Annotated[str, typer.Option(help="Only chains of this process.")] = "",
    since: Annotated[
        str | None, typer.Option(help="Only clocks started on this day or later; whole days, UTC.")
    ] = None,
    limit: options.Limit = 100,
    output: options.Output = Format.TABLE,
) -> None:
    """Show how promised times were kept, per leg; or with --open those now in danger."""
    if open_only:
        rows(ask(lambda desk: desk.slas_in_danger(process, limit)), _OPEN, output, empty="nothing is late")
        return
    moment_since = instant(since, "--since") if since else None
    found = ask(lambda desk: desk.sla_report(process, moment_since))
    if moment_since and output is Format.TABLE:
        from ltc.store.tally import day_of  # late: the store takes long to import, and help must not wait for it

        day = moment(day_of(moment_since))
        tell(f"clocks started from {day} on")
    rows(found, _REPORT, output, empty="no promised time was started")
