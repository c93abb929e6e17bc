"""Runs what a worker process is made of: the Temporal workers, the event door, the sweep."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import PollerBehaviorAutoscaling, Worker, WorkerDeploymentConfig

from activities.trail import LastEntries
from activities.trail import TrailInterceptor as TrailStoring
from ltc.bootstrap import Parts
from ltc.code_version import marked
from ltc.ending import end
from ltc.model.messages import CHAINS_QUEUE
from ltc.onloop import OnLoop
from ltc.settings import QueueLimits, Settings
from workflows.chain import Chain
from workflows.header import TrailInterceptor as TrailCarrying
from workflows.runner import chain_runner

LOG = logging.getLogger("ltc.worker")
DEPLOYMENT = "ltc"
CACHED_CHAINS = 2_000  # chains whose state stays in memory between their workflow tasks
# The server cuts each queue into four partitions unless told otherwise, and hands a task on where nobody polls: with
# two pollers for each, a queue that sees few calls costs the server a third fewer messages.
FEWEST_POLLERS = 8


CORE_THREADS = "TOKIO_WORKER_THREADS"  # how many threads the SDK's core runs on; it asks the environment itself
YOUNG = 5_000  # objects more than there were, until the newest are looked through for what nobody can reach


def one_core_thread() -> None:
    """Have the SDK's core run on one thread, unless the environment says on how many; before anything connects.

    It makes one for each core of the machine, and they wake each other up for every message. What it has to do is less
    than what Python, with its one interpreter, does about it, so that one of them is never what is waited for.
    """
    os.environ.setdefault(CORE_THREADS, "1")


def settle() -> None:
    """Take what a worker is made of out of the garbage collector's sight, once all of it is loaded.

    It lives as long as the process. To walk through it took a tenth of a second every forty chains: 4 % of the
    worker's CPU, while nothing else moved.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)


def call_pollers(concurrency: int) -> PollerBehaviorAutoscaling:
    """Return how a queue of calls is polled that runs so many calls at a time."""
    fewest = min(FEWEST_POLLERS, concurrency)
    return PollerBehaviorAutoscaling(minimum=fewest, initial=fewest)


def chain_worker(client: Client, settings: Settings, last: LastEntries) -> Worker:
    """Return the worker that runs chains; ``last`` stores what they end with and runs beside it."""
    return Worker(
        client,
        task_queue=CHAINS_QUEUE,
        identity=marked(client.identity),
        workflows=[Chain],
        interceptors=[TrailCarrying()],
        workflow_runner=chain_runner(last.take),
        workflow_task_executor=OnLoop(),
        max_cached_workflows=CACHED_CHAINS,
        max_concurrent_workflow_tasks=settings.limits("chains").concurrency,
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        deployment_config=_deployment(settings),
    )


def call_worker(
    client: Client, settings: Settings, queue: str, activities: Sequence[Callable[..., Any]], parts: Parts
) -> Worker:
    """Return the worker of one outside system's calls, with its own concurrency and rate, or of notices."""
    limits: QueueLimits = settings.limits(queue.removeprefix("ltc-"))
    return Worker(
        client,
        task_queue=queue,
        activities=activities,
        interceptors=[TrailStoring(parts.store)],
        max_concurrent_activities=limits.concurrency,
        max_task_queue_activities_per_second=limits.rate or None,
        activity_task_poller_behavior=call_pollers(limits.concurrency),
        graceful_shutdown_timeout=timedelta(seconds=3 * settings.http_timeout + 1),
        deployment_config=_deployment(settings),
    )


def _deployment(settings: Settings) -> WorkerDeploymentConfig | None:
    if not settings.build_id:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=DEPLOYMENT, build_id=settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


async def run_until(stop: asyncio.Event, workers: Sequence[Worker], tasks: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Run workers and loops until told to stop, or until one of them fails; then end all in good order.

    Raises:
        Exception: what made one of them fail.
    """
    running: list[asyncio.Task[Any]] = [asyncio.create_task(worker.run()) for worker in workers]
    running += [asyncio.create_task(task) for task in tasks]
    waiting = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait([waiting, *running], return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        await asyncio.gather(*(worker.shutdown() for worker in workers), return_exceptions=True)
        await end(running[len(workers) :])
        await asyncio.gather(*running, return_exceptions=True)
    for task in done - {waiting}:
        if not task.cancelled() and task.exception() is not None:
            raise task.exception() or RuntimeError("a part of the worker failed")
        LOG.error("a part of the worker ended by itself")
