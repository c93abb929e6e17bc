"""One installation on one machine: Temporal, the sandbox CRM and ERP and a worker, started in order, ended in order."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from ltc import devserver
from ltc.client.connection import connect
from ltc.model.messages import CHAINS_QUEUE
from ltc.processes import ProcessTable, Record
from ltc.settings import Settings
from starter.addresses import AddressError, place_of, shown

ROOT = Path(__file__).resolve().parent.parent
READY = 60.0  # seconds until a process must answer
SYSTEMS = ("crm", "erp")


class InstallationError(Exception):
    """The installation cannot be started or ended; the text says what, where and what to do."""


@dataclass(frozen=True)
class Layout:
    """How an installation is started.

    Attributes:
        settings: its addresses, state folder, people and clock; every process gets them by its environment.
        sandbox: further words of the command line, by system.
        worker: the words that start the worker, behind the interpreter.
        extra: further environment of the worker.
        tied: everything ends when we die, even by SIGKILL (Linux).
        sandboxes: which sandbox systems are started; none where real ones serve.
        eager: Temporal hands the first activity of a task to the worker at once.
    """

    settings: Settings
    sandbox: Mapping[str, Sequence[str]] = field(default_factory=dict)
    worker: Sequence[str] = (str(ROOT / "worker.py"),)
    extra: Mapping[str, str] = field(default_factory=dict)
    tied: bool = False
    eager: bool = True
    sandboxes: Sequence[str] = SYSTEMS

    @property
    def state(self) -> Path:
        """The folder that holds everything the installation writes."""
        return self.settings.state

    def logs(self, name: str) -> Path:
        """The log of a process."""
        return self.state / "logs" / f"{name}.log"

    def classes(self, system: str) -> list[str]:
        """Return the words that have a sandbox system serve operations as the settings take them to be served."""
        ports = ("crm",) if system == "crm" else ("erp", "customer")
        chosen = {name: kind for name, kind in self.settings.effect_classes.items() if name.split(".")[0] in ports}
        return [word for name, kind in chosen.items() for word in ("--effect-class", f"{name}={kind}")]

    def environment(self) -> dict[str, str]:
        """Return the settings as the environment that gives them; what may hold a secret goes by our own alone."""
        values = self.settings
        folders = {"LTC_KEYS": values.keys, "LTC_FILES": values.files, "LTC_NOTICES_FILE": values.notices_file}
        return {
            "LTC_INSTALLATION": values.installation, "LTC_STATE": str(self.state.resolve()),
            "LTC_DATABASE": values.database_url(), "LTC_TEMPORAL_ADDRESS": values.temporal_address,
            "LTC_TEMPORAL_NAMESPACE": values.temporal_namespace, "LTC_TEMPORAL_TLS": json.dumps(values.temporal_tls),
            "LTC_CRM_URL": values.crm_url, "LTC_ERP_URL": values.erp_url, "LTC_CLOCK": values.clock,
            "LTC_PROCESS_DEFS": str(values.process_defs.resolve()), "LTC_CALENDAR": values.calendar,
            "LTC_PEOPLE_FILE": str(values.people_file.resolve()), "LTC_HTTP_TIMEOUT": str(values.http_timeout),
            "LTC_SETTLE": str(values.settle), "LTC_POLL_EVENTS": str(values.poll_events),
            "LTC_SWEEP_EVERY": str(values.sweep_every), "LTC_LOG_LEVEL": values.log_level,
            "LTC_ANSWERS_KEPT": str(values.answers_kept),
            "LTC_SIGNATURE_LIFE": str(values.signature_life), "LTC_BUILD_ID": values.build_id,
            "LTC_START_ON": json.dumps(values.start_on), "LTC_EFFECT_CLASSES": json.dumps(values.effect_classes),
            "LTC_QUEUES": json.dumps({name: limits.model_dump() for name, limits in values.queues.items()}),
            "LTC_FILE_SIZE": values.file_size, "LTC_FILE_KINDS": json.dumps(values.file_kinds),
            "LTC_WEBHOOK_ADDRESS": values.webhook_address, "LTC_WEBHOOK_SIZE": str(values.webhook_size),
            **({} if values.write_back is None else {"LTC_WRITE_BACK": json.dumps(values.write_back)}),
            **{name: str(folder.resolve()) for name, folder in folders.items() if folder},
        }  # fmt: skip


class Installation:
    """The running processes of a layout."""

    def __init__(self, layout: Layout, say: Callable[[str], None] = lambda _: None) -> None:
        self.layout = layout
        self.table = ProcessTable.read(layout.state / "processes.json")
        self._say = say

    async def up(self) -> None:
        """Start everything that does not run yet, and wait until each answers.

        Raises:
            InstallationError: something does not start; what was started by this call is ended again.
            TemporalNotFoundError, TemporalNotReadyError: as `ltc.devserver` says.
        """
        (self.layout.state / "logs").mkdir(parents=True, exist_ok=True)
        before = [record.name for record in self.table.living()]
        try:
            with _told():
                await self._start_temporal()
                await asyncio.gather(*(self._start_system(name) for name in self.layout.sandboxes))
                await self.start_worker()
                await self._start_webhooks()
        except BaseException:
            await asyncio.shield(self.table.end([r.name for r in self.table.living() if r.name not in before]))
            raise

    async def down(self) -> list[str]:
        """End everything, the worker first and Temporal last; return the names of what had to be killed."""
        return await self.table.end()

    async def start_worker(self) -> Record:
        """Start the worker and wait until it takes tasks.

        Raises:
            InstallationError: it ends, or takes none in time.
        """
        running = self.table.named("worker")
        if running:
            return running[0]
        record = self._spawn("worker", self.layout.worker, {**self.layout.environment(), **self.layout.extra})
        client = await connect(self.layout.settings)
        await self._until(record, lambda: _polled(client, record))
        self._say("worker takes tasks")
        return record

    async def _start_temporal(self) -> None:
        address = self.layout.settings.temporal_address
        place = place_of(address, "LTC_TEMPORAL_ADDRESS")
        if self.table.named("temporal"):
            return
        if devserver.ADDRESS_VARIABLE in os.environ or not place.local:
            await devserver.register_search_attributes(await connect(self.layout.settings), address)
            self._say(f"Temporal at {address} is used; none is started here")
            return
        place.require_free("Temporal")
        options = devserver.Options(
            db_file=self.layout.state / "temporal.db", log_file=self.layout.logs("temporal"), port=place.port,
            eager=self.layout.eager, tied=self.layout.tied, started=lambda child: self.table.adopt("temporal", child),
        )  # fmt: skip
        await devserver.start(options)
        self._say(f"Temporal answers at {address}")

    async def _start_system(self, name: str) -> None:
        url = self.layout.settings.crm_url if name == "crm" else self.layout.settings.erp_url
        place = place_of(url, f"LTC_{name.upper()}_URL")
        if self.table.named(name):
            return
        if not place.local:
            self._say(f"the {name.upper()} at {shown(url)} is used; none is started here")
            return
        place.require_free(f"the sandbox {name.upper()}")
        command = ["-m", "ltc.cli.main", "sandbox", name, "--port", str(place.port)]
        command += ["--db", str(self.layout.state / f"{name}.db"), *self.layout.sandbox.get(name, ())]
        command += self.layout.classes(name)
        record = self._spawn(name, command, self.layout.environment())
        await self._until(record, lambda: _answers(f"{url}/about", name))
        self._say(f"sandbox {name.upper()} answers at {shown(url)}")

    async def _start_webhooks(self) -> None:
        """Start the door for signed events, where the settings name one; its secrets go by our environment alone."""
        settings = self.layout.settings
        if not settings.webhooks or self.table.named("webhook"):
            return
        place_of(settings.webhook_address, "LTC_WEBHOOK_ADDRESS").require_free("the webhook door")
        command = ["-m", "ltc.cli.main", "webhook", "serve"]
        record = self._spawn("webhook", command, self.layout.environment())
        await self._until(record, lambda: _answers(f"http://{settings.webhook_address}/about", "webhook"))
        self._say(f"webhooks are taken at http://{settings.webhook_address}/webhooks")

    def _spawn(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> Record:
        words = [sys.executable, *command]
        return self.table.start(name, words, log=self.layout.logs(name), env=env, tied=self.layout.tied)

    async def _until(self, record: Record, ready: Callable[[], object]) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + READY
        while not await _ask(ready):
            if not self.table.runs(record):
                raise InstallationError(f"{record.name} ended at once{last_words(self.layout.logs(record.name))}")
            if loop.time() > deadline:
                raise InstallationError(
                    f"{record.name} did not answer within {READY:.0f} s; see {self.layout.logs(record.name)}"
                )
            await asyncio.sleep(0.05)


async def _ask(ready: Callable[[], object]) -> bool:
    answer = ready()
    return bool(await answer) if asyncio.iscoroutine(answer) else bool(answer)


async def _answers(url: str, system: str) -> bool:
    token = os.environ.get("LTC_SANDBOX_TOKEN", "")  # what the sandbox systems that we start ask of their callers
    try:
        async with httpx.AsyncClient(timeout=2) as client:
            found = await client.get(url, headers={"authorization": f"Bearer {token}"} if token else {})
        return bool(found.json().get("system") == system)
    except (httpx.HTTPError, ValueError, AttributeError):
        return False


async def _polled(client: Client, record: Record) -> bool:
    """Tell whether this very worker polls the chains' queue; a killed one is listed for minutes."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=CHAINS_QUEUE),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )  # fmt: skip
    try:
        found = await client.workflow_service.describe_task_queue(request)
    except RPCError:
        return False
    return any(poller.identity.split("@")[0] == str(record.pid) for poller in found.pollers)


@contextmanager
def _told() -> Iterator[None]:
    """Turn what is wrong with an address into an end of the installation's start."""
    try:
        yield
    except AddressError as error:
        raise InstallationError(str(error)) from None


def last_words(log: Path) -> str:
    """Return the end of a log for a message, or nothing."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()[-3:]
    except OSError:
        return ""
    return f" ({log}):\n" + "\n".join(lines) if lines else ""


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """Keep other commands from the state folder.

    Raises:
        InstallationError: another command is at work on it, or it cannot be made.
    """
    try:
        state.mkdir(parents=True, exist_ok=True)
        file = (state / "lock").open("a")
    except OSError as error:
        raise InstallationError(f"the state folder {state} cannot be used ({error.strerror}); set LTC_STATE") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InstallationError(f"another ltc command is at work on {state}; wait for it, or end it") from None
        yield


@asynccontextmanager
async def running(layout: Layout, say: Callable[[str], None] = lambda _: None) -> AsyncIterator[Installation]:
    """Run an installation for the length of a block; it is ended however the block is left."""
    installation = Installation(layout, say)
    try:
        await installation.up()
        yield installation
    finally:
        await asyncio.shield(asyncio.ensure_future(installation.down()))
