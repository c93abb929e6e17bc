"""A sandbox system as a process: says where it listens, keeps what it committed, goes when told."""

import asyncio
import re
import signal
import sys
from pathlib import Path

import httpx
import pytest

from ltc.sandbox.server import listen


async def _start(system: str, database: Path, *options: str) -> tuple[asyncio.subprocess.Process, str]:
    words = ["-m", "ltc.cli.main", "sandbox", system, "--port", "0", "--db", str(database), *options]
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stderr=asyncio.subprocess.PIPE)
    assert process.stderr
    said = (await process.stderr.readline()).decode()
    found = re.search(r"listening on (http://\S+),", said)
    assert found, said
    return process, found[1]


@pytest.mark.parametrize(("how", "codes"), [(signal.SIGTERM, (-signal.SIGTERM, 0, 143)), (signal.SIGKILL, (-9,))])
async def test_what_was_committed_outlives_the_process(tmp_path: Path, how: signal.Signals, codes: tuple[int]) -> None:
    process, url = await _start("erp", tmp_path / "erp.sqlite")
    async with httpx.AsyncClient(base_url=url) as client:
        data = {"products": [{"id": "P1", "name": "Chai", "stock": 7}]}
        assert (await client.post("/setup", json=data)).status_code == 200
        waiting = asyncio.create_task(client.get("/events", params={"wait": 25}, timeout=30))
        assert (await client.get("/about")).json()["system"] == "erp"
        process.send_signal(how)
        assert await asyncio.wait_for(process.wait(), 10) in codes
        await asyncio.gather(waiting, return_exceptions=True)
    again, url = await _start("erp", tmp_path / "erp.sqlite")
    async with httpx.AsyncClient(base_url=url) as client:
        assert [row["stock"] for row in (await client.get("/products")).json()["items"]] == [7]
    again.terminate()
    await again.wait()


async def test_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        taken.listen()
        words = ["-m", "ltc.cli.main", "sandbox", "crm", "--port", str(taken.getsockname()[1])]
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, "--db", str(tmp_path / "crm.sqlite"), stderr=asyncio.subprocess.PIPE
        )
        _, said = await process.communicate()
    assert process.returncode == 2
    assert said.decode().count("\n") == 1
    assert "Address already in use; choose another with --port" in said.decode()
