"""The demonstration as a person runs it: ends with 0 when sound, with 1 for a planted bug; Ctrl-C leaves nothing."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ltc.devserver import find_temporal
from ltc.processes import ProcessTable, Record, born
from starter.planted import BUGS

ROOT = Path(__file__).parents[2]
CAUGHT_BY = {
    "probe_skipped": "no_duplicate_documents",
    "undo_reversed": "undone_newest_first",
    "key_with_visit": "keys_follow_from_the_deal",
}
pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform != "linux", reason="processes are told apart by /proc"),
]


@pytest.fixture(scope="module", autouse=True)
def _temporal() -> None:
    find_temporal()


def start(state: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "ltc.cli.main", "--state", str(state), "demo", *words]
    env = {name: value for name, value in os.environ.items() if name != "TEMPORAL_ADDRESS"}
    return subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def demo(state: Path, *words: str) -> tuple[int, str]:
    process = start(state, *words)
    try:
        printed, _ = process.communicate(timeout=840)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    return process.returncode, printed


def left_behind(state: Path) -> list[Record]:
    """What the demonstration started and still runs."""
    return ProcessTable.read(state / "demo" / "processes.json").living()


def test_a_dozen_orders_meet_every_kind_and_end_as_planned(tmp_path: Path) -> None:
    status, printed = demo(tmp_path, "-n", "12")
    assert status == 0, printed
    assert "every order ended as planned: 12 of 12" in printed
    assert "Everything came as it was planned." in printed
    assert "FAIL" not in printed
    assert not (tmp_path / "demo").exists()  # nothing is kept of a run that went well


@pytest.mark.parametrize("bug", sorted(BUGS))
def test_a_planted_bug_is_caught_by_its_check(tmp_path: Path, bug: str) -> None:
    status, printed = demo(tmp_path, "-n", "12", "--plant", bug, "--minutes", "0.7")
    assert status == 1, printed
    assert f"{CAUGHT_BY[bug]}: " in printed, printed
    assert not left_behind(tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("bug", ["", *sorted(BUGS)])
def test_sixty_orders_sound_and_with_each_bug(tmp_path: Path, bug: str) -> None:
    status, printed = demo(tmp_path, "-n", "60", *(["--plant", bug] if bug else []))
    assert status == (1 if bug else 0), printed
    assert (f"{CAUGHT_BY[bug]}: " if bug else "every order ended as planned: 60 of 60") in printed


@pytest.mark.full
def test_the_worker_is_killed_three_times_and_all_ends_as_planned(tmp_path: Path) -> None:
    status, printed = demo(tmp_path, "-n", "150", "--chaos")
    assert status == 0, printed
    kills = re.findall(
        r"Worker killed at \d+%: (\d+) activities running, (\d+) between.*?; (\d+) effects probed", printed
    )
    assert len(kills) == 3
    for running, posted, probed in kills:
        assert int(running) >= 20
        assert int(posted) >= 1
        assert int(probed) >= 1


@pytest.fixture(params=["Temporal answers", "sandbox ERP answers", "sent 12/12"])
def interrupted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, int, list[Record]]]:
    """Press Ctrl-C when a certain line has come: state folder, exit status, what ran at that moment."""
    process = start(tmp_path, "-n", "12", "--minutes", "1")
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if request.param in line:
                break
        else:
            pytest.fail(f"{request.param!r} never came")
        ran = left_behind(tmp_path)
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)  # an impatient second one changes nothing
        process.communicate(timeout=60)
        yield tmp_path, process.returncode, ran
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def test_ctrl_c_leaves_no_process_and_no_port(interrupted: tuple[Path, int, list[Record]]) -> None:
    state, status, ran = interrupted
    assert status == 130
    assert not left_behind(state)
    assert all(born(record.pid) != record.born for record in ran)
    for log in (state / "demo" / "logs").glob("*.log"):
        for port in re.findall(r"(?:127\.0\.0\.1|localhost):(\d+)", log.read_text()):
            with socket.socket() as probe:
                assert probe.connect_ex(("127.0.0.1", int(port))) != 0, f"port {port} of {log.name} is open"


def test_a_sigkilled_demonstration_leaves_nothing_behind(tmp_path: Path) -> None:
    process = start(tmp_path, "-n", "12", "--minutes", "1")
    assert process.stdout is not None
    for line in process.stdout:
        if "worker takes tasks" in line:
            break
    ran = left_behind(tmp_path)
    assert {record.name for record in ran} == {"temporal", "crm", "erp", "worker"}
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and any(born(record.pid) == record.born for record in ran):
        time.sleep(0.1)
    assert [record.name for record in ran if born(record.pid) == record.born] == []


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["-n", "831"], 1, "831 orders were asked for; the scenario has 1 to 830"),
        (["-n", "0"], 1, "the scenario has 1 to 830"),
        (["--plant", "all"], 2, "there is no bug 'all'; there are probe_skipped, undo_reversed, key_with_visit"),
    ],
)
def test_what_cannot_be_demonstrated_is_said_at_once(
    tmp_path: Path, words: list[str], status: int, message: str
) -> None:
    code, printed = demo(tmp_path, *words)
    assert code == status
    assert message in printed
    assert "Traceback" not in printed
