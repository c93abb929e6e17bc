"""What the bench asks of a way to run the plain chain; each way is a function `module:name` that returns one."""

import importlib
from collections.abc import Callable
from typing import Any, Protocol

from temporalio.client import Client, WorkflowHandle
from temporalio.worker import PollerBehaviorAutoscaling, Worker, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

Ask = Callable[[dict[str, Any]], None]


class Contender(Protocol):
    """One way to run the plain chain of six legs, nine calls and one approval."""

    name: str

    def prepare(self) -> None:
        """Set up a process that is to be this way's worker, before anything in it connects."""

    async def connect(self, address: str) -> Client:
        """Connect as this way does in earnest: its converter, its interceptors."""

    def runner(self) -> SandboxedWorkflowRunner:
        """Return the sandbox that this way runs its workflows in."""

    async def workers(self, client: Client, runner: WorkflowRunner, ask: Ask) -> list[Worker]:
        """Return the workers, their workflows run by `runner`.

        The activity that seeks the approval passes to `ask` what `approve` needs; all other activities do nothing.
        """

    async def start(self, client: Client, number: int) -> WorkflowHandle[Any, Any]:
        """Start chain `number`."""

    async def approve(self, client: Client, request: dict[str, Any]) -> bool:
        """Decide by Update what `ask` was given; False: the chain was not ready for it, ask again.

        `request["chain"]` is the workflow id.
        """

    async def close(self) -> None:
        """Let go of what `workers` opened."""


def load(place: str) -> Contender:
    """Return the contender that a function gives: `module:function`, or a module with a function `contender`.

    Raises:
        SystemExit: there is none at that place.
    """
    module, _, function = place.partition(":")
    try:
        found: Contender = getattr(importlib.import_module(module), function or "contender")()
    except (ImportError, AttributeError) as error:
        raise SystemExit(f"{place} is no contender of the bench: {error}") from error
    return found


def worker_options(runner: WorkflowRunner) -> dict[str, Any]:
    """Return the worker settings that all contenders share."""
    return {
        "workflow_runner": runner,
        "workflow_task_poller_behavior": PollerBehaviorAutoscaling(),
        "activity_task_poller_behavior": PollerBehaviorAutoscaling(),
        "max_cached_workflows": 1000,
    }
