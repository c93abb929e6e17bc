"""What changed between two definitions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ltc.definition.compare import changes
from ltc.definition.compile import load
from tests.support.chains import ROOT, shipped

SHIPPED = (ROOT / "process_defs" / "lead_to_cash.yaml").read_text()

CASES: dict[str, tuple[str, str, list[tuple[str, str, str, str]]]] = {
    "a promise": ("sla: {target: 120bd", "sla: {target: 60bd", [("sla", "chain", "changed", "")]),
    "a promise is made no more": ("sla: {target: 120bd, warn_at: 80%}\n", "", [("sla", "chain", "removed", "")]),
    "an approval": ("rule: {votes: 2}", "rule: any", [("approval", "approval.approve_order", "changed", "approval")]),
    "a step": ("within: 40d", "within: 41d", [("step", "shipment.goods_shipped", "changed", "shipment")]),
    "a leg's condition": ("money('1000.00 USD')\n    steps", "money('1.00 USD')\n    steps", [("leg", "approval", "changed", "approval")]),
    "a title": ("title: {en: Approval, zh: 审批}", "title: {en: Consent, zh: 审批}", [("leg", "approval", "changed", "approval")]),
    "billing": ("over: 5%", "over: 6%", [("billing", "billing", "changed", "")]),
    "a handler": ("  customer_cancels:\n", "  they_cancel:\n",
                  [("handler", "customer_cancels", "removed", ""), ("handler", "they_cancel", "added", "")]),
    "a step is called otherwise": (
        "call: crm.qualify_lead\n", "call: crm.qualify_lead\n        name: qualify\n",
        [("step", "lead.qualify_lead", "removed", "lead"), ("step", "lead.qualify", "added", "lead")],
    ),
    "a leg more": (
        "  confirm:\n", "  more:\n    steps:\n      - call: crm.set_stage\n        with: {opportunity: opportunity.id, "
        "stage: \"'x'\"}\n        undo: {none: it says}\n  confirm:\n",
        [("operation", "crm.set_stage", "added", ""), ("leg", "more", "added", "more"), ("step", "more.set_stage", "added", "more")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_change_is_told_once_and_where_it_is(case: str, tmp_path: Path) -> None:
    before, after, told = CASES[case]
    assert before in SHIPPED
    path = tmp_path / "lead_to_cash.yaml"
    path.write_text(SHIPPED.replace(before, after, 1))
    new = load(path)
    assert [(one.kind, one.name, one.how, one.leg) for one in changes(shipped("lead_to_cash"), new)] == told
    back = {"added": "removed", "removed": "added"}
    turned = [(one.kind, one.name, back.get(one.how, one.how)) for one in changes(new, shipped("lead_to_cash"))]
    assert sorted(turned) == sorted((kind, name, how) for kind, name, how, _ in told)


def test_legs_and_steps_that_change_places_have_moved(tmp_path: Path) -> None:
    text = SHIPPED
    start, end = text.index("      - call: crm.qualify_lead"), text.index("      - choose:")
    second = text.index("      - call: customer.resolve")
    path = tmp_path / "lead_to_cash.yaml"
    path.write_text(text[:start] + text[second:end] + text[start:second] + text[end:])
    assert [(one.kind, one.name, one.how, one.fields) for one in changes(shipped("lead_to_cash"), load(path))] == [
        ("leg", "lead", "moved", ["steps"])
    ]


def test_the_same_is_no_change() -> None:
    plan: Any = shipped("lead_to_cash")
    assert changes(plan, plan) == []
