"""Child processes are ended in order, recognised after a restart, and never mistaken for another."""

import asyncio
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ltc.processes import ProcessTable, Record, born, wait_until

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"


def start(table: ProcessTable, name: str, code: str = SLEEPER) -> Record:
    return table.start(name, [sys.executable, "-c", code], log=table.path.parent / f"{name}.log")


async def up(table: ProcessTable, name: str) -> None:
    log = table.path.parent / f"{name}.log"
    assert await wait_until(lambda: log.exists() and "up" in log.read_text(), 20)


async def test_all_end_youngest_first_and_the_table_goes(tmp_path: Path) -> None:
    table = ProcessTable(tmp_path / "pids.json")
    ended: list[str] = []
    for name in ("one", "two"):
        code = f"import signal,sys,time\nsignal.signal(15, lambda *_: (print('bye {name}', flush=True), sys.exit(0)))\n"
        start(table, name, code + "print('up', flush=True)\ntime.sleep(600)")
        await up(table, name)
    original = table._end_one

    async def spy(record: Record, patience: float) -> bool:
        ended.append(record.name)
        return await original(record, patience)

    table._end_one = spy  # type: ignore[method-assign]
    assert await table.end() == []
    assert ended == ["two", "one"]
    assert not table.path.exists()
    assert "bye one" in (tmp_path / "one.log").read_text()


async def test_a_process_that_does_not_listen_is_killed_and_named(tmp_path: Path) -> None:
    table = ProcessTable(tmp_path / "pids.json")
    record = start(table, "deaf", STUBBORN)
    await up(table, "deaf")
    assert await table.end(patience=0.1) == ["deaf"]
    assert born(record.pid) == ""


async def test_another_run_finds_and_ends_them_but_not_strangers(tmp_path: Path) -> None:
    table = ProcessTable(tmp_path / "pids.json")
    record = start(table, "left")
    # The same id with another birth is another process: a stale table must not end it.
    mine = Record("stranger", os.getpid(), "another life")
    rows = [{"name": r.name, "pid": r.pid, "born": r.born} for r in (record, mine)]
    table.path.write_text(json.dumps(rows))
    found = ProcessTable.read(table.path)
    assert [r.name for r in found.living()] == ["left"]
    await found.end()
    assert not table.runs(record)
    assert born(os.getpid())


@pytest.mark.parametrize("content", ["", "{", "[1]", '[{"name": "x"}]', "{}"])
def test_a_damaged_table_is_empty(tmp_path: Path, content: str) -> None:
    path = tmp_path / "pids.json"
    path.write_text(content)
    assert ProcessTable.read(path).records == []
    assert ProcessTable.read(tmp_path / "none.json").records == []


@pytest.mark.skipif(sys.platform != "linux", reason="the tie is the kernel's")
def test_a_killed_parent_leaves_nothing_behind(tmp_path: Path) -> None:
    parent = textwrap.dedent(
        f"""
        import sys, time
        from pathlib import Path
        from ltc.processes import ProcessTable
        table = ProcessTable(Path({str(tmp_path / "pids.json")!r}))
        table.start("child", [sys.executable, "-c", {SLEEPER!r}], log=Path({str(tmp_path / "child.log")!r}))
        time.sleep(600)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", parent], cwd=Path(__file__).parents[2])
    try:
        log = tmp_path / "child.log"
        assert asyncio.run(wait_until(lambda: log.exists() and "up" in log.read_text(), 20))
        [child] = ProcessTable.read(tmp_path / "pids.json").living()
    finally:
        process.kill()
        process.wait()
    assert asyncio.run(wait_until(lambda: not born(child.pid), 10))
