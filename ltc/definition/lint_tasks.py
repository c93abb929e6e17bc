"""Tasks can be done by somebody, are undone where something is done outside, and what may be empty is asked for."""

from __future__ import annotations

from ltc.definition.build import Build, Use
from ltc.definition.lint_people import known_people
from ltc.definition.lint_reads import compared, reads_of
from ltc.definition.plan import FormField, Plan, TaskNode
from ltc.definition.task_types import always


def check_tasks(plan: Plan, build: Build) -> None:
    """Complain about tasks that nobody can do, or whose answers could not be read as they are."""
    tasks = [node for node in plan.nodes.values() if isinstance(node, TaskNode)]
    for node in tasks:
        _people(node, build)
        _vain(node, build)
        if node.checklist and node.undo is None:
            build.problems.add("LTC-D185", build.places[f"{node.id}:checklist"], task=node.step)
        for field in node.form:
            if field.source and field.source not in plan.collections:
                mark = build.places[f"field:{node.id}:{field.name}:from"]
                build.problems.add("LTC-D184", mark, word=field.source, field=field.name, known=plan.collections)
    for use in build.uses:
        for node in tasks:
            if node.result and node.result in use.source:
                _read(use, node, tasks, build)


def _people(node: TaskNode, build: Build) -> None:
    for kind in ("role", "person"):
        if kind not in node.source:
            continue
        name, mark = str(node.source[kind]), build.places[f"task:{node.id}:assign"]
        if known_people(kind, name, mark, build) and kind == "role" and not (build.world.roles or {})[name]:
            build.problems.add("LTC-D100", mark, word=name, have=0, level=node.step, need=1)


def _vain(node: TaskNode, build: Build) -> None:
    if f"{node.id}:on_timeout" in build.places and node.within is None:
        why, mark = "the task has no longest time", build.places[f"{node.id}:on_timeout"]
        build.problems.vain(mark, "on_timeout", why, "add 'within:'")


def _read(use: Use, node: TaskNode, tasks: list[TaskNode], build: Build) -> None:
    """What is read of answers: a field that may be empty is asked for first, a choice is one of its options."""
    found = reads_of(use, node, tasks, build)
    if found is None:
        return
    read, guarded = found
    for field in node.form:
        path = f"{node.result}.{field.name}"
        unasked = [one for one in read if one == path or one.startswith(f"{path}.")]
        if not always(field) and unasked and path not in guarded:
            build.problems.add("LTC-D186", use.mark, word=path)
        if field.type == "choice":
            _options(use, path, field, build)


def _options(use: Use, path: str, field: FormField, build: Build) -> None:
    for word, mark in compared(use, path):
        if word not in field.options:
            build.problems.add("LTC-D187", mark, word=word, field=field.name, known=field.options)
