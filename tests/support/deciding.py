"""A deal that waits for its manager, in simulated time, and what people say to it."""

from __future__ import annotations

from typing import Any, Literal

import yaml

from ltc.core.commands import Decide
from ltc.core.simulation import Simulation
from ltc.model.messages import Answer, Decision
from tests.support.keys_case import DEAL, Seen, edited, run

TASK = "approval.approve_order#1"
ASK = "legs.approval.steps.0"


def lived(level: dict[str, str], days: float = 30, **world: Any) -> Simulation:
    """A deal up to its confirmation, with a level that says more."""
    tree = yaml.safe_load(yaml.safe_dump(DEAL))
    tree["legs"] = {name: tree["legs"][name] for name in ("order", "approval", "confirm")}
    seen: Seen = run(edited(tree, level), {"days": days, **world})
    assert seen.chain is not None, seen.codes
    return seen.chain


def say(simulation: Simulation, *, door: Literal["update", "signal"] = "update", **changes: Any) -> Answer:
    """Decide as manager-1 on what was shown, but for what is changed."""
    task = simulation.state.tasks[TASK]
    written = {
        "id": "D1", "task": TASK, "decision": "approve", "actor": "manager-1", "digest": task.digest,
        "expires": "2099-01-01T00:00:00Z", **changes,
    }  # fmt: skip
    answer = simulation.feed(Decide(Decision.model_validate(written), door))
    assert answer is not None
    return answer
