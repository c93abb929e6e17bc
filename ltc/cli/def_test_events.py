"""Holds the events of a case against what systems report, and against what the process hears."""

from __future__ import annotations

from typing import Any

from ltc.definition.errors import Mark, Problems
from ltc.definition.expressions import ExpressionError, TypeEnv, check
from ltc.definition.nodes import Mapping, Scalar
from ltc.definition.plan import Plan
from ltc.ports.operations import Registry


def check_event(one: Mapping, plan: Plan, registry: Registry, problems: Problems) -> None:
    """Complain about an event that nobody reports or hears, and about fields that it does not have or that it needs."""
    name = one.text("event")
    event = registry.events.get(name)
    if event is None:
        problems.add("LTC-D041", one.at("event"), word=name, known=registry.events)
        return
    if name not in plan.events:
        problems.vain(one.at("event"), name, "nothing in the process hears it")
    fields, said = event.fields.model_fields, one.mapping("with")
    for key, mark in said.keys.items():
        if key not in fields:
            problems.add("LTC-D042", mark, op=name, word=key, known=fields)
    if event.subject not in said.values:
        problems.add("LTC-D043", one.at("event"), op=name, word=event.subject)
    if "quantity" in one.values and "lines" not in fields:
        problems.vain(one.keys["quantity"], "quantity", f"'{name}' has no lines")
    _expressions(said, plan, registry, problems)


def _expressions(said: Mapping, plan: Plan, registry: Registry, problems: Problems) -> None:
    """What the fields are made of is read of the deal, the order and the newest invoice."""
    deal = registry.events["crm.opportunity_won"].fields.model_fields["opportunity"].annotation
    names: dict[str, Any] = {
        "opportunity": deal, "order": registry.operations["erp.get_order"].gives,
        "invoice": registry.operations["erp.get_invoice"].gives,
    }  # fmt: skip
    for key, value in said.values.items():
        if not isinstance(value, Scalar):
            continue
        try:
            check(value.text, TypeEnv.of(names, plan.currency))
        except ExpressionError as error:
            mark = Mark(value.start.line, value.start.column + error.column - 1) if value.lines == 1 else value.mark
            problems.add("LTC-D060", mark, where=f"'{key}'", problem=error.message, near=error.nearest)
