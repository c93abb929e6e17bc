"""Every recorded history replays whole, and cut at each rest, and goes on from there to where it went."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.replay import corpus
from tests.replay.continuing import go_on, recorded_rest
from tests.replay.paths import path
from tests.replay.replaying import Step, cut, replay, taking_down, waits, whole_at

FILES = sorted(corpus.HISTORIES.glob("*/*.json.gz"))


async def _steps(record: corpus.Record) -> list[list[Step]]:
    with taking_down() as taken:
        failures = await replay(record.histories())
    assert failures == {}
    return [taken.steps[run] for run in sorted(taken.steps)]


@pytest.mark.parametrize("file", FILES, ids=[f"{file.parent.name}-{file.name.split('.')[0]}" for file in FILES])
async def test_a_history_replays_whole_and_cut_at_each_rest_and_goes_on(file: Path) -> None:
    record = corpus.read(file)
    runs = await _steps(record)
    whole = [step for run in runs for step in run]
    assert path(entry for step in whole for entry in step.entries) == record.path

    cuts = {}
    for history, run in zip(record.histories(), runs, strict=True):
        cuts.update(
            {
                one.workflow_id: (one, step)
                for step in waits(run)
                if whole_at(history, step.task)
                for one in [cut(history, step.task)]
            }
        )
    with taking_down() as taken:
        assert await replay(one for one, _ in cuts.values()) == {}
    for name, (_, step) in cuts.items():
        assert taken.steps[name][-1].state == step.state
        at = whole.index(step)
        assert go_on(whole, at) == recorded_rest(whole, at), f"{record.name}, cut at task {step.task}"
