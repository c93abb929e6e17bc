"""The chains of the corpus: what each of them goes through."""

from __future__ import annotations

from tests.replay import scenes_aside, scenes_own, scenes_real, scenes_shipped, scenes_trades, scenes_versions
from tests.replay.scene import Scene

SCENES: tuple[Scene, ...] = (
    *scenes_shipped.SCENES, *scenes_own.SCENES, *scenes_real.SCENES, *scenes_versions.SCENES, *scenes_aside.SCENES,
    *scenes_trades.SCENES,
)  # fmt: skip
