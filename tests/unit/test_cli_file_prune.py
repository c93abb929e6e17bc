"""`ltc file prune`: what it shows, when it asks, what it leaves."""

from __future__ import annotations

import asyncio
import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ltc.bootstrap import files_of
from ltc.cli.desk_files import FileDesk
from ltc.settings import load
from tests.support.cli import ltc

ROW = {"sha256": "ab" * 32, "used": "2026-01-02T03:04:05+00:00"}
WHO = ("--actor", "olga", "--reason", "space")


def test_a_dry_run_shows_and_removes_nothing(desk: Any) -> None:
    made = desk(files_unused=[ROW])
    done = ltc("file", "prune", "--older-than", "90d", "--dry-run")
    assert done.exit_code == 0
    assert ROW["sha256"] in done.stdout
    assert "1 file without use; nothing was removed" in done.stderr
    assert made.told("files_unused") == [(90,)]
    assert not made.told("files_prune")


def test_what_is_removed_is_said_and_on_record(desk: Any) -> None:
    made = desk(files_unused=[ROW], files_prune=[ROW])
    assert ltc("file", "prune", *WHO, "--yes").exit_code == 0
    assert made.told("files_prune") == [(30, "olga", "space")]
    assert ltc("file", "prune", *WHO).exit_code == 2, "nobody is there to say yes"
    assert ltc("file", "prune", "--yes", "--reason", "space").exit_code == 2
    assert ltc("file", "prune", "--older-than", "0d", *WHO, "--yes").exit_code == 2


class Client:
    """A client whose records speak of some files."""

    def __init__(self, known: set[str]) -> None:
        self.known, self.audited, self.store = known, list[Any](), self

    async def require_operator(self, actor: str) -> None:
        assert actor == "olga"

    async def read(self, _work: Any) -> set[str]:
        return self.known

    async def audit(self, *what: Any) -> None:
        self.audited.append(what)


@pytest.mark.parametrize("days", [30, 1])
def test_only_what_is_old_and_named_nowhere_goes(tmp_path: Path, days: int) -> None:
    settings = load(state=tmp_path, file_kinds=["txt"])
    files = files_of(settings)
    named, unnamed, fresh = (files.put(text, "a.txt").sha256 for text in (b"named", b"unnamed", b"fresh"))
    for name in (named, unnamed):
        long_ago = datetime(2024, 1, 1, tzinfo=UTC).timestamp()
        os.utime(files.folder / name[:2] / name[2:], (long_ago, long_ago))
    made = FileDesk()
    client = Client({named, hashlib.sha256(b"other").hexdigest()})
    made.client, made.parts = client, SimpleNamespace(settings=settings)  # type: ignore[assignment]
    assert [row["sha256"] for row in asyncio.run(made.files_unused(days))] == [unnamed]
    assert [row["sha256"] for row in asyncio.run(made.files_prune(days, "olga", "space"))] == [unnamed]
    assert files.kept() == sorted([named, fresh])
    assert client.audited[0][1] == "prune_files"
    assert asyncio.run(made.files_prune(days, "olga", "space")) == []
