"""Why PostgreSQL is the database under Tryton: on SQLite, one order confirmed by four at once is billed more than once."""

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from ltc.adapters.tryton.erp import TrytonErp
from ltc.devserver import tied_to_us
from ltc.ports import operations as op
from ltc.ports.adapters import Connection
from ltc.systems import venvs
from ltc.systems.ground import pick_port
from ltc.systems.shared import ROOT, Places
from ltc.systems.tryton import MODULES
from tests.contract.tryton.conftest import key, line

PASSWORD = "long-enough-1"
PATIENCE = 120.0


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A Tryton on a SQLite file, seeded, served on loopback."""
    folder = tmp_path_factory.mktemp("sqlite")
    programs = venvs.ensure("tryton", venvs.our_python(), Places.of(folder), print) / "bin"
    port = pick_port()
    config = folder / "trytond.conf"
    config.write_text(f"[database]\nuri=sqlite://\npath={folder}\n[web]\nlisten=127.0.0.1:{port}\n")
    (folder / "erp.sqlite").touch()  # Tryton does not create the file
    _fill(programs, folder, config)
    with (folder / "log").open("wb") as log:
        words = tied_to_us([str(programs / "trytond"), "-c", str(config), "-d", "erp"])
        server = subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(server, f"http://127.0.0.1:{port}/rpc/")
        word = SecretStr(PASSWORD)
        yield Connection(
            f"http://127.0.0.1:{port}", user="ltc", password=word, database="erp", timeout=PATIENCE,
            options={"billing": "order"},
        )  # fmt: skip
    finally:
        server.kill()
        server.wait()


def _fill(programs: Path, folder: Path, config: Path) -> None:
    word, data = folder / "word", folder / "data.json"
    word.write_text(PASSWORD)
    data.write_text(json.dumps({
        "company": {"name": "Northwind"}, "products": [{"code": "1", "name": "Chai", "price": "18", "stock": 1000}],
        "customers": [{"code": "ALFKI", "name": "Alfreds"}],
        "users": [{"login": "ltc", "name": "ltc", "password": PASSWORD}],
    }))  # fmt: skip
    admin: list[str | Path] = [programs / "trytond-admin", "-c", config, "-d", "erp"]
    commands: tuple[list[str | Path], ...] = (
        [*admin, "--all", "--email", "admin@example.com"],
        [*admin, "-u", *MODULES, "--activate-dependencies"],
        [programs / "python", ROOT / "deploy" / "tryton" / "seed.py", "erp", config, data],
    )
    for command in commands:
        subprocess.run(command, check=True, env={**os.environ, "TRYTONPASSFILE": str(word)})


def _wait(server: "subprocess.Popen[bytes]", url: str) -> None:
    """Wait until it answers; a server that ended, or never listens, fails the test."""
    body = {"id": 1, "method": "common.server.version", "params": []}
    transport = httpx.HTTPTransport(retries=12)  # httpx waits longer before each of them
    with httpx.Client(transport=transport, timeout=PATIENCE, trust_env=False) as client:
        answered = client.post(url, json=body).status_code
    assert (answered, server.poll()) == (200, None)


@pytest.mark.full
@pytest.mark.real
@pytest.mark.timeout(900)
async def test_sqlite_bills_one_order_more_than_once(on_sqlite: Connection) -> None:
    erp = TrytonErp(on_sqlite)
    bills = []
    for _ in range(3):
        order = await erp.create_order(op.CreateOrder(customer="ALFKI", lines=[line()]), key())
        number = int(order.id)
        await erp.rpc.press("sale.sale", "quote", [number])
        presses = (erp.rpc.press("sale.sale", "confirm", [number]) for _ in range(4))
        await asyncio.gather(*presses, return_exceptions=True)
        bills.append(len((await erp.sale(order.id)).record["invoices"]))
    await erp.aclose()
    assert max(bills) > 1, "SQLite guards Tryton's orders by now: the warning in docs/adapters/tryton.md can go"
