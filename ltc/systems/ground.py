"""What a system stands on while it is made or runs: its PostgreSQL cluster, its processes, its ports, its secrets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ltc.devserver import free_port
from ltc.processes import ProcessTable, Record
from ltc.systems import venvs
from ltc.systems.postgres import Cluster, programs_of
from ltc.systems.shared import LOOPBACK, Places, Say, SystemsError, environment, write_private

PATIENCE = 120.0  # seconds until a server must answer; a busy machine needs many
_STEP = 0.05
_GRACE = 20.0  # seconds until a server that was asked to end is killed


@dataclass
class Instance:
    """One running system as it stands in the state file; nothing secret in it.

    Attributes:
        name: of the system.
        ports: by process: the loopback ports it was given, kept over restarts while they are free.
        template: the folder that its data was copied from.
    """

    name: str
    ports: dict[str, int] = field(default_factory=dict)
    template: str = ""

    def url(self) -> str:
        """Where the system answers."""
        return f"http://{LOOPBACK}:{self.ports[self.name]}"


@dataclass(frozen=True)
class Ground:
    """The folder that a system lives in, its process table, and whom to tell.

    Attributes:
        name: of the system.
        folder: the cluster's data, configuration and secrets; private to us, except for what PostgreSQL's user needs.
        logs: the folder of logs.
        table: the processes; every change is on disk at once.
        environment: the system's own virtual environment.
        servers: the virtual environment with PostgreSQL and Redis.
        secrets: the system's secrets.
        say: told how it goes.
    """

    name: str
    folder: Path
    logs: Path
    table: ProcessTable
    environment: Path
    servers: Path
    secrets: Mapping[str, str]
    say: Say

    @property
    def python(self) -> Path:
        """The system's own interpreter."""
        return self.environment / "bin" / "python"

    @property
    def cluster(self) -> Cluster:
        """The system's PostgreSQL cluster."""
        return Cluster(programs_of(self.servers), self.folder / "pg", self.secrets["postgres"])

    def log(self, process: str) -> Path:
        """The log of a process."""
        return self.logs / f"{process}.log"

    def spawn(
        self, process: str, command: Sequence[str | Path], env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> Record:
        """Start a process into the table; it outlives us.

        Raises:
            SystemsError: its program cannot be run.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        with self.log(process).open("ab") as output:
            try:
                child = subprocess.Popen(  # noqa: S603 - the command is ours
                    [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=output,
                    stderr=subprocess.STDOUT, env=environment(env), cwd=cwd, start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                raise SystemsError(f"{process}: {command[0]} cannot be run ({error.strerror})") from error
        return self.table.adopt(process, child)

    def until(self, record: Record, ready: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Wait until a process answers.

        Raises:
            SystemsError: it ended, or did not answer in time; the text quotes its log.
        """
        deadline = time.monotonic() + patience
        while not ready():
            if not self.table.runs(record):
                raise SystemsError(f"{record.name} ended at once{self.last_words(record.name)}")
            if time.monotonic() > deadline:
                raise SystemsError(
                    f"{record.name} did not answer within {patience:.0f} s{self.last_words(record.name)}"
                )
            time.sleep(_STEP)

    def until_up(self, ready: Callable[[], bool]) -> None:
        """Wait until the system itself answers.

        Raises:
            SystemsError: it ended, or did not answer in time; the text quotes its log.
        """
        (record,) = self.table.named(self.name) or (None,)
        if record is None:
            raise SystemsError(f"{self.name} ended at once{self.last_words(self.name)}")
        self.until(record, ready)

    def last_words(self, process: str) -> str:
        """Return the end of a process's log for a message."""
        with contextlib.suppress(OSError):
            lines = self.log(process).read_text(errors="replace").strip().splitlines()[-6:]
            return f"; the log {self.log(process)} ends with:\n" + "\n".join(lines) if lines else ""
        return ""

    def start_postgres(self, port: int) -> None:
        """Serve the cluster on a port, and wait until it takes connections.

        Raises:
            SystemsError: it does not.
        """
        process = f"{self.name}-postgres"
        if self.table.named(process):
            return
        self.cluster.clear_leftovers()
        record = self.spawn(process, self.cluster.command(port))
        self.until(record, lambda: self.cluster.answers(port))

    def stop(self, names: Sequence[str] | None = None) -> list[str]:
        """End processes, the youngest first; return those that had to be killed."""
        return stop(self.table, names)


def stop(table: ProcessTable, names: Sequence[str] | None = None) -> list[str]:
    """End processes of a table, the youngest first; return those that had to be killed."""
    return asyncio.run(table.end(names, patience=_GRACE))


def pick_port(wanted: int = 0) -> int:
    """Return a loopback port: the wanted one when nobody listens there, else a free one."""
    if wanted:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((LOOPBACK, wanted))
                return wanted
    return free_port()


@dataclass
class Book:
    """The state file: which systems run here. Secrets lie beside it in a file that only its owner reads."""

    places: Places
    instances: dict[str, Instance] = field(default_factory=dict)

    @classmethod
    def read(cls, places: Places) -> Book:
        """Read the state of a folder; none is an empty one.

        Raises:
            SystemsError: the file is damaged.
        """
        path = places.state / "systems.json"
        try:
            rows = json.loads(path.read_text(encoding="utf-8"))["systems"]
            return cls(places, {row["name"]: Instance(**row) for row in rows})
        except FileNotFoundError:
            return cls(places)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SystemsError(f"{path} is damaged ({error}); `ltc systems down` clears the folder") from error

    def write(self) -> None:
        """Write the state, whole or not at all."""
        path = self.places.state / "systems.json"
        draft = path.with_suffix(".new")
        rows = [asdict(instance) for instance in self.instances.values()]
        draft.write_text(json.dumps({"systems": rows}, indent=1) + "\n", encoding="utf-8")
        draft.replace(path)


def read_secrets(folder: Path) -> dict[str, str]:
    """Read the secrets that lie in a system's folder.

    Raises:
        SystemsError: they are missing or damaged.
    """
    path = folder / "secrets.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {name: str(value) for name, value in found.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise SystemsError(f"{path} cannot be read; `ltc systems down` and `up` make it anew") from error


def write_secrets(folder: Path, secrets: Mapping[str, str]) -> None:
    """Write a system's secrets for its owner alone."""
    write_private(folder / "secrets.json", json.dumps(dict(secrets), indent=1) + "\n")


def ground_of(name: str, folder: Path, logs: Path, table: ProcessTable, places: Places, python: Path,
              secrets: Mapping[str, str], say: Say) -> Ground:  # fmt: skip
    """Return the ground of a system, its environments installed.

    Raises:
        SystemsError: an environment cannot be installed.
    """
    servers = venvs.ensure("servers", venvs.our_python(), places, say)
    own = venvs.ensure(name, python, places, say)
    return Ground(name, folder, logs, table, own, servers, secrets, say)
