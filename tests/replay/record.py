"""Records chains for the corpus on real Temporal servers: ``make corpus``. Paths already recorded stay as they are."""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from google.protobuf.json_format import MessageToDict
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import History, HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from ltc import devserver
from tests.replay import corpus
from tests.replay.paths import path
from tests.replay.performance import Performance
from tests.replay.replaying import replay, taking_down
from tests.replay.scene import Scene
from tests.replay.scenes import SCENES
from tests.replay.stage import Stage, on, real_client, skipping_client

# A real server suggests to continue as new from so many events on: chains of the corpus do so for real.
SUGGESTED_AFTER = 60


async def histories(performance: Performance) -> list[list[HistoryEvent]]:
    """Return the histories of all runs of a chain, oldest first."""
    found: list[list[HistoryEvent]] = []
    for first in performance.runs:
        run = first
        while run:
            handle = performance.stage.client.get_workflow_handle(performance.chain, run_id=run)
            found.append(_at_rest(list((await handle.fetch_history()).events)))
            last = found[-1][-1].workflow_execution_continued_as_new_event_attributes
            run = last.new_execution_run_id
    return found


def _at_rest(events: list[HistoryEvent]) -> list[HistoryEvent]:
    """Leave out a workflow task at the end that only a query asked for."""
    while events[-1].event_type in (
        EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
    ):
        events = events[:-1]
    return events


async def record(stage: Stage, scene: Scene) -> corpus.Record:
    """Perform a chain and return its record.

    Raises:
        RuntimeError: it was still moving, or its history does not replay even on the code that made it.
    """
    performance = Performance(stage, scene, f"{scene.definition}:10248/{scene.name}".replace(" ", "-"))
    await performance.play()
    runs = [corpus.scrub(MessageToDict(History(events=run))) for run in await histories(performance)]
    with taking_down() as taken:
        failures = await replay(
            WorkflowHistory.from_json(f"{scene.name}:{number:02}", run) for number, run in enumerate(runs, 1)
        )
    if failures:
        raise RuntimeError(f"{scene.name} does not replay: {failures}")
    steps = [step for run in sorted(taken.steps) for step in taken.steps[run]]
    if steps[-1].state["flights"] and steps[-1].state["status"] != "ended":
        raise RuntimeError(f"{scene.name} had not come to rest: {sorted(steps[-1].state['flights'])}")
    way = path(entry for step in steps for entry in step.entries)
    server = "skipping" if stage.skipping else "real"
    return corpus.Record(
        scene.name, scene.definition, server, _outcome(steps[-1].state), way, runs, ends_in_result=scene.ends_in_result
    )


def _outcome(state: dict[str, Any]) -> str:
    if state["status"] == "ended":
        return str(state["outcome"])
    return "held: " + ", ".join(hold["reason"] for hold in state["holds"]) if state["holds"] else "open"


@asynccontextmanager
async def skipping_stage() -> AsyncIterator[Stage]:
    """A server that skips time."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(devserver.find_test_server()),
        test_server_startup_timeout=timedelta(seconds=30),
    ) as environment:
        client = await skipping_client(environment)
        async with on(client, "corpus", skipping=environment) as stage:
            yield stage


@asynccontextmanager
async def real_stage() -> AsyncIterator[Stage]:
    """A real server that suggests early to continue as new."""
    port = devserver.free_port()
    words = devserver.command(devserver.Options(), port)
    words += ["--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={SUGGESTED_AFTER}"]
    process = subprocess.Popen(  # noqa: ASYNC220 - it takes no time to start, and is ended below
        devserver.tied_to_us(words), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    )
    server = devserver.DevServer(f"127.0.0.1:{port}", process)
    try:
        await devserver.wait_ready(server, 60)
        async with on(await real_client(server.address), "corpus") as stage:
            yield stage
    finally:
        server.stop()


async def run(wanted: list[str], replace: bool) -> list[str]:
    """Record the scenes named (all when none is), say what is new, and return those that went wrong."""
    wrong: list[str] = []
    for real, staged in ((False, skipping_stage), (True, real_stage)):
        scenes = [one for one in SCENES if one.real == real and (not wanted or one.name in wanted)]
        if scenes:
            async with staged() as stage:
                for scene in scenes:
                    wrong += await _one(stage, scene, replace)
    return wrong


async def _one(stage: Stage, scene: Scene, replace: bool) -> list[str]:
    try:
        made = await record(stage, scene)
    except (RuntimeError, TimeoutError, RPCError) as error:
        print(f"wrong    {scene.name}: {type(error).__name__} {error}", flush=True)
        return [scene.name]
    try:
        corpus.save(made, replace=replace)
        said = "recorded"
    except corpus.AlreadyRecordedError:
        said = "known"
    print(f"{said:9}{made.file}  {made.outcome:28}{scene.name}", flush=True)
    return []


def main(argv: Sequence[str] | None = None) -> int:
    """Record; exit status 0 when all went well, 1 when a scene did not."""
    parser = argparse.ArgumentParser(prog="python -m tests.replay.record", description=__doc__)
    parser.add_argument("scenes", nargs="*", help="names of scenes; all when none is given")
    parser.add_argument("--replace", action="store_true", help="record paths anew that are in the corpus already")
    options = parser.parse_args(argv)
    unknown = set(options.scenes) - {scene.name for scene in SCENES}
    if unknown:
        parser.error(f"no such scenes: {', '.join(sorted(unknown))}")
    return 1 if asyncio.run(run(options.scenes, options.replace)) else 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # an interpreter that finishes with replays behind it aborts now and then
