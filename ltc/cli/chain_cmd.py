"""`ltc chain`: start chains, see where they stand; the interventions live in `intervene_cmd`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ltc.cli import chain_show, options
from ltc.cli.inputs import instant
from ltc.cli.intervene_cmd import COMMANDS
from ltc.cli.migrate_cmd import migrate
from ltc.cli.output import Column, Format, col, note, one, rows
from ltc.cli.relaunch_cmd import relaunch
from ltc.cli.sentences import collapse, sentence, where
from ltc.cli.session import ask
from ltc.cli.text import moment, second, short, span

app = typer.Typer(help="Start chains, see where they stand, intervene.", no_args_is_help=True, rich_markup_mode=None)
_STATES = ("running", "held", "compensating", "kept_open", "ended")
_OUTCOMES = ("completed", "lost", "cancelled", "rejected", "written_off")


def _deadline(row: dict[str, Any]) -> str:
    if row.get("state") == "ended":
        return f"finished {span(row['late'])} late" if row.get("late") else ""
    return moment(row.get("next_deadline"))


_LIST = (
    col("CHAIN", "chain"), Column("STATE", chain_show.standing), col("LEG", "leg"),
    col("CUSTOMER", "customer", lambda value: short(value, 24)), Column("NET", chain_show.amount, right=True),
    col("STARTED", "started", moment), col("RESTS SINCE", "rests_since", moment), Column("NEXT DEADLINE", _deadline),
)  # fmt: skip
_TIMELINE = (
    col("SEQ", "seq", right=True), col("BUSINESS TIME", "at", moment), col("REAL TIME", "wall", second),
    Column("WHERE", where), Column("WHAT", lambda row: _what(row)),
)  # fmt: skip


def _what(row: dict[str, Any]) -> str:
    tries = f" ({row['tries']} tries)" if (row.get("tries") or 0) > 1 else ""
    return short(sentence(row), 200) + tries


def _one_of(given: str | None, allowed: tuple[str, ...], option: str) -> str:
    if given is not None and given not in allowed:
        raise typer.BadParameter(f"{given!r} is not one of {', '.join(allowed)}", param_hint=option)
    return given or ""


@app.command("list")
def list_chains(
    state: Annotated[str | None, typer.Option(help=f"One of {', '.join(_STATES)}.")] = None,
    leg: Annotated[str, typer.Option(help="Chains standing in this leg.")] = "",
    process: Annotated[str, typer.Option(help="Chains of this process.")] = "",
    customer: Annotated[str, typer.Option(help="Chains of this customer.")] = "",
    number: Annotated[str, typer.Option(help="The chain of this business number.")] = "",
    outcome: Annotated[str | None, typer.Option(help=f"One of {', '.join(_OUTCOMES)}.")] = None,
    since: Annotated[str | None, typer.Option(help="Started at or after this date (business time).")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Open chains with a deadline behind them.")] = False,
    limit: options.Limit = 50,
    after: Annotated[str, typer.Option(metavar="CHAIN", help="The page behind this chain, the last one shown.")] = "",
    offset: Annotated[int, typer.Option(min=0, max=100_000, help="Leave out so many first.")] = 0,
    output: options.Output = Format.TABLE,
) -> None:
    """List chains, newest first."""
    filters: dict[str, Any] = {
        "state": _one_of(state, _STATES, "--state"), "outcome": _one_of(outcome, _OUTCOMES, "--outcome"), "leg": leg,
        "process": process, "customer": customer, "number": number, "overdue": overdue,
        "since": instant(since, "--since") if since else None,
    }  # fmt: skip
    found = ask(lambda desk: desk.chains(filters, limit + 1, offset, after))
    rows(found[:limit], _LIST, output, empty="no chain matches")
    if len(found) > limit:
        note(f"there are more: add --after {found[limit - 1]['chain']}")


@app.command()
def show(chain: options.Chain, output: options.Output = Format.TABLE) -> None:
    """Show where a chain stands and why: holds, approvals, waits, promised times, documents, undo list."""
    one(ask(lambda desk: desk.chain(chain)), output, chain_show.show)


@app.command()
def timeline(
    chain: options.Chain,
    limit: options.Limit = 50,
    after: Annotated[int, typer.Option(min=-1, help="Entries after this sequence number.")] = -1,
    before: Annotated[int | None, typer.Option(min=0, help="Entries before this sequence number.")] = None,
    newest: Annotated[bool, typer.Option("--newest/--oldest", help="Which end to begin at.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Every try of every step on a line of its own.")] = False,
    output: options.Output = Format.TABLE,
) -> None:
    """Show the trail of a chain: business time beside real time; the tries of a step are one line."""
    entries = ask(lambda desk: desk.timeline(chain, after, before))
    told = entries if full else collapse(entries)
    page = list(reversed(told))[:limit] if newest else told[:limit]
    rows(page, _TIMELINE, output, empty="no entries there")
    if len(told) > limit:
        edge = page[-1]
        more = f"--before {edge.get('first_seq', edge['seq'])} --newest" if newest else f"--after {edge['seq']}"
        note(f"{len(told) - limit} more: add {more}")


@app.command()
def start(
    process: Annotated[str, typer.Argument(metavar="PROCESS", help="The name of a process definition.")],
    opportunity: Annotated[str, typer.Option(metavar="ID", help="A deal, by its id in the CRM.")] = "",
    event: Annotated[
        str, typer.Option("--input", metavar="JSON", help="The start event's fields: JSON, @file, or - for stdin.")
    ] = "",
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="An order file: .jsonl, or .csv with --lines.")
    ] = None,
    lines: Annotated[Path | None, typer.Option(metavar="FILE", help="The CSV of order lines.")] = None,
    masterdata: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Customers, products, employees for --file; default Northwind's.")
    ] = None,
    actor: options.Actor = "",
    dry_run: options.DryRun = False,
    output: options.Output = Format.TABLE,
) -> None:
    """Start a chain from a deal in the CRM or from JSON, or one chain per order of a file.

    Starting the same business key twice finds the same chain and starts nothing.
    """
    from ltc.cli import starting

    given = [name for name, value in (("--opportunity", opportunity), ("--input", event), ("--file", file)) if value]
    if len(given) != 1:
        raise typer.BadParameter("give exactly one of --opportunity, --input and --file")
    if (lines or masterdata) and not file:
        raise typer.BadParameter("--lines and --masterdata go with --file")
    if file:
        starting.from_file(process, file, lines, masterdata, actor, dry_run, output)
    elif opportunity:
        starting.from_crm(process, opportunity, actor, dry_run, output)
    else:
        starting.from_input(process, event, actor, dry_run, output)


app.command("migrate")(migrate)
app.command("relaunch")(relaunch)
for _name, _command in COMMANDS.items():
    app.command(_name)(_command)
