"""Cases beside a definition: what names nothing, or could not matter, is complained about where it stands."""

import re

import pytest

from ltc.cli.def_test import run_file
from ltc.cli.def_test_check import check_cases
from ltc.cli.def_test_lines import means
from ltc.cli.def_test_shape import TESTS
from ltc.core.commands import Schedule
from ltc.core.stand_in_tasks import task_node
from ltc.definition.build import World
from ltc.definition.errors import DefinitionError, Problems
from ltc.definition.plan import Retry
from ltc.definition.reader import read
from ltc.definition.schema_check import check_shape
from ltc.ports.operations import Registry
from tests.support.chains import ROOT, shipped

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
    ("{discount: §15%}", "LTC-D025"),
    ("{opportunity: {required_on: §tomorrow}}", "LTC-D023"),
    ("{discount: §1.5}", "LTC-D025"),
    ("{§fee_after: 5d}", "LTC-D120"),
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
    ("{outcome: completed, never: [§confirm.confirm_order done]}", "LTC-D024"),
    ("{outcome: completed, never: [§confirm.confirm_order do erp.nothing]}", "LTC-D190"),
    ("{outcome: completed, never: [§confirm opens]}", "LTC-D024"),
    ("{outcome: completed, never: [§approval.approve_order asks boss]}", "LTC-D190"),
    ("{outcome: completed, never: [§breached leg:nowhere]}", "LTC-D190"),
    ("{outcome: completed, never: [§ended badly]}", "LTC-D024"),
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


LINE = "collection[INV-1].write_off do erp.write_off"


@pytest.mark.parametrize(
    "wanted", [LINE, "collection[INV-1].write_off", "collection.write_off", "collection.write_off do"]
)
def test_a_line_is_meant_by_its_beginning_of_one_item_or_of_any(wanted):
    assert means(wanted, LINE)


@pytest.mark.parametrize("wanted", ["collection[INV-2].write_off", "collection.write", "write_off", f"{LINE} again"])
def test_no_other_line_is_meant(wanted):
    assert not means(wanted, LINE)


def test_every_operation_there_is_can_be_tried_in_a_case():
    from ltc.core.stand_in_books import Books

    assert [name for name in Registry().operations if not hasattr(Books, name.replace(".", "_"))] == []


OWN = """ltc: 1
process: own
calendar: cn
currency: USD
start:
  event: crm.opportunity_won
  key: event.opportunity.number
  input: {opportunity: event.opportunity}
billing: {basis: order}
legs:
  order:
    steps:
      - {call: customer.resolve, with: {customer: opportunity.customer}, as: customer}
      - call: erp.create_order
        with: {customer: customer.erp_id, lines: opportunity.lines}
        as: order
        undo: {call: erp.cancel_order, with: {order: order.id}}
      - {call: erp.confirm_order, with: {order: order.id}, as: order, undo: {call: erp.unconfirm_order, with: {order: order.id}}}
      - call: erp.release_delivery
        with: {order: order.id}
        as: release
        undo: {call: erp.cancel_delivery, with: {delivery: release.id}}
  counter:
    steps:
      - call: erp.ship_delivery
        with: {delivery: release.id}
        as: first
        undo: {irreversible: the customer has it}
      - call: erp.ship_delivery
        name: rest
        with: {delivery: release.id}
        undo: {irreversible: the customer has it}
        on_refusal: {not_released: skip, out_of_stock: hold}
      - {call: erp.get_order, with: {order: order.id}, as: order}
      - call: erp.post_order_invoice
        with: {order: order.id}
        as: invoice
        undo: {call: erp.credit_and_refund, with: {invoice: invoice.id}}
      - call: erp.register_payment
        with: {invoice: invoice.id, amount: invoice.gross}
        as: cash
        undo: {none: credit_and_refund gives it back}
      - choose:
          - when: customer.tier == 'cheque' && opportunity.lines.exists(line, line.discount == '0.1')
            steps:
              - {call: erp.reverse_payment, with: {invoice: invoice.id, payment: cash.id}, undo: {none: it bounced}}
      - wait: erp.payment_allocated
        match: event.invoice == invoice.id
        until: invoice.settled
        within: 3d
        on_timeout: {end: written_off}
        undo: {irreversible: paid}
"""
COUNTER = """cases:
  - {name: all at once, given: {pays: []}, expect: {outcome: completed, path: [counter.rest refused not_released, ended completed]}}
  - {name: in two, given: {pays: [], parts: [50, 50]}, expect: {outcome: completed, path: [counter.rest do, ended], never: [counter.rest refused]}}
  - {name: half, given: {pays: [], parts: [50]}, expect: {outcome: "held: out_of_stock"}}
  - {name: bounced, given: {pays: [], tier: cheque, discount: 0.1}, expect: {outcome: written_off, path: [counter.reverse_payment do]}}
  - {name: a word in vain, given: {pays: [], refuse: {erp.confirm_order: ['', credit_limit]}}, expect: {outcome: completed}}
"""


def test_what_a_chain_ships_and_books_itself_can_be_tried(tmp_path):
    (tmp_path / "own.yaml").write_text(OWN, "utf-8")
    (tmp_path / "own.test.yaml").write_text(COUNTER, "utf-8")
    results = run_file(tmp_path / "own.test.yaml", tmp_path / "own.yaml", World())
    assert [(one.case, one.differences) for one in results if not one.ok] == []
    assert [one.notes for one in results][-1] == ["given in vain: refuse: erp.confirm_order: credit_limit"]
    assert [one.notes for one in results][:-1] == [[], [], [], []]


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


def test_a_word_that_nobody_is_there_to_say_is_told(tmp_path):
    text = 'cases:\n  - {name: x, given: {net: 2000.00 USD, decisions: [{manager: "approve, reject"}], people: {managers: [a]}}, expect: {outcome: completed}}\n'
    (tmp_path / "x.test.yaml").write_text(text.replace("managers", "manager"), "utf-8")
    (result,) = run_file(
        tmp_path / "x.test.yaml", ROOT / "process_defs" / "lead_to_cash.yaml", World(calendars={"cn": 450})
    )
    assert result.ok
    assert result.notes == ["given in vain: decisions: manager: reject"]
