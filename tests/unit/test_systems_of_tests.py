"""Real systems of tests end with the run that started them, however it ends; those of a run that goes on stay."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ltc.processes import ProcessTable, wait_until

ROOT = Path(__file__).resolve().parents[2]
# A run that starts a system, here a sleeping process with what a system's state folder holds, and sleeps itself.
RUN = """
import sys, time
from pathlib import Path
from ltc.systems.running import Systems
from tests.support import systems

def up(self, names):
    self._places.state.mkdir(exist_ok=True)
    if not self._table.living():
        words = [sys.executable, "-c", "import time; time.sleep(600)"]
        self._table.start("tryton", words, log=self._places.state / "log", tied=False)

Systems.up, Systems.settings = up, lambda self: {}
with systems._used(Path(sys.argv[1]), "tryton"):
    print("up", flush=True)
    sys.stdin.readline()
"""


def start(folder: Path) -> "subprocess.Popen[str]":
    words = [sys.executable, "-c", textwrap.dedent(RUN), str(folder)]
    run = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert run.stdout is not None
    assert run.stdout.readline() == "up\n"
    return run


def gone(folder: Path, table: ProcessTable) -> bool:
    return asyncio.run(wait_until(lambda: not table.living() and not folder.exists(), 60))


def test_a_killed_run_leaves_no_system(tmp_path: Path) -> None:
    folder = tmp_path / "system"
    run = start(folder)
    table = ProcessTable.read(folder / "processes.json")
    assert [one.name for one in table.living()] == ["tryton"]
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    assert gone(folder, table)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.full
def test_a_system_that_another_uses_stays_until_that_ends(tmp_path: Path) -> None:
    folder = tmp_path / "system"
    first, second = start(folder), start(folder)
    table = ProcessTable.read(folder / "processes.json")
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    book = folder.with_suffix(".users")
    assert asyncio.run(wait_until(lambda: [one[0] for one in json.loads(book.read_text())] == [second.pid], 60))
    assert len(table.living()) == 1
    second.communicate("done\n")
    assert second.returncode == 0
    assert gone(folder, table)
