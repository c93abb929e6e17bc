"""Systems' machinery without the systems: half-made things are mended, secrets stay apart, messages say what to do."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ltc.processes import ProcessTable
from ltc.systems import bottlecrm, venvs
from ltc.systems.ground import Book, Instance, pick_port, read_secrets, write_secrets
from ltc.systems.running import Seeds, Systems
from ltc.systems.shared import Account, Places, SystemsError, blot, digest, run
from starter.real import demo

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places.of(tmp_path / "state", tmp_path / "cache")


@pytest.fixture
def systems(places: Places, tmp_path: Path) -> Systems:
    return Systems(places, Seeds({"company": {"name": "x"}}, tmp_path), lambda _: None)


def test_a_half_made_environment_is_made_anew_and_a_whole_one_is_kept(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def make(name: str, lock: Path, python: Path, folder: Path, log: Path) -> None:
        assert not folder.exists(), "what was half-made is gone first"
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").touch()
        made.append(folder)
        if len(made) == 1:
            raise SystemsError("no network")
        (folder / ".complete").touch()

    monkeypatch.setattr(venvs, "_make", make)
    python = Path(sys.executable)
    with pytest.raises(SystemsError, match="no network"):
        venvs.ensure("servers", python, places, lambda _: None)
    folder = venvs.ensure("servers", python, places, lambda _: None)
    assert venvs.ensure("servers", python, places, lambda _: None) == folder
    assert made == [folder, folder]


def test_a_python_that_does_not_run_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = tmp_path / "python3.12"
    shim.write_text("#!/bin/sh\necho 'python3.12: command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setattr(venvs, "_candidates", lambda _: iter([shim, tmp_path / "missing", Path(sys.executable)]))
    assert venvs.find_python((3, 11)) == Path(sys.executable)
    assert venvs.find_python((3, 99)) is None


def test_without_a_python_for_it_bottlecrm_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venvs, "find_python", lambda _: None)
    with pytest.raises(SystemsError, match=r"Python 3\.12.*Tryton's own opportunities"):
        bottlecrm.BottleCrm(tmp_path).python()


@pytest.mark.parametrize(
    ("crm", "names", "told"),
    [("", ["tryton"], 1), ("tryton", ["tryton"], 0), ("bottlecrm", ["tryton", "bottlecrm"], 0)],
)
def test_the_demonstration_sells_in_tryton_where_nothing_runs_bottlecrm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crm: str, names: list[str], told: int
) -> None:
    monkeypatch.setattr(venvs, "find_python", lambda _: None)
    said: list[str] = []
    assert demo._names(demo.Options(1, tmp_path, crm=crm), said.append) == names
    assert said == [bottlecrm.NO_PYTHON] * told


def test_a_failed_command_is_quoted_with_its_log_and_without_its_secrets(tmp_path: Path) -> None:
    log = tmp_path / "log"
    words = [sys.executable, "-c", "import sys; print('pass: hunter22 is wrong'); sys.exit(3)"]
    with pytest.raises(SystemsError) as told:
        run(words, "logging in", log, secret=["hunter22"])
    assert "logging in failed (exit 3)" in str(told.value)
    assert str(log) in str(told.value)
    assert "hunter22" not in str(told.value) + log.read_text()
    assert blot("a b", ["", "b"]) == "a ***"


def test_commands_do_not_inherit_ltc_settings_or_our_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LTC_ERP_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    said = run([sys.executable, "-c", "import os; print(sorted(os.environ))"], "looking", tmp_path / "log")
    assert "LTC_ERP_TOKEN" not in said
    assert "PYTHONPATH" not in said


def test_a_port_is_kept_while_it_is_free_and_replaced_when_it_is_taken() -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        assert pick_port(taken) != taken
    assert pick_port(taken) == taken


def test_secrets_are_read_by_their_owner_alone_and_a_damaged_file_says_so(tmp_path: Path) -> None:
    write_secrets(tmp_path, {"password": "x"})
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert read_secrets(tmp_path) == {"password": "x"}
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(SystemsError, match=r"secrets\.json cannot be read"):
        read_secrets(tmp_path)


def test_a_template_of_other_makings_has_another_name(tmp_path: Path) -> None:
    folder = tmp_path / "deploy"
    folder.mkdir()
    (folder / "a.py").write_text("1")
    before = digest("recipe", folder)
    (folder / "a.py").write_text("2")
    assert digest("recipe", folder) != before
    assert digest("recipe", folder) == digest("recipe", folder)


def test_postgres_user_must_be_able_to_enter(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    other = Account("other", closed.stat().st_uid + 1, closed.stat().st_gid + 1)
    assert not other.reaches(closed)
    assert other.reaches(Path("/"))


def test_down_ends_what_was_started_by_its_id_and_nothing_else(places: Places, systems: Systems) -> None:
    places.state.mkdir(parents=True)
    stranger = subprocess.Popen(SLEEPER, start_new_session=True)
    try:
        table = ProcessTable(places.state / "processes.json")
        ours = table.adopt("tryton", subprocess.Popen(SLEEPER, start_new_session=True))
        rows = json.loads(table.path.read_text())
        rows.append({"name": "tryton-postgres", "pid": stranger.pid, "born": "another boot:1"})
        table.path.write_text(json.dumps(rows))  # its id was given to somebody else since
        assert systems.down() == ["tryton"]
        assert not table.runs(ours)
        assert stranger.poll() is None
        assert not table.path.exists()
    finally:
        stranger.kill()
        stranger.wait()


def test_status_shows_a_dead_process_as_down(places: Places, systems: Systems) -> None:
    places.state.mkdir(parents=True)
    Book(places, {"tryton": Instance("tryton", {"tryton-postgres": 1, "tryton": 2})}).write()
    assert [(row.name, row.state) for row in systems.status()] == [("tryton-postgres", "down"), ("tryton", "down")]


def test_a_damaged_state_file_says_what_clears_it(places: Places, systems: Systems) -> None:
    places.state.mkdir(parents=True)
    (places.state / "systems.json").write_text("[]")
    with pytest.raises(SystemsError, match=r"is damaged.*ltc systems down"):
        systems.status()
    systems.down()
    assert systems.status() == []


def test_an_unknown_system_is_refused_by_name(systems: Systems) -> None:
    with pytest.raises(SystemsError, match="there is no system 'sap'; there are tryton, bottlecrm"):
        systems.up(["sap"])
