"""`ltc archive`: closed chains into files that are checked, and back as they were."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from ltc.cli import options
from ltc.cli.exits import BadUsageError, FailedError, PartialError
from ltc.cli.inputs import instant
from ltc.cli.inputs import reason as said
from ltc.cli.intervening import confirm
from ltc.cli.output import Format, col, note, one, pairs, rows
from ltc.cli.session import ask
from ltc.cli.text import counted, moment

Record = dict[str, Any]
app = typer.Typer(
    help="Move closed chains into files, check them, bring them back.", no_args_is_help=True, rich_markup_mode=None
)
Before = Annotated[str, typer.Option("--before", metavar="DATE", help="Chains that ended before it, business time.")]
Older = Annotated[str, typer.Option("--older-than", metavar="DAYS", help="Chains that ended so long ago: 400d.")]
Process = Annotated[str, typer.Option("--process", help="Only chains of this process.")]
To = Annotated[str, typer.Option("--to", metavar="DIR", help="A new folder; default STATE/archive/ID.")]
Form = Annotated[str, typer.Option("--format", metavar="jsonl|parquet", help="How the files are written.")]
Resume = Annotated[str, typer.Option("--resume", metavar="ID", help="Go on with an archive that was cut short.")]
_LIST = (
    col("ID", "id"), col("STATE", "state"), col("CHAINS", "chains", right=True), col("BEFORE", "before", moment),
    col("PROCESS", "process"), col("FORMAT", "format"), col("WHO", "actor"), col("FOLDER", "folder"),
)  # fmt: skip


def _since(before: str, older: str) -> datetime | int:
    """Return the instant, or how many days ago; exactly one is to be given."""
    if bool(before) == bool(older):
        raise typer.BadParameter("give exactly one of --before and --older-than")
    if before:
        return instant(before, "--before")
    if not older.endswith("d") or not older[:-1].isdigit() or int(older[:-1]) == 0:
        raise BadUsageError(f"--older-than: {older!r} is no number of days; write 400d")
    return int(older[:-1])


@app.command()
def plan(before: Before = "", older: Older = "", process: Process = "", output: options.Output = Format.TABLE) -> None:
    """Say how many chains would be archived, and how many stay for which reason. Changes nothing."""
    wanted = _since(before, older)
    one(ask(lambda desk: desk.archive_plan(wanted, process)), output, _planned)


def _planned(found: Record) -> None:
    pairs([
        ("ended before", moment(found["before"])), ("would archive", counted(found["chains"], "chain")),
        ("from", moment(found["first_ended"])), ("to", moment(found["last_ended"])),
        *((f"  {name}", number) for name, number in found["processes"].items()),
        *((f"stays: {why}", number) for why, number in found["kept"].items()),
    ])  # fmt: skip


@app.command()
def run(
    before: Before = "", older: Older = "", process: Process = "", to: To = "", form: Form = "jsonl",
    resume: Resume = "", actor: options.Actor = "", reason: options.Reason = "", yes: options.Yes = False,
    dry_run: options.DryRun = False, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Move closed chains into files: written, read back and compared, then deleted from the tables.

    Chains that are open, are kept open, or that somebody or something still waits for stay. A run that was cut short
    loses nothing: --resume goes on with it.
    """
    if form not in ("jsonl", "parquet"):
        raise typer.BadParameter(f"{form!r} is neither jsonl nor parquet", param_hint="--format")
    if resume and (before or older or process or to or dry_run):
        raise typer.BadParameter("--resume goes on with what was chosen then; leave the other options out")
    wanted = None if resume else _since(before, older)
    if wanted is not None and dry_run:
        one(ask(lambda desk: desk.archive_plan(wanted, process)), output, _planned)
        return
    if not actor:
        raise typer.BadParameter("--actor says who archives (or LTC_ACTOR)", param_hint="--actor")
    why = said(reason)
    if wanted is None:
        done = ask(lambda desk: desk.archive_resume(resume, actor, why))
    else:
        found = ask(lambda desk: desk.archive_plan(wanted, process))
        if not found["chains"]:
            note("no chain is to be archived")
            return
        note(f"{counted(found['chains'], 'chain')} leave the tables for files")
        confirm("archive them?", yes)
        done = ask(lambda desk: desk.archive_run(wanted, process, to, form, actor, why))
    one(done, output, _ran)
    if done["left"]:
        raise PartialError(f"{counted(done['left'], 'chain')} changed meanwhile and stayed; run it again")


def _ran(done: Record) -> None:
    pairs([("archive", done["archive"]), ("chains", done["chains"]), ("folder", done["folder"])])


@app.command("list")
def list_archives(output: options.Output = Format.TABLE) -> None:
    """List archives, newest first, with how many chains each holds."""
    rows(ask(lambda desk: desk.archives()), _LIST, output, empty="nothing is archived")


@app.command()
def verify(
    archive: Annotated[str, typer.Argument(metavar="ID", help="The archive's id, as `ltc archive list` shows it.")],
    output: options.Output = Format.TABLE,
) -> None:
    """Read an archive's files and compare them with what is on record of them; exit 1 when something is wrong."""
    wrong = ask(lambda desk: desk.archive_verify(archive))
    found = [{"archive": archive, "wrong": why} for why in wrong]
    rows(found, (col("ARCHIVE", "archive"), col("WRONG", "wrong")), output, empty=f"{archive} is whole")
    if wrong:
        raise FailedError(f"{archive}: {counted(len(wrong), 'thing')} wrong; bring its files back from a copy")


@app.command()
def restore(
    chain: Annotated[list[str] | None, typer.Argument(metavar="[CHAIN]...", help="Only these chains.")] = None,
    archive: Annotated[str, typer.Option("--archive", metavar="ID", help="All chains of this archive.")] = "",
    folder: Annotated[str, typer.Option("--from", metavar="DIR", help="An archive's folder, with its manifest.")] = "",
    actor: options.Actor = "", reason: options.Reason = "", output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Put archived chains back as they were: some by name, or all of an archive."""
    if archive and folder:
        raise typer.BadParameter("give --archive or --from, not both")
    if not (chain or archive or folder):
        raise typer.BadParameter("name chains, or an archive with --archive or --from")
    if not actor:
        raise typer.BadParameter("--actor says who restores (or LTC_ACTOR)", param_hint="--actor")
    why = said(reason)
    done = ask(lambda desk: desk.archive_restore(archive, folder, tuple(chain or ()), actor, why))
    one(done, output, _restored)


def _restored(done: Record) -> None:
    pairs([("restored", counted(done["chains"], "chain")), ("rows", done["rows"]), ("were there", done["there"] or "")])
