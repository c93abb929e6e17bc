"""A stand-in for people who do tasks: fills a form in, ticks everything, or does what a script says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from ltc.core.commands import Act, Schedule
from ltc.definition.form_values import written
from ltc.definition.plan import FormField, Plan, TaskNode
from ltc.model.messages import TaskAct
from ltc.model.money import Money

SILENT, DECLINES = "silent", "reject"
_PLACE = re.compile(r"([a-z0-9_]+)(?:\[.*\])?\.([^.#]+)#\d+", re.DOTALL)
FILE = {"sha256": "ab" * 32, "name": "paper.pdf", "size": 1000, "kind": "pdf"}


def does(command: Schedule, plan: Plan, said: str | Mapping[str, str], person: str, number: int) -> list[Act]:
    """What a person does with a task that was opened: claim it where that is asked for, then complete or decline."""
    node = plan.nodes[task_node(plan, command)]
    assert isinstance(node, TaskNode)
    if said == SILENT:
        return []
    claims = [_act(command, person, f"{number}c", "claim")] if node.claim else []
    if said == DECLINES:
        return [*claims, _act(command, person, str(number), "reject", comment="it cannot be done")]
    given = said if isinstance(said, Mapping) else {}
    values: dict[str, Any] = {field.name: example(field) for field in node.form if field.required}
    for field in node.form:
        if field.name in given:
            values[field.name] = as_written(field, given[field.name])
    unknown = {name: text for name, text in given.items() if name not in [field.name for field in node.form]}
    ticks = dict.fromkeys(node.checklist, True)
    return [*claims, _act(command, person, str(number), "complete", values={**values, **unknown}, ticks=ticks)]


def task_node(plan: Plan, command: Schedule) -> str:
    """The id of the step whose task an activity opens, by its place in the plan."""
    leg, step = _PLACE.fullmatch(command.payload["task"]).groups()  # type: ignore[union-attr]
    return f"{leg}.{step}"


def _act(command: Schedule, person: str, number: str, action: str, **more: Any) -> Act:
    given = {"id": f"ACT-{number}", "task": command.payload["task"], "action": action, "actor": person}
    return Act(TaskAct.model_validate({**given, "expires": "2099-01-01T00:00:00Z", **more}))


def as_written(field: FormField, text: str) -> Any:
    """A value as a test writes it; what the field would not take goes as it is, so that the refusal shows."""
    if field.type == "file":
        return [{**FILE, "name": name.strip(), "kind": name.rpartition(".")[2]} for name in text.split(",")]
    value, problem = written(field, text)
    return text if problem else value


def example(field: FormField) -> Any:
    """The plainest value that a field takes."""
    if field.default is not None:
        return field.default
    if field.type == "text":
        return "x" * max(1, int(field.low or 0))
    if field.type == "whole":
        return int(field.low or min(1, int(field.high or 1)))
    if field.type == "decimal":
        return str(Decimal(field.low or min(Decimal(1), Decimal(field.high or 1))))
    if field.type == "money":
        return Money.parse(field.low or field.high or f"1 {field.currency}").model_dump()
    return _plain(field)


def _plain(field: FormField) -> Any:
    if field.type == "date":
        return field.low or field.high or date(2026, 3, 2).isoformat()
    if field.type == "choice":
        return next(iter(field.options))
    if field.type == "file":
        kind = field.kinds[0] if field.kinds else "pdf"
        return [{**FILE, "name": f"paper.{kind}", "kind": kind}] * max(1, int(field.low or 1))
    return True if field.type == "yes_no" else "DOC-1"
