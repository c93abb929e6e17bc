"""`ltc file`: the files that tasks and decisions refer to."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ltc.cli import installed, options
from ltc.cli.exits import BadUsageError, NotFoundError, PartialError, RefusedError
from ltc.cli.inputs import reason as said
from ltc.cli.intervening import confirm
from ltc.cli.output import Format, col, note, one, rows, tell
from ltc.cli.session import ask
from ltc.cli.task_work_cmd import read_file
from ltc.cli.text import counted, moment

if TYPE_CHECKING:
    from ltc.ports.files import Files

app = typer.Typer(help="Keep, fetch and verify attached files.", no_args_is_help=True, rich_markup_mode=None)
Named = Annotated[str, typer.Argument(metavar="SHA256", help="The file's digest, or its first 8 or more digits.")]
_LIST = (col("SHA256", "sha256"), col("RESULT", "result"))
_UNUSED = (col("SHA256", "sha256"), col("LAST USED", "used", moment))


def _files() -> Files:
    from ltc.bootstrap import files_of

    return files_of(installed.load())


@app.command()
def put(
    path: Annotated[str, typer.Argument(metavar="PATH", help="The file.")], output: options.Output = Format.TABLE
) -> None:
    """Keep a file; says the digest that names it from now on."""
    from ltc.ports.errors import PortError
    from ltc.ports.files import FileRefused

    data = read_file(path)
    try:
        kept = _files().put(data, Path(path).name)
    except FileRefused as error:
        raise RefusedError(str(error)) from error
    except PortError as error:
        raise BadUsageError(str(error)) from error
    one(kept.model_dump(), output, lambda _: tell(f"{kept.sha256}  {kept.name}  {kept.size} bytes"))


@app.command()
def get(
    sha256: Named,
    to: Annotated[str, typer.Option("--to", metavar="PATH", help="Where to write it; default: standard output.")] = "",
) -> None:
    """Fetch a file, checked against its digest."""
    data = _read(_files(), sha256)
    if not to:
        sys.stdout.buffer.write(data)
        return
    if Path(to).exists():
        raise RefusedError(f"{to} exists already; choose another name")
    Path(to).write_bytes(data)
    note(f"{to}: {len(data)} bytes")


def _read(files: Files, sha256: str) -> bytes:
    from ltc.ports.files import FileDamaged, FileMissing

    try:
        return files.get(_whole(files, sha256))
    except FileMissing as error:
        raise NotFoundError(str(error)) from error
    except FileDamaged as error:
        raise RefusedError(str(error)) from error


def _whole(files: Files, given: str) -> str:
    """The digest that begins so."""
    wanted = given.lower()
    if len(wanted) >= 64:
        return wanted
    found = [one for one in files.kept() if one.startswith(wanted)] if len(wanted) >= 8 else []
    if len(found) > 1:
        raise BadUsageError(f"{len(found)} files begin with {given}; give more digits")
    return found[0] if found else wanted


@app.command()
def verify(
    sha256: Annotated[str, typer.Argument(metavar="SHA256", help="One file; default: all.")] = "",
    output: options.Output = Format.TABLE,
) -> None:
    """Read files again and compare them with their digests; exit 5 if any is not as it was kept."""
    files = _files()
    named = [_whole(files, sha256)] if sha256 else files.kept()
    if sha256 and named[0] not in files.kept():
        raise NotFoundError(f"no file {sha256!r} is kept; `ltc file list` shows those there are")
    found = [{"sha256": name, "result": _result(files, name)} for name in named]
    rows([row for row in found if row["result"] != "whole"] if output is Format.TABLE else found, _LIST, output,
         empty=f"{len(found)} files, all whole")  # fmt: skip
    ill = sum(row["result"] != "whole" for row in found)
    if ill:
        raise PartialError(f"{counted(ill, 'file')} not as kept; put back from a backup what is named above")


def _result(files: Files, name: str) -> str:
    from ltc.ports.errors import PortError

    try:
        return "whole" if hashlib.sha256(files.get(name)).hexdigest() == name else "damaged"
    except PortError as error:
        return str(error)


@app.command("list")
def list_files(limit: options.Limit = 50, output: options.Output = Format.TABLE) -> None:
    """List the files that are kept."""
    files = _files()
    found: list[dict[str, Any]] = [{"sha256": name} for name in files.kept()[: limit + 1]]
    rows(found[:limit], (col("SHA256", "sha256"),), output, empty="no file is kept")
    if len(found) > limit:
        note("there are more: raise --limit")


@app.command()
def prune(
    older: Annotated[
        str, typer.Option("--older-than", metavar="DAYS", help="Not kept or used for so long, in real time.")
    ] = "30d",
    actor: options.Actor = "", reason: options.Reason = "",
    dry_run: options.DryRun = False, yes: options.Yes = False, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Remove files that nothing on record refers to: no trail, start or answer, here or in an archive.

    Where a trail has a hole or an archive cannot be read, nothing is removed.
    """
    if not older.endswith("d") or not older[:-1].isdigit() or int(older[:-1]) == 0:
        raise BadUsageError(f"--older-than: {older!r} is no number of days; write 30d")
    days = int(older[:-1])
    found = ask(lambda desk: desk.files_unused(days))
    if dry_run or not found:
        rows(found, _UNUSED, output, empty="no file is without use")
        note(f"{counted(len(found), 'file')} without use; nothing was removed")
        return
    if not actor:
        raise BadUsageError("--actor says who removes them (or LTC_ACTOR)")
    why = said(reason)
    note(f"{counted(len(found), 'file')} without use")
    confirm("remove them for good?", yes)
    rows(ask(lambda desk: desk.files_prune(days, actor, why)), _UNUSED, output, empty="no file is without use")
