"""The corpus under two hash seeds: the same to the last value; a core that iterates a set is seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.replay import corpus
from tests.support.chains import ROOT


def _replayed(seed: int, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.replay.replay_all", *options], cwd=ROOT, text=True,
        env={**os.environ, "PYTHONHASHSEED": str(seed)}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _said(process: subprocess.Popen[str]) -> dict[str, Any]:
    output, _ = process.communicate(timeout=300)
    found: dict[str, Any] = json.loads(output.splitlines()[-1])  # above it stands what Temporal's core logs
    return found


@pytest.mark.timeout(400)
def test_the_corpus_replays_the_same_under_two_hash_seeds() -> None:
    first, second = [_said(process) for process in [_replayed(0), _replayed(1)]]
    assert first["histories"] == sum(len(record.runs) for record in corpus.records())
    assert first["failures"] == {}
    assert first == second


@pytest.mark.timeout(400)
def test_a_core_that_iterates_a_set_is_seen_under_two_hash_seeds() -> None:
    first, second = [_said(process) for process in [_replayed(seed, "--sets", "--only", "branches") for seed in (0, 1)]]
    failed = {**first["failures"], **second["failures"]}
    assert first["digest"] != second["digest"]
    assert any(name.startswith("branches:") for name in failed)
    assert all("Nondeterminism" in text for text in failed.values())
