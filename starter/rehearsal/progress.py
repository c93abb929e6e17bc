"""Live progress of a rehearsal: how many chains of each process have ended."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

from rich.live import Live
from rich.text import Text
from sqlalchemy import select

from ltc.store.view_tables import VIEW_TABLES
from starter.progress import EVERY, PLAIN_EVERY, Progress
from starter.rehearsal.stage import Stage

Counts = dict[str, Counter[str]]


async def watch(stage: Stage, progress: Progress) -> None:
    """Show progress until all planned chains, and the chains they started, have ended or were given up."""
    said = 0.0
    with Live(console=progress.console, transient=True, auto_refresh=False) as live:
        while True:
            rows: list[tuple[str, str, str]] = await stage.client.store.read(_states)
            line = _line(stage, rows)
            if progress.console.is_terminal:
                live.update(Text(line), refresh=True)
            elif time.monotonic() - said >= PLAIN_EVERY:
                said = time.monotonic()
                progress.say(line)
            if _through(stage, rows):
                return
            await asyncio.sleep(EVERY)


def _through(stage: Stage, rows: list[tuple[str, str, str]]) -> bool:
    given_up = stage.memory.given_up
    ended = {chain for chain, _, state in rows if state == "ended" or chain in given_up}
    begun = {chain for chain, _, _ in rows}
    return begun == ended and stage.casts.keys() <= ended | stage.not_started


def _line(stage: Stage, rows: list[tuple[str, str, str]]) -> str:
    planned = {script.process: len(script.chains) for script in stage.scripts}
    ended = Counter(process for _, process, state in rows if state == "ended")
    held = sum(1 for _, _, state in rows if state == "held")
    words = [f"{process} {ended[process]}/{number}" for process, number in planned.items()]
    day = stage.tempo.now().astimezone().strftime("%a %Y-%m-%d")
    return f"{day}  sent {len(stage.memory.sent)}/{sum(planned.values())}  held {held}  ended: {', '.join(words)}"


def _states(connection: Any) -> list[tuple[str, str, str]]:
    table = VIEW_TABLES["chains"].c
    return [tuple(row) for row in connection.execute(select(table.chain, table.process, table.state))]
