"""Cases beside a definition: what names nothing, or could not matter, is complained about where it stands."""

import re

import pytest

from ltc.cli.def_test_check import check_cases
from ltc.cli.def_test_shape import TESTS
from ltc.core.commands import Schedule
from ltc.core.stand_in_tasks import task_node
from ltc.definition.errors import DefinitionError, Problems
from ltc.definition.plan import Retry
from ltc.definition.reader import read
from ltc.definition.schema_check import check_shape
from ltc.ports.operations import Registry
from tests.support.chains import shipped

WRONG = [
    ("{net: §2500}", "LTC-D025"),
    ("{net: §2500.00 XYZ}", "LTC-D046"),
    ("{net: §-1.00 USD}", "LTC-D025"),
    ("{opportunity: {§lines: x}}", "LTC-D042"),
    ("{opportunity: {lost: §perhaps}}", "LTC-D023"),
    ("{refuse: {§erp.create_contract: [x]}}", "LTC-D190"),
    ("{refuse: {erp.confirm_order: [§nonsense]}}", "LTC-D049"),
    ("{fail: {erp.create_order: [§Nonsense]}}", "LTC-D024"),
    ("{lost: {§erp.create_ordr: true}}", "LTC-D190"),
    ("{decisions: [{§nobody: approve}]}", "LTC-D190"),
    ("{decisions: [{manager: '§reject, approved'}]}", "LTC-D024"),
    ("{people: {§nobody: [ann]}}", "LTC-D190"),
    ("{people: {'§role:nobody': [ann]}}", "LTC-D190"),
    ("{answers: [{task: §look}]}", "LTC-D190"),
    ("{cancel_after: §erp.plan_supply}", "LTC-D190"),
    ("{§children: [lost]}", "LTC-D120"),
    ("{§lacks: 50}", "LTC-D120"),
    ("{ship_after: §0h}", "LTC-D023"),
    ("{pay_after: §9999d}", "LTC-D025"),
    ("{events: [{event: §erp.nope, after: erp.create_order}]}", "LTC-D041"),
    ("{events: [{event: §erp.goods_received, after: erp.create_order, with: {purchase: order.id}}]}", "LTC-D120"),
    ("{events: [{event: §crm.order_changed, after: erp.create_order}]}", "LTC-D043"),
    ("{events: [{event: crm.order_changed, after: erp.create_order, with: {opportunity: x.§id}}]}", "LTC-D060"),
    ("{events: [{event: crm.order_cancelled, after: erp.create_order, with: {opportunity: order.id}, §quantity: 2}]}", "LTC-D120"),
    ("{events: [{event: crm.order_changed, after: erp.create_order, with: {opportunity: order.id, §line: order.id}}]}", "LTC-D042"),
]  # fmt: skip
EXPECTED = [
    ("{outcome: §finished}", "LTC-D024"),
    ("{outcome: 'held:§ '}", "LTC-D024"),
    ("{outcome: completed, never: [§aproval entered]}", "LTC-D190"),
    ("{outcome: completed, never: [§order.create_ordr do erp.create_order]}", "LTC-D190"),
    ("{outcome: completed, effects: [§erp.plan_supply]}", "LTC-D190"),
]


def complaints(text: str, name: str = "lead_to_cash") -> list[str]:
    tree, problems = read(text, "cases"), Problems("cases")
    try:
        check_shape(tree, TESTS, "the test file", problems)
        problems.stop()
        check_cases(tree, shipped(name), Registry(), problems)
        problems.stop()
    except DefinitionError as error:
        return [f"{one.code} {one.line}:{one.column}" for one in error.problems]
    return []


def place(text: str) -> str:
    """Where the marked word stands; in quotes, where the value begins."""
    at = text.index("§")
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    return f"{line}:{column}"


@pytest.mark.parametrize(("given", "code"), WRONG)
def test_what_a_case_gives_in_vain_is_complained_about(given, code):
    text = f"cases:\n  - name: x\n    given: {given}\n    expect: {{outcome: completed}}\n"
    found = complaints(text.replace("§", ""))
    assert [one.split()[0] for one in found] == [code]
    assert found[0].split()[1] in (place(text), place(text.replace("'§", "§'")), place(text.replace("x.§", "§x.")))


@pytest.mark.parametrize(("expect", "code"), EXPECTED)
def test_what_a_case_expects_of_nothing_is_complained_about(expect, code):
    text = f"cases:\n  - name: x\n    expect: {expect}\n"
    found = complaints(text.replace("§", ""))
    assert [one.split()[0] for one in found] == [code]
    assert re.fullmatch(r"LTC-D\d{3} 3:\d+", found[0])


def test_answers_name_fields_of_their_task_and_say_one_thing():
    text = "cases:\n  - name: x\n    given: {{answers: [{{task: {}}}]}}\n    expect: {{outcome: completed}}\n"
    assert complaints(text.format("staff, fields: {hours: '5'}"), "services") == []
    assert complaints(text.format("staff, fields: {hour: '5'}"), "services") == ["LTC-D190 3:46"]
    assert complaints(text.format("staff, says: reject, fields: {hours: '5'}"), "services") == ["LTC-D027 3:37"]
    assert complaints(text.format("report, says: reject"), "services") == ["LTC-D120 3:44"]


def test_two_cases_of_one_name_are_complained_about():
    one = "  - {name: x, expect: {outcome: completed}}\n"
    assert complaints(f"cases:\n{one}{one}") == ["LTC-D176 3:12"]


@pytest.mark.parametrize(("task", "node"), [("look.staff#1", "look.staff"), ("look_2[a.b].staff#12", "look_2.staff")])
def test_a_task_is_found_by_its_leg_and_step(task, node):
    """Two legs may have a task of one name, one leg's name may begin with another's, and a key may hold anything."""
    command = Schedule("a", "people.open_task", "q", {"task": task}, Retry())
    assert task_node(shipped("services"), command) == node
