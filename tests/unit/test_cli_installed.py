"""Finding an installation, the doctor's checks, and starting data: each with what is wrong and what to do."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import socket
import sqlite3
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ltc import settings
from ltc.cli import checks, checks_records, example, installed
from ltc.cli.exits import BadUsageError
from ltc.model.clock import VirtualClock
from ltc.processes import ProcessTable
from ltc.store import Store, lookups, migrate
from starter.addresses import AddressError, place_of, shown
from tests.support.chains import simulate
from tests.support.cli import ltc


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of our own, and an environment that says nothing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LTC_", "TEMPORAL_"))}
    for name in set(os.environ) - set(kept):
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LTC_STATE", str(tmp_path / "state"))
    (tmp_path / "state").mkdir(mode=0o700)
    yield tmp_path
    for name in [name for name in os.environ if name.startswith("LTC_")]:
        del os.environ[name]


def test_later_commands_find_the_installation(clean: Path):
    installed.remember(clean / "state", {"LTC_CRM_URL": "http://127.0.0.1:1", "LTC_ERP_URL": "http://127.0.0.1:2"})
    os.environ["LTC_ERP_URL"] = "http://127.0.0.1:9"
    found = installed.load()
    assert (found.crm_url, found.erp_url) == ("http://127.0.0.1:1", "http://127.0.0.1:9")


def test_no_address_with_a_password_is_written_and_the_file_is_ours_alone(clean: Path):
    secret = "postgresql://ltc:hunter2@db/ltc"
    installed.remember(clean / "state", {"LTC_DATABASE": secret, "LTC_STATE": "x", "PATH": "y", "LTC_SETTLE": "1"})
    path = clean / "state" / installed.FILE
    assert json.loads(path.read_text()) == {"LTC_SETTLE": "1"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_temporal_s_own_variable_wins(clean: Path):
    installed.remember(clean / "state", {"LTC_TEMPORAL_ADDRESS": "127.0.0.1:1"})
    os.environ["TEMPORAL_ADDRESS"] = "temporal.example:7233"
    assert installed.load().temporal_address == "temporal.example:7233"
    del os.environ["TEMPORAL_ADDRESS"]


@pytest.mark.parametrize("content", ["{", "[]", '{"LTC_SETTLE": 1}', "\x00"])
def test_a_damaged_file_is_told_with_its_remedy(clean: Path, content: str):
    (clean / "state" / installed.FILE).write_text(content)
    with pytest.raises(BadUsageError, match="ltc up"):
        installed.adopt()


def test_a_file_cannot_set_what_is_not_ours(clean: Path):
    (clean / "state" / installed.FILE).write_text('{"LD_PRELOAD": "/evil.so", "LTC_DATABASE": "sqlite:///elsewhere"}')
    found = installed.load()
    assert "LD_PRELOAD" not in os.environ
    assert "elsewhere" not in found.database_url()


def test_settings_that_what_runs_does_not_have_are_found(clean: Path):
    assert installed.differing(clean / "state", {"LTC_SETTLE": "1"}, {}) == []
    installed.remember(clean / "state", {"LTC_SETTLE": "1", "LTC_CLOCK": ""})
    there = {"LTC_SETTLE": "1", "LTC_CLOCK": "", "LTC_STATE": "elsewhere", "LTC_ADDED_LATER": "x"}
    assert installed.differing(clean / "state", there, {"LTC_ERP_TOKEN": "x"}) == []  # an older file has no digests
    assert installed.differing(clean / "state", {**there, "LTC_SETTLE": "2"}, {}) == ["LTC_SETTLE"]


def test_a_changed_secret_is_found_and_none_is_written(clean: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LTC_ERP_TOKEN", "hunter2")
    monkeypatch.setenv("LTC_SYSTEMS__CRM__PASSWORD", "hunter3")
    state, here = clean / "state", installed.secrets_here()
    installed.remember(state, {"LTC_SETTLE": "1"}, here)
    assert "hunter" not in (state / installed.FILE).read_text()
    assert installed.differing(state, {}, here) == []
    monkeypatch.setenv("LTC_ERP_TOKEN", "mended")
    monkeypatch.delenv("LTC_SYSTEMS__CRM__PASSWORD")
    found = installed.differing(state, {}, installed.secrets_here())
    assert found == ["LTC_ERP_TOKEN", "LTC_SYSTEMS__CRM__PASSWORD"]
    installed.adopt()
    assert "digests" not in os.environ


def test_up_refuses_settings_that_what_runs_was_not_started_with(clean: Path, monkeypatch: pytest.MonkeyPatch):
    state = clean / "state"
    installed.remember(state, {"LTC_SETTLE": "3.0"})
    ProcessTable(state / "processes.json").adopt("erp", FakeChild(os.getpid()))
    monkeypatch.setenv("LTC_SETTLE", "9")
    done = ltc("up")
    assert done.exit_code == 4, done.output
    assert done.stderr == (
        "error: erp run with other settings (LTC_SETTLE); `ltc down` and then `ltc up` takes them over\n"
    )
    assert not (state / "ltc.db").exists()


class FakeChild:
    """A process that somebody else has started."""

    def __init__(self, pid: int) -> None:
        self.pid = pid


def test_a_damaged_file_is_set_aside_by_up_alone(clean: Path):
    assert not installed.set_aside(clean / "state")
    (clean / "state" / installed.FILE).write_text("{")
    assert installed.set_aside(clean / "state")
    assert (clean / "state" / "installation.damaged").read_text() == "{"
    installed.adopt()


def test_a_database_of_a_newer_ltc_is_refused_and_kept(clean: Path):
    url = settings.load().database_url()
    migrate.upgrade(url)
    with contextlib.closing(sqlite3.connect(clean / "state" / "ltc.db")) as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
        file.commit()
    for words in (["db", "upgrade"], ["db", "upgrade", "--dry-run"], ["chain", "list"]):
        done = ltc(*words)
        assert done.exit_code == 1, done.output
        assert "has schema 9999, which this program does not know: a newer ltc made it" in done.stderr
    (found,) = asyncio.run(findings("database"))
    assert (found.state, found.remedy) == ("fail", "install that version, or choose another database")
    assert migrate.current(url) == "9999"


def test_looking_at_a_database_that_is_not_there_makes_none(clean: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LTC_DATABASE", f"sqlite:///{clean}/gone.db")
    done = ltc("chain", "list")
    assert (done.exit_code, "ltc db upgrade" in done.stderr) == (1, True)
    assert not (clean / "gone.db").exists()


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_port_that_somebody_has_is_not_taken_for_our_own(taken: int):
    with pytest.raises(AddressError, match=f"the ERP cannot listen at 127.0.0.1:{taken}.*LTC_ERP_URL"):
        place_of(f"http://127.0.0.1:{taken}", "LTC_ERP_URL").require_free("the ERP")


@pytest.mark.parametrize("address", ["nowhere", "http://127.0.0.1", "127.0.0.1:99999", "http://[::1", "127.0.0.1:x"])
def test_an_address_without_host_and_port_names_its_setting(address: str):
    with pytest.raises(AddressError, match=r"LTC_CRM_URL: .* names no host and port"):
        place_of(address, "LTC_CRM_URL")


@pytest.mark.parametrize(
    ("address", "local"),
    [("127.0.0.1:1", True), ("http://localhost:1", True), ("http://[::1]:1", True), ("erp.example:1", False)],
)
def test_only_loopback_is_this_machine(address: str, local: bool):
    assert place_of(address, "X").local is local


def test_a_password_in_an_address_is_refused_for_what_is_started_here_and_never_shown():
    with pytest.raises(AddressError, match=r"LTC_ERP_URL holds a user or a password; .* LTC_ERP_TOKEN") as caught:
        place_of("http://bob:hunter2@127.0.0.1:8402", "LTC_ERP_URL")
    assert "hunter2" not in str(caught.value)
    with pytest.raises(AddressError, match="names no host and port") as caught:
        place_of("http://bob:hunter2@", "LTC_ERP_URL")
    assert "hunter2" not in str(caught.value)
    assert not place_of("https://bob:hunter2@erp.example:443/a?key=hunter3", "LTC_ERP_URL").local
    assert shown("https://bob:hunter2@erp.example:443/a?key=hunter3") == "https://erp.example:443/a"
    assert shown("127.0.0.1:7233") == "127.0.0.1:7233"


async def findings(name: str) -> list[checks.Finding]:
    return await checks.carry_out(name, getattr(checks, name), settings.load())


async def test_a_missing_database_and_an_old_one_have_their_remedy(clean: Path):
    (missing,) = await findings("database")
    assert (missing.state, "ltc up" in missing.remedy) == ("fail", True)
    migrate.upgrade(settings.load().database_url(), "0001")
    (old,) = await findings("database")
    assert (old.state, "ltc db upgrade" in old.remedy) == ("fail", True)
    migrate.upgrade(settings.load().database_url())
    (good,) = await findings("database")
    assert good.state == "ok"


def test_what_ails_the_database_is_said_once(clean: Path):
    found = json.loads(ltc("doctor", "-o", "json", env={"LTC_TEMPORAL_ADDRESS": "127.0.0.1:1"}).stdout)
    assert [one["check"] for one in found if "no database" in one["message"]] == ["database"]
    assert {"time", "records", "waiting", "writeback"} & {one["check"] for one in found} == set()
    assert not (clean / "state" / "ltc.db").exists()


async def test_a_database_of_another_user_is_a_failure(clean: Path, monkeypatch: pytest.MonkeyPatch):
    migrate.upgrade(settings.load().database_url())
    monkeypatch.setattr(checks.os, "access", lambda path, _: not str(path).endswith("ltc.db"))
    (found,) = await findings("database")
    assert (found.state, found.message) == ("fail", f"{clean / 'state' / 'ltc.db'} cannot be read and written")
    assert "chown" in found.remedy


async def test_a_state_folder_open_to_everybody_is_a_warning(clean: Path):
    assert [one.state for one in await findings("state")] == ["ok"]
    (clean / "state").chmod(0o755)
    (loose,) = await findings("state")
    assert (loose.state, "chmod 700" in loose.remedy) == ("warn", True)
    (clean / "state").chmod(0o700)
    (clean / "state").rmdir()
    (gone,) = await findings("state")
    assert gone.state == "fail"


async def test_a_full_disk_is_a_failure(clean: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(2**40, 2**40, 5 * 2**20))
    (full,) = await findings("state")
    assert (full.state, full.message) == ("fail", f"5 MB are left where {clean / 'state'} lies")


async def test_a_people_file_without_operators_is_a_failure(clean: Path):
    (gone,) = await findings("people")
    assert (gone.state, "LTC_PEOPLE_FILE" in gone.remedy) == ("fail", True)
    (clean / "people.yaml").write_text("people: [{id: ann, name: Ann, roles: [sales]}]")
    (nobody,) = await findings("people")
    assert (nobody.state, "operator" in nobody.remedy) == ("fail", True)
    (clean / "people.yaml").write_text("people: [{id: ann, name: Ann, roles: [operator]}]")
    (good,) = await findings("people")
    assert good.state == "ok"


async def test_a_definition_that_does_not_compile_is_named(clean: Path):
    folder = clean / "process_defs"
    folder.mkdir()
    (empty,) = await findings("definitions")
    assert (empty.state, "LTC_PROCESS_DEFS" in empty.remedy) == ("fail", True)
    (folder / "broken.yaml").write_text("ltc: 1\nprocess: broken\n")
    (broken,) = await findings("definitions")
    assert broken.state == "fail"
    assert "broken" in broken.message
    assert "ltc def lint" in broken.remedy


async def test_a_virtual_clock_is_a_warning(clean: Path):
    (real,) = await findings("clock")
    assert real.state == "ok"
    os.environ["LTC_CLOCK"] = VirtualClock.identity().model_dump_json()
    (virtual,) = await findings("clock")
    assert (virtual.state, "LTC_CLOCK" in virtual.remedy) == ("warn", True)


def test_a_virtual_clock_that_is_none_is_told_by_every_command(clean: Path):
    done = ltc("chain", "list", env={"LTC_CLOCK": '{"anchor": 1}'})
    assert done.exit_code == 2
    assert done.stderr.startswith("error: LTC_CLOCK is no virtual clock: ")
    assert ltc("doctor", env={"LTC_CLOCK": '{"anchor": 1}'}).exit_code == 1


async def test_a_clock_that_was_set_back_is_a_warning(clean: Path):
    url = settings.load().database_url()
    assert await checks.carry_out("time", checks_records.time, settings.load()) == []  # there is no database yet
    migrate.upgrade(url)
    (good,) = await checks.carry_out("time", checks_records.time, settings.load())
    assert good.state == "ok"
    trail = simulate().trail[:3]
    async with await Store.open(url) as store:
        late = datetime.now(UTC) + timedelta(hours=1)
        await store.append("p:1", "r1", [entry.model_copy(update={"wall": late}) for entry in trail])
        assert (await store.chain("p:1")) is not None
    (warned,) = await checks.carry_out("time", checks_records.time, settings.load())
    assert warned.state == "warn"
    assert re.match(r"the newest entry on record was made 3[56]\d\d s after now", warned.message)


async def test_a_database_whose_clock_is_another_is_a_warning(clean: Path, monkeypatch: pytest.MonkeyPatch):
    migrate.upgrade(settings.load().database_url())
    monkeypatch.setattr(lookups, "clocks", lambda _: (datetime.now(UTC) - timedelta(minutes=5), None))
    (warned,) = await checks.carry_out("time", checks_records.time, settings.load())
    assert (warned.state, warned.message) == (
        "warn", "this machine's clock and that of the database are 300 s apart",
    )  # fmt: skip


async def test_a_key_that_others_may_read_is_a_failure(clean: Path):
    (none,) = await findings("keys")
    assert none.state == "warn"
    folder = clean / "state" / "keys"
    folder.mkdir()
    (folder / "signing.key").write_bytes(b"x" * 32)
    (folder / "signing.key").chmod(0o644)
    (loose,) = await findings("keys")
    assert (loose.state, "chmod 600" in loose.remedy) == ("fail", True)


async def test_a_check_that_breaks_is_a_finding():
    async def breaks(_: object, report: checks.Report) -> None:
        report.ok("so far so good")
        raise KeyError("x")

    found = await checks.carry_out("odd", breaks, settings.load())
    assert [one.state for one in found] == ["ok", "fail"]
    assert "KeyError" in found[1].message


def test_a_wrong_setting_is_the_doctors_first_and_only_finding():
    done = ltc("doctor", "-o", "json", env={"LTC_SETTLE": "-4"})
    assert done.exit_code == 1
    (finding,) = json.loads(done.stdout)
    assert "LTC_SETTLE" in finding["message"]
    assert "-4" not in finding["message"]


def test_the_example_is_used_only_where_nothing_else_is_given(clean: Path):
    words = example.furnish(clean / "state")
    assert sorted(words) == ["crm", "erp"]
    assert Path(os.environ["LTC_PEOPLE_FILE"]).name == "people.yaml"
    deals = json.loads(Path(words["crm"][1]).read_text())["opportunities"]
    assert {deal["opportunity"]["stage"] for deal in deals} == {"open"}
    assert len(deals) == 830

    (clean / "state" / "crm.db").touch()  # its start was broken off
    with contextlib.closing(sqlite3.connect(clean / "state" / "erp.db")) as file:
        file.executescript("CREATE TABLE customers (id TEXT); INSERT INTO customers VALUES ('C1')")
    (clean / "people.yaml").touch()
    del os.environ["LTC_PEOPLE_FILE"]
    assert sorted(example.furnish(clean / "state")) == ["crm"]
    assert "LTC_PEOPLE_FILE" not in os.environ
