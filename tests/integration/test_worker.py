"""A deal from lead to cash on real parts: Temporal, two systems, records, worker, client."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from ltc import devserver
from ltc.store.migrate import upgrade
from tests.integration.rig import PEOPLE, Rig, until

ROOT = Path(__file__).parents[2]


async def test_a_small_deal_runs_from_lead_to_cash(rig: Rig) -> None:
    chain, _ = await rig.begin(net=50_000)
    order = await rig.order_of(chain)
    shipped = (await rig.erp.post("/warehouse/ship", json={"order": order["id"]})).json()

    async def invoiced() -> dict[str, object] | None:
        page = (await rig.erp.get("/invoices", params={"delivery": shipped["delivery"]["id"]})).json()
        return page["items"][0] if page["items"] else None

    invoice = await until(invoiced)
    paid = await rig.erp.post(
        "/bank/payments", json={"allocations": [{"invoice": invoice["id"], "minor": invoice["open"]["minor"]}]}
    )
    paid.raise_for_status()
    result = await rig.ended(chain)
    assert result["outcome"] == "completed"
    assert await rig.parts.store.missing(chain) == []


def environment(folder: Path, address: str, **more: str) -> dict[str, str]:
    people = folder / "people.json"
    people.write_text(json.dumps(PEOPLE))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LTC_", "TEMPORAL_"))}
    return {**kept, "LTC_STATE": str(folder), "LTC_PEOPLE_FILE": str(people), "LTC_TEMPORAL_ADDRESS": address, **more}


async def run_worker(env: dict[str, str], *options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "worker.py"), *options, cwd=ROOT, env=env, stderr=asyncio.subprocess.PIPE
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_worker_process_ends_in_good_order(
    dev_server: devserver.DevServer, tmp_path: Path, number: signal.Signals
) -> None:
    upgrade(f"sqlite:///{tmp_path / 'ltc.db'}")
    process = await run_worker(environment(tmp_path, dev_server.address))
    assert process.stderr is not None
    told = b""
    async with asyncio.timeout(60):
        while b"worker ready" not in told:
            line = await process.stderr.readline()
            assert line, told.decode()
            told += line
        process.send_signal(number)
        rest = await process.stderr.read()
        assert await process.wait() == 0, (told + rest).decode()
    assert b"Traceback" not in rest


@pytest.mark.parametrize(
    ("options", "change", "status", "told"),
    [
        (["--only", "cooking"], {}, 2, "LTC_PARTS"),
        ([], {"LTC_QUEUES": '{"epr": {"rate": 1}}'}, 2, "there is no 'epr'; there are crm, customer, erp"),
        ([], {"LTC_DATABASE": "postgresql+psycopg://u:hunter2@127.0.0.1:1/x"}, 1, "127.0.0.1:1"),
    ],
)
async def test_a_worker_that_cannot_run_says_why(
    tmp_path: Path, options: list[str], change: dict[str, str], status: int, told: str
) -> None:
    (tmp_path / "ltc.db").touch()
    process = await run_worker(environment(tmp_path, "127.0.0.1:1", **change), *options)
    async with asyncio.timeout(60):
        _, said = await process.communicate()
    assert process.returncode == status, said.decode()
    assert told in said.decode()
    assert "hunter2" not in said.decode()
    assert "Traceback" not in said.decode()


async def test_a_worker_without_temporal_says_so(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path / 'ltc.db'}")
    process = await run_worker(environment(tmp_path, "127.0.0.1:1"))
    async with asyncio.timeout(60):
        _, said = await process.communicate()
    assert process.returncode == 1
    assert "Temporal at 127.0.0.1:1 does not answer" in said.decode()
