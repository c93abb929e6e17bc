"""Holds the cases beside a definition against it: what a case names is there, and what it gives can matter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ltc.cli.def_test_events import check_event
from ltc.cli.def_test_lines import check_known, check_line, check_word
from ltc.cli.def_test_shape import DECISIONS
from ltc.core.stand_in import BILLS, FEE
from ltc.definition.currencies import CURRENCIES
from ltc.definition.errors import Problems
from ltc.definition.nodes import Listing, Mapping, Scalar, Source
from ltc.definition.plan import ApproveNode, Plan, TaskNode
from ltc.definition.schema_common import OUTCOMES
from ltc.definition.timespans import parse_span
from ltc.definition.types import ExprType
from ltc.model.money import Money
from ltc.ports.operations import Registry

ERRORS = ("Unavailable", "OutcomeUnknown", "Misconfigured", "ContractBroken", "TooLarge", "Timeout", "Cancelled")
_SPANS = ("ship_after", "call_every", "child_after", "pay_after", "fee_after", "back_after", "for")
_SHIPS = ("erp.release_delivery", "erp.release_picks", "erp.consign_order")
# Without one of these calls in the process, the key says nothing about it.
_NEEDS = {
    "parts": _SHIPS, "ship_after": _SHIPS, "pays": BILLS, "pay_after": BILLS, "fee_after": (FEE,),
    "calls": ("erp.create_contract",), "call_every": ("erp.create_contract",), "children": ("chain.start",),
    "child_after": ("chain.start",), "lacks": ("erp.plan_supply",), "elsewhere": ("erp.plan_picks",),
    "back_after": ("erp.accept_return",),
    "tier": ("customer.resolve", "customer.ensure"),
}  # fmt: skip


def check_cases(tree: Mapping, plan: Plan, registry: Registry, problems: Problems) -> None:
    """Complain about what a case says in vain: a case that passes because of a slip shows nothing."""
    checker = _Checker(plan, registry, problems)
    names: list[str] = []
    for case in tree.listing("cases").mappings():
        if case.text("name") in names:
            problems.add("LTC-D176", case.at("name"), word=case.text("name"), what="cases")
        names.append(case.text("name"))
        checker.given(case.mapping("given"))
        checker.expect(case.mapping("expect"))


@dataclass
class _Checker:
    plan: Plan
    registry: Registry
    problems: Problems

    def given(self, given: Mapping) -> None:
        self.net(given)
        self.deal(given)
        self.discount(given)
        self.calls(given)
        self.people(given)
        self.answers(given)
        for one in given.listing("events").mappings():
            check_event(one, self.plan, self.registry, self.problems)
            check_known(self.problems, "call of", one.text("after"), one.at("after"), self.plan.operations)
            _span(one, "in", self.problems)
        for key in _SPANS:
            _span(given, key, self.problems)
        for key, needs in _NEEDS.items():
            if key in given.values and not any(op in self.plan.operations for op in needs):
                self.problems.vain(given.keys[key], key, f"the process never calls {' or '.join(needs)}")
        for item in _scalars(given.values.get("children")):
            check_word(self.problems, item, (*OUTCOMES, "never"), "'children'")

    def net(self, given: Mapping) -> None:
        if "net" not in given.values:
            return
        try:
            amount = Money.parse(given.text("net"))
        except ValueError as error:
            self.problems.add(
                "LTC-D025", given.at("net"), where="'net'", problem=str(error), remedy="write 2500.00 USD"
            )
            return
        if amount.currency not in CURRENCIES:
            self.problems.add("LTC-D046", given.at("net"), word=amount.currency, known=CURRENCIES)
        if amount.minor < 0:
            problem = "a deal is not worth less than nothing"
            self.problems.add("LTC-D025", given.at("net"), where="'net'", problem=problem, remedy="write 2500.00 USD")

    def discount(self, given: Mapping) -> None:
        """The discount of the deal's line is a share: from 0 up to, but not including, 1."""
        if "discount" in given.values and not re.fullmatch(r"0(\.[0-9]{1,6})?", given.text("discount")):
            problem = f"{given.text('discount')!r} is no share"
            self.problems.add(
                "LTC-D025", given.at("discount"), where="'discount'", problem=problem, remedy="write 0.15 for 15%"
            )

    def deal(self, given: Mapping) -> None:
        """Other fields of the deal are plain ones, with values of their types; its lines follow from ``net``."""
        deal = self.registry.events["crm.opportunity_won"].fields.model_fields["opportunity"].annotation
        plain = {
            name: kind.kind for name, kind in ExprType.of(deal).fields().items()
            if kind.kind in ("string", "bool", "timestamp")
        }  # fmt: skip
        fields = given.mapping("opportunity")
        for key, value in fields.values.items():
            if key not in plain:
                self.problems.add("LTC-D042", fields.keys[key], op="opportunity", word=key, known=plain)
            elif plain[key] == "bool" and isinstance(value, Scalar) and not isinstance(value.value, bool):
                self.problems.add(
                    "LTC-D023", value.mark, where=f"'{key}'", wanted="true or false", found=repr(value.text)
                )
            elif plain[key] == "timestamp" and isinstance(value, Scalar) and not _is_instant(value.text):
                wanted = "an instant such as 2026-04-01T08:00:00Z"
                self.problems.add("LTC-D023", value.mark, where=f"'{key}'", wanted=wanted, found=repr(value.text))

    def calls(self, given: Mapping) -> None:
        for key in ("refuse", "fail", "lost"):
            for op, mark in given.mapping(key).keys.items():
                check_known(self.problems, "call of", op, mark, self.plan.operations)
        for op, value in given.mapping("refuse").values.items():
            reasons = self.registry.refusals.get(op, ()) if op in self.plan.operations else None
            for item in _scalars(value):
                if item.text and reasons is not None and item.text not in reasons:
                    self.problems.add("LTC-D049", item.mark, op=op, word=item.text, known=reasons)
        for value in given.mapping("fail").values.values():
            for item in _scalars(value):
                check_word(self.problems, item, ("", *ERRORS), "'fail'")
        if "cancel_after" in given.values:
            self.cancels(given)

    def cancels(self, given: Mapping) -> None:
        check_known(
            self.problems, "call of", given.text("cancel_after"), given.at("cancel_after"), self.plan.operations
        )
        if "crm.order_cancelled" not in self.plan.events:
            self.problems.vain(
                given.keys["cancel_after"], "cancel_after", "nothing in the process hears crm.order_cancelled"
            )

    def people(self, given: Mapping) -> None:
        levels = [level.name for node in self._nodes(ApproveNode) for level in node.levels]
        tasks = [node.step for node in self._nodes(TaskNode)]
        for one in given.listing("decisions").mappings():
            for level, value in one.values.items():
                check_known(self.problems, "approval level", level, one.keys[level], levels)
                for word in value.text.split(",") if isinstance(value, Scalar) else ():
                    if word.strip() not in DECISIONS:
                        self.problems.add(
                            "LTC-D024", value.mark, word=word.strip(), where="'decisions'", known=DECISIONS
                        )
        written = self.plan.model_dump_json()
        for asked, mark in given.mapping("people").keys.items():
            kind, sign, name = asked.partition(":")
            if not (f'"{kind}":"{name}"' in written or f'"{asked}"' in written if sign else asked == "managers"):
                check_known(self.problems, "level or task", asked, mark, [*levels, *tasks])

    def answers(self, given: Mapping) -> None:
        nodes = self._nodes(TaskNode)
        for one in given.listing("answers").mappings():
            name, fields = one.text("task"), one.mapping("fields")
            mine = [node for node in nodes if node.step == name]
            check_known(self.problems, "human task", name, one.at("task"), [node.step for node in nodes])
            if fields.values and one.text("says"):
                self.problems.add("LTC-D027", one.keys["says"], where="an answer", first="fields", second="says")
            if one.text("says") == "reject" and mine and not any(node.on_reject for node in mine):
                self.problems.vain(
                    one.at("says"), "says: reject", "the task says no on_reject, so that it cannot be declined"
                )
            for field, mark in fields.keys.items() if mine else ():
                check_known(
                    self.problems, "form field", field, mark, [form.name for node in mine for form in node.form]
                )

    def expect(self, expect: Mapping) -> None:
        outcome = expect.text("outcome")
        if outcome not in (*OUTCOMES, "waiting") and not re.fullmatch(r"held: \S.*", outcome):
            known = (*OUTCOMES, "waiting", "held: REASON")
            self.problems.add("LTC-D024", expect.at("outcome"), word=outcome, where="'outcome'", known=known)
        for item in _scalars(expect.values.get("effects")):
            effects = [name for name, one in self.plan.operations.items() if one.effect]
            check_known(self.problems, "lasting effect", item.text, item.mark, effects)
        for item in _scalars(expect.values.get("never")):
            check_line(item, self.plan, self.problems)

    def _nodes(self, kind: type[Any]) -> list[Any]:
        return [node for node in self.plan.nodes.values() if isinstance(node, kind)]


def _scalars(source: Source | None) -> Iterator[Scalar]:
    for item in source.items if isinstance(source, Listing) else ():
        if isinstance(item, Scalar):
            yield item


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _span(keys: Mapping, key: str, problems: Problems) -> None:
    if key not in keys.values:
        return
    try:
        parse_span(keys.text(key))
    except ValueError as error:
        problems.add("LTC-D025", keys.at(key), where=f"'{key}'", problem=str(error), remedy="write 12h or 3d")
