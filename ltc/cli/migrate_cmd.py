"""`ltc chain migrate` and `ltc bulk`: chains to another version of their definition, and what became of it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ltc.cli import options
from ltc.cli.exits import BadUsageError, Code
from ltc.cli.inputs import reason
from ltc.cli.intervening import INTERRUPTED, confirm
from ltc.cli.output import Column, Format, col, note, one, pairs, rows, table
from ltc.cli.session import ask
from ltc.cli.text import clean, counted, moment

Record = dict[str, Any]
PLAIN = ("retry", "release", "hold", "cancel")  # those of ltc.client.moving, which help pages do not wait for
app = typer.Typer(
    help="Actions on many chains: what they did to each, and the failed ones again.",
    no_args_is_help=True, rich_markup_mode=None,
)  # fmt: skip

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
_BULKS = (
    col("ID", "id"), col("ACTION", "action"), col("WHO", "actor"), col("AT", "at", moment), col("CHAINS", "count"),
    col("DONE", "done"), col("REFUSED", "refused"), col("FAILED", "failed"), col("WAITING", "waiting"),
    col("REASON", "reason"),
)  # fmt: skip


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
        _end(blocked, len(found) - blocked)
        return
    table(found, PLANNED) if output is Format.TABLE else None
    note(f"{counted(len(able), 'chain')} of {len(found)} will be moved; {blocked} are blocked")
    confirm(f"{action} {counted(len(able), 'chain')}?", yes)
    bulk = ask(lambda desk: desk.move(action, able, actor, reason(why), to, renames))
    _go_through(bulk, actor, rate, output, blocked)


def _go_through(bulk: str, actor: str, rate: float, output: Format, blocked: int = 0) -> None:
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
    _end(failed + blocked, len(done) - failed)


def _end(not_done: int, done: int) -> None:
    if not_done:
        raise typer.Exit(Code.PARTIAL if done else Code.REFUSED)


@app.command()
def run(
    action: Annotated[str, typer.Argument(metavar="ACTION", help=f"One of {', '.join(PLAIN)}.")],
    chains: Chains = None, process: Process = "", leg: Leg = "",
    held: Annotated[
        str, typer.Option("--held", metavar="REASON", help="With --process: only those held for this: unavailable.")
    ] = "",
    plan: Plan = False, rate: Rate = 0.0, actor: Who = "", why: Why = "", yes: options.Yes = False,
    output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Do the same to many chains: a frozen set with an id, and a result for each.

    Each chain answers for itself, as to `ltc chain`; `ltc bulk retry` does it again to those that did not take it.
    """
    if action not in PLAIN:
        raise BadUsageError(f"{action[:20]!r} is not one of {', '.join(PLAIN)}; the others go chain by chain")
    if held and not process:
        raise BadUsageError("--leg and --held go with --process")
    meant = ask(lambda desk: desk.running(process, leg, "", held)) if held else chosen(chains, process, leg, "")
    if plan or not meant:
        rows([{"chain": name} for name in meant], (col("CHAIN", "chain"),), output, empty="no chain is meant")
        note(f"{counted(len(meant), 'chain')}; nothing was changed")
        return
    if not (actor and why):
        raise BadUsageError("--actor and --reason are needed, for the record (or --plan to look only)")
    confirm(f"{action} {counted(len(meant), 'chain')}?", yes)
    known: Any = action
    bulk = ask(lambda desk: desk.move(known, meant, actor, reason(why), "", {}))
    _go_through(bulk, actor, rate, output)


@app.command("list")
def list_bulks(limit: options.Limit = 50, output: options.Output = Format.TABLE) -> None:
    """List actions on many chains, newest first."""
    rows(ask(lambda desk: desk.bulks(limit)), _BULKS, output, empty="there was none")


@app.command()
def show(
    bulk: Annotated[str, typer.Argument(metavar="ID", help="As `ltc bulk list` shows it.")],
    output: options.Output = Format.TABLE,
) -> None:
    """Show an action on many chains, with its result for each."""
    one(ask(lambda desk: desk.bulk(bulk)), output, _shown)


def _shown(record: Record) -> None:
    pairs(
        [(name, record.get(name)) for name in ("id", "action", "actor", "reason", "count", "done", "refused", "failed")]
    )
    table(record["items"], RESULTS)


@app.command()
def retry(
    bulk: Annotated[str, typer.Argument(metavar="ID", help="As `ltc bulk list` shows it.")],
    actor: options.Actor, rate: Rate = 0.0, yes: options.Yes = False, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Do it again to those chains of its frozen set with which it is not done."""
    record = ask(lambda desk: desk.bulk(bulk))
    left = record["count"] - record["done"]
    if left:
        confirm(f"{record['action']} {counted(left, 'chain')} again?", yes)
    _go_through(bulk, actor, rate, output)
