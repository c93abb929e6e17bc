"""The engine as a contender of the bench: the plain chain, its trail stored in SQLite as in earnest."""

import base64
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from activities.trail import LastEntries, flush
from activities.trail import TrailInterceptor as StoringTrail
from benchmarks.contender import Ask, Contender, worker_options
from benchmarks.plain_chain import APPROVER, activities, start_input
from ltc.client.connection import connect
from ltc.client.keys import SigningKey
from ltc.model.messages import CHAINS_QUEUE, NOTICES_QUEUE, Answer, Decision
from ltc.model.signatures import sign
from ltc.model.trail import Entry
from ltc.onloop import OnLoop
from ltc.ports.store import Appended, TrailStore
from ltc.running import call_pollers, one_core_thread, settle
from ltc.settings import QueueLimits, Settings
from ltc.store import Store
from ltc.store.migrate import upgrade
from workflows.chain import Chain
from workflows.header import TrailInterceptor as RidingTrail
from workflows.runner import chain_runner

LIFE = timedelta(minutes=5)


def new_key() -> SigningKey:
    """Return a signing key that lives as long as the process."""
    private = Ed25519PrivateKey.generate()
    return SigningKey(private.private_bytes_raw(), base64.b64encode(private.public_key().public_bytes_raw()).decode())


def decision(request: dict[str, Any], key: SigningKey) -> Decision:
    """Return the approver's signed decision on what the notice told."""
    unsigned = Decision(
        id=f"decision-{request['chain']}",
        task=request["task"],
        decision="approve",
        digest=request["digest"],
        actor=APPROVER,
        expires=datetime.now(UTC) + LIFE,
    )
    return unsigned.model_copy(update={"signature": sign(unsigned, key.private)})


def workers(client: Client, records: TrailStore, ask: Ask, **options: Any) -> list[Worker]:
    """Return the engine's workers: one for chains, one per queue of calls, one for notices."""
    chains = {name: option for name, option in options.items() if not name.startswith("activity_")}
    # as in earnest (ltc.running)
    chains["workflow_task_executor"] = OnLoop()
    chains.setdefault("workflow_runner", chain_runner(LastEntries(records).take))
    calls: dict[str, Any] = {"activity_task_poller_behavior": call_pollers(QueueLimits().concurrency)}
    made = [Worker(client, task_queue=CHAINS_QUEUE, workflows=[Chain], interceptors=[RidingTrail()], **chains)]
    for queue, functions in activities(ask).items():
        registered = [*functions, flush] if queue == NOTICES_QUEUE else functions
        storing = StoringTrail(records)
        made.append(Worker(client, task_queue=queue, activities=registered, interceptors=[storing], **calls))
    return made


class Dropped:
    """Records that keep nothing: the trail rides as ever and is dropped on arrival."""

    async def append(self, chain: str, run: str, entries: Sequence[Entry], started: datetime | None = None) -> Appended:
        return Appended()

    async def missing(self, chain: str) -> list[tuple[int, int]]:
        return []


@dataclass
class EngineContender:
    """The engine, with the workers, queues and trail of an installation."""

    name: str = "engine"
    stored: bool = True
    _key: SigningKey = field(default_factory=new_key)
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    def prepare(self) -> None:
        one_core_thread()  # as in earnest

    async def connect(self, address: str) -> Client:
        return await connect(Settings(temporal_address=address))

    def runner(self) -> SandboxedWorkflowRunner:
        return chain_runner(lambda *ended: self._last.take(*ended))

    async def workers(self, client: Client, runner: WorkflowRunner, ask: Ask) -> list[Worker]:
        settle()  # as in earnest
        records: TrailStore = await self._store() if self.stored else Dropped()
        self._last = LastEntries(records)
        return workers(client, records, ask, **worker_options(runner))

    async def _store(self) -> Store:
        folder = self._open.enter_context(tempfile.TemporaryDirectory(prefix="ltc-bench-"))
        url = f"sqlite:///{Path(folder) / 'trail.db'}"
        upgrade(url)
        return await self._open.enter_async_context(await Store.open(url))

    async def start(self, client: Client, number: int) -> WorkflowHandle[Any, Any]:
        chain = f"plain_chain:SO-{number:08d}"
        return await client.start_workflow(
            Chain.run, start_input(number, chain, self._key.public), id=chain, task_queue=CHAINS_QUEUE
        )

    async def approve(self, client: Client, request: dict[str, Any]) -> bool:
        handle = client.get_workflow_handle_for(Chain.run, request["chain"])
        answer: Answer = await handle.execute_update(Chain.decide, decision(request, self._key))
        return answer.status == "accepted"

    async def close(self) -> None:
        await self._open.aclose()


def contender() -> Contender:
    """Return the engine."""
    return EngineContender()


def unstored() -> Contender:
    """Return the engine with its trail dropped on arrival: the yardstick, too, stores nothing."""
    return EngineContender("engine, trail not stored", stored=False)
