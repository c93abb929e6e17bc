"""`ltc def`: exit codes, places, and the tests beside the shipped definitions."""

import json
from functools import partial
from pathlib import Path

import pytest

from ltc.definition.reference import BEGIN
from tests.support import cli

ROOT = Path(__file__).parents[3]
ltc = partial(cli.ltc, "def")


@pytest.fixture(autouse=True)
def settings(monkeypatch):
    monkeypatch.setenv("LTC_PROCESS_DEFS", str(ROOT / "process_defs"))
    monkeypatch.setenv("LTC_PEOPLE_FILE", str(ROOT / "examples" / "northwind" / "people.yaml"))


@pytest.fixture
def spoilt(tmp_path, base):
    path = tmp_path / "small.yaml"
    path.write_text(base.replace("customer.erp_id", "custmer.erp_id"), encoding="utf-8")
    return path


def test_a_file_of_tests_is_no_definition_and_stands_for_its_own(tmp_path):
    for name in ("lead_to_cash.yaml", "lead_to_cash.test.yaml"):
        (tmp_path / name).write_text((ROOT / "process_defs" / name).read_text("utf-8"), "utf-8")
    both = [str(path) for path in sorted(tmp_path.glob("*.yaml"))]
    linted = ltc("lint", *both)
    assert linted.exit_code == 0, linted.output
    assert "lead_to_cash.test.yaml holds tests; `ltc def test` runs them" in linted.output
    tried, once = ltc("test", *both), ltc("test", both[1])
    assert tried.exit_code == 0, tried.output
    assert tried.stdout == once.stdout


def test_one_wrong_definition_does_not_keep_the_others_from_being_tried(tmp_path):
    for name in ("lead_to_cash", "web_order"):
        for kind in ("yaml", "test.yaml"):
            text = (ROOT / "process_defs" / f"{name}.{kind}").read_text("utf-8")
            (tmp_path / f"{name}.{kind}").write_text(
                text.replace("calendar: cn", "calender: cn", name[0] == "l"), "utf-8"
            )
    done = ltc("test", *(str(tmp_path / f"{name}.yaml") for name in ("lead_to_cash", "web_order")))
    assert done.exit_code == 2
    assert "ok      web_order:" in done.stdout
    assert "LTC-D020 unknown key 'calender'" in done.output


def test_a_warning_is_said_and_refuses_nothing(tmp_path, monkeypatch):
    text = (ROOT / "process_defs" / "lead_to_cash.yaml").read_text("utf-8")
    slip = text.replace(
        "input: {opportunity: event.opportunity}",
        "input: {opportunity: event.opportunity, x: event.opportunity.number}",
    )
    (tmp_path / "lead_to_cash.yaml").write_text(slip, "utf-8")
    done = ltc("lint", str(tmp_path / "lead_to_cash.yaml"))
    assert done.exit_code == 0, done.output
    assert "1 warning" in done.stdout
    assert "warning: " in done.stdout
    assert "LTC-D120 'x' would have no effect here: nothing in the process reads it" in done.stdout
    rows = json.loads(ltc("lint", str(tmp_path / "lead_to_cash.yaml"), "--output", "json").stdout)
    assert [row["warning"] for row in rows] == [True]
    monkeypatch.setenv("LTC_LANG", "zh")
    assert "警告：" in ltc("lint", str(tmp_path / "lead_to_cash.yaml")).stdout


def test_the_shipped_definitions_stand_up_to_the_lint():
    done = ltc("lint")
    assert done.exit_code == 0, done.output
    assert "lead_to_cash" in done.stdout
    assert "web_order" in done.stdout


def test_a_file_that_is_not_named_after_its_process_is_noted(tmp_path):
    """Such a file is refused when a chain is started by it."""
    path = tmp_path / "draft.yaml"
    path.write_text((ROOT / "process_defs" / "call_off_order.yaml").read_text("utf-8"), encoding="utf-8")
    done = ltc("lint", str(path))
    assert done.exit_code == 0, done.output
    assert "named call_off_order.yaml" in done.output


def test_a_complaint_has_place_code_word_and_exit_1(spoilt):
    done = ltc("lint", str(spoilt), "--people", str(ROOT / "examples/northwind/people.yaml"))
    assert done.exit_code == 1
    assert f"{spoilt}:25:26: LTC-D061" in done.stdout
    assert "did you mean 'customer'?" in done.stdout


def test_complaints_as_json(spoilt):
    done = ltc("lint", str(spoilt), "-o", "json")
    (problem,) = json.loads(done.stdout)
    assert (problem["code"], problem["line"], problem["column"], problem["nearest"]) == ("LTC-D061", 25, 26, "customer")


def test_the_tests_beside_the_shipped_definitions_pass():
    done = ltc("test")
    assert done.exit_code == 0, done.output
    assert done.stdout.count("ok ") >= 25


def test_a_test_that_expects_something_else_fails(tmp_path, base):
    (tmp_path / "small.yaml").write_text(base, encoding="utf-8")
    cases = "cases:\n  - name: wrong\n    given: {net: 500.00 USD}\n    expect: {outcome: lost, path: [never so], effects: []}\n"
    (tmp_path / "small.test.yaml").write_text(cases, encoding="utf-8")
    done = ltc("test", str(tmp_path / "small.yaml"))
    assert done.exit_code == 1
    for line in ("outcome: expected 'lost', found 'completed'", "path: 'never so' did not come", "effects: expected ;"):
        assert line in done.stdout


def test_a_malformed_test_file_is_refused_at_its_place(tmp_path, base):
    (tmp_path / "small.yaml").write_text(base, encoding="utf-8")
    (tmp_path / "small.test.yaml").write_text("cases:\n  - name: x\n    expct: {outcome: lost}\n", encoding="utf-8")
    done = ltc("test", str(tmp_path / "small.yaml"))
    assert done.exit_code == 2
    assert "small.test.yaml:3:5: LTC-D020" in done.output


def test_show_and_diagram():
    assert "level finance: role finance, 2 votes when base(order.net)" in ltc("show", "lead_to_cash").stdout
    assert json.loads(ltc("show", "web_order", "-o", "json").stdout)["process"] == "web_order"
    drawn = ltc("diagram", "lead_to_cash", "--language", "zh").stdout
    assert drawn.startswith("flowchart TD")
    assert 'subgraph leg_shipment["发货"]' in drawn
    assert ltc("diagram", "lead_to_cash", "--language", "fr").exit_code == 2


def test_unknown_names_are_not_found():
    assert ltc("show", "nope").exit_code == 3
    assert ltc("lint", "nope.yaml").exit_code == 3
    assert ltc("codes", "LTC-D999").exit_code == 3


def test_schema_and_codes(tmp_path):
    assert json.loads(ltc("schema").stdout)["properties"]["ltc"] == {
        "const": 1,
        "description": "the version of the language",
    }
    assert ltc("schema", "--write", str(tmp_path / "schema.json")).exit_code == 0
    assert (tmp_path / "schema.json").read_text("utf-8") == (ROOT / "process_defs/schema.json").read_text("utf-8")
    assert "LTC-D040" in ltc("codes").stdout


def test_the_language_page_is_up_to_date():
    page = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    assert BEGIN in page
    assert page.endswith(ltc("reference").stdout), "run: ltc def reference --write docs/language.md"
