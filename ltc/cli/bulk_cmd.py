"""`ltc bulk`: the same done to many chains, as a frozen set with an id, and what became of it in each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from ltc.cli import options
from ltc.cli.exits import BadUsageError, RefusedError
from ltc.cli.inputs import json_object, reason
from ltc.cli.intervening import confirm
from ltc.cli.migrate_cmd import RESULTS, Chains, Plan, Process, Rate, Who, Why, chosen, end, go_through
from ltc.cli.output import Column, Format, col, note, one, pairs, rows, table
from ltc.cli.session import ask
from ltc.cli.text import clean, counted, moment

Record = dict[str, Any]
_PLACE = ("held", "leg", "step")
# What each action takes besides chains and a reason, by the names of the options.
TAKES: Mapping[str, tuple[str, ...]] = {
    "retry": _PLACE, "skip": _PLACE, "correct": (*_PLACE, "values"), "release": (), "hold": (),
    "extend": ("sla", "by"), "cancel": ("consent",), "relaunch": (),
}  # fmt: skip
NEEDS = {"correct": ("values",), "extend": ("sla", "by")}
app = typer.Typer(
    help="Actions on many chains: what they did to each, and the failed ones again.",
    no_args_is_help=True, rich_markup_mode=None,
)  # fmt: skip
_BULKS = (
    col("ID", "id"), col("ACTION", "action"), col("WHO", "actor"), col("AT", "at", moment), col("CHAINS", "count"),
    col("DONE", "done"), col("REFUSED", "refused"), col("FAILED", "failed"), col("WAITING", "waiting"),
    col("REASON", "reason"),
)  # fmt: skip
_FORESEEN = (
    col("CHAIN", "chain"), col("STATUS", "status"), Column("WHAT", lambda row: clean("; ".join(row["would"]))),
    Column("WHY NOT", lambda row: clean("; ".join(row["reasons"]))),
)  # fmt: skip


@app.command()
def run(
    action: Annotated[str, typer.Argument(metavar="ACTION", help=f"One of {', '.join(TAKES)}.")],
    chains: Chains = None, process: Process = "",
    leg: Annotated[
        str, typer.Option("--leg", help="Only what stands in this leg; retry, skip, correct: what is held there.")
    ] = "",
    step: Annotated[str, typer.Option("--step", help="retry, skip, correct: only what is held at this step.")] = "",
    held: Annotated[
        str, typer.Option("--held", metavar="REASON", help="Only what is held for this: unavailable.")
    ] = "",
    values: Annotated[
        str, typer.Option("--values", metavar="JSON", help="correct: new arguments, the same for all: JSON, @file, -.")
    ] = "",
    sla: Annotated[str, typer.Option("--sla", help="extend: which promised time, as `ltc chain show` names it.")] = "",
    by: Annotated[str, typer.Option("--by", metavar="SPAN", help="extend: by how much: 2bd, 4h, 7d.")] = "",
    consent: Annotated[
        bool, typer.Option("--consent", help="cancel: also what lies past the point of no return.")
    ] = False,
    plan: Plan = False, rate: Rate = 0.0, actor: Who = "", why: Why = "", yes: options.Yes = False,
    output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Do the same to many chains: a frozen set with an id, and a result for each.

    Each chain answers for itself, as to `ltc chain`; `ltc bulk retry` does it again to those that did not take it.
    """
    place = {name: value for name, value in (("held", held), ("leg", leg), ("step", step)) if value}
    more = {"values": values, "sla": sla, "by": by, "consent": consent}
    wish = _wish(action, {name: value for name, value in more.items() if value}, place, bool(process))
    meant = _meant(chains, process, place, action)
    if plan or not meant:
        _foresee(action, meant, wish, output)
        return
    if not (actor and why):
        raise BadUsageError("--actor and --reason are needed, for the record (or --plan to look only)")
    if action == "relaunch":  # of a process only those that Temporal has lost: the others would all refuse
        meant = [row["chain"] for row in ask(lambda desk: desk.foresee(action, meant, wish)) if row["status"] == "safe"]
        if not meant:
            raise RefusedError("none of these chains can begin again; --plan says why")
    confirm(f"{action} {counted(len(meant), 'chain')}?", yes)
    known: Any = action
    bulk = ask(lambda desk: desk.act_on(known, meant, actor, reason(why), wish))
    go_through(bulk, actor, rate, output)


def _wish(action: str, more: Record, place: Record, choosing: bool) -> Record:
    """Return what goes on record as the particulars of an action.

    Raises:
        BadUsageError: there is no such action, it takes no such thing, or something that it needs is missing.
    """
    if action not in TAKES:
        raise BadUsageError(f"{action[:20]!r} is not one of {', '.join(TAKES)}; the others go chain by chain")
    takes = TAKES[action]
    for name in (*place, *more):
        if name not in takes and not (choosing and name in ("leg", "held")):
            able = ", ".join(one for one, taken in TAKES.items() if name in taken)
            raise BadUsageError(f"--{name} does not go with {action}; it goes with {able}")
    missing = [f"--{name}" for name in NEEDS.get(action, ()) if name not in more]
    if missing:
        raise BadUsageError(f"{action} needs {' and '.join(missing)}")
    if "by" in more:
        _span(more["by"])
    if "values" in more:
        more = {**more, "values": json_object(more["values"], "--values")}
    return {**more, **{name: value for name, value in place.items() if name in takes}}


def _span(text: str) -> None:
    from ltc.definition.timespans import parse_span

    try:
        parse_span(text)
    except ValueError as error:
        raise BadUsageError(f"--by: {error}") from error


def _meant(chains: list[str] | None, process: str, place: Record, action: str) -> list[str]:
    """Return the chains that are meant: those named, or those of a process that stand, or hold something, there."""
    if chains or not process:
        return chosen(chains, process, "", "")
    if "step" in TAKES[action] and place:
        return ask(lambda desk: desk.holding(process, place))
    return ask(lambda desk: desk.running(process, place.get("leg", ""), "", place.get("held", "")))


def _foresee(action: str, meant: list[str], wish: Record, output: Format) -> None:
    """Say of each chain what the action would do, as far as the records know."""
    found = ask(lambda desk: desk.foresee(action, meant, wish)) if meant else []
    rows(found, _FORESEEN, output, empty="no chain is meant")
    blocked = sum(row["status"] == "blocked" for row in found)
    note(f"{counted(len(meant), 'chain')}, {blocked} of them would not take it; nothing was changed")
    end(blocked, len(found) - blocked)


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
    names = ("id", "action", "actor", "reason", "with", "count", "done", "refused", "failed", "waiting")
    wish = (record.get("detail") or {}).get("wish") or {}
    said = ", ".join(f"{name} {value}" for name, value in wish.items())
    pairs([(name, said if name == "with" else record.get(name)) for name in names])
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
    go_through(bulk, actor, rate, output)
