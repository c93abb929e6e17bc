"""The frame of the command line: what it imports, how it ends, how it writes."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from ltc.cli import errors, exits, inputs, lazy, output, text, worker_cmd
from ltc.cli.main import app
from ltc.settings import PARTS

HEAVY = ("temporalio", "sqlalchemy", "pydantic", "rich", "httpx")
runner = CliRunner()


def heavy_after(code: str) -> list[str]:
    script = f"import sys\n{code}\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return eval(done.stdout.splitlines()[-1])


def test_importing_the_command_pulls_in_nothing_heavy():
    assert heavy_after("import ltc.cli.main") == []


@pytest.mark.parametrize("command", ["chain", "chain start", "task", "stuck", "sla", "views", "db", "up", "worker"])
def test_help_of_a_command_pulls_in_nothing_heavy(command):
    # Typer itself reads the options of a command with pydantic.
    words = [*command.split(), "--help"]
    code = f"from ltc.cli.main import app\ntry:\n    app({words!r})\nexcept SystemExit as end:\n    assert not end.code"
    assert [name for name in heavy_after(code) if name != "pydantic"] == []


@pytest.mark.parametrize("name", ["stuck", "chain", "def", "sandbox", "demo"])
def test_help_of_a_command_speaks_of_nothing_but_it(name):
    done = runner.invoke(app, [name, "--help"])
    assert done.exit_code == 0
    assert "completion" not in done.stdout


def test_help_names_every_command():
    said = runner.invoke(app, ["--help"]).stdout
    for name in (
        "up",
        "down",
        "doctor",
        "chain",
        "task",
        "stuck",
        "sla",
        "def",
        "mapping",
        "views",
        "db",
        "worker",
        "sandbox",
        "demo",
    ):
        assert f"\n  {name} " in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["chian"], "Did you mean 'chain'"),
        (["chain", "lst"], "Did you mean 'list'"),
        (["--nonsense"], "No such option"),
        (["chain", "list", "--state", "asleep"], "asleep"),
        (["chain", "list", "--limit", "0"], "--limit"),
        (["chain", "list", "-o", "xml"], "xml"),
        (["chain", "retry", "c1", "--actor", "a"], "--reason"),
        (["chain", "retry", "c1", "--reason", "r"], "--actor"),
        (["task", "list", "--state", "sleeping"], "sleeping"),
        (["stuck", "--reason", "tired"], "tired"),
        (["chain", "start", "p"], "exactly one of"),
        (["chain", "start", "p", "--input", "{}", "--opportunity", "1"], "exactly one of"),
        (["chain", "start", "p", "--input", "{}", "--lines", "x.csv"], "--file"),
        (["views", "refold", "--drop", "--chain", "c"], "--drop"),
        (["worker", "--only", "sleep"], "sleep"),
    ],
)
def test_a_wrong_command_line_is_told_once_and_exits_2(words, said):
    done = runner.invoke(app, words, env={"LTC_ACTOR": None})
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_every_part_of_a_worker_can_be_asked_for():
    assert worker_cmd._PARTS == PARTS


def a_group(command):
    small = typer.Typer(cls=lazy.group({}), rich_markup_mode=None)
    small.command("go")(command)
    small.command("other")(lambda: None)
    return small


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (exits.FailedError, 1),
        (exits.BadUsageError, 2),
        (exits.NotFoundError, 3),
        (exits.RefusedError, 4),
        (exits.PartialError, 5),
    ],
)
def test_each_end_has_its_exit_code_and_one_line(error, code):
    def fail() -> None:
        raise error("the moon is \x1b[31mred\x1b[0m")

    done = runner.invoke(a_group(fail), ["go"])
    assert done.exit_code == code
    assert done.stderr == "error: the moon is \\x1b[31mred\\x1b[0m\n"


def test_a_fault_of_ours_is_one_message_too():
    def fail() -> None:
        raise KeyError("x")

    done = runner.invoke(a_group(fail), ["go"])
    assert done.exit_code == 1
    assert "fault in ltc: KeyError" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_expected_error_of_another_part_is_translated():
    from ltc.client import errors as theirs

    assert isinstance(errors.translate(theirs.RefusedError("no")), exits.RefusedError)
    assert isinstance(errors.translate(theirs.NotFoundError("no")), exits.NotFoundError)
    assert isinstance(errors.translate(theirs.BadInputError("no")), exits.BadUsageError)
    assert isinstance(errors.translate(theirs.EngineAwayError("no")), exits.FailedError)
    assert isinstance(errors.translate(RuntimeError("Failed client connect: refused")), exits.FailedError)
    assert errors.translate(RuntimeError("another")) is None
    assert errors.translate(ValueError("ours")) is None


def test_a_database_error_never_quotes_its_address():
    from sqlalchemy.exc import OperationalError

    end = errors.translate(OperationalError("select 1", {}, Exception("postgresql://ltc:hunter2@db/ltc refused")))
    assert isinstance(end, exits.FailedError)
    assert "hunter2" not in str(end)


@given(st.text())
def test_cleaned_text_steers_no_terminal(value):
    cleaned = text.clean(value)
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in cleaned)
    assert "\u202e" not in cleaned


@given(st.integers(-(10**9), 10**9))
def test_a_span_says_its_sign_and_at_most_two_units(seconds):
    said = text.span(timedelta(seconds=seconds))
    assert said.startswith("-") == (seconds < 0)
    assert len(said.split()) in (2, 4)


def test_spans_and_moments_in_words():
    assert text.span(90061) == "1 d 1 h"
    assert text.span(0) == "0 s"
    assert text.span(None) == ""
    assert text.moment("2026-03-02T09:30:00+08:00") == "2026-03-02 01:30Z"
    assert text.moment(None) == ""


@pytest.mark.parametrize(
    ("given_text", "said"),
    [
        ("{", "line 1, column 2"),
        ("[1]", "JSON object"),
        ('{"a": 1, "a": 2}', "twice"),
        ('{"a": NaN}', "NaN"),
        ("[" * 100_000, "nested"),
        ('{"a":' * 41 + "1" + "}" * 41, "nested"),
        ("", "line 1"),
    ],
)
def test_json_that_is_not_a_plain_object_is_refused_with_its_place(given_text, said):
    with pytest.raises(exits.BadUsageError, match=said) as caught:
        inputs.json_object(given_text, "--input")
    assert "--input" in str(caught.value)


def test_json_comes_from_a_file_too(tmp_path):
    good = tmp_path / "good.json"
    good.write_text('\ufeff{"id": "线索"}', encoding="utf-8")
    assert inputs.json_object(f"@{good}", "--input") == {"id": "线索"}
    with pytest.raises(exits.NotFoundError, match=r"no\.json"):
        inputs.json_object(f"@{tmp_path}/no.json", "--input")
    bad = tmp_path / "bad.json"
    bad.write_bytes(b'{"id": "\xff"}')
    with pytest.raises(exits.BadUsageError, match="UTF-8"):
        inputs.json_object(f"@{bad}", "--input")
    bad.write_bytes(b" " * (inputs.MAX_BYTES + 1))
    with pytest.raises(exits.BadUsageError, match="1 MB"):
        inputs.json_object(f"@{bad}", "--input")


def test_a_reason_is_said():
    assert inputs.reason("  because ") == "because"
    with pytest.raises(exits.BadUsageError, match="empty"):
        inputs.reason("  ")
    with pytest.raises(exits.BadUsageError, match="500"):
        inputs.reason("x" * 501)


def test_an_instant_without_offset_is_utc():
    assert inputs.instant("2026-03-02", "--since") == datetime(2026, 3, 2, tzinfo=UTC)
    with pytest.raises(exits.BadUsageError, match="--since"):
        inputs.instant("yesterday", "--since")


COLUMNS = (output.col("NAME", "name"), output.col("N", "n", right=True))


def printed(capsys, *args, **more):
    output.rows(*args, **more)
    return capsys.readouterr()


def test_a_list_is_a_table_an_array_or_lines(capsys):
    items = [{"name": "甲乙", "n": 1}, {"name": "a", "n": 22}]
    assert printed(capsys, items, COLUMNS, output.Format.TABLE).out == "NAME   N\n甲乙   1\na     22\n"
    assert json.loads(printed(capsys, items, COLUMNS, output.Format.JSON).out) == items
    lines = printed(capsys, items, COLUMNS, output.Format.JSONL).out.splitlines()
    assert [json.loads(line) for line in lines] == items


def test_an_empty_list_is_said_on_stderr_and_valid_json(capsys):
    told = printed(capsys, [], COLUMNS, output.Format.TABLE, empty="none there")
    assert (told.out, told.err) == ("", "none there\n")
    assert printed(capsys, [], COLUMNS, output.Format.JSON).out == "[]\n"
    assert printed(capsys, [], COLUMNS, output.Format.JSONL).out == ""
