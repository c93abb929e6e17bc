"""`ltc adapter`: what is listed and shown, a check of a system of one's own, a skeleton that is fit to begin with."""

import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ltc.adapters import OURS, find
from ltc.cli.output import dumps
from ltc.contract.support import BEGIN, page, supported
from ltc.ports.operations import EVENTS, OPERATIONS, EffectClass
from ltc.sandbox.server import ServerThread, create_app
from ltc.sandbox.settings import SandboxSettings
from tests.contract.world import master_data
from tests.support import cli

ROOT = Path(__file__).parents[2]


ltc = partial(cli.ltc, "adapter")


def test_every_adapter_is_listed_and_shown() -> None:
    listed = json.loads(ltc("list", "-o", "json").stdout)
    assert {row["name"] for row in listed} >= set(OURS)
    for name in OURS:
        shown = json.loads(ltc("show", name, "-o", "json").stdout)
        assert shown["verified"], name
        assert {row["how"] for row in shown["operations"]} <= {"reads", *EffectClass}
    assert ltc("show", "nobody").exit_code == 3


@pytest.mark.parametrize("name", OURS)
def test_an_adapter_supports_what_its_ports_say(name: str) -> None:
    rows = {row.operation: row for row in supported(find(name))}
    assert any(row.how for row in rows.values())
    for operation, row in rows.items():
        if OPERATIONS[operation].port not in find(name).ports:
            assert not row.how
        assert row.inverse in ("", OPERATIONS[operation].inverse)


def test_the_page_of_what_is_supported_is_up_to_date() -> None:
    there = (ROOT / "docs" / "adapters" / "support.md").read_text(encoding="utf-8")
    assert BEGIN in there
    assert there == page(find(name) for name in OURS), "run: ltc adapter support --write docs/adapters/support.md"


@pytest.fixture(scope="module")
def erp(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("erp")
    data = folder / "data.json"
    data.write_text(dumps(master_data()))
    server = ServerThread(create_app(SandboxSettings("erp", folder / "erp.sqlite", data=data))).start()
    yield server.url
    server.stop()


def test_check_says_what_is_supported(erp: str) -> None:
    words = ("--port", "erp", "--port", "customer", "--about", "erp.create_order", "--about", "erp.get_order")
    done = ltc("check", "sandbox", "--url", erp, "--yes", *words, "-o", "json")
    assert done.exit_code == 0, done.output
    outcomes = json.loads(done.stdout)["outcomes"]
    assert {one["case"] for one in outcomes if one["status"] == "ok"} >= {"lost-reply", "late-commit", "reads"}
    table = ltc("check", "sandbox", "--url", erp, "--yes", "--port", "erp", "--about", "erp.get_order",
                "--sample", "erp_customer=C1")  # fmt: skip
    assert table.exit_code == 0, table.output
    assert "erp.get_order" in table.stdout
    assert "writes documents" in table.stderr


def test_check_fails_with_what_to_do(erp: str) -> None:
    done = ltc("check", "sandbox", "--url", erp, "--yes", "--port", "erp", "--sample", "erp_customer=C1",
               "--sample", "product=nothing", "--case", "takes-place", "--about", "erp.create_order")  # fmt: skip
    assert done.exit_code == 1
    assert "there is no product nothing" in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("check", "sandbox", "--url", "http://127.0.0.1:9", "--port", "oa", "--yes"), 2, "serves"),
        (("check", "sandbox", "--url", "http://127.0.0.1:9", "--case", "luck", "--yes"), 2, "lost-reply"),
        (("check", "sandbox", "--url", "http://127.0.0.1:9", "--about", "erp.fly", "--yes"), 2, "erp.create_order"),
        (("check", "sandbox", "--url", "http://127.0.0.1:9", "--sample", "size=3", "--yes"), 2, "product"),
        (("check", "sandbox", "--url", "http://127.0.0.1:9", "--sample", "price=x", "--yes"), 2, "--sample"),
        (("check", "sandbox", "--url", "http://127.0.0.1:9", "--option", "x", "--yes"), 2, "KEY=VALUE"),
        (("check", "sandbox", "--url", "http://127.0.0.1:9", "--yes"), 1, "cannot be run"),
        (("check", "sandbox", "--url", "127.0.0.1:9", "--yes"), 2, "write the whole address"),
        (("check", "tryton", "--user", "ann", "--yes"), 2, "--url"),
        (("check", "tryton", "--yes"), 2, "LTC_SYSTEMS"),
        (("check", "nobody", "--yes"), 3, "nobody"),
        (("new", "Bad-Name"), 2, "lower-case"),
        (("new", "odoo"), 2, "already"),
    ],
)
def test_wrong_words_are_one_clear_message(words: tuple[str, ...], code: int, said: str) -> None:
    done = ltc(*words)
    assert done.exit_code == code, done.output
    assert said in done.stderr


