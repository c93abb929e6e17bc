"""Every shipped process by its scenario, as a person runs it: the first chains of each, and in full behind `full`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ltc.devserver import find_temporal
from ltc.processes import ProcessTable
from starter.rehearsal.shape import processes

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.timeout(1500),
    pytest.mark.skipif(sys.platform != "linux", reason="processes are told apart by /proc"),
]


@pytest.fixture(scope="module", autouse=True)
def _temporal() -> None:
    find_temporal()


def rehearse(state: Path, *words: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "ltc.cli.main", "--state", str(state), "demo-all", *words]
    env = {name: value for name, value in os.environ.items() if name != "TEMPORAL_ADDRESS"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=1400, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_first_chains_of_every_process_end_as_planned(tmp_path: Path) -> None:
    status, printed = rehearse(tmp_path, "-n", "3", "--minutes", "1.2")
    assert status == 0, printed
    assert printed.count("every chain ended as planned: 3 of 3") == len(processes())
    assert "Everything came as it was planned." in printed
    assert not (tmp_path / "demo-all").exists()  # nothing is kept of a run that went well


@pytest.mark.full
def test_all_chains_of_every_process_end_as_planned(tmp_path: Path) -> None:
    status, printed = rehearse(tmp_path)
    assert status == 0, printed
    assert "FAIL" not in printed
    assert not ProcessTable.read(tmp_path / "demo-all" / "processes.json").living()


def test_what_cannot_be_rehearsed_is_said_at_once(tmp_path: Path) -> None:
    status, printed = rehearse(tmp_path, "--only", "web_order,nowhere")
    assert status == 2
    assert "--only: there is no scenario of 'nowhere'; there are " in printed
    assert "Traceback" not in printed
