"""Finding an installation, the doctor's checks, and starting data: each with what is wrong and what to do."""

import json
import os
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ltc import settings
from ltc.cli import checks, example, installed
from ltc.cli.exits import BadUsageError
from ltc.cli.main import app
from ltc.model.clock import VirtualClock
from ltc.store import migrate


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


async def test_a_state_folder_open_to_everybody_is_a_warning(clean: Path):
    assert [one.state for one in await findings("state")] == ["ok"]
    (clean / "state").chmod(0o755)
    (loose,) = await findings("state")
    assert (loose.state, "chmod 700" in loose.remedy) == ("warn", True)
    (clean / "state").chmod(0o700)
    (clean / "state").rmdir()
    (gone,) = await findings("state")
    assert gone.state == "fail"


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
    done = CliRunner().invoke(app, ["chain", "list"], env={"LTC_CLOCK": '{"anchor": 1}'})
    assert done.exit_code == 2
    assert done.stderr.startswith("error: LTC_CLOCK is no virtual clock: ")
    assert CliRunner().invoke(app, ["doctor"], env={"LTC_CLOCK": '{"anchor": 1}'}).exit_code == 1


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
    done = CliRunner().invoke(app, ["doctor", "-o", "json"], env={"LTC_SETTLE": "-4"})
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

    (clean / "state" / "erp.db").touch()
    (clean / "people.yaml").touch()
    del os.environ["LTC_PEOPLE_FILE"]
    assert sorted(example.furnish(clean / "state")) == ["crm"]
    assert "LTC_PEOPLE_FILE" not in os.environ
