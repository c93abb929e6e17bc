"""`ltc chain migrate`: chains to another version of their definition; and how any action on many of them is told."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ltc.cli import options
from ltc.cli.exits import BadUsageError, Code
from ltc.cli.inputs import reason
from ltc.cli.intervening import INTERRUPTED, confirm
from ltc.cli.output import Column, Format, col, note, rows, table
from ltc.cli.session import ask
from ltc.cli.text import clean, counted, moment

Record = dict[str, Any]

Chains = Annotated[list[str] | None, typer.Argument(metavar="[CHAIN]...", help="Chains by their ids.")]
Process = Annotated[str, typer.Option("--process", help="All running chains of this process.")]
Leg = Annotated[str, typer.Option("--leg", help="With --process: only those that stand in this leg.")]
Plan = Annotated[bool, typer.Option("--plan", "--dry-run", help="Say what would happen to each, change nothing.")]
Rate = Annotated[
    float, typer.Option("--rate", min=0, help="At most so many chains a second (0.1: one in ten seconds); 0: no limit.")
]
Who = Annotated[str, typer.Option("--actor", envvar="LTC_ACTOR", metavar="PERSON", help="Who acts.")]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; stays on record.")]


def _dues(row: Record) -> str:
    moved = [
        f"{due['sla']}: {moment(due['was']) or 'paused'} → {moment(due['now']) or 'paused'}" for due in row["dues"]
    ]
    return clean("; ".join(moved))


PLANNED = (
    col("CHAIN", "chain"), col("STATUS", "status"), col("RUNS", "plan"), col("TO", "to"),
    Column("DUE DATES", _dues), Column("WHY NOT", lambda row: clean("; ".join(row["reasons"]))),
)  # fmt: skip
RESULTS = (col("CHAIN", "chain"), col("RESULT", "state"), col("MESSAGE", "message"))


def migrate(
    chains: Chains = None, process: Process = "", leg: Leg = "",
    to: Annotated[str, typer.Option("--to", metavar="DEFINITION", help="A YAML file, a name, or PROCESS@DIGEST.")] = "",
    source: Annotated[str, typer.Option("--from", metavar="VERSION", help="Only chains that run this version.")] = "",
    renamed: Annotated[
        list[str] | None, typer.Option("--map", metavar="LEG.OLD=LEG.NEW", help="A step that is called otherwise now.")
    ] = None,
    revert: Annotated[bool, typer.Option("--revert", help="Go back to the version before.")] = False,
    plan: Plan = False, rate: Rate = 0.0, actor: Who = "", why: Why = "", yes: options.Yes = False,
    output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Move running chains to another version of their definition, for legs that they have not entered yet.

    Each chain is safe, mapped (with --map), there already, or blocked with the reason. Exit 5 when only some can, or
    could, be moved; 4 when none.
    """
    if bool(to) == revert:
        raise BadUsageError("give either --to (where to) or --revert (back to the version before)")
    meant = chosen(chains, process, leg, source)
    carry_out("revert" if revert else "migrate", meant, to, pairs_of(renamed), plan, rate, actor, why, yes, output)


def chosen(chains: list[str] | None, process: str, leg: str, version: str) -> list[str]:
    """Return the chains that are meant: those named, or the running ones of a process.

    Raises:
        BadUsageError: neither or both are given.
    """
    if bool(chains) == bool(process):
        raise BadUsageError("name chains, or all running ones of a process with --process")
    if chains and (leg or version):
        raise BadUsageError("--leg and --from go with --process")
    return list(dict.fromkeys(chains)) if chains else ask(lambda desk: desk.running(process, leg, version))


def pairs_of(renamed: list[str] | None) -> dict[str, str]:
    """Read ``leg.old=leg.new``.

    Raises:
        BadUsageError: it does not read so.
    """
    found: dict[str, str] = {}
    for text in renamed or []:
        old, sign, new = text.partition("=")
        if sign and "." not in old + new:
            raise BadUsageError(f"--map {text}: legs keep their names, only their titles may change; map steps")
        if not sign or old.count(".") != 1 or new.count(".") != 1 or old in found:
            raise BadUsageError(f"--map {text}: write LEG.OLD=LEG.NEW, once for each step")
        found[old] = new
    return found


def carry_out(
    action: Any, chains: list[str], to: str, renames: dict[str, str], plan: bool, rate: float, actor: str, why: str,
    yes: bool, output: Format,
) -> None:  # fmt: skip
    """Look at every chain; then, unless only that was asked, move those that can be moved."""
    if not plan and not (actor and why):
        raise BadUsageError("--actor and --reason are needed, for the record (or --plan to look only)")
    found = ask(lambda desk: desk.look(chains, action, to, renames))
    able = [row["chain"] for row in found if row["status"] in ("safe", "mapped")]
    blocked = sum(row["status"] == "blocked" for row in found)
    if plan or not able:
        rows(found, PLANNED, output, empty="no chain is meant")
        note(f"{counted(len(found), 'chain')}: {len(able)} can be moved, {blocked} blocked; nothing was changed")
        end(blocked, len(found) - blocked)
        return
    if output is Format.TABLE:
        table(found, PLANNED)
    note(f"{counted(len(able), 'chain')} of {len(found)} will be moved; {blocked} are blocked")
    confirm(f"{action} {counted(len(able), 'chain')}?", yes)
    bulk = ask(lambda desk: desk.move(action, able, actor, reason(why), to, renames))
    go_through(bulk, actor, rate, output, blocked)


def go_through(bulk: str, actor: str, rate: float, output: Format, blocked: int = 0) -> None:
    """Carry out what is not done of an action on many chains, and tell how it went with each."""
    done: list[Record] = []
    try:
        ask(lambda desk: desk.go_through(bulk, actor, rate, done.append))
    except KeyboardInterrupt:
        rows([{"bulk": bulk, **row} for row in done], RESULTS, output, empty="nothing was done yet")
        note(f"interrupted after {counted(len(done), 'chain')} of bulk action {bulk}; go on: ltc bulk retry {bulk}")
        raise typer.Exit(INTERRUPTED) from None
    rows([{"bulk": bulk, **row} for row in done], RESULTS, output, empty="all of it is done already")
    failed = sum(row["state"] != "done" for row in done)
    note(
        f"bulk action {bulk}: {len(done) - failed} done, {failed} not"
        + (f"; again: ltc bulk retry {bulk}" if failed else "")
    )
    end(failed + blocked, len(done) - failed)


def end(not_done: int, done: int) -> None:
    """End with 5 where some could not, with 4 where none could."""
    if not_done:
        raise typer.Exit(Code.PARTIAL if done else Code.REFUSED)
