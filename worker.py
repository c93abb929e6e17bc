"""The composition root: settings → records and adapters → workers. ``python worker.py``, or ``ltc worker``."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from typing import Any

from temporalio.worker import Worker

from activities.trail import LastEntries
from ltc.bootstrap import Parts, client_of, open_parts
from ltc.client import ClientError
from ltc.client.connection import connect
from ltc.ports.errors import PortError
from ltc.running import call_worker, chain_worker, one_core_thread, run_until, settle
from ltc.settings import PARTS, Settings, SettingsError, load, unknown_variables
from starter.doors import event_loops, sweep_loop, writeback_loops

LOG = logging.getLogger("ltc.worker")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a worker process until SIGTERM or SIGINT; returns the exit status: 0 ended as told, 1 failed, 2 usage."""
    parser = argparse.ArgumentParser(prog="worker", description="Run chains, calls, the event door and the sweep.")
    parser.add_argument("--only", metavar="PARTS", help=f"comma-separated: {','.join(PARTS)}")
    options = parser.parse_args(argv)
    try:
        settings = load(**({"parts": options.only.split(",")} if options.only else {}))
    except SettingsError as error:
        parser.error(str(error))
    logging.basicConfig(
        level=settings.log_level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("temporalio.activity").setLevel(logging.ERROR)  # failures are told by ltc.activities, in a line
    for complaint in unknown_variables(os.environ):
        LOG.warning("%s", complaint)
    one_core_thread()
    try:
        asyncio.run(serve(settings))
    except SettingsError as error:
        LOG.error("%s", error)
        return 2
    except (ClientError, PortError) as error:
        LOG.error("%s", error)
        return 1
    except Exception:
        LOG.exception("the worker failed")
        return 1
    return 0


async def serve(settings: Settings) -> None:
    """Open everything, run the parts that the settings name, close everything."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with open_parts(settings) as parts:
        await run(parts, stop)


async def run(parts: Parts, stop: asyncio.Event) -> None:
    """Run the parts over an open installation until ``stop`` is set."""
    settings, wanted = parts.settings, parts.settings.parts
    temporal = await connect(settings)
    client = await client_of(parts, temporal)
    workers: list[Worker] = []
    loops: list[Coroutine[Any, Any, None]] = []
    if "workflows" in wanted:
        last = LastEntries(parts.store)
        workers.append(chain_worker(temporal, settings, last))
        loops.append(last.until_stored())
    if "calls" in wanted:
        activities = parts.activities(client)
        workers += [call_worker(temporal, settings, queue, made, parts) for queue, made in activities.items()]
    if "events" in wanted:
        loops += await event_loops(parts, client)
    if "sweep" in wanted:
        loops.append(await sweep_loop(parts, client))
    if "writeback" in wanted:
        loops += writeback_loops(parts)
    settle()
    LOG.info("worker ready: %s", ", ".join(wanted))
    await run_until(stop, workers, loops)


if __name__ == "__main__":
    status = main()
    # Ending with calls in flight aborts the interpreter now and then (exit 134): say what is to be said, then go.
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
