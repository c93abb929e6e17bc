"""`ltc doctor`: checks everything an installation needs, each finding with its remedy."""

from __future__ import annotations

from typing import Any

import typer

from ltc.cli import options
from ltc.cli.exits import BadUsageError, FailedError
from ltc.cli.output import Format, col, rows
from ltc.cli.session import run
from ltc.cli.text import clean, counted
from ltc.wording import say

app = typer.Typer(rich_markup_mode=None)


def _said(value: Any) -> str:
    """Return what a check says, in the reader's language; short sentences, too: all of it is ltc's own."""
    return say(clean(value))


_LIST = (col("", "state"), col("CHECK", "check"), col("FOUND", "message", _said), col("REMEDY", "remedy", _said))


@app.command()
def doctor(output: options.Output = Format.TABLE) -> None:
    """Check Python, settings, database, Temporal, workers, systems, people, definitions, clock, webhooks."""
    found = run(_examine())
    rows(found, _LIST, output)
    ill = sum(finding["state"] == "fail" for finding in found)
    if ill:
        raise FailedError(f"{counted(ill, 'check')} failed; the remedies stand beside them")


async def _examine() -> list[dict[str, str]]:
    from ltc import settings
    from ltc.cli import checks, checks_engine, checks_records, checks_webhooks, installed

    try:
        config = installed.load()
    except (settings.SettingsError, BadUsageError) as error:
        return [
            vars(checks.Finding("settings", "fail", str(error), "set this variable right; nothing else was checked"))
        ]
    found = [checks.Finding("settings", "ok", f"installation {config.installation}")]
    for check in (
        checks.python, checks.state, checks.keys, checks.database, checks.clock, checks_records.time, checks.people,
        checks.definitions, checks_engine.temporal, checks_records.records, checks_engine.workers,
        checks_engine.systems, checks_engine.waiting, checks_engine.writeback, checks_webhooks.webhooks,
    ):  # fmt: skip
        found += await checks.carry_out(check.__name__, check, config)
    return [vars(finding) for finding in found]
