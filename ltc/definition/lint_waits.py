"""What is read of the event that ended a wait for several: what only some of them have is asked for first."""

from __future__ import annotations

import re

from ltc.definition.build import Build, Use
from ltc.definition.errors import Mark
from ltc.definition.expressions import ExpressionError, asked, selects
from ltc.definition.plan import Plan, WaitNode


def check_waits(plan: Plan, build: Build) -> None:
    """Complain about fields read unasked that not every event has, and about events that were not waited for."""
    waits = [node for node in plan.nodes.values() if isinstance(node, WaitNode) and node.tells]
    for use in build.uses:
        for node in waits:
            if node.result in use.source:
                _read(use, node, waits, build)


def _read(use: Use, node: WaitNode, waits: list[WaitNode], build: Build) -> None:
    here = use.scope.split(":", 1)[-1].split(".")[0] if "." in use.scope else ""
    if here and node.leg != here and any(one.leg == here and one.result == node.result for one in waits):
        return  # the name means the wait of its own leg there
    try:
        read, guarded = selects(use.source), asked(use.source)
    except ExpressionError:
        return
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
    for found in re.finditer(rf"(?<![\w.]){re.escape(node.result)}\.event *[!=]= *(['\"])(.*?)\1", use.source):
        if found[2] not in known:
            column = use.mark.column + found.start(2)
            mark = Mark(use.mark.line, column) if use.exact else use.mark
            build.problems.add("LTC-D024", mark, word=found[2], where=f"{node.result}.event", known=known)
