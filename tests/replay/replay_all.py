"""Replays the whole corpus in a process of its own and tells what it saw: ``python -m tests.replay.replay_all``."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
from collections.abc import Sequence
from typing import Any

from ltc.core import forks
from ltc.core.commands import Schedule
from tests.replay import corpus
from tests.replay.replaying import replay, taking_down


def _iterate_sets() -> None:
    """Plant the bug that a hash seed shows: branches are opened in the order of a set."""
    fork = forks.fork

    def unordered(turn: Any, token: Any, node: Any) -> None:
        fork(turn, token, node.model_copy(update={"branches": list(set(node.branches))}))

    forks.fork = unordered


async def replay_all(only: str = "") -> dict[str, Any]:
    """Replay every history (of one definition); return how many, what failed, and a digest of every state and command on the way."""
    records = [record for record in corpus.records() if only in ("", record.definition)]
    histories = [(record.name, history) for record in records for history in record.histories()]
    with taking_down() as taken:
        failures = await replay(history for _, history in histories)
    seen = hashlib.sha256()
    for _, history in histories:
        for step in taken.steps.get(history.workflow_id, []):
            asked = [command.id for command in step.commands if isinstance(command, Schedule)]
            seen.update(json.dumps([asked, step.state], sort_keys=False).encode())
    names = {history.workflow_id: name for name, history in histories}
    return {
        "histories": len(histories),
        "failures": {names[one]: text for one, text in failures.items()},
        "digest": seen.hexdigest(),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Print what was seen as JSON; exit status 0, whatever it was."""
    parser = argparse.ArgumentParser(prog="python -m tests.replay.replay_all", description=__doc__)
    parser.add_argument("--sets", action="store_true", help="plant the bug of iterating a set")
    parser.add_argument("--only", default="", metavar="DEFINITION", help="replay the histories of one definition")
    options = parser.parse_args(argv)
    if options.sets:
        _iterate_sets()
    print(json.dumps(asyncio.run(replay_all(options.only))), flush=True)
    return 0


if __name__ == "__main__":
    os._exit(main())  # an interpreter that finishes with replays behind it aborts now and then
