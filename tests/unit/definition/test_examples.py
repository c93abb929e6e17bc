"""The example definitions stand up to the lint, do what their tests say, and what a stranger gets wrong is told plainly."""

from functools import partial
from pathlib import Path

import pytest

from ltc.adapters.bottlecrm import ADAPTER as BOTTLECRM
from ltc.adapters.tryton import ADAPTER as TRYTON
from ltc.definition.compile import load
from ltc.definition.expressions import ExpressionError
from ltc.definition.parsing import parse
from ltc.ports.operations import OPERATIONS
from tests.support import cli

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted(path for path in (ROOT / "examples" / "repair").glob("*.yaml") if ".test." not in path.name)
PEOPLE = ("--people", str(ROOT / "examples" / "northwind" / "people.yaml"))


@pytest.fixture(autouse=True)
def settings(monkeypatch):
    monkeypatch.setenv("LTC_PROCESS_DEFS", str(ROOT / "process_defs"))


ltc = partial(cli.ltc, "def")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_stands(path):
    for command in ("lint", "test"):
        done = ltc(command, str(path), *PEOPLE)
        assert done.exit_code == 0, done.output
    assert done.stdout.count("ok ") >= 12


def test_real_systems_carry_out_the_shipped_process():
    """Every operation is one that the adapters of BottleCRM and Tryton offer: `make demo-real` starts with it."""
    shipped = load(ROOT / "process_defs" / "lead_to_cash.yaml")
    crm, erp = BOTTLECRM.ports["crm"], TRYTON.ports["erp"]
    for name in shipped.operations:
        port = {"crm": crm, "erp": erp, "customer": TRYTON.ports["customer"]}[name.split(".")[0]]
        assert hasattr(port, OPERATIONS[name].method), name


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("the customer did not want it", "a constant text stands in quotes of its own"),
        ("order.net and order.tax", "'and' is not an operator; write '&&'"),
        ("a or b", "write '||'"),
        ("not a", "write '!'"),
        ("a is b", "write '=='"),
        ("a = b", "compare with '=='"),
    ],
)
def test_what_is_no_expression_says_what_to_write(source, hint):
    with pytest.raises(ExpressionError) as caught:
        parse(source)
    assert hint in caught.value.message


def test_an_answer_that_a_form_does_not_take_is_told_with_the_case(tmp_path):
    (tmp_path / "repair.yaml").write_text(EXAMPLES[0].read_text("utf-8"), "utf-8")
    case = "cases:\n  - {name: one, given: {answers: [{task: diagnose, fields: {serial: AB12}}]}, expect: {outcome: completed, effects: [erp.create_order]}}\n"
    (tmp_path / "repair.test.yaml").write_text(case, "utf-8")
    done = ltc("test", str(tmp_path / "repair.yaml"))
    assert done.exit_code == 1
    assert "not taken: serial does not match" in done.stdout
    assert "they differ at number 1: erp.create_order expected, nothing found" in done.stdout
