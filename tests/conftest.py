"""Fixtures every layer shares: a real Temporal server, a time-skipping one, a task queue of one's own."""

import atexit
import gc
import os
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from ltc import devserver
from tests.support import systems
from tests.support.systems import bottlecrm, tryton  # noqa: F401 - fixtures for every layer

LONGEST = "test_demo.py"
"""The file whose tests take a worker of the suite some minutes."""

_exit_code: list[int] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use real systems; the longest file comes first, so that nobody waits for it at the end."""
    systems.mark(items)
    items.sort(key=lambda item: item.path.name != LONGEST)


@pytest.fixture(scope="session")
async def dev_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[devserver.DevServer]:
    """A real Temporal server, in memory, for the whole session (or the one that TEMPORAL_ADDRESS names)."""
    log = tmp_path_factory.mktemp("temporal") / "server.log"
    async with devserver.running(devserver.Options(log_file=log)) as server:
        yield server


@pytest.fixture(scope="session")
async def temporal(dev_server: devserver.DevServer) -> Client:
    """A client of the real server: for counts, races, lists and schedules."""
    return await Client.connect(dev_server.address, data_converter=pydantic_data_converter)


@pytest.fixture(scope="session")
async def time_skipping() -> AsyncIterator[WorkflowEnvironment]:
    """The time-skipping server: thirty days in a moment; it knows no list, count or schedule."""
    environment = await _start_time_skipping(devserver.find_test_server())
    try:
        kinds = dict.fromkeys(devserver.SEARCH_ATTRIBUTES, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD)
        # This server knows how to add them, not how to list them.
        await environment.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=environment.client.namespace, search_attributes=kinds)
        )
        yield environment
    finally:
        await environment.shutdown()


async def _start_time_skipping(path: Path, attempts: int = 3) -> WorkflowEnvironment:
    # The server must listen within the time limit of the SDK, which a busy machine can miss.
    for attempt in range(attempts):
        try:
            return await WorkflowEnvironment.start_time_skipping(
                data_converter=pydantic_data_converter,
                test_server_existing_path=str(path),
                test_server_startup_timeout=timedelta(seconds=20),
            )
        except RuntimeError:
            if attempt + 1 == attempts:
                raise
    raise AssertionError("no attempt was made")


@pytest.fixture
def queue(request: pytest.FixtureRequest) -> str:
    """A task queue nobody else polls, named after the test."""
    return f"{request.node.name[:60]}-{uuid.uuid4().hex[:8]}"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Remember how the session ended, for the hook below."""
    _exit_code[:] = [int(exitstatus)]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_unconfigure(config: pytest.Config) -> Iterator[None]:
    """Leave past the interpreter's own finish: with RPCs in flight the SDK now and then aborts there (exit 134)."""
    yield
    in_worker = hasattr(config, "workerinput")  # a worker of xdist still has to report to its master
    if in_worker or not _exit_code or "temporalio.bridge.temporal_sdk_bridge" not in sys.modules:
        return
    gc.collect()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(_exit_code[0])
