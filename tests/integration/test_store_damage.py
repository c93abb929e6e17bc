"""A database file that cannot be used says which illness it has, and what helps."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from ltc.ports.store import StoreUnavailable
from ltc.store import Store, engines
from ltc.store.migrate import upgrade


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("database is locked", "another program holds it"),
        ("database disk image is malformed", "it is damaged: put a backup"),
        ("file is not a database", "it is damaged: put a backup"),
        ("database or disk is full", "make room"),
        ("attempt to write a readonly database", "give it to the user"),
        ("connection refused", "see that it runs and can be written"),
    ],
)
def test_each_illness_has_its_remedy(said: str, remedy: str) -> None:
    told = engines.translate(sqlite3.OperationalError(said), "sqlite:////srv/ltc.db")
    assert isinstance(told, StoreUnavailable)
    assert str(told).startswith(f"the database sqlite:////srv/ltc.db cannot be used ({said}); ")
    assert remedy in str(told)


async def test_a_file_that_a_backup_holds_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_SQLITE", {**engines._SQLITE, "timeout": 0.05})
    file = tmp_path / "ltc.db"
    upgrade(f"sqlite:///{file}")
    backup = sqlite3.connect(file, isolation_level=None)
    async with await Store.open(f"sqlite:///{file}") as store:
        backup.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="another program holds it, a backup perhaps"):
            await store.move_cursor("erp", "1")
        backup.execute("ROLLBACK")
        await store.move_cursor("erp", "1")
        assert await store.cursor("erp") == "1"
    backup.close()
