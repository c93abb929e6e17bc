"""The ``ltc`` command: lists its commands without importing them."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from ltc.cli.lazy import Mount, group

_MOUNTS = {
    "up": Mount("ltc.cli.up_cmd", "Start everything on a state folder and keep it running."),
    "down": Mount("ltc.cli.down_cmd", "Stop what `ltc up` started."),
    "doctor": Mount("ltc.cli.doctor_cmd", "Check what an installation needs; say how to mend it."),
    "chain": Mount("ltc.cli.chain_cmd", "Start chains, see where they stand, intervene."),
    "task": Mount("ltc.cli.task_cmd", "See approvals and tasks; decide, claim, complete."),
    "event": Mount("ltc.cli.event_cmd", "See events that no chain took; deal with them."),
    "webhook": Mount("ltc.cli.webhook_cmd", "Take signed events in: serve, make a secret, send a sample."),
    "file": Mount("ltc.cli.file_cmd", "Keep, fetch and verify attached files."),
    "stuck": Mount("ltc.cli.stuck_cmd", "Say which chains do not move, why, and what may be done."),
    "sla": Mount("ltc.cli.sla_cmd", "Show promised times: per leg, breached, about to be."),
    "def": Mount("ltc.cli.def_cmd", "Check, show, draw and test process definitions."),
    "calendar": Mount("ltc.cli.calendar_cmd", "Show and check calendars; reckon open deadlines by newer ones."),
    "bulk": Mount("ltc.cli.bulk_cmd", "Actions on many chains: what they did, and the failed ones again."),
    "mapping": Mount("ltc.cli.mapping_cmd", "Check, show and try the field mappings of systems."),
    "views": Mount("ltc.cli.views_cmd", "Rebuild, verify and heal what is derived from the records."),
    "archive": Mount("ltc.cli.archive_cmd", "Move closed chains into files, check them, bring them back."),
    "db": Mount("ltc.cli.db_cmd", "Bring the database to the present schema."),
    "worker": Mount("ltc.cli.worker_cmd", "Run a worker in the foreground."),
    "adapter": Mount("ltc.cli.adapter_cmd", "See adapters of outside systems, check one, begin a new one."),
    "sandbox": Mount("ltc.cli.sandbox_cmd", "Run the sandbox CRM or ERP in the foreground."),
    "systems": Mount("ltc.cli.systems_cmd", "Real systems on this machine: Tryton and BottleCRM."),
    "demo": Mount("ltc.cli.demo_cmd", "Run a whole order book and check what came out."),
    "demo-all": Mount("ltc.cli.demo_all_cmd", "Run every shipped process by its scenario, check what came out."),
    "demo-real": Mount("ltc.cli.demo_real_cmd", "Run sixty orders through real systems, check their own records."),
}

app = typer.Typer(
    cls=group(_MOUNTS),
    name="ltc",
    help="Lead to cash (线索到回款): one durable process per deal, from the lead to the money in the bank.",
    epilog="Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 refused, 5 partly done.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"ltc {version('ltc')}")
        raise typer.Exit


@app.callback()
def root(
    state: Annotated[
        Path | None, typer.Option("--state", help="The installation's state folder (LTC_STATE).", metavar="DIR")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Log everything and show tracebacks (stderr).")] = False,
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Lead to cash (线索到回款): one durable process per deal, from the lead to the money in the bank."""
    if state is not None:
        os.environ["LTC_STATE"] = str(state)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("ltc").setLevel(logging.DEBUG if debug else logging.WARNING)


def main() -> None:
    """Run the command line of this process."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show 线索 must not end a command half-way.
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app(prog_name="ltc")
    except SystemExit as end:
        _leave(end.code)


def _leave(code: str | int | None) -> None:
    """End the process; past the interpreter's own finish where Temporal's library was used: it may abort there."""
    if "temporalio.bridge.temporal_sdk_bridge" not in sys.modules:
        sys.exit(code)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code if isinstance(code, int) else int(bool(code)))


if __name__ == "__main__":
    main()
