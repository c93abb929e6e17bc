"""Chains that are moved to another plan, moved back, or counted by a newer calendar while they run."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ltc.definition.compile import load
from ltc.definition.plan import Plan
from tests.replay.scene import Act, Scene, script
from tests.support.chains import ROOT, shipped, window

SOON = timedelta(minutes=10)  # people decide after an hour
LONGER = ("      target: 2bd\n", "      target: 4bd\n")
RENAMED = (
    "call: erp.create_order            # a draft",
    "call: erp.create_order\n        name: make_it            # a draft",
)
OTHER_UNDO = (
    "undo: {call: erp.cancel_order, with: {order: order.id}}",
    "undo: {call: erp.unconfirm_order, with: {order: order.id}}",
)
MORE = (
    "  confirm:\n    title",
    "  told:\n    steps:\n      - call: crm.set_stage\n        with: {opportunity: opportunity.id, stage: \"'agreed'\"}\n"
    "        undo: {none: it says}\n        on_revisit: skip\n  confirm:\n    title",
)  # fmt: skip
MAP = {"order.create_order": "order.make_it"}


@cache
def changed(*swaps: tuple[str, str]) -> Plan:
    """Compile the shipped definition with some of its text replaced."""
    text = (ROOT / "process_defs" / "lead_to_cash.yaml").read_text()
    for before, after in swaps:
        assert before in text, before
        text = text.replace(before, after)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lead_to_cash.yaml"
        path.write_text(text)
        return load(path)


def move(action: str, to: Plan | None, was: Plan | None = None, at: str = "approval", **more: Any) -> Act:
    """Somebody moves the chain as soon as it waits for its manager."""
    what: dict[str, Any] = {
        "action": action, "windows": {"cn": window("cn").model_dump(mode="json")},
        "was": (was or shipped("lead_to_cash")).digest, **more,
    }  # fmt: skip
    if to is not None:
        what["plan"] = to.model_dump(mode="json")
    return Act(at, "intervene", what, SOON)


def newer() -> dict[str, Any]:
    """The calendar with three more days off."""
    found = window("cn").model_copy(update={"version": "newer", "flips": (3, 4, 5)})
    return {"cn": found.model_dump(mode="json")}


def moved(name: str, *acts: Act, net: int = 250_000, **said: Any) -> Scene:
    """A chain that waits for its manager when it is moved."""
    return Scene(f"moved: {name}", "lead_to_cash", lambda: script(said), acts, net)


_NEW = changed(LONGER, RENAMED, MORE)

SCENES: tuple[Scene, ...] = (
    moved("a leg more, a step renamed, a longer promise", move("migrate", _NEW, renames=MAP)),
    moved("then sent back: what took effect is found under its new name", move("migrate", _NEW, renames=MAP),
          decisions=[("manager", "send_back")]),
    moved("then rejected: undone as was pinned", move("migrate", changed(OTHER_UNDO)), decisions=[("manager", "reject")]),
    moved("and back", move("migrate", _NEW, renames=MAP), move("revert", shipped("lead_to_cash"), _NEW)),
    moved("blocked, and nothing changes", move("migrate", _NEW)),
    moved("a newer calendar", move("recalendar", None, windows=newer()), decisions=[("manager", "silent")]),
    replace(moved("and goes on as a new run", move("migrate", _NEW, renames=MAP), parts=[20] * 5, pays=[50, 50]),
            real=True),
    replace(moved("then cut short and taken up again", move("migrate", changed(OTHER_UNDO)),
                  Act("shipment.goods_shipped", "repair"), parts=[]), real=True),
)  # fmt: skip
