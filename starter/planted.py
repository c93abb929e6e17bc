"""Three bugs that the demonstration must catch, planted into its worker alone; the engine knows nothing of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel


def probe_skipped() -> None:
    """After an unknown outcome nobody looks: the effect is taken for absent and sent again."""
    from activities.effect_protocol import EffectCall, EffectProtocol

    async def look_nowhere(self: EffectProtocol, port: Any, call: EffectCall, intent: Any) -> BaseModel | None:
        if intent.state not in ("planned", "absent"):
            await self._records.mark_absent(call.key, intent.fence)
        return None

    EffectProtocol._settle_and_probe = look_nowhere  # type: ignore[method-assign]


def undo_reversed() -> None:
    """Compensation runs oldest first."""
    from ltc.core import undoing
    from ltc.core.state import Effect

    def oldest_first(listed: list[Effect]) -> list[int]:
        return list(range(len(listed)))

    undoing.order = oldest_first


def key_with_visit() -> None:
    """The visit of a step is part of the effect key."""
    from ltc.core.turn import Turn
    from ltc.model.ids import place

    sound = Turn.effect_key

    def with_visit(self: Turn, leg: str, item: str, step: str, generation: int) -> str:
        visit = self.state.visits.get(place(leg, item, step), 0)
        return sound(self, leg, item, f"{step}#{visit}", generation)

    Turn.effect_key = with_visit  # type: ignore[method-assign]


BUGS: dict[str, Callable[[], None]] = {
    "probe_skipped": probe_skipped, "undo_reversed": undo_reversed, "key_with_visit": key_with_visit,
}  # fmt: skip
