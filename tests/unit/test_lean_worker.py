"""What keeps a worker's CPU low, and what makes that safe."""

from __future__ import annotations

import ast
import asyncio
import builtins
import gc
import os
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from temporalio.bridge import temporal_sdk_bridge
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.worker.workflow_sandbox._runner import _Instance

import worker  # noqa: TID251 - the composition root is what is tested
from activities.wire import Converter
from ltc.bootstrap import Parts
from ltc.core.stand_in import Script
from ltc.model.messages import CallRequest
from ltc.model.trail import pack, unpack
from ltc.running import CORE_THREADS, YOUNG, settle
from tests.support.chains import simulate
from workflows.runner import UNGUARDED, chain_runner, compiled_once

ROOT = Path(__file__).parents[2]
IN_CHAINS = ("ltc/core", "ltc/definition", "ltc/model", "workflows")  # what runs where the sandbox guards no built-ins
GUARDED = {"open", "input", "breakpoint"}


@pytest.mark.parametrize("folder", IN_CHAINS)
def test_what_runs_in_chains_calls_no_builtin_that_the_sandbox_would_have_guarded(folder: str) -> None:
    for path in (ROOT / folder).glob("**/*.py"):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        assert not {one.id for one in calls if isinstance(one, ast.Name)} & GUARDED, path


def test_the_sandbox_guards_all_else() -> None:
    members = chain_runner().restrictions.invalid_module_members
    assert members.child_matcher(UNGUARDED) is None
    assert members.child_matcher("datetime") is not None
    assert members.child_matcher("random") is not None


def test_a_builtin_that_the_sdk_would_guard_besides_is_noticed() -> None:
    default = chain_runner().restrictions.default.invalid_module_members.child_matcher(UNGUARDED)
    assert default is not None
    guarded = {name for name in dir(builtins) if name in default.use | default.access | set(default.children)}
    assert guarded == GUARDED


def test_what_the_sandbox_runs_at_each_task_is_compiled_once() -> None:
    assert hasattr(_Instance, "_run_code"), "the SDK runs its sandbox another way: workflows.runner.compiled_once"

    class Sandboxed(_Instance):
        def __init__(self) -> None:
            self.ran: list[Any] = []

        def _run_code(self, code: Any, **given: Any) -> None:
            self.ran.append((code, given))

    one, other = Sandboxed(), Sandboxed()
    for sandboxed in (one, other):
        cast(Sandboxed, compiled_once(sandboxed))._run_code("done = given + 1", given=1)
    assert one.ran == other.ran
    code, given = one.ran[0]
    assert one.ran[0][0] is other.ran[0][0]
    exec(code, given)
    assert given["done"] == 2


def test_a_sandbox_that_runs_nothing_so_is_left_as_it_is() -> None:
    plain: Any = SimpleNamespace()
    assert compiled_once(plain) is plain
    assert vars(plain) == {}


def test_converters_share_what_they_have_learnt_and_convert_as_the_sdks_do() -> None:
    one, other = Converter(), Converter()
    assert one.converters is other.converters
    request = CallRequest(key="k", cls="A", args={"order": {"id": "SO-1", "net": 12.5}})
    for value in (request, {"a": [1, None]}, b"bytes", None):
        assert one.to_payloads([value]) == PydanticPayloadConverter().to_payloads([value])
    assert other.from_payloads(one.to_payloads([request]), [CallRequest]) == [request]


def test_packing_with_less_memory_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    trail = list(simulate(net=250_000, script=Script(parts=[40, 60])).trail)
    parts = [trail[start : start + 6] for start in range(0, len(trail), 6)]
    lean = [pack(part) for part in parts]
    assert [entry.seq for part in lean for entry in unpack(part)] == [entry.seq for entry in trail]
    real = zlib.compressobj
    monkeypatch.setattr(zlib, "compressobj", lambda *given: real(*given[:3], 9, *given[4:]))
    assert [pack(part) for part in parts] == lean


def test_what_is_loaded_is_out_of_the_collectors_sight() -> None:
    before = gc.get_threshold()
    try:
        settle()
        assert gc.get_freeze_count() > 10_000
        assert gc.get_threshold()[0] == YOUNG
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


async def test_a_worker_settles_before_it_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    async def nothing(*_: Any) -> None:
        order.append("opened")

    async def until(*_: Any) -> None:
        order.append("runs")

    monkeypatch.setattr(worker, "connect", nothing)
    monkeypatch.setattr(worker, "client_of", nothing)
    monkeypatch.setattr(worker, "run_until", until)
    monkeypatch.setattr(worker, "settle", lambda: order.append("settled"))
    settings = SimpleNamespace(parts=())
    await worker.run(cast(Parts, SimpleNamespace(settings=settings)), asyncio.Event())
    assert order == ["opened", "opened", "settled", "runs"]


@pytest.mark.parametrize(("said", "threads"), [(None, "1"), ("3", "3")])
def test_the_sdks_core_runs_on_one_thread_unless_the_environment_says_otherwise(
    said: str | None, threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {} if said is None else {CORE_THREADS: said}
    connected: list[str | None] = []

    async def serve(_: Any) -> None:
        connected.append(environment.get(CORE_THREADS))

    monkeypatch.setattr(os, "environ", environment)
    monkeypatch.setattr(worker, "load", lambda **_: SimpleNamespace(log_level="INFO"))
    monkeypatch.setattr(worker, "serve", serve)
    assert worker.main([]) == 0
    assert connected == [threads]


def test_the_sdks_core_still_asks_the_environment_for_its_threads() -> None:
    core = Path(str(temporal_sdk_bridge.__file__)).read_bytes()
    assert CORE_THREADS.encode() in core
