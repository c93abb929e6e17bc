"""The yardstick as a contender of the bench."""

from dataclasses import dataclass
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from benchmarks.contender import Ask, Contender, worker_options
from benchmarks.yardstick import Yardstick, activities, order


@dataclass
class YardstickContender:
    """The hand-written chain, with the settings one would give it. `name` is its task queue, too."""

    name: str = "yardstick"

    def prepare(self) -> None:
        """There is nothing that one would set up."""

    async def connect(self, address: str) -> Client:
        return await Client.connect(address)

    def runner(self) -> SandboxedWorkflowRunner:
        return SandboxedWorkflowRunner()

    async def workers(self, client: Client, runner: WorkflowRunner, ask: Ask) -> list[Worker]:
        calls = activities(lambda chain: ask({"chain": chain}))
        return [Worker(client, task_queue=self.name, workflows=[Yardstick], activities=calls, **worker_options(runner))]

    async def start(self, client: Client, number: int) -> WorkflowHandle[Any, Any]:
        return await client.start_workflow(
            Yardstick.run, order(number), id=f"{self.name}-{number:08d}", task_queue=self.name
        )

    async def approve(self, client: Client, request: dict[str, Any]) -> bool:
        handle = client.get_workflow_handle_for(Yardstick.run, request["chain"])
        return await handle.execute_update(Yardstick.approve, "approve") == "accepted"

    async def close(self) -> None:
        """There is nothing to let go of."""


def contender() -> Contender:
    """Return the yardstick."""
    return YardstickContender()


def twin() -> Contender:
    """Return the yardstick under another name: measured against itself it shows the noise."""
    return YardstickContender("twin")
