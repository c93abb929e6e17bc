"""`ltc worker`: a worker in the foreground. This process becomes `worker.py`, the composition root."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from ltc.cli import installed
from ltc.cli.exits import BadUsageError, FailedError

app = typer.Typer(rich_markup_mode=None)
_PARTS = ("workflows", "calls", "events", "sweep", "writeback")  # ltc.settings.PARTS, which costs an import


@app.command()
def worker(
    only: Annotated[
        str, typer.Option("--only", metavar="PARTS", help=f"Some of {','.join(_PARTS)}, separated by commas.")
    ] = "",
) -> None:
    """Run a worker in the foreground until Ctrl-C: workflows, calls, event feeds, the sweep, outcomes for the CRM."""
    parts = [part.strip() for part in only.split(",")] if only else []
    wrong = [part for part in parts if part not in _PARTS]
    if wrong:
        raise BadUsageError(f"--only: there is no part {wrong[0]!r}; the parts are {', '.join(_PARTS)}")
    script = Path(__file__).resolve().parents[2] / "worker.py"
    if not script.is_file():
        raise FailedError(f"{script.name} is not beside ltc; install ltc anew")
    installed.adopt()
    sys.stdout.flush()
    # Nothing imports the composition root; it is run, and signals reach it directly.
    words = [sys.executable, str(script), *(["--only", ",".join(parts)] if parts else [])]
    os.execv(sys.executable, words)  # noqa: S606 - our own script, checked words
