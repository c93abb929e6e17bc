"""Instalments and milestones that fall due: each once the leg that it comes after is through."""

from __future__ import annotations

from typing import Any

from ltc.core.turn import Turn
from ltc.definition.plan import SCHEDULES, Loop


def runs(loop: Loop) -> bool:
    """Tell whether a loop's items appear as parts of the price fall due."""
    return loop.on_item and loop.source in SCHEDULES


def due(turn: Turn, loop: Loop) -> list[dict[str, Any]]:
    """Return the parts that have fallen due by now."""
    return [part for part in _all(turn, loop) if _through(turn, part)]


def closed(turn: Turn, loop: Loop) -> bool:
    """Tell whether every part has fallen due."""
    return all(_through(turn, part) for part in _all(turn, loop))


def _all(turn: Turn, loop: Loop) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = (turn.plan.billing.terms or {}).get(loop.source.split(".")[1], [])
    return parts


def _through(turn: Turn, part: dict[str, Any]) -> bool:
    return turn.state.legs[part["after"]].status in ("done", "skipped")
