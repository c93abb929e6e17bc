"""Child processes that leave nothing behind: started into a table on disk, recognised safely, ended in order."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ltc.devserver import tied_to_us

PATIENCE = 10.0  # seconds between asking a process to end and killing it


@dataclass(frozen=True)
class Record:
    """A process that we started. ``born`` tells it from a later process that got the same id."""

    name: str
    pid: int
    born: str


@dataclass
class ProcessTable:
    """The processes of an installation, in the order of their start; every change is on disk before we go on.

    A table whose ``path`` lists dead processes is stale; ``living`` says which still run.
    """

    path: Path
    records: list[Record] = field(default_factory=list)
    _children: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> ProcessTable:
        """Read a table; a missing or damaged file is an empty table."""
        try:
            rows = json.loads(path.read_text())
            return cls(path, [Record(str(row["name"]), int(row["pid"]), str(row["born"])) for row in rows])
        except (OSError, ValueError, KeyError, TypeError):
            return cls(path)

    def start(
        self, name: str, command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None, tied: bool = True
    ) -> Record:
        """Start a process in a session of its own, so that Ctrl-C reaches us alone and we end it in order.

        Args:
            name: what it is called in messages.
            command: its words; the first is an absolute path.
            log: the file its output is appended to.
            env: added to our environment.
            tied: it ends when we die, even by SIGKILL (Linux).
        """
        with log.open("ab") as output:
            child = subprocess.Popen(
                tied_to_us(command) if tied else list(command),
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})}, start_new_session=True,
            )  # fmt: skip
        return self.adopt(name, child)

    def adopt(self, name: str, child: subprocess.Popen[bytes]) -> Record:
        """Take a process that was started elsewhere into the table."""
        self._children[child.pid] = child
        record = Record(name, child.pid, born(child.pid))
        self.records.append(record)
        self._write()
        return record

    def runs(self, record: Record) -> bool:
        """Tell whether the very process still runs."""
        child = self._children.get(record.pid)
        if child is not None:
            return child.poll() is None
        return bool(record.born) and born(record.pid) == record.born

    def living(self) -> list[Record]:
        """Return the processes that still run."""
        return [record for record in self.records if self.runs(record)]

    def named(self, name: str) -> list[Record]:
        """Return the living processes of a name."""
        return [record for record in self.living() if record.name == name]

    async def end(self, names: Sequence[str] | None = None, patience: float = PATIENCE) -> list[str]:
        """End processes, the youngest first; return the names of those that had to be killed."""
        chosen = [record for record in reversed(self.living()) if names is None or record.name in names]
        killed = [record.name for record in chosen if not await self._end_one(record, patience)]
        self.records = self.living()
        self._write()
        return killed

    def kill(self, record: Record) -> None:
        """Kill a process at once, with all of its session (SIGKILL): what chaos does."""
        if self.runs(record):
            _signal(record.pid, signal.SIGKILL)
        child = self._children.get(record.pid)
        if child is not None:
            child.wait()

    async def _end_one(self, record: Record, patience: float) -> bool:
        _signal(record.pid, signal.SIGTERM)
        if await wait_until(lambda: not self.runs(record), patience):
            return True
        _signal(record.pid, signal.SIGKILL)
        await wait_until(lambda: not self.runs(record), PATIENCE)
        return False

    def _write(self) -> None:
        if not self.records:
            self.path.unlink(missing_ok=True)
            return
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps([asdict(record) for record in self.records], indent=1))
        draft.replace(self.path)


def born(pid: int) -> str:
    """Return what tells a process from any other that has or had its id; empty when it is gone or a zombie."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        # The command stands in brackets and may hold spaces: count the fields behind it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else f"{boot}:{fields[19]}"
    except (OSError, IndexError):
        return "" if sys.platform == "linux" else _born_elsewhere(pid)


def _born_elsewhere(pid: int) -> str:
    found = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, since = found.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else since.strip()


def _signal(pid: int, number: signal.Signals) -> None:
    """Signal a session leader and all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


async def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    """Wait until something holds, looking often at first; return whether it does."""
    loop = asyncio.get_running_loop()
    deadline, pause = loop.time() + seconds, 0.01
    while not holds():
        if loop.time() > deadline:
            return False
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 0.2)
    return True
