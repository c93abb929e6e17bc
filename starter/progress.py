"""Live progress of a demonstration: a line that changes on a terminal, plain lines elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.live import Live
from rich.text import Text
from sqlalchemy import func, select

from ltc.store.view_tables import VIEW_TABLES
from ltc.wording import say
from starter.bots.stage import Stage

if TYPE_CHECKING:
    from starter.chaos import Chaos

EVERY = 1.0  # real seconds between two looks
PLAIN_EVERY = 10.0  # between two plain lines
_STATES = ("running", "held", "compensating")


class Progress:
    """Tells how far the run is."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._begun = time.monotonic()

    def say(self, text: str) -> None:
        """Print a line of its own."""
        self.console.print(f"[{time.monotonic() - self._begun:5.1f} s] {say(text)}", highlight=False, markup=False)

    async def watch(self, stage: Stage, total: int, chaos: Chaos | None = None) -> None:
        """Show progress until all chains have ended."""
        said = 0.0
        with Live(console=self.console, transient=True, auto_refresh=False) as live:
            while True:
                counts = await stage.client.store.read(_counts)
                line = self._line(stage, counts, total)
                if self.console.is_terminal:
                    live.update(Text(say(line)), refresh=True)
                elif time.monotonic() - said >= PLAIN_EVERY:
                    said = time.monotonic()
                    self.say(line)
                ended = sum(number for state, number in counts.items() if state not in _STATES)
                if ended + len(stage.memory.given_up) >= total:
                    return
                if chaos is not None:
                    await chaos.strike(ended / total, self.say)
                await asyncio.sleep(EVERY)

    def _line(self, stage: Stage, counts: Counter[str], total: int) -> str:
        now = stage.tempo.now().astimezone().strftime("%a %Y-%m-%d")
        words = [f"{state} {number}" for state, number in sorted(counts.items())]
        return f"{now}  sent {len(stage.memory.sent)}/{total}  " + "  ".join(words)


def _counts(connection: Any) -> Counter[str]:
    table = VIEW_TABLES["chains"].c
    query = select(table.state, table.outcome, func.count()).group_by(table.state, table.outcome)
    found: Counter[str] = Counter()
    for state, outcome, number in connection.execute(query):
        found[outcome if state == "ended" else state] += number
    return found
