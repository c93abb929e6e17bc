"""The command line as tests call it: one command a call, in this process."""

from __future__ import annotations

from typing import Any

from click.testing import Result
from typer.testing import CliRunner

from ltc.cli.main import app

RUNNER = CliRunner()


def ltc(*words: Any, give: str | None = None, env: dict[str, str] | None = None) -> Result:
    """Run `ltc` with these words. Who the outside says is speaking does not count; nothing ends in a traceback."""
    done = RUNNER.invoke(app, [str(word) for word in words], input=give, env={"LTC_ACTOR": None, **(env or {})})
    assert "Traceback" not in done.stderr, done.stderr
    return done
