"""The chains of the corpus: what each of them goes through."""

from __future__ import annotations

from dataclasses import replace

from tests.replay import (
    scenes_aside,
    scenes_delays,
    scenes_own,
    scenes_real,
    scenes_shipped,
    scenes_trades,
    scenes_versions,
)
from tests.replay.scene import Scene

# One of each kind again, with the last entries in the result, as chains begun since then have them.
AGAIN = (
    "two deliveries, paid in parts", "rejected by finance", "the customer cancels after the goods left", "sent back once",
    "an operator cancels", "a lost deal", "the reply of an undo is lost", "never paid: written off", "web: paid in parts",
    "branches: one item held, its sibling done", "people: finance rejects", "patience: cancelled in Temporal while held",
    "tasks: cut short and taken up again", "real: five deliveries in two payments each", "real: cancelled in Temporal",
    "moved: and goes on as a new run", "aside: something comes back while it is kept open",
    "first order: a complaint is credited in part", "dealer: pays after the last reminder, and its fee",
    "contract: cancelled while a child runs",
)  # fmt: skip

RECORDED: tuple[Scene, ...] = (
    *scenes_shipped.SCENES, *scenes_own.SCENES, *scenes_real.SCENES, *scenes_versions.SCENES, *scenes_aside.SCENES,
    *scenes_trades.SCENES, *scenes_delays.SCENES,
)  # fmt: skip

SCENES: tuple[Scene, ...] = (
    *RECORDED,
    *(replace(one, name=f"{one.name}: in its result", ends_in_result=True) for one in RECORDED if one.name in AGAIN),
)
