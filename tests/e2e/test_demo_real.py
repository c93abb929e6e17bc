"""The demonstration on real systems as a person runs it: every story once, with the systems killed on the way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STORIES = 14


@pytest.mark.full
@pytest.mark.timeout(2400)
def test_every_story_ends_as_planned_though_the_systems_are_killed_on_the_way(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "ltc.cli.main",
        "--state",
        str(tmp_path),
        "demo-real",
        "-n",
        str(STORIES),
        "--faults",
    ]
    env = {name: value for name, value in os.environ.items() if name != "TEMPORAL_ADDRESS"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert f"{STORIES} of {STORIES}" in done.stdout
    assert not (tmp_path / "demo-real").exists()
