"""Answers to a form: each value held against its field, all complaints at once, nothing half taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ltc.definition.form_values import checked
from ltc.definition.plan import FormField, TaskNode
from ltc.model import ids

MOST_BYTES = 16_000  # of all answers of a task, as they travel: they are part of the trail

Collections = Mapping[str, Mapping[str, Any]]


def drafted(
    node: TaskNode, saved: Mapping[str, Any], values: Mapping[str, Any], collections: Collections
) -> tuple[dict[str, Any], dict[str, str]]:
    """Put values into a draft (null takes one out); the draft, and by field why a value is not taken."""
    draft, problems = dict(saved), {}
    known = {field.name: field for field in node.form}
    for name, value in values.items():
        field = known.get(name)
        if field is None:
            problems[str(name)[:60]] = f"is not a field of this form; fields are {', '.join(known) or 'none'}"
        elif value is None or (value == [] and field.type == "file"):
            draft.pop(name, None)
        else:
            draft[name], problem = _value(field, value, collections)
            problems.update({name: problem} if problem else {})
    if not problems and len(ids.canonical(draft)) > MOST_BYTES:
        problems["(all)"] = f"have more than {MOST_BYTES} bytes together; put the long ones into a file"
    return draft, problems


def completed(node: TaskNode, draft: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Fill defaults in; the answers in the form's order, and by field what is missing."""
    answers: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field in node.form:
        value = draft.get(field.name, field.default)
        if value is not None:
            answers[field.name] = value
        elif field.required:
            problems[field.name] = "is needed"
    return answers, problems


def said(problems: Mapping[str, str]) -> str:
    """Write complaints in one line."""
    return "; ".join(f"{name} {problem}" for name, problem in list(problems.items())[:12])


def _value(field: FormField, value: Any, collections: Collections) -> tuple[Any, str]:
    found, problem = checked(field, value)
    if not problem and field.source and found not in collections.get(field.source, {}):
        return None, f"is none of {field.source}: {', '.join(collections.get(field.source, {})) or '(none yet)'}"
    return found, problem
