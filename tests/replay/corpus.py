"""The files of the corpus: one recorded chain each, scrubbed, compressed the same way on every machine."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory

from tests.replay.paths import Stop, signature
from tests.replay.stage import IDENTITY

HISTORIES = Path(__file__).with_name("histories")
FORMAT = 1
# What a server and its workers tell about themselves, and nobody needs to replay.
DROPPED = (
    "binaryChecksum", "workerVersion", "workerInstanceKey", "deployment", "deploymentVersion", "workerDeploymentName",
    "workerDeploymentVersion", "stackTrace", "stickyTaskQueue", "workerControlTaskQueue",
)  # fmt: skip


class AlreadyRecordedError(RuntimeError):
    """A path has been recorded before: the corpus is only ever added to."""


@dataclass(frozen=True)
class Record:
    """One recorded chain: its path, how it ended (or what it rests with), the histories of its runs."""

    name: str
    definition: str
    server: str
    outcome: str
    path: list[Stop]
    runs: list[dict[str, Any]] = field(default_factory=list)
    format: int = FORMAT
    ends_in_result: bool = False  # how its last entries leave

    @property
    def signature(self) -> str:
        """The name of its path."""
        return signature(f"{self.definition}, in its result" if self.ends_in_result else self.definition, self.path)

    @property
    def file(self) -> Path:
        """Where it is kept, below the corpus."""
        return Path(self.definition) / f"{self.signature}.json.gz"

    def histories(self) -> list[WorkflowHistory]:
        """Return the histories of its runs, oldest first."""
        return [WorkflowHistory.from_json(f"{self.signature}:{number}", run) for number, run in enumerate(self.runs, 1)]


def scrub(value: Any) -> Any:
    """Return a history without what names a machine or a process."""
    if isinstance(value, dict):
        return {
            name: IDENTITY if name == "identity" else scrub(one) for name, one in value.items() if name not in DROPPED
        }
    return [scrub(one) for one in value] if isinstance(value, list) else value


def save(record: Record, folder: Path = HISTORIES, *, replace: bool = False) -> Path:
    """Write a record.

    Raises:
        AlreadyRecordedError: its path is in the corpus; ``replace`` says that it is to be recorded anew.
    """
    path = folder / record.file
    if path.exists() and not replace:
        raise AlreadyRecordedError(f"{record.file} is in the corpus already, which is only ever added to; --replace it")
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**asdict(record), "path": record.path}, sort_keys=True, separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    return path


def read(path: Path) -> Record:
    """Read a record."""
    written = json.loads(gzip.decompress(path.read_bytes()))
    assert written["format"] == FORMAT, f"{path} has format {written['format']}"
    return Record(**{**written, "path": [tuple(stop) for stop in written["path"]]})


def records(folder: Path = HISTORIES) -> Iterator[Record]:
    """Read the whole corpus, in the order of its files' names."""
    for path in sorted(folder.glob("*/*.json.gz")):
        yield read(path)
