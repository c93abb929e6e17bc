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
    from ltc.cli import example, installed
    from ltc.store import migrate
    from starter.installation import Installation, Layout, locked

    config = installed.load()
    config.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locked(config.state):
        words = example.furnish(config.state)
        config = installed.load()
        migrate.upgrade(config.database_url())
        layout = Layout(config, sandbox=words)
        installation = Installation(layout, note if output is Format.TABLE else lambda _: None)
        await installation.up()
        installed.remember(config.state, layout.environment())
        return [_line(record.name, record.pid, config) for record in installation.table.living()]


def _line(name: str, pid: int, config: Settings) -> dict[str, Any]:
    addresses = {"temporal": config.temporal_address, "crm": config.crm_url, "erp": config.erp_url}
    addresses["webhook"] = f"http://{config.webhook_address}/webhooks"
    return {"name": name, "pid": pid, "address": addresses.get(name, "")}
