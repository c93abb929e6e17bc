"""`ltc up`: Temporal, the sandbox systems and a worker on a state folder, left running."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from ltc.cli import options
from ltc.cli.output import Format, col, note, rows
from ltc.cli.session import run

if TYPE_CHECKING:
    from ltc.settings import Settings

app = typer.Typer(rich_markup_mode=None)
_LIST = (col("PROCESS", "name"), col("PID", "pid", right=True), col("ANSWERS AT", "address"))


@app.command()
def up(output: options.Output = Format.TABLE) -> None:
    """Start everything on the state folder and keep it running. What runs already is left alone."""
    rows(run(_up(output)), _LIST, output)
    if output is Format.TABLE:
        note("look around with `ltc doctor` and `ltc chain list`; end it with `ltc down`")


async def _up(output: Format) -> list[dict[str, Any]]:
    from ltc import settings
    from ltc.store import migrate
    from starter.installation import Installation, Layout, locked

    config = settings.load()
    with locked(config.state):
        migrate.upgrade(config.database_url())
        installation = Installation(Layout(config), note if output is Format.TABLE else lambda _: None)
        await installation.up()
        return [_line(record.name, record.pid, config) for record in installation.table.living()]


def _line(name: str, pid: int, config: Settings) -> dict[str, Any]:
    addresses = {"temporal": config.temporal_address, "crm": config.crm_url, "erp": config.erp_url}
    return {"name": name, "pid": pid, "address": addresses.get(name, "")}
