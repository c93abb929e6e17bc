"""`ltc systems`: real outside systems on this machine, for trials, demonstrations and tests."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ltc.cli import options
from ltc.cli.exits import BadUsageError, FailedError
from ltc.cli.output import Format, col, note, one, pairs, rows

if TYPE_CHECKING:
    from ltc.systems.running import Systems

app = typer.Typer(
    help="Install, start and end real systems on loopback: Tryton (ERP), BottleCRM (CRM).", no_args_is_help=True,
    rich_markup_mode=None,
)  # fmt: skip
State = Annotated[
    Path | None, typer.Option("--state", metavar="DIR", help="Where the systems live; default LTC_STATE/systems.")
]
Cache = Annotated[
    Path | None, typer.Option("--cache", metavar="DIR", help="Where environments and templates are kept.")
]
_LIST = (
    col("SYSTEM", "system"), col("PROCESS", "name"), col("STATE", "state"), col("PID", "pid", right=True),
    col("ANSWERS AT", "url"),
)  # fmt: skip
_SECRET = ("password", "token")


@app.command()
def up(
    names: Annotated[list[str] | None, typer.Argument(metavar="[tryton] [bottlecrm]", help="Default: both.")] = None,
    state: State = None, cache: Cache = None, output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """Install what is missing, create and seed the databases, start the servers. What runs already is left alone."""
    chosen = list(dict.fromkeys(names or ["tryton", "bottlecrm"]))
    systems = _systems(state, cache, _teller())
    rows([asdict(row) for row in _guarded(lambda: systems.up(chosen))], _LIST, output)
    if output is Format.TABLE:
        note("a worker uses them with the setting that `ltc systems env` gives; end them with `ltc systems down`")


@app.command()
def down(
    state: State = None, cache: Cache = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the databases; `up` goes on with them.")] = False,
    output: options.Output = Format.TABLE,
) -> None:  # fmt: skip
    """End the servers that `up` started here and remove their databases. Environments and templates stay."""
    systems = _systems(state, cache, note)
    one({"stopped": _guarded(lambda: systems.down(keep)), "kept": keep}, output, _show)


@app.command()
def status(state: State = None, cache: Cache = None, output: options.Output = Format.TABLE) -> None:
    """Show the processes of the systems here."""
    systems = _systems(state, cache, note)
    rows([asdict(row) for row in _guarded(systems.status)], _LIST, output, empty="no system was brought up here")


@app.command()
def env(
    state: State = None, cache: Cache = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Write it with its secrets, for its owner alone.")
    ] = None,
) -> None:  # fmt: skip
    """Print the setting LTC_SYSTEMS that leads a worker to these systems; secrets only go into a file (--to)."""
    from ltc.systems.shared import write_private

    found = _guarded(_systems(state, cache, note).settings)
    if to is None:
        shown = {port: {name: _blotted(name, value) for name, value in one.items()} for port, one in found.items()}
        typer.echo(f"LTC_SYSTEMS={shlex.quote(json.dumps(shown))}")
        note("secrets are left out; `ltc systems env --to FILE` writes a file with them for `set -a; . FILE`")
        return
    try:
        write_private(to, f"LTC_SYSTEMS={shlex.quote(json.dumps(found))}\n")
    except OSError as error:
        raise BadUsageError(f"--to: {to} cannot be written ({error.strerror})") from error
    note(f"written; a worker takes it with `set -a; . {to}; set +a`")


def _blotted(name: str, value: Any) -> Any:
    return "" if name in _SECRET and value else value


def _systems(state: Path | None, cache: Path | None, say: Callable[[str], None]) -> Systems:
    from ltc import settings
    from ltc.systems.running import Systems
    from ltc.systems.shared import Places
    from starter.real.masterdata import seeds

    return Systems(Places.of(state or settings.load().state / "systems", cache), _guarded(seeds), say)


def _guarded(work: Callable[[], Any]) -> Any:
    from ltc.systems.shared import SystemsError
    from starter.order_file import OrderFileError

    try:
        return work()
    except (SystemsError, OrderFileError) as error:
        raise FailedError(str(error)) from error


def _teller() -> Callable[[str], None]:
    begun = time.monotonic()
    return lambda text: note(f"[{time.monotonic() - begun:5.1f} s] {text}")


def _show(record: dict[str, Any]) -> None:
    if not record["stopped"]:
        note("nothing was running")
    pairs([("stopped", ", ".join(record["stopped"])), ("databases", "kept" if record["kept"] else "removed")])