def test_a_system_that_is_not_there_is_one_message_and_no_list_of_cases() -> None:
    done = ltc("check", "sandbox", "--url", "http://127.0.0.1:9", "--yes", "--port", "erp")
    assert done.exit_code == 1
    assert "error: the suite cannot be run on sandbox at http://127.0.0.1:9: " in done.stderr
    assert not done.stdout


def test_check_asks_before_it_writes(erp: str) -> None:
    done = ltc("check", "sandbox", "--url", erp, "--port", "erp", give="n\n")
    assert (done.exit_code, "nothing was done" in done.stderr) == (1, True)


def test_secrets_come_from_files_only(tmp_path: Path, erp: str) -> None:
    secret = tmp_path / "token"
    secret.write_text("hush-hush\n")
    words = ("--port", "erp", "--about", "erp", "--case", "wrong-credentials", "--sample", "erp_customer=C1")
    done = ltc("check", "sandbox", "--url", erp, "--token-file", str(secret), "--yes", *words)
    assert "hush-hush" not in done.output
    gone = ltc("check", "sandbox", "--url", erp, "--token-file", str(tmp_path / "none"), "--yes")
    assert (gone.exit_code, "--token-file" in gone.stderr) == (2, True)


@pytest.fixture(scope="module")
def skeleton(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("new") / "acme"
    assert ltc("new", "acme", "--out", str(folder)).exit_code == 0
    return folder


def test_a_folder_that_holds_something_is_left_alone(skeleton: Path) -> None:
    done = ltc("new", "acme", "--out", str(skeleton))
    assert (done.exit_code, "choose another folder" in done.stderr) == (2, True)


def test_the_skeleton_passes_lint(skeleton: Path) -> None:
    for words in (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]):
        done = subprocess.run([sys.executable, "-m", *words], cwd=skeleton, capture_output=True, text=True, timeout=110)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_skeleton_fails_the_suite_saying_what_comes_next(skeleton: Path) -> None:
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run([sys.executable, *words], cwd=skeleton, capture_output=True, text=True, timeout=110)
    assert done.returncode == 1, done.stdout + done.stderr
    for said in ("create_order is not written yet (ltc_acme/adapter.py)", "get_order is not written yet",
                 "probe is not written yet", "cancel_order"):  # fmt: skip
        assert said in done.stdout, said
    assert "Error" not in done.stderr
    assert "the adapter does not carry it out" not in done.stdout  # what is not offered is skipped, not failed


def test_words_of_the_suite_are_those_of_the_ports() -> None:
    from ltc.contract.cases import CASES, works
    from ltc.contract.states import READY

    # Chains of other processes are the engine's own: no system offers them.
    assert set(READY) == {name for name, one in OPERATIONS.items() if one.port != "chain"}
    assert len({case.id for case in CASES}) == len(CASES)
    assert {subject for case, subject in works() if case.id == "feed"} == set(EVENTS)
