"""What is read of the event that ended a wait for several: what only some of them have is asked for first."""

from __future__ import annotations

from ltc.definition.build import Build, Use
from ltc.definition.lint_reads import compared, reads_of
from ltc.definition.plan import Plan, WaitNode


def check_waits(plan: Plan, build: Build) -> None:
    """Complain about fields read unasked that not every event has, and about events that were not waited for."""
    waits = [node for node in plan.nodes.values() if isinstance(node, WaitNode) and node.tells]
    for use in build.uses:
        for node in waits:
            if node.result in use.source:
                _read(use, node, waits, build)


def _read(use: Use, node: WaitNode, waits: list[WaitNode], build: Build) -> None:
    found = reads_of(use, node, waits, build)
    if found is None:
        return
    read, guarded = found
    for path in dict.fromkeys(".".join(one.split(".")[:2]) for one in read):
        name, _, field = path.partition(".")
        if name == node.result and field and path not in guarded and not _always(node, field, build):
            build.problems.add("LTC-D158", use.mark, word=path, field=field, name=name)
    _named(use, node, build)


def _always(node: WaitNode, field: str, build: Build) -> bool:
    events = build.world.registry.events
    known = [events[one.event].fields.model_fields for one in node.events if one.event in events]
    return field == "event" or not any(field in fields for fields in known) or all(field in fields for fields in known)


def _named(use: Use, node: WaitNode, build: Build) -> None:
    """What ``NAME.event`` is compared with is one of the events."""
    known = [one.event for one in node.events]
    path = f"{node.result}.event"
    for word, mark in compared(use, path):
        if word not in known:
            build.problems.add("LTC-D024", mark, word=word, where=path, known=known)
