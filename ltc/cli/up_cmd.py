"""`ltc up`: Temporal, the sandbox systems and a worker on a state folder, left running."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ltc.cli import options
from ltc.cli.exits import RefusedError
from ltc.cli.interruptible import interruptible
from ltc.cli.output import Format, col, note, rows
from ltc.cli.session import told

if TYPE_CHECKING:
    from ltc.settings import Settings
    from starter.installation import Installation

app = typer.Typer(rich_markup_mode=None)
_LIST = (col("PROCESS", "name"), col("PID", "pid", right=True), col("ANSWERS AT", "address"))


@app.command()
def up(output: options.Output = Format.TABLE) -> None:
    """Start everything on the state folder and keep it running. What runs already is left alone."""
    with told():
        started = interruptible(lambda: _up(output))
    rows(started, _LIST, output)
    if output is Format.TABLE:
        note("look around with `ltc doctor` and `ltc chain list`; end it with `ltc down`")


async def _up(output: Format) -> list[dict[str, Any]]:
    from ltc.cli import example, installed
    from starter.installation import Installation, Layout, locked

    state = Path(os.environ.get("LTC_STATE", ".ltc"))
    if installed.set_aside(state):
        note(f"{state / installed.FILE} was damaged and is set aside; settings that only it held are as by default")
    config = installed.load()
    config.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locked(config.state):
        words = example.furnish(config.state)
        config = installed.load()
        layout = Layout(config, sandbox=words)
        installation = Installation(layout, note if output is Format.TABLE else lambda _: None)
        _require_same(installation, config)
        await asyncio.to_thread(_upgrade, config.database_url())
        await installation.up()
        installed.remember(config.state, layout.environment(), installed.secrets_here())
        return [_line(record.name, record.pid, config) for record in installation.table.living()]


def _upgrade(url: str) -> None:
    """Bring the database to the present schema; what lists read is there before anybody can ask for it."""
    from ltc.store import migrate
    from ltc.store.refolding import refold_all

    before = migrate.current(url)
    after = migrate.upgrade(url)
    if before and before != after:
        note(f"the database went from schema {before} to {after}; views are made anew")
        refold_all(url)


def _require_same(installation: Installation, config: Settings) -> None:
    """Refuse settings that what runs was not started with: they would be remembered and have no effect."""
    from ltc.cli import installed

    living = [record.name for record in installation.table.living()]
    secrets = installed.secrets_here()
    changed = installed.differing(config.state, installation.layout.environment(), secrets) if living else []
    if "webhook" not in living:  # nothing that runs has read it
        changed = [name for name in changed if not name.startswith("LTC_WEBHOOKS")]
    if changed:
        raise RefusedError(
            f"{', '.join(living)} run with other settings ({', '.join(changed)}); "
            "`ltc down` and then `ltc up` takes them over"
        )
    gone = {record.name for record in installation.table.records} - set(living)
    if "webhook" in gone and not config.webhooks:
        note("webhooks were taken here before; to take them again, set LTC_WEBHOOKS (it holds secrets: kept nowhere)")


def _line(name: str, pid: int, config: Settings) -> dict[str, Any]:
    from starter.addresses import shown

    addresses = {"temporal": config.temporal_address, "crm": shown(config.crm_url), "erp": shown(config.erp_url)}
    addresses["webhook"] = f"http://{config.webhook_address}/webhooks"
    return {"name": name, "pid": pid, "address": addresses.get(name, "")}
