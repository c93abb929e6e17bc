"""`ltc down`: ends what `ltc up` started, the worker first and Temporal last."""

from __future__ import annotations

from typing import Any

import typer

from ltc.cli import options
from ltc.cli.output import Format, note, one, pairs
from ltc.cli.session import run

app = typer.Typer(rich_markup_mode=None)


@app.command()
def down(output: options.Output = Format.TABLE) -> None:
    """Stop what `ltc up` started. Chains keep where they stand; `ltc up` lets them go on."""
    one(run(_down()), output, _show)


async def _down() -> dict[str, Any]:
    from ltc.cli import installed
    from starter.installation import Installation, Layout, locked

    config = installed.load()
    if not config.state.is_dir():
        return {"stopped": [], "killed": []}
    with locked(config.state):
        installation = Installation(Layout(config))
        names = [record.name for record in installation.table.living()]
        return {"stopped": names, "killed": await installation.down()}


def _show(record: dict[str, Any]) -> None:
    if not record["stopped"]:
        note("nothing was running")
    pairs([("stopped", ", ".join(record["stopped"])), ("had to be killed", ", ".join(record["killed"]))])
