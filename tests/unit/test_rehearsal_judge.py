"""The judgement over a rehearsal: each thing that was planned and did not come is said, chain by chain."""

from collections import Counter, defaultdict
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from starter.books import Books
from starter.rehearsal import shape
from starter.rehearsal.evidence import Evidence, PlannedMeeting
from starter.rehearsal.judge import judge_books, judge_process
from starter.rehearsal.report import show
from starter.rehearsal.shape import Script


@pytest.fixture(scope="module")
def script() -> Script:
    return shape.read("lead_to_cash").subset(6)


def came(script: Script) -> Evidence:
    """Everything as planned."""
    memory: Any = SimpleNamespace(unplanned=[], given_up=set(), refused=[], approvals=[], sent=[])
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for plan in script.chains:
        counts[script.chain(plan)].update(plan.effects)
    row = {"process": script.process, "reason": "", "state": "ended"}
    return Evidence(
        [script], memory, {}, "here", finished=True,
        chains={script.chain(plan): {**row, "number": plan.number, "outcome": plan.ends} for plan in script.chains},
        sla_report={script.process: []}, counts=counts, books=Books(),
        meetings=[PlannedMeeting(plan.number, fault.operation, fault.fault, fault.reason, met=True)
                  for plan in script.chains for fault in plan.faults],
    )  # fmt: skip


def failed(evidence: Evidence, script: Script) -> list[str]:
    return [one.name for one in judge_process(evidence, script) if not one.holds]


def test_a_run_as_planned_passes(script) -> None:
    assert failed(came(script), script) == []


def test_another_ending_and_a_chain_that_never_began_are_told(script) -> None:
    evidence = came(script)
    first, second = (script.chain(plan) for plan in script.chains[:2])
    evidence.chains[first] = {**evidence.chains[first], "outcome": "", "state": "held", "reason": "stuck"}
    del evidence.chains[second]
    assert failed(evidence, script) == ["every chain ended as planned"]
    [told] = [one for one in judge_process(evidence, script) if not one.holds]
    assert told.detail == "4 of 6"
    assert [line.partition(": ")[2] for line in told.violations] == [
        "planned completed, came held: stuck", "planned completed, came never started: ",
    ]  # fmt: skip


def test_a_fault_that_met_nobody_fails(script) -> None:
    evidence = came(script)
    evidence.meetings.append(PlannedMeeting("LC-001", "erp.create_order", "lost_reply", "", met=False))
    assert failed(evidence, script) == ["every planned fault was met"]


def test_other_effects_an_unplanned_hold_and_a_refusal_fail(script) -> None:
    evidence = came(script)
    evidence.counts[script.chain(script.chains[0])]["erp.create_order"] += 1
    evidence.memory.unplanned.append("lead_to_cash:LC-001: held in order: x")
    evidence.memory.refused.append("lead_to_cash:LC-001: retry: no")
    assert failed(evidence, script) == [
        "nothing was held that nobody planned", "whoever acted was heard", "effects are as planned",
    ]  # fmt: skip


def test_promises_broken_without_a_plan_are_judged_from_fifty_chains_on() -> None:
    script = shape.read("lead_to_cash")
    evidence = came(script)
    plain = [plan for plan in script.chains if not plan.slow][:2]
    late = {"breached": True, "leg": "order", "sla": "leg:order"}
    evidence.slas = [{**late, "chain": script.chain(plan)} for plan in plain[:1]]
    assert failed(evidence, script) == []
    evidence.slas = [{**late, "chain": script.chain(plan)} for plan in plain]
    assert failed(evidence, script) == ["SLAs without a planned delay are kept"]
    evidence.slas = [{**late, "chain": script.chain(plan)} for plan in script.chains if "*" in plan.slow]
    assert failed(evidence, script) == []


def test_what_did_not_end_fails_the_whole(script) -> None:
    evidence = came(script)
    evidence.finished = False
    evidence.trail_holes = ["lead_to_cash:LC-001"]
    assert [one.name for one in judge_books(evidence) if not one.holds] == [
        "every chain ended in time", "no trail has a hole",
    ]  # fmt: skip


def test_the_report_says_what_failed(script) -> None:
    evidence = came(script)
    page = Console(record=True, width=130)
    assert show(evidence, page)
    assert "Everything came as it was planned." in page.export_text()
    evidence.meetings.append(PlannedMeeting("LC-001", "erp.create_order", "lost_reply", "", met=False))
    assert not show(evidence, page)
    printed = page.export_text()
    assert "FAIL every planned fault was met" in printed
    assert "LC-001: erp.create_order: lost_reply" in printed
    assert "lead_to_cash FAIL, books ok" in printed
    assert "1 checks failed." in printed
