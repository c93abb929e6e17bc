"""Decision tables by themselves: `ltc def table`, and `tables:` in the tests beside a definition."""

import json
from functools import partial

import pytest

from tests.support import cli

ltc = partial(cli.ltc, "def")
TABLE = """tables:
  terms:
    inputs: {who: {is: opportunity.owner, type: text}, net: {is: opportunity.net, type: money}}
    outputs: {days: whole, limit: money, approver: who}
    rows:
      - {when: {who: [nancy, anne], net: ">= 1000.00 USD"}, then: {days: 60, limit: 500.00 USD, approver: "role:director"}}
      - {when: {net: "< 10.00 USD"}, then: {days: 0, limit: 0.00 USD, approver: "role:finance"}}
    otherwise: {days: 30, limit: 100.00 USD, approver: "role:finance"}
"""


@pytest.fixture
def small(tmp_path, base, monkeypatch):
    monkeypatch.setenv("LTC_PEOPLE_FILE", str(tmp_path / "none.yaml"))
    path = tmp_path / "small.yaml"
    used = base.replace("legs:\n", TABLE + "legs:\n", 1).replace("opportunity.lost", "terms.days > 400", 1)
    path.write_text(used, encoding="utf-8")
    return path


def test_the_row_that_holds_and_what_it_gives(small):
    done = ltc("table", small, "terms", "--set", "who=nancy", "--set", "net=2500.00 USD", "-o", "json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["outputs"] == {"days": "60", "limit": "500.00 USD", "approver": "role:director"}
    shown = ltc("table", small, "terms", "--set", "who=bob", "--set", "net=2500.00 USD").stdout
    assert "otherwise" in shown
    assert "100.00 USD" in shown


def test_the_tables_there_are(small):
    done = ltc("table", small, "-o", "json")
    assert [(row["table"], row["rows"]) for row in json.loads(done.stdout)] == [("terms", 2)]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nothing"], 3, "there are: terms"),
        (["terms", "--set", "who"], 2, "INPUT=VALUE"),
        (["terms", "--set", "who=a", "--set", "who=b"], 2, "given twice"),
        (["terms", "--set", "who=a"], 1, "'net' (money) is not given"),
        (["terms", "--set", "who=a", "--set", "net=many"], 1, "input 'net' (money)"),
        (["terms", "--set", "tier=a"], 1, "has no input 'tier'; it has: who, net"),
    ],
)
def test_wrong_questions_are_answered_with_what_is_wrong(small, words, code, said):
    done = ltc("table", small, *words)
    assert done.exit_code == code
    assert said in done.stderr


@pytest.mark.parametrize(
    ("case", "code", "said"),
    [
        ("{table: terms, given: {who: anne, net: 1000.00 USD}, expect: {days: '60', limit: 500.00 USD}}", 0, "ok"),
        ("{table: terms, given: {who: bob, net: 1000.00 USD}, expect: {days: '60'}}", 1, "expected '60', found '30'"),
        ("{table: terms, given: {who: bob, net: 1000.00 USD}, expect: {sum: '60'}}", 1, "no such output"),
        ("{table: term, given: {who: bob}, expect: {days: '60'}}", 1, "there are: terms"),
        ("{table: terms, given: {who: bob}, expect: {days: '60'}}", 1, "is not given"),
        ("{table: terms, given: {who: bob}}", 2, "'expect' is missing"),
    ],
)
def test_tables_are_tested_beside_the_definition(small, case, code, said):
    small.with_name("small.test.yaml").write_text(f"cases: []\ntables:\n  - {case}\n", encoding="utf-8")
    done = ltc("test", small)
    assert done.exit_code == code, done.output
    assert said in done.stdout + done.stderr
