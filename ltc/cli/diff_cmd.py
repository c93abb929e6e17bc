"""`ltc def diff` and `ltc def versions`: what changed between two definitions, which chains it touches."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ltc.cli import options
from ltc.cli.exits import BadUsageError, Code
from ltc.cli.output import Column, Format, col, heading, note, one, rows, table
from ltc.cli.session import ask
from ltc.cli.text import clean, counted, moment
from ltc.definition.compare import Change, changes
from ltc.definition.plan import Plan

Record = dict[str, Any]
Ref = Annotated[str, typer.Argument(metavar="DEFINITION", help="A name, a YAML file, or PROCESS@DIGEST on record.")]

_CHANGES = (
    col("KIND", "kind"), col("WHAT", "name"), col("HOW", "how"),
    Column("FIELDS", lambda row: clean(", ".join(row["fields"]))),
)  # fmt: skip
_TOUCHED = (
    col("CHAIN", "chain"), col("RUNS", "plan"), col("LEG", "leg"),
    Column("CHANGED LEGS ENTERED", lambda row: clean(", ".join(row["entered"]) or "none")),
)  # fmt: skip
_VERSIONS = (
    col("VERSION", "version"), col("FIRST USED", "first_used", moment), col("RUNNING CHAINS", "running", right=True),
)  # fmt: skip


def diff(
    old: Ref, new: Ref,
    chains: Annotated[
        bool | None, typer.Option("--chains/--no-chains", help="Running chains it touches; default: if there are any.")
    ] = None,
    output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Say what changed between two definitions: legs, steps, approvals, promised times, handlers, tables.

    Exit 0 when nothing did, 1 when something did.
    """
    found = _at_desk(old, new, chains) if _wants_desk(old, new, chains) else _alone(old, new)
    one(found, output, _shown)
    if found["changes"]:
        raise typer.Exit(Code.FAILED)


def versions(
    process: Annotated[str, typer.Argument(metavar="[PROCESS]", help="One process; default: all.")] = "",
    output: options.Output = Format.TABLE,
) -> None:
    """List the versions of definitions that chains have been started with or moved to, newest first."""
    rows(ask(lambda desk: desk.versions(process)), _VERSIONS, output, empty="no chain has been started yet")


def _wants_desk(old: str, new: str, chains: bool | None) -> bool:
    """A version on record, and running chains, need an installation; two files do not."""
    from ltc.cli import installed
    from ltc.client.versions import is_kept

    if chains or is_kept(old) or is_kept(new):
        return True
    config = installed.load()
    return chains is None and bool(config.database.get_secret_value() or (config.state / "ltc.db").exists())


def _alone(old: str, new: str) -> Record:
    from ltc.cli.def_files import compiled

    before, after = compiled(old), compiled(new)
    return _record(before, after, changes(before, after), [])


def _at_desk(old: str, new: str, chains: bool | None) -> Record:
    async def compare(desk: Any) -> Record:
        before, after = (await desk.definition(old)).plan, (await desk.definition(new)).plan
        found = changes(before, after)
        legs = list(dict.fromkeys(change.leg for change in found if change.leg and change.kind != "sla"))
        touched = await desk.touched(after.process, legs, after.digest) if found and chains is not False else []
        return _record(before, after, found, touched)

    found: Record = ask(compare)
    return found


def _record(old: Plan, new: Plan, found: list[Change], touched: list[Record]) -> Record:
    if old.process != new.process:
        raise BadUsageError(f"these are definitions of two processes, {old.process} and {new.process}")
    return {
        "process": new.process, "old": old.digest, "new": new.digest,
        "changes": [change.model_dump() for change in found], "chains": touched,
    }  # fmt: skip


def _shown(record: Record) -> None:
    note(
        f"{record['process']}: {record['old'][:12]} → {record['new'][:12]}, {counted(len(record['changes']), 'change')}"
    )
    if record["changes"]:
        table(record["changes"], _CHANGES)
    if record["chains"]:
        heading("Running chains that it touches")
        table(record["chains"], _TOUCHED)
        note("what can be moved, and what blocks it: ltc chain migrate --process … --to … --plan")
