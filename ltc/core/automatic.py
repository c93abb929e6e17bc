"""What is decided by itself: silence that has lasted, rungs that are due."""

from __future__ import annotations

from datetime import datetime

from ltc.core import deciding, legs, levels, rungs, slas
from ltc.core.state_approvals import Task
from ltc.core.turn import Turn
from ltc.definition.plan import Silence
from ltc.model.trail import Kind

SILENCE = "rule:silence"


def tend(turn: Turn) -> None:
    """Act on silence and rungs that are due, and move on with what came of it."""
    while turn.state.status == "running":
        acted = rungs.act(turn)
        if not (_tend_silence(turn) or acted):
            return
        legs.progress(turn)
        slas.tend(turn)


def silence_of(turn: Turn, task: Task) -> Silence | None:
    """What the silence of a task's level means."""
    return levels.level_of(levels.node_of(turn, task), task).silence


def _tend_silence(turn: Turn) -> bool:
    """Begin to count where people are asked anew or again, and take what has lasted; a hold begins it anew."""
    for task in list(turn.state.tasks.values()):
        silence = silence_of(turn, task) if task.status == "open" else None
        if silence is None:
            continue
        if not deciding.ready(turn, task):
            task.silence_at = None
        elif task.silence_at is None:
            _begin(turn, task, silence)
        elif task.silence_at <= turn.now:
            deciding.decide(turn, task, silence.then, SILENCE)
            return True
    return False


def _begin(turn: Turn, task: Task, silence: Silence) -> None:
    task.silence_at, task.silence_since = turn.after(turn.now, silence.after), turn.now
    turn.log(
        Kind.SILENCE, turn.state.tokens[task.token], task=task.id, level=task.levels[task.at], then=silence.then,
        deadline=task.silence_at.isoformat(),
    )  # fmt: skip


def next_instant(turn: Turn) -> datetime | None:
    """The earliest instant at which a silence has lasted."""
    moments = [task.silence_at for task in turn.state.tasks.values() if task.silence_at and deciding.ready(turn, task)]
    return min(moments, default=None)
